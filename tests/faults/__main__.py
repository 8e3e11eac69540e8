"""`python -m tests.faults`: runs seeded faults, prints the table, and fails when a promise was not kept."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.points import POINTS
from tests.faults.rounds import grounds, table
from tests.faults.seeds import seeds_for
from tests.faults.verdict import Verdict

_LANES = 6


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit code is 1 when anything was sent twice, lost or otherwise broken."""
    asked = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    asked.add_argument("--faults", type=int, default=1000, help="how many")
    asked.add_argument("--first", type=int, default=0, metavar="SEED", help="where their seeds begin")
    asked.add_argument("--seed", type=int, action="append", help="only this one; may be given more than once")
    asked.add_argument("--each", type=int, metavar="N", help="instead: so many of every named point")
    asked.add_argument("--lanes", type=int, default=_LANES, help="how many at a time share servers")
    asked.add_argument("--folder", type=Path, help="an empty one, to look at logs and databases afterwards")
    given = asked.parse_args(arguments)
    if given.seed:
        return asyncio.run(_run(given.seed, given.lanes, given.folder, insist=False))
    if given.each:
        seeds = [seed for point in POINTS for seed in seeds_for(point, given.each, given.first)]
        return asyncio.run(_run(seeds, given.lanes, given.folder, insist=False))
    seeds = list(range(given.first, given.first + given.faults))
    return asyncio.run(_run(seeds, given.lanes, given.folder, insist=True))


async def _run(seeds: list[int], lanes: int, folder: Path | None, *, insist: bool) -> int:
    """Run these seeds and, to insist, further ones for those whose fault never happened."""
    lanes = min(lanes, len(seeds))
    begun = time.monotonic()
    done: list[Verdict] = []

    def say(verdict: Verdict) -> None:
        done.append(verdict)
        if not verdict.is_good or len(seeds) < 10:
            print(verdict, f"[{verdict.took.total_seconds():.1f} s]", flush=True)  # noqa: T201
        if len(done) % 25 == 0:
            print(f"{len(done)} of {len(seeds)} after {time.monotonic() - begun:.0f} s", flush=True)  # noqa: T201

    async with grounds(lanes, folder=folder) as ready:
        verdicts = await ready.run(seeds, say)
        further = seeds[-1] + 1
        while insist and (short := len(seeds) - sum(verdict.happened for verdict in verdicts)) > 0:
            verdicts += await ready.run(range(further, further + short), say)
            further += short
        findings = await ready.examined()
    bad = [verdict for verdict in verdicts if not verdict.is_good]
    missed = [verdict for verdict in verdicts if not verdict.happened]
    print(f"\n{table(verdicts)}\n")  # noqa: T201
    print(f"{len(verdicts)} seeds in {time.monotonic() - begun:.0f} s; the fault of {len(missed)} never happened")  # noqa: T201
    for verdict in missed:
        print(f"never happened: {verdict.trial}")  # noqa: T201
    for finding in findings:
        print(f"follow doctor: {finding}")  # noqa: T201
    for verdict in bad:
        print(f"\n{verdict}\n    replay: python -m tests.faults --seed {verdict.trial.seed}")  # noqa: T201
    return 1 if bad or findings else 0


if __name__ == "__main__":
    sys.exit(main())

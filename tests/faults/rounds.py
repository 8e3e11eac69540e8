"""Runs many trials over several lanes, and sums them up as a table."""

import asyncio
import tempfile
import traceback
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.faults.lane import Lane
from tests.faults.points import GROUPS, Point
from tests.faults.processes import Zygote
from tests.faults.seeds import Trial, seeds_for, trial_of
from tests.faults.stage import Stage
from tests.faults.verdict import Verdict

_TRIES = 5
"""So many seeds are tried for a point whose fault does not happen: a slow machine lets a schedule overtake it."""


class Grounds:
    """Lanes at work: those that share servers which nobody kills, and one whose servers are killed."""

    def __init__(self, lanes: list[Lane], alone: Lane | None) -> None:
        self.lanes = lanes
        self.alone = alone

    async def run(self, seeds: Iterable[int], say: Callable[[Verdict], object] = lambda _: None) -> list[Verdict]:
        """Run the trials of these seeds, in each lane one after the other; the verdicts in the order of the seeds."""
        trials = [trial_of(seed) for seed in seeds]
        verdicts: list[Verdict] = []

        async def work(lane: Lane, waiting: list[Trial]) -> None:
            while waiting:
                verdict = await _verdict(lane, waiting.pop(0))
                verdicts.append(verdict)
                say(verdict)

        on_servers = [trial for trial in trials if trial.point.on_servers]
        others = [trial for trial in trials if not trial.point.on_servers]
        working = [work(lane, others) for lane in self.lanes]
        if on_servers:
            if self.alone is None:
                raise ValueError("no servers are there to be killed")
            working.append(work(self.alone, on_servers))
        await asyncio.gather(*working)
        return sorted(verdicts, key=lambda verdict: verdict.trial.seed)

    async def cover(self, points: Sequence[Point], say: Callable[[Verdict], object]) -> None:
        """Let the fault of each point happen once; where it did not, another seed of the point is tried.

        Args:
            say: told of each verdict, also of those whose fault never happened.
        """
        seeds = {point: seeds_for(point, _TRIES) for point in points}

        async def one(lane: Lane, point: Point) -> None:
            for seed in seeds[point]:
                verdict = await _verdict(lane, trial_of(seed))
                say(verdict)
                if verdict.happened:
                    return

        async def work(lane: Lane, waiting: list[Point]) -> None:
            while waiting:
                await one(lane, waiting.pop(0))

        others = [point for point in points if not point.on_servers]
        on_servers = [point for point in points if point.on_servers]
        working = [work(lane, others) for lane in self.lanes]
        if self.alone is not None:
            working.append(work(self.alone, on_servers))
        await asyncio.gather(*working)

    async def examined(self) -> list[str]:
        """What `follow doctor` finds in all lanes."""
        lanes = [*self.lanes, *([self.alone] if self.alone else [])]
        return [finding for found in await asyncio.gather(*(lane.examined() for lane in lanes)) for finding in found]


@asynccontextmanager
async def grounds(
    lanes: int, *, killing_servers: bool = True, broken: Sequence[str] = (), folder: Path | None = None
) -> AsyncIterator[Grounds]:
    """Servers, processes and lanes.

    Args:
        lanes: how many share servers.
        folder: where everything lies; a temporary one when left out.
        killing_servers: whether there is one more, with servers of its own.
        broken: how our engine is broken on purpose in the first lanes, see `tests.faults.broken`.
    """
    async with AsyncExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="follow-faults-")))
        folder.mkdir(parents=True, exist_ok=True)
        zygote = Zygote()
        stack.push_async_callback(zygote.stop)
        names = [f"lane{number}" for number in range(1, lanes + 1)]
        stages = [_stage(folder / "shared", names, durable=False)]
        if killing_servers:
            stages.append(_stage(folder / "killed", ["alone"], durable=True))
        for stage in stages:
            stack.push_async_callback(stage.stop)
        loading = asyncio.create_task(zygote.start(folder / "zygote.log"))
        for stage in stages:  # one after the other: Alembic migrates one database at a time
            await stage.start()
        await loading
        wrong = dict(zip(names, broken, strict=False))
        opened = [
            await stack.enter_async_context(Lane(stage, name, zygote, broken=wrong.get(name, "nothing")).running())
            for stage in stages
            for name in stage.lanes
        ]
        yield Grounds(opened[:lanes], opened[lanes] if killing_servers else None)


async def _verdict(lane: Lane, trial: Trial) -> Verdict:
    """The verdict on one life; a mistake of the harness itself is one too, and keeps the others from nothing."""
    try:
        return await lane.run(trial)
    except Exception:
        return Verdict(trial, broken=[f"the harness failed: {traceback.format_exc()}"])


def _stage(folder: Path, lanes: list[str], *, durable: bool) -> Stage:
    (folder / "logs").mkdir(parents=True)
    return Stage(folder, lanes, durable=durable)


def table(verdicts: Iterable[Verdict]) -> str:
    """Point, faults, duplicates, losses, unknown, reconciled; and what else was broken."""
    by_group: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_group[verdict.trial.point.group].append(verdict)
    rows = [_row(group, by_group[group]) for group in GROUPS if by_group[group]]
    rows.append(_row("all", [verdict for group in by_group.values() for verdict in group]))
    head = ("point", "faults", "duplicates", "losses", "unknown", "reconciled", "broken")
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = ["  ".join(map(_aligned, row, widths, range(len(row)))) for row in (head, *rows)]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:-1], "-" * len(lines[0]), lines[-1]])


def _aligned(cell: str, width: int, column: int) -> str:
    return cell.rjust(width) if column else cell.ljust(width)


def _row(name: str, verdicts: list[Verdict]) -> tuple[str, ...]:
    figures = (
        sum(verdict.happened for verdict in verdicts),
        sum(len(verdict.duplicates) for verdict in verdicts),
        sum(len(verdict.losses) for verdict in verdicts),
        sum(verdict.unknown for verdict in verdicts),
        sum(verdict.reconciled for verdict in verdicts),
        sum(len(verdict.broken) for verdict in verdicts),
    )
    return (name, *(str(figure) for figure in figures))

"""`python -m tests.bench [PART...]`: measures cost and speed, prints a table and JSON, and keeps both as files."""

import argparse
import asyncio
import json
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from runtime import logs
from tests.bench import report, results
from tests.bench.machine import machine
from tests.bench.meters import cores_busy
from tests.bench.options import Options
from tests.bench.parts import PARTS

ROUNDS = 3
_WIDTH = 120
_IDLE = 0.2
"""Cores; a machine that is busier than this before a part begins is not idle."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one or more of: {', '.join(PARTS)}; all if left out")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each comparison is made (default: 3)")
    parser.add_argument("--quick", action="store_true", help="small loads, to try the bench; nothing is kept")
    parser.add_argument("--profile", type=Path, help="where to write cProfile's view of the worker (part engine)")
    parser.add_argument("--markdown", action="store_true", help="print the latest medians as a table, and end")
    asked = parser.parse_args()
    unknown = [name for name in asked.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    if asked.rounds < 1:
        parser.error("at least one round is needed")
    return asked


def main() -> int:
    """Run the parts; the exit code is 0 only when each of them measured what it should."""
    asked, console = _arguments(), Console(highlight=False, soft_wrap=True, width=_WIDTH)
    if asked.markdown:
        console.print(report.markdown(results.read_latest()), markup=False)
        return 0
    logs.configure("WARNING", as_json=False)
    options = Options(asked.rounds, asked.quick, asked.profile, lambda line: console.print(line, markup=False))
    figures: dict[str, float] = {}
    details: dict[str, Any] = {}
    failed: list[str] = []
    for name in asked.parts or PARTS:
        options.say(f"== {name}")
        busy_before = cores_busy()
        if busy_before > _IDLE:
            options.say(f"other programs keep {busy_before:.2f} cores busy: these will be no results to publish")
        try:
            found = asyncio.run(PARTS[name](options))
        except Exception:  # the other parts' figures are worth having all the same
            traceback.print_exc()
            failed.append(name)
            continue
        details[name] = found.pop("details") | {"cores_busy_before": round(busy_before, 2)}
        figures |= found
    last = results.read_latest()
    found_machine = machine()
    for name in ("engine", "cold"):
        if name in details:
            console.print(report.processor_table(name, details[name]))
    console.print(report.figures_table(figures, last))
    console.print_json(json.dumps({"machine": found_machine, "figures": figures}))
    if not asked.quick and figures:
        path = results.write(results.Results(datetime.now(UTC), found_machine, figures, details))
        console.print(f"kept in {path.parent.name}/{path.name} and {path.parent.name}/{results.LATEST}", markup=False)
    for key in report.missed(figures):
        console.print(f"missed: {key}", markup=False)
    for name in failed:
        console.print(f"not measured: {name}", markup=False)
    return 1 if failed else 0


if __name__ == "__main__":
    code = main()
    time.sleep(0.2)  # the SDK's core sometimes aborts while the interpreter tears down (sdk-python issue 300)
    sys.exit(code)

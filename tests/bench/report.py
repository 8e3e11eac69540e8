"""The table of figures, their bars and the last results beside them; and the split of the processor's time."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from tests.bench.figures import FIGURES

_SIDES = ("server", "worker", "database")


def figures_table(new: Mapping[str, float], last: Mapping[str, float | None]) -> Table:
    """Each figure that was measured now, with its bar and what was measured last."""
    table = Table(title="Cost and speed")
    for name, justify in (("figure", "left"), ("bar", "right"), ("now", "right"), ("last", "right"), ("", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for figure in FIGURES:
        if figure.key in new:
            value = new[figure.key]
            verdict = "reached" if figure.reached(value) else "MISSED"
            table.add_row(
                figure.words, figure.show_bar(), figure.show(value), figure.show(last.get(figure.key)), verdict
            )
    return table


def processor_table(title: str, details: Mapping[str, Any]) -> Table:
    """Touches per second and CPU milliseconds per touch of both sides."""
    table = Table(title=f"{title}: medians of {len(details['bare']['rounds'])} rounds")
    for name in ("side", "touches/s", *(f"{part}, CPU ms a touch" for part in _SIDES), "in all"):
        table.add_column(name, justify="left" if name == "side" else "right")
    for key, words in (("bare", "bare Temporal"), ("engine", "our engine")):
        side = details[key]
        used = [side["cpu_ms_per_touch"].get(part, 0.0) for part in _SIDES]
        table.add_row(words, f"{side['touches_per_s']:.1f}", *(f"{one:.1f}" for one in used), f"{sum(used):.1f}")
    return table


def markdown(latest: Mapping[str, float | None]) -> str:
    """The table for docs/performance.md."""
    rows = [f"| {figure.words} | {figure.show_bar()} | {figure.show(latest.get(figure.key))} |" for figure in FIGURES]
    return "\n".join(["| figure | bar | measured |", "|---|---|---|", *rows])


def missed(new: Mapping[str, float]) -> list[str]:
    """The keys of the measured figures that miss their bars."""
    return [figure.key for figure in FIGURES if figure.key in new and not figure.reached(new[figure.key])]

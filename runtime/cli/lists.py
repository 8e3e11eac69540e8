"""What the commands over files of addresses and numbers share: one line for what is wrong, and a bar."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

if TYPE_CHECKING:
    from api.csv_table import Table
    from api.suppression_file import BadLine

Good = TypeVar("Good")


def opened(file: Path, open_file: "Callable[[Path], Table]") -> "Table":
    """A file that is understood; else one line says why not."""
    from api.csv_table import TableUnreadable

    try:
        return open_file(file)
    except TableUnreadable as unreadable:
        fail(str(unreadable))


def good_lines(lines: "Iterable[Good | BadLine]", *, skip_bad: bool) -> list[Good]:
    """The lines that are understood; every other one is named, and ends the command unless it is to be left out."""
    from api.suppression_file import BadLine

    good: list[Good] = []
    err, bad = Console(stderr=True, highlight=False, soft_wrap=True), 0
    for line in lines:
        if isinstance(line, BadLine):
            bad += 1
            err.print(f"line {line.line}: {escape(line.reason)}")
        else:
            good.append(line)
    if bad and not skip_bad:
        lines_are = "1 bad line" if bad == 1 else f"{bad} bad lines"
        fail(f"{lines_are}, so nothing was written; mend the file, or leave them out with --skip-bad")
    return good


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], object]]:
    """A bar that is told how much further it has come."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True, highlight=False)) as bar:
        task = bar.add_task("", total=total)
        yield lambda count: bar.advance(task, count)


def fail(message: str) -> NoReturn:
    """Say what is wrong, and end the command."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {escape(message)}")
    raise typer.Exit(1)

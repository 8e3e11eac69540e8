"""The answers as their files say them now: read again when one changes; a wrong one counts as it was before."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from leads.answer_sheets import AnswerLibrary, AnswerSheet
from leads.answering import AnswerDesk
from leads.sheets import SheetError, load_sheet

Mark = tuple[int, int]
"""What changes when a file does."""


@dataclass(slots=True)
class _Held:
    """One file as it was read last."""

    mark: Mark | None = None
    sheet: AnswerSheet | None = None
    """What it said when it was last right."""
    trouble: str | None = None


class AnswersInForce:
    """The library that questions are held against.

    A file that never was right gives no answers, so that a person answers what it is about.
    """

    def __init__(self, find: Callable[[], Iterable[Path]]) -> None:
        """
        Args:
            find: where the files lie now; they may come and go.
        """
        self._find = find
        self._held: dict[Path, _Held] = {}
        self._desk = AnswerDesk()

    def read(self) -> AnswerDesk:
        """What is in force now; a file is read only if it changed."""
        marks = {path: _mark(path) for path in self._find()}
        gone = self._held.keys() - marks.keys()
        changed = [path for path, mark in marks.items() if path not in self._held or self._held[path].mark != mark]
        # A file that can't be looked at may be there again at any moment.
        changed += [path for path, mark in marks.items() if mark is None and path not in changed]
        if changed or gone:
            for path in changed:
                self._read(path, marks[path])
            self._held = {path: self._held[path] for path in marks}
            sheets = tuple(held.sheet for held in self._held.values() if held.sheet is not None)
            if sheets != self._desk.library.sheets:
                self._desk = AnswerDesk(AnswerLibrary(sheets))
        return self._desk

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that were read last."""
        return tuple(self._held)

    @property
    def trouble(self) -> str | None:
        """What is wrong with the files as they were read last, with line and column; None when all are in force."""
        wrong = [held.trouble for held in self._held.values() if held.trouble is not None]
        return "\n".join(wrong) if wrong else None

    def _read(self, path: Path, mark: Mark | None) -> None:
        held = self._held.setdefault(path, _Held())
        held.mark = mark
        try:
            held.sheet, held.trouble = load_sheet(AnswerSheet, path), None
        except SheetError as wrong:
            held.trouble = str(wrong)


def _mark(path: Path) -> Mark | None:
    """None when the file can't be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size

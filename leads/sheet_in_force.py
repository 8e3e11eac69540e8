"""A sheet that is read again when its file changes; while the file is wrong, the last good one stays in force."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from leads.sheets import SheetError, load_sheet

Value = TypeVar("Value", bound=BaseModel)


class SheetInForce(Generic[Value]):
    """What one file of the playbook says."""

    def __init__(self, model: type[Value], find: Callable[[], Path], shipped: Path) -> None:
        """
        Args:
            find: where the file lies now; an own one may come and go.
            shipped: what holds until a good one was read.

        Raises:
            SheetError: the shipped one is wrong.
        """
        self._model = model
        self._find = find
        self._read_as: tuple[str, int, int] | None = None
        self.value: Value = load_sheet(model, shipped)
        self.trouble: str | None = None
        """What is wrong with the file as it is now; None when it is in force."""

    def read(self) -> Value:
        """What is in force now; the file is read only if it changed."""
        path = self._find()
        mark = _mark(path)
        if mark is None or mark != self._read_as:
            self._read_as = mark
            try:
                self.value, self.trouble = load_sheet(self._model, path), None
            except SheetError as wrong:
                self.trouble = str(wrong)
        return self.value


def _mark(path: Path) -> tuple[str, int, int] | None:
    """What changes when the file does; None when it can't be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return str(path), found.st_mtime_ns, found.st_size

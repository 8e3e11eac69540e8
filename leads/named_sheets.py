"""A folder of sheets of one kind, each called as its file is (forms, hooks); read again when a file changes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from leads.findings import Finding
from leads.sheets import Sheet, SheetError, read_sheet, read_text

Model = TypeVar("Model", bound=BaseModel)


class SheetBroken(LookupError):
    """There is a file of this name, and never was a good one; its text says what is wrong."""


@dataclass(slots=True)
class _Held(Generic[Model]):
    """One file as it was read last."""

    mark: tuple[int, int] | None
    value: Model | None = None
    trouble: str | None = None


class NamedSheets(Generic[Model]):
    """The sheets in force: while a file is wrong, what it said before stays in force."""

    def __init__(self, model: type[Model], key: str, find: Callable[[], Iterable[Path]]) -> None:
        """
        Args:
            key: under which a sheet says its name.
            find: where the files lie now.
        """
        self._model = model
        self._key = key
        self._find = find
        self._held: dict[str, _Held[Model]] = {}

    def get(self, name: str) -> Model | None:
        """The sheet of this name; None when there is no such file.

        Raises:
            SheetBroken: the file can't be used, and never could.
        """
        path = next((path for path in self._find() if path.stem == name), None)
        if path is None:
            self._held.pop(name, None)
            return None
        held = self._read(path)
        if held.value is None:
            raise SheetBroken(held.trouble)
        return held.value

    def has(self, name: str) -> bool:
        """Whether there is a file of this name, right or wrong, since it was last asked for."""
        return name in self._held

    def trouble(self, name: str) -> str | None:
        """What is wrong with the file as it is now; None when it is in force."""
        held = self._held.get(name)
        return held.trouble if held is not None else None

    def troubles(self) -> dict[str, str]:
        """What is wrong with each file that can't be used as it is now, by its name."""
        read = {path.stem: self._read(path) for path in self._find()}
        return {name: held.trouble for name, held in read.items() if held.trouble is not None}

    def all(self) -> list[Model]:
        """Every sheet in force, by name."""
        read = [self._read(path) for path in self._find()]
        return [held.value for held in read if held.value is not None]

    def _read(self, path: Path) -> _Held[Model]:
        held, mark = self._held.setdefault(path.stem, _Held(None)), _mark(path)
        if mark is None or mark != held.mark:
            held.mark = mark
            try:
                held.value, held.trouble = load_named(self._model, self._key, [path])[path.stem], None
            except SheetError as wrong:
                held.trouble = str(wrong)
        return held


def _mark(path: Path) -> tuple[int, int] | None:
    """What changes when the file does; None when it can't be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def load_named(model: type[Model], key: str, paths: Iterable[Path]) -> dict[str, Model]:
    """Every sheet by its name.

    Args:
        key: under which a sheet says its name.

    Raises:
        SheetError: some can't be used; each mistake of each file with its line and what to write instead.
    """
    found: dict[str, Model] = {}
    findings: list[Finding] = []
    for path in paths:
        try:
            sheet = _read(model, key, path)
        except SheetError as error:
            findings += error.findings
            continue
        findings += [finding for finding in sheet.findings if finding.is_error]
        if sheet.value is not None:
            found[path.stem] = sheet.value
    if findings:
        raise SheetError(findings)
    return found


def _read(model: type[Model], key: str, path: Path) -> Sheet[Model]:
    sheet = read_sheet(model, read_text(path), str(path))
    name = getattr(sheet.value, key, path.stem)
    if name != path.stem:
        source, hint = sheet.source, f"call the file {name}.yaml, or write `{key}: {path.stem}`"
        source.report(source.value_place((key,)), f"the file is called {path.stem}, and this {name}", hint)
    return sheet

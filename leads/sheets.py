"""A YAML file of the business's own (answers, routing, goals …) read into its model, each mistake with its place."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from leads.findings import Finding
from leads.yaml_text import MAX_BYTES, Path, Place, Source, Value, read_source

Model = TypeVar("Model", bound=BaseModel)


class SheetError(ValueError):
    """Files that can't be used; `findings` says why, with file, line and column."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(
            "\n".join(f"{finding}{f' ({finding.hint})' if finding.hint else ''}" for finding in self.findings)
        )


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Model]):
    """One file, read: its value if it is right, and what is wrong with it."""

    source: Source
    value: Model | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(self.source.findings)


def read_sheet(model: type[Model], text: str, file: str) -> Sheet[Model]:
    """Read a text into its model; nothing is raised, all that can be found at once is in `findings`."""
    source = read_source(text, file)
    if not source.complete:
        return Sheet(source, None)
    if not isinstance(source.value, dict):
        keys = ", ".join(_keys(model))
        source.report(Place(1, 1), "the file is empty, or no mapping", f"write keys with values; known here: {keys}")
        return Sheet(source, None)
    try:
        value = model.model_validate(_without_nulls(source.value))
    except ValidationError as error:
        _report(source, model, error.errors(include_url=False))
        return Sheet(source, None)
    return Sheet(source, None if any(finding.is_error for finding in source.findings) else value)


def load_sheet(model: type[Model], path: FilePath) -> Model:
    """Read a file that must be right.

    Raises:
        SheetError: it is missing, unreadable or wrong; each mistake with its line and what to write instead.
    """
    return sheet_of(model, read_text(path), str(path))


def sheet_of(model: type[Model], text: str, file: str) -> Model:
    """Read a text that must be right.

    Raises:
        SheetError: it is wrong.
    """
    sheet = read_sheet(model, text, file)
    if sheet.value is None:
        raise SheetError(finding for finding in sheet.findings if finding.is_error)
    return sheet.value


def read_text(path: FilePath) -> str:
    """A file's text.

    Raises:
        SheetError: it can't be read, or is no text.
    """
    source = Source(str(path))
    try:
        data = path.read_bytes()
        if len(data) <= MAX_BYTES:
            return data.decode("utf-8-sig")
        source.report(Place(1, 1), f"the file is larger than {MAX_BYTES // 1024} KB", "split it into several files")
    except OSError as error:
        source.report(Place(1, 1), f"the file can't be read: {error.strerror}", "is it there, and may it be read?")
    except UnicodeDecodeError:
        source.report(Place(1, 1), "the file is no UTF-8 text", "save it as UTF-8")
    raise SheetError(source.findings)


def _report(source: Source, model: type[BaseModel], errors: Sequence[ErrorDetails]) -> None:
    seen: set[Path] = set()
    for error in errors:
        path = _path(source, error)
        if path not in seen:  # the branches of one union complain about the same value
            seen.add(path)
            _explain(source, model, path, error)


def _path(source: Source, error: ErrorDetails) -> Path:
    """The error's location without the names of union branches and validators, which stand nowhere in the file."""
    path: Path = ()
    for part in error["loc"]:
        found = source.at(path)
        is_there = (isinstance(found, dict) and part in found) or (isinstance(found, list) and isinstance(part, int))
        is_missing = error["type"] == "missing" and part == error["loc"][-1]
        if is_there or is_missing:
            path = (*path, part)
    return path


def _explain(source: Source, model: type[BaseModel], path: Path, error: ErrorDetails) -> None:
    key = str(path[-1]) if path else ""
    context: dict[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            known = _keys(_model_at(model, path[:-1]))
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
            source.report(source.place(path), f"unknown key `{key}`", hint)
        case "missing":
            source.report(source.place(path[:-1]), f"`{key}` is missing", f"add `{key}: …` here")
        case "value_error":
            message, _, hint = str(context["error"]).partition("; ")
            source.report(source.value_place(path), message, hint)
        case "string_too_short":
            source.report(source.value_place(path), f"`{key}` is empty", "write it here")
        case "literal_error" | "enum":
            words = re.findall(r"'([^']*)'", str(context["expected"]))
            shown = source.at(path)
            source.report(source.value_place(path), f"`{key}` can't be {shown!r}", f"write one of: {', '.join(words)}")
        case _:
            said = error["msg"].replace("Input should be", "it must be").removeprefix("Value error, ")
            shown = source.at(path)
            was = "" if isinstance(shown, list | dict) else f" (it is {shown!r})"
            source.report(source.value_place(path), f"`{key}`: {said}{was}", "")


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model of the mapping at a path; None where there is none."""
    current: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int):
            continue
        fields = {} if current is None else {field.alias or name: field for name, field in current.model_fields.items()}
        current = next(_models_in(fields[part].annotation), None) if part in fields else current
    return current


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)


def _keys(model: type[BaseModel] | None) -> list[str]:
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _without_nulls(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value

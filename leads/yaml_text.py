"""YAML text as plain values that remember where each of them stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from leads.findings import Finding, Severity

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
MAX_VALUES = 20_000


Path = tuple[str | int, ...]
Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]

_NULL = re.compile(r"^(~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^[-+]?[0-9]{1,18}$")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?$")
_CLOCK = re.compile(r"^\d{1,2}:\d{2}$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; both count from 1."""

    line: int
    column: int


class Folded(str):
    """Text whose lines YAML put together (`>`, or without a mark): each line end that is left was an empty line."""

    __slots__ = ()


@dataclass(slots=True)
class Source:
    """A YAML text, read: its value, the place of every key and value, and what was wrong on the way."""

    file: str
    value: Value = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    lengths: dict[Place, int] = field(default_factory=dict)
    """How many characters each key and value has that stands in one line, quotes and all."""
    bare_clocks: list[Path] = field(default_factory=list)
    """Clock times without quotes, which YAML 1.1 readers take for numbers."""
    findings: list[Finding] = field(default_factory=list)
    complete: bool = False
    """Whether the text was read to its end."""

    def place(self, path: Path) -> Place:
        """Where to point for a path: its key, else its value, else whatever it stands in."""
        while path:
            if found := self.keys.get(path) or self.values.get(path):
                return found
            path = path[:-1]
        return self.values.get((), Place(1, 1))

    def value_place(self, path: Path) -> Place:
        """Where the value of a path starts; the key, or what it stands in, when there is no value."""
        return self.values.get(path) or self.place(path)

    def at(self, path: Path) -> Value:
        """The value at a path; None when there is none."""
        found: Value = self.value
        for part in path:
            if isinstance(found, dict) and isinstance(part, str):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                return None
        return found

    def whole(self, finding: Finding) -> Finding:
        """A finding that knows how long the key or value is at which it points."""
        return replace(finding, length=self.lengths.get(Place(finding.line, finding.column), finding.length))

    def report(self, place: Place, message: str, hint: str = "", severity: Severity = Severity.ERROR) -> None:
        """Note a mistake at a place."""
        self.findings.append(Finding(self.file, place.line, place.column, severity, message, hint))


class _Unreadable(Exception):
    """The text is no YAML that is read here: stop at this place."""

    def __init__(self, place: Place, message: str, hint: str) -> None:
        super().__init__(message)
        self.place, self.message, self.hint = place, message, hint


def read_source(text: str, file: str, *, first_line: int = 1) -> Source:
    """Read YAML 1.2 without anchors, tags, directives or second documents; a mistake is a finding, never raised.

    Args:
        text: the YAML.
        file: its name, for the findings.
        first_line: the line of `file` on which the text starts (front matter stands inside another file).
    """
    source = Source(file)
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        source.report(
            Place(first_line, 1), f"the file is larger than {MAX_BYTES // 1024} KB", "one page or two are enough"
        )
        return source
    try:
        _Builder(source, first_line).build(text)
        _forget_repeated(source)
        source.complete = True
    except _Unreadable as unreadable:
        source.report(unreadable.place, unreadable.message, unreadable.hint)
    except MarkedYAMLError as error:
        unclosed = "unexpected end of stream" in str(error.problem)
        mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
        place = Place(mark.line + first_line, mark.column + 1) if mark else Place(first_line, 1)
        source.report(place, *_explain(error, text))
    except YAMLError as error:
        source.report(*_bad_character(text, first_line, str(error)))
    return source


_REPEATED = "\0"
"""The key under which a key's second value is read; the first one counts, the second only has been reported."""


def _forget_repeated(source: Source) -> None:
    for path in [path for path in source.values if _REPEATED in path]:
        holder = source.at(path[:-1])
        if isinstance(holder, dict):
            holder.pop(_REPEATED, None)
    source.keys = {path: place for path, place in source.keys.items() if _REPEATED not in path}
    source.values = {path: place for path, place in source.values.items() if _REPEATED not in path}
    source.bare_clocks = [path for path in source.bare_clocks if _REPEATED not in path]


class _Builder:
    """Puts the parser's events together, without recursion and within bounds."""

    def __init__(self, source: Source, first_line: int) -> None:
        self.source = source
        self.first_line = first_line
        self.stack: list[tuple[Path, list[Value] | dict[str, Value]]] = []
        self.key: str | None = None
        self.count = 0

    def build(self, text: str) -> None:
        documents = 0
        for event in self._events(text):
            if isinstance(event, DocumentStartEvent):
                documents += 1
                self._check_document(event, documents)
            elif isinstance(event, AliasEvent):
                raise _Unreadable(self._place(event), f"`*{_short(event.anchor)}` refers to another place", _NO_ANCHOR)
            elif isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent):
                self._check_node(event)
                self._add(event)
                if event.start_mark.line == event.end_mark.line:
                    self.source.lengths[self._place(event)] = event.end_mark.column - event.start_mark.column
            elif isinstance(event, SequenceEndEvent | MappingEndEvent):
                self.stack.pop()
                self.key = None

    def _events(self, text: str) -> Iterator[Event]:
        yaml = YAML(typ="safe", pure=True)
        yield from yaml.parse(text)

    def _place(self, event: Event) -> Place:
        return Place(event.start_mark.line + self.first_line, event.start_mark.column + 1)

    def _check_document(self, event: DocumentStartEvent, documents: int) -> None:
        if documents > 1:
            raise _Unreadable(
                self._place(event), "a second document starts here", "one file holds one document; remove the ---"
            )
        if event.version or event.tags:
            raise _Unreadable(self._place(event), "a % directive is not read", "remove the line")

    def _check_node(self, event: ScalarEvent | SequenceStartEvent | MappingStartEvent) -> None:
        if event.anchor:
            raise _Unreadable(self._place(event), f"`&{_short(event.anchor)}` names a place for later", _NO_ANCHOR)
        if event.tag is not None:
            raise _Unreadable(
                self._place(event), f"the tag `{_short(str(event.tag))}` is not read", "write the plain value"
            )
        self.count += 1
        if len(self.stack) > MAX_DEPTH or self.count > MAX_VALUES:
            raise _Unreadable(
                self._place(event),
                "this is nested too deeply" if len(self.stack) > MAX_DEPTH else "the file holds too many values",
                "one page or two are enough",
            )

    def _add(self, event: ScalarEvent | SequenceStartEvent | MappingStartEvent) -> None:
        holder = self.stack[-1] if self.stack else None
        if holder is not None and isinstance(holder[1], dict) and self.key is None:
            self._add_key(event, holder[0], holder[1])
            return
        value = self._value(event)
        path: Path = ()
        if holder is None:
            self.source.value = value
        elif isinstance(holder[1], list):
            path = (*holder[0], len(holder[1]))
            holder[1].append(value)
        elif self.key is not None:
            path = (*holder[0], self.key)
            holder[1][self.key] = value
        self.source.values[path] = self._place(event)
        if isinstance(event, ScalarEvent):
            if event.style is None and isinstance(value, str) and _CLOCK.match(value):
                self.source.bare_clocks.append(path)
            self.key = None
        elif isinstance(value, list | dict):
            self.stack.append((path, value))
            self.key = None

    def _add_key(
        self,
        event: ScalarEvent | SequenceStartEvent | MappingStartEvent,
        path: Path,
        holder: dict[str, Value],
    ) -> None:
        place = self._place(event)
        if not isinstance(event, ScalarEvent):
            raise _Unreadable(place, "a key must be a plain word", "text that starts with { or [ belongs in quotes")
        if event.value in holder:
            first = self.source.keys[(*path, event.value)]
            self.source.report(
                place,
                f"`{_short(event.value)}` stands here a second time; the first is in line {first.line}",
                "keep one of the two",
            )
            self.key = _REPEATED
            return
        self.source.keys[(*path, event.value)] = place
        self.key = event.value

    def _value(self, event: ScalarEvent | SequenceStartEvent | MappingStartEvent) -> Value:
        if isinstance(event, SequenceStartEvent):
            return []
        if isinstance(event, MappingStartEvent):
            return {}
        value: Value = event.value if event.style is not None else _plain(event.value)
        return Folded(value) if isinstance(value, str) and "\n" in value and event.style != "|" else value


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


_NO_ANCHOR = "anchors and aliases are not read; write the value out"


def _plain(text: str) -> Value:
    """An unquoted scalar by the core rules of YAML 1.2; dates and clock times stay text."""
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text.lower() == "true"
    if _INT.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


_NEXT_LINE = "look at this line and the one before: a missing colon, dash, quote or closing bracket"


def _explain(error: MarkedYAMLError, text: str) -> tuple[str, str]:
    """The parser's complaint in the words of somebody who writes cadences."""
    problem = str(error.problem or error)
    mark = error.problem_mark
    character = ""
    if mark is not None:
        lines = text.splitlines()
        line = lines[mark.line] if mark.line < len(lines) else ""
        character = line[mark.column : mark.column + 1]
    if "'\\t'" in problem or character == "\t":
        return "a tab indents this line", "use spaces; YAML forbids tabs here"
    if "mapping values are not allowed" in problem:
        return (
            "a second `: ` in one line, or wrong indentation",
            "put text that contains a colon in quotes, and let keys of one block start in the same column",
        )
    if "cannot start any token" in problem:
        return f"text can't start with {character}", "put the text in quotes"
    if "unexpected end of stream" in problem or "unexpected document separator" in problem:
        return "a quote is opened and never closed", "close it with the same kind of quote"
    if "expected ',' or" in problem:
        return (
            "a list or mapping in brackets is not closed, or a comma is missing",
            "write {after: 3 days, email: name}, with a comma between the keys and the bracket at the end",
        )
    if "expected <block end>" in problem:
        return (
            "the indentation does not fit, or text goes on after a closing quote",
            "let the keys of one block, and the dashes of one list, start in the same column",
        )
    if "could not find expected ':'" in problem:
        return "a key without a colon", "write `key: value`, with a space after the colon"
    return f"this is no YAML: {problem}", _NEXT_LINE


def _bad_character(text: str, first_line: int, problem: str) -> tuple[Place, str, str]:
    for number, line in enumerate(text.split("\n")):
        for column, character in enumerate(line):
            if not (character.isprintable() or character in "\t\r\xa0\u2028\u2029\ufeff\x85"):
                return (
                    Place(number + first_line, column + 1),
                    f"an invisible control character (U+{ord(character):04X})",
                    "delete it; is this really a text file?",
                )
    return Place(first_line, 1), f"this is no YAML: {problem.splitlines()[0]}", "is this really a text file?"

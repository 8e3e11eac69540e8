"""A cadence's YAML read into its model, every mistake with its line, its column and what to write instead."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pydantic import ValidationError

from cadences import mistakes
from cadences.errors import CadenceError
from cadences.model import Cadence
from leads.findings import Finding, Severity
from leads.model import Channel
from leads.yaml_text import Path, Place, Source, Value, read_source

__all__ = ["CadenceError", "Finding", "Reading", "Severity", "parse", "read"]

TEMPLATE_FILES = {Channel.EMAIL: "email/{}.md", Channel.SMS: "sms/{}.txt", Channel.CALL: "call/{}.md"}
"""Where a channel's templates lie, under the folder `templates`; a task has a title and no template."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """One cadence file, read: the cadence if it is one, and what is wrong with it."""

    source: Source
    cadence: Cadence | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(self.source.findings)

    def place(self, *path: str | int) -> Place:
        """Where a key (or whatever it would stand in) starts."""
        return self.source.place(path)

    def value_place(self, *path: str | int) -> Place:
        """Where a value starts."""
        return self.source.value_place(path)

    def templates(self) -> dict[str, Path]:
        """The templates named in the file and the path of each one's first mention, even when the file has mistakes."""
        found: dict[str, Path] = {}
        for template, path in self._mentions():
            found.setdefault(template, path)
        return found

    def mentions(self, template: str) -> list[Place]:
        """Where the file names a template."""
        return [self.value_place(*path) for named, path in self._mentions() if named == template]

    def _mentions(self) -> Iterator[tuple[str, Path]]:
        steps = self.source.at(("steps",))
        for index, step in enumerate(steps if isinstance(steps, list) else []):
            for path, holder in _mappings(("steps", index), step):
                for channel, file in TEMPLATE_FILES.items():
                    name = holder.get(channel.value)
                    if isinstance(name, str) and _NAME.fullmatch(name):
                        yield file.format(name), (*path, channel.value)
            for channel, path, name in _variants(("steps", index), step):
                yield TEMPLATE_FILES[channel].format(name), path


def _mappings(path: Path, step: Value) -> Iterator[tuple[Path, dict[str, Value]]]:
    if isinstance(step, dict):
        yield path, step
        if isinstance(instead := step.get("instead"), dict):
            yield (*path, "instead"), instead


def _variants(path: Path, step: Value) -> Iterator[tuple[Channel, Path, str]]:
    """Each variant's template of a step, which is of the step's own channel."""
    variants = step.get("variants") if isinstance(step, dict) else None
    channel = next((one for one in TEMPLATE_FILES if isinstance(step, dict) and one.value in step), None)
    if channel is None or not isinstance(variants, dict):
        return
    for key, name in variants.items():
        if isinstance(name, str) and _NAME.fullmatch(name):
            yield channel, (*path, "variants", key), name


def read(text: str, file: str = "cadence.yaml") -> Reading:
    """Read a cadence; nothing is raised, all that can be found at once is in `findings`."""
    source = read_source(text, file)
    cadence = _validate(source) if source.complete else None
    return Reading(source, None if any(finding.is_error for finding in source.findings) else cadence)


def parse(text: str, file: str = "cadence.yaml") -> Cadence:
    """The cadence of a text that has been checked before.

    Raises:
        CadenceError: the text is no cadence.
    """
    cadence = _parsed(text)
    if cadence is None:
        raise CadenceError(finding for finding in read(text, file).findings if finding.is_error)
    return cadence


@lru_cache(maxsize=512)
def _parsed(text: str) -> Cadence | None:
    return read(text).cadence


def _validate(source: Source) -> Cadence | None:
    if source.value is None:
        source.report(Place(1, 1), "the file is empty", "start with `cadence: NAME` and `steps:`")
        return None
    if not isinstance(source.value, dict):
        source.report(
            source.value_place(()),
            f"a cadence is a mapping of keys, not {mistakes.show(source.value)}",
            "start with `cadence: NAME` and `steps:`",
        )
        return None
    _refuse_empty_keys(source)
    _refuse_pythons_names(source)
    _mention_bare_clocks(source)
    try:
        return Cadence.model_validate(_without_nulls(source.value))
    except ValidationError as error:
        mistakes.report(source, error.errors(include_url=False))
        return None


def _refuse_empty_keys(source: Source) -> None:
    """`after:` with nothing behind it would silently mean "at once"."""
    for path, place in list(source.keys.items()):
        if source.at(path) is None:
            source.report(place, f"`{path[-1]}` has no value", "write one after the colon, or remove the line")


def _refuse_pythons_names(source: Source) -> None:
    """`if_:` is how the model spells it, and would slip through as if it were `if:`."""
    for path, place in list(source.keys.items()):
        model = mistakes.model_at(path[:-1])
        if model and path[-1] in model.model_fields and path[-1] not in mistakes.keys_of(model):
            source.report(place, *mistakes.unknown_key(path))


def _mention_bare_clocks(source: Source) -> None:
    for path in source.bare_clocks:
        source.report(
            source.value_place(path),
            f"`{path[-1]}`: some YAML readers take {source.at(path)} for a number",
            f'write it in quotes: "{source.at(path)}"',
            Severity.WARNING,
        )


def _without_nulls(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value

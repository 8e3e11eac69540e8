"""What pydantic says about a cadence, in marketing's words: which key, at which place, and what to write instead."""

import difflib
import re
import typing
from collections.abc import Iterator
from types import UnionType
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from cadences.conditions import CONDITION_FORM, FIELDS, OUTCOMES
from cadences.model import Cadence
from leads.spans import SPAN_FORM
from leads.yaml_text import Path, Place, Source

_COMMON = {
    "name": "cadence", "description": "about", "title": "task", "text": "sms", "message": "email",
    "phone": "call", "delay": "after", "when": "after", "then": "wait", "condition": "if", "due": "within",
    "deadline": "within", "else": "instead", "otherwise": "instead", "fallback": "instead", "assignee": "to",
    "owner": "to", "start": "from", "end": "to", "holidays": "calendar", "count": "times", "interval": "every",
    "for_": "for", "from_": "from", "if_": "if",
    "versions": "variants", "alternatives": "variants", "test": "variants", "ab": "variants",
    "shares": "weights", "split": "weights", "goal": "measure", "metric": "measure",
}  # fmt: skip
"""Words that people write for a key, and the key."""


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys a part of a cadence may have, as they are written in YAML."""
    return [field.alias or name for name, field in model.model_fields.items()]


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field's annotation mentions, inside optionals, unions and tuples."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif isinstance(annotation, UnionType) or typing.get_origin(annotation) is not None:
        for argument in typing.get_args(annotation):
            yield from models_in(argument)


def model_at(path: Path) -> type[BaseModel] | None:
    """The model that describes the mapping at a path of a cadence; None where there is none."""
    model: type[BaseModel] | None = Cadence
    for part in path:
        if isinstance(part, int):
            continue
        fields = {} if model is None else {field.alias or name: field for name, field in model.model_fields.items()}
        model = next(models_in(fields[part].annotation), None) if part in fields else None
    return model


def every_model() -> dict[str, type[BaseModel]]:
    """Each part of a cadence by the key it stands under; the cadence itself under the empty name."""
    found: dict[str, type[BaseModel]] = {"": Cadence}
    waiting: list[type[BaseModel]] = [Cadence]
    while waiting:
        for name, field in waiting.pop().model_fields.items():
            for model in models_in(field.annotation):
                if model not in found.values():
                    found[field.alias or name] = model
                    waiting.append(model)
    return found


def report(source: Source, errors: list[ErrorDetails]) -> None:
    """Turn pydantic's errors into findings with a place; the errors of one union become one finding."""
    by_path: dict[Path, list[ErrorDetails]] = {}
    for error in errors:
        path = _path(source, error)
        if not _is_echo(source, path, error):
            by_path.setdefault(path, []).append(error)
    for path, group in by_path.items():
        place, message, hint = _explain(source, path, group)
        source.report(place, message, hint)


def _path(source: Source, error: ErrorDetails) -> Path:
    """The error's location without the names of union branches, which stand nowhere in the file."""
    path: Path = ()
    for part in error["loc"]:
        found = source.at(path)
        is_there = (isinstance(found, dict) and part in found) or (isinstance(found, list) and isinstance(part, int))
        is_missing = error["type"] == "missing" and isinstance(found, dict) and part == error["loc"][-1]
        if is_there or is_missing:
            path = (*path, part)
    return path


def _is_echo(source: Source, path: Path, error: ErrorDetails) -> bool:
    """Whether the error only repeats, in pydantic's way, what is said better about a part of the same value."""
    value = source.at(path)
    match error["type"]:
        case "literal_error" | "enum":
            return isinstance(value, dict)
        case "missing":
            return path in source.keys
        case "too_short":
            return bool(value)
        case _:
            return False


def _explain(source: Source, path: Path, group: list[ErrorDetails]) -> tuple[Place, str, str]:
    error = group[0]
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    kinds = {found["type"] for found in group}
    if kinds & {"literal_error", "enum"}:
        return source.value_place(path), *_choice(source, path, key, group)
    match error["type"]:
        case "missing":
            return source.value_place(path[:-1]), *_missing(path)
        case "extra_forbidden":
            return source.place(path), *unknown_key(path)
        case "value_error":
            message, _, hint = str(error["ctx"]["error"]).partition("; ")
            place = _named_key(source, path, message) or source.value_place(path)
            nearest = {SPAN_FORM: nearest_span, CONDITION_FORM: nearest_condition}
            for form, find in nearest.items():
                if hint.endswith(form) and (nearer := find(error["input"])):
                    hint = f'did you mean "{nearer}"?'
            return place, message, hint
        case "string_pattern_mismatch":
            return source.value_place(path), *_name(path, str(error["input"]))
        case _:
            return source.value_place(path), *_wrong_kind(source, path, key, error)


def unknown_key(path: Path) -> tuple[str, str]:
    """Message and hint for a key that is not known where it stands."""
    key = str(path[-1])
    model = model_at(path[:-1])
    known = keys_of(model) if model else []
    message = f"unknown key `{key}`"
    near = difflib.get_close_matches(key.lower().replace("-", "_").replace(" ", "_"), known, n=2, cutoff=0.6)
    meant = _COMMON.get(key.lower())
    if near or meant in known:
        candidates = list(dict.fromkeys([*near, *([meant] if meant in known else [])]))
        return message, f"did you mean {' or '.join(f'`{name}`' for name in candidates)}?"
    for holder, other in every_model().items():
        if holder and holder != "steps" and key in keys_of(other):
            return message, f"`{key}` belongs under `{holder}:`"
    if key in keys_of(Cadence):
        return message, f"`{key}` belongs at the left margin, not inside another key"
    return message, f"known here: {', '.join(known)}"


def nearest_span(value: object) -> str | None:
    """A span that was probably meant: "3d", "1 year", "two weeks", "5 working days"; None when it can't be guessed."""
    if not isinstance(value, str):
        return None
    text = value.strip().lower()
    for word, number in _NUMBERS.items():
        text = re.sub(rf"^{word}\b", number, text)
    match = re.fullmatch(r"(\d{1,4})[\s_-]*([a-z][a-z _-]*)\.?", text)
    if match is None:
        return None
    amount, word = int(match.group(1)), " ".join(re.split(r"[\s_-]+", match.group(2).strip()))
    years = word in ("y", "yr", "yrs", "year", "years")
    unit = "month" if years else _UNITS.get(word)
    if unit is None:
        near = difflib.get_close_matches(word, [*_UNITS], n=1, cutoff=0.75)
        unit = _UNITS[near[0]] if near else None
    if unit is None:
        return None
    amount *= 12 if years else 1
    return f"{amount} {unit}{'' if amount == 1 else 's'}"


def nearest_condition(value: object) -> str | None:
    """A condition that was probably meant: "sms consnt", "first-call was conected"; None when it can't be guessed."""
    if not isinstance(value, str):
        return None
    text = " ".join(value.lower().split()).removeprefix("if ")
    if match := re.fullmatch(r"([a-z][a-z0-9-]*) (?:was|is|=+|:) (not )?([a-z -]+)", text):
        near = difflib.get_close_matches(match.group(3), OUTCOMES, n=1, cutoff=0.6)
        if near:
            return f"{match.group(1)} was {match.group(2) or ''}{near[0]}"
    forms = ["email consent", "sms consent", "call consent", "has email", "has phone"]
    negated = [f"not {form}" for form in forms]
    near = difflib.get_close_matches(
        text, [*forms, *negated, *(f"{field} is set" for field in FIELDS)], n=1, cutoff=0.7
    )
    return near[0] if near else None


_NUMBERS = {
    "an": "1", "a": "1", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "ten": "10", "twelve": "12",
}  # fmt: skip
_UNITS = {
    name: unit
    for unit, names in {
        "minute": "m min mins minute minutes",
        "hour": "h hr hrs hour hours",
        "day": "d day days",
        "week": "w wk wks week weeks",
        "month": "mo mon month months",
    }.items()
    for name in names.split()
} | {f"{word} {day}": "business day" for word in ("business", "working", "work") for day in ("day", "days")} | {
    "bd": "business day",
    "workdays": "business day",
    "weekdays": "business day",
}  # fmt: skip


def _missing(path: Path) -> tuple[str, str]:
    key = str(path[-1])
    model = model_at(path[:-1])
    field = next((f for n, f in model.model_fields.items() if (f.alias or n) == key), None) if model else None
    where = f" in `{path[-2]}`" if len(path) > 1 and isinstance(path[-2], str) else ""
    meaning = f": {field.description}" if field and field.description else ""
    return f"`{key}` is missing{where}", f"add `{key}`{meaning}"


def _choice(source: Source, path: Path, key: str, group: list[ErrorDetails]) -> tuple[str, str]:
    expected = [
        word
        for error in group
        if error["type"] in ("literal_error", "enum")
        for word in re.findall(r"'([^']*)'", str(error["ctx"]["expected"]))
    ]
    words = ", ".join(f'"{word}"' if " " in word else word for word in expected)
    models = [error for error in group if error["type"] in ("model_type", "model_attributes_type", "dict_type")]
    if models:
        model = model_at(path)
        keys = ", ".join(keys_of(model)) if model else ""
        return f"`{key}` can't be {show(source.at(path))}", f"write {words}, or a mapping with one of {keys}"
    near = difflib.get_close_matches(str(source.at(path)).lower(), expected, n=1, cutoff=0.6)
    hint = f'did you mean "{near[0]}"? possible: {words}' if near else f"write {words.replace(', ', ' or ')}"
    return f"`{key}` can't be {show(source.at(path))}", hint


def _name(path: Path, value: str) -> tuple[str, str]:
    separator = "_" if path[0] == "defaults" else "-"
    made = re.sub(r"[^a-z0-9]+", separator, value.lower()).strip(separator)
    made = re.sub(r"^[0-9_-]+", "", made)
    if separator == "_":
        message, form = f"{show(value)} is no name of a field", "small letters, digits and underscores"
    else:
        message, form = f"{show(value)} is no name", "small letters, digits and hyphens, like first-call"
    return message, f"write {made}" if made else f"use {form}"


def _wrong_kind(source: Source, path: Path, key: str, error: ErrorDetails) -> tuple[str, str]:
    value, context = source.at(path), error.get("ctx", {})
    shown = show(value)
    match error["type"]:
        case "string_type":
            scalar = isinstance(value, int | float)
            hint = f'put it in quotes: {key}: "{value}"' if scalar else f"write text after `{key}:`"
            return f"`{key}` must be text, not {shown}", hint
        case "int_type" | "int_parsing" | "int_from_float":
            return f"`{key}` must be a whole number, not {shown}", f"write for example `{key}: 4`"
        case "greater_than_equal":
            return f"`{key}` is too small: {shown}", f"write {context['ge']} or more"
        case "less_than_equal":
            return f"`{key}` is too big: {shown}", f"write {context['le']} or less"
        case "string_too_long":
            limit = context["max_length"]
            return f"`{key}` is longer than {limit} characters", f"shorten it to {limit} characters"
        case "too_short":
            return f"`{key}` is empty", "add at least one line that starts with `- `"
        case "tuple_type" | "list_type":
            return f"`{key}` must be a list, not {shown}", "begin each line of it with `- `"
        case "model_type" | "model_attributes_type" | "dict_type":
            return _not_a_mapping(path, key, shown)
        case _:
            return f"`{key}`: {error['msg']}", "see docs/writing-cadences.md"


def _not_a_mapping(path: Path, key: str, shown: str) -> tuple[str, str]:
    if path and isinstance(path[-1], int):
        return f"{shown} is no step", "write `- email: NAME`, with sms, call or task in the place of email"
    model = model_at(path)
    keys = ", ".join(keys_of(model)) if model else "NAME: value"
    example = f"{key}: {{{keys_of(model)[0]}: …}}" if model else f"{key}: {{name: value}}"
    return f"`{key}` can't be {shown}", f"write a mapping, {example}; its keys are {keys}"


def show(value: object) -> str:
    """A value as it may stand in a message: short, and lists and mappings by their kind."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    if value is None:
        return "empty"
    if isinstance(value, bool | int | float):
        return str(value).lower()
    text = str(value)
    return f'"{text if len(text) <= 40 else text[:39] + "…"}"'


def _named_key(source: Source, path: Path, message: str) -> Place | None:
    """The place of the last key, in the file's order, that the message names: "not both" points at the second."""
    found = source.at(path)
    if not isinstance(found, dict):
        return None
    named = set(re.findall(r"`([a-z_]+)`", message))
    places = [source.place((*path, key)) for key in found if key in named]
    return max(places, key=lambda place: (place.line, place.column), default=None)

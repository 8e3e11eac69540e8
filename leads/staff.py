"""Our own people as an admin writes them down: each value read from its text, or refused in one clear line."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leads.calendars import is_known_calendar
from leads.capture import CaptureRefused
from leads.model import Colleague, Role
from leads.normalising import clean_line, known_zone, normal_email, normal_phone
from leads.spans import Span
from leads.work_hours import WorkHours

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_WORD = re.compile(r"[a-z0-9][a-z0-9 .+_-]{0,59}")
_MEANT_OTHERWISE = frozenset({"owner", "manager", "generator"})
"""Words that cadences use for whoever it is."""
_MOST_WEIGHT = 100
_MOST_CALLS = 500


class StaffRefused(ValueError):
    """Somebody can't be written down so; it says why, in words for the person who asked.

    Attributes:
        field: the value that is wrong, as `Colleague` or `Absence` calls it; empty where it is none of them.
        message: what is wrong with it, without naming it.
    """

    def __init__(self, said: str, field: str = "", message: str = "") -> None:
        super().__init__(said)
        self.field = field
        self.message = message or said


def new_colleague(colleague_id: str, texts: Mapping[str, str], country: str) -> Colleague:
    """A colleague who is added.

    Raises:
        StaffRefused: the id, or one of the values, can't be used.
    """
    if not _ID.fullmatch(colleague_id) or colleague_id in _MEANT_OTHERWISE:
        raise StaffRefused(
            f"{colleague_id!r} can't be somebody's short name; write small letters and digits, like anna, "
            "and none of: owner, manager, generator",
            "id",
        )
    return described(Colleague(colleague_id, colleague_id.capitalize()), texts, country)


def described(colleague: Colleague, texts: Mapping[str, str], country: str) -> Colleague:
    """The colleague with some values changed; an empty text takes a value back.

    Args:
        texts: fields of `Colleague`, as they are written.
        country: whose phone numbers may lack their country code.

    Raises:
        StaffRefused: one of the values can't be used.
    """
    changes: dict[str, Any] = {}
    for field, text in texts.items():
        try:
            changes[field] = _read(field, text.strip(), country)
        except CaptureRefused as refused:
            raise StaffRefused(f"{_shown(field)}: {refused.message}", field, refused.message) from refused
        except ValueError as wrong:
            raise StaffRefused(f"{_shown(field)}: {wrong}", field, str(wrong)) from wrong
    return replace(colleague, **changes)


def _read(field: str, text: str, country: str) -> Any:
    if not text and field not in ("name", "role"):
        return {"skills": (), "weight": 1}.get(field)
    match field:
        case "name":
            return _name(text)
        case "email":
            return normal_email(text)
        case "phone":
            return normal_phone(text, country)
        case "role":
            return _role(text)
        case "team":
            return _word(text)
        case "zone":
            return known_zone(text)
        case "hours":
            return WorkHours.parse(text)
        case "calendar":
            return _calendar(text)
        case "skills":
            return tuple(dict.fromkeys(_word(part) for part in text.split(",")))
        case "weight":
            return _number(text, 0, _MOST_WEIGHT)
        case "calls_per_day":
            return _number(text, 0, _MOST_CALLS)
        case "first_response":
            return Span.parse(text)
    raise TypeError(f"{field} is no text of a colleague")


def _name(text: str) -> str:
    name = clean_line("name", text)
    if not name:
        raise ValueError("it can't be empty")
    return name


def _role(text: str) -> Role:
    try:
        return Role(text.lower())
    except ValueError:
        raise ValueError(f"{text!r} is no role; it is one of: {', '.join(Role)}") from None


def _word(text: str) -> str:
    word = " ".join(text.lower().split())
    if not _WORD.fullmatch(word):
        raise ValueError(f"{text!r} can't be used; write letters and digits, with commas between several")
    return word


def _calendar(text: str) -> str:
    if not is_known_calendar(text):
        raise ValueError(f"{text!r} is no known calendar; write a country like US, or a state like US-CA")
    return text


def _number(text: str, least: int, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise ValueError(f"{text!r} does not fit; write a number from {least} to {most}")
    return int(text)


def _shown(field: str) -> str:
    return field.replace("_", " ")

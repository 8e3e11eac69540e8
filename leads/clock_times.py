"""Days of the week and clock times, as people write them in YAML."""

import re
from datetime import time
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _read_days(value: object) -> object:
    """`mon-fri`, `mon, wed, fri` or `mon-sat` to a set of weekday numbers."""
    if not isinstance(value, str):
        return value
    days: set[int] = set()
    for part in value.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if first not in _DAY_NAMES or (dash and last not in _DAY_NAMES):
            raise ValueError(f"{part!r} names no days; write mon-fri, or mon, wed, fri")
        start, end = _DAY_NAMES.index(first), _DAY_NAMES.index(last or first)
        days.update(range(start, end + 1) if start <= end else [*range(start, 7), *range(end + 1)])
    return frozenset(days)


def _read_clock(value: object) -> object:
    """`09:00` to a time; YAML 1.1 readers turn an unquoted 17:30 into a number, so say what to write."""
    if isinstance(value, str) and re.fullmatch(r"([01]?\d|2[0-4]):[0-5]\d", value):
        hour, minute = map(int, value.split(":"))
        if hour == 24:
            if minute:
                raise ValueError("a day ends at 24:00")
            return time.max
        return time(hour, minute)
    if isinstance(value, time):
        return value
    raise ValueError(f'{value!r} is no clock time; write it in quotes, like "09:00"')


def _show_clock(value: time) -> str:
    return "24:00" if value == time.max else value.strftime("%H:%M")


def _show_days(value: frozenset[int]) -> str:
    return ",".join(_DAY_NAMES[day] for day in sorted(value))


Days = Annotated[
    frozenset[int],
    BeforeValidator(_read_days),
    PlainSerializer(_show_days, return_type=str),
    WithJsonSchema({"type": "string", "description": "Days of the week: mon-fri, or mon, wed, fri."}),
]
Clock = Annotated[
    time,
    BeforeValidator(_read_clock),
    PlainSerializer(_show_clock, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([01]?\d|2[0-4]):[0-5]\d$",
            "description": 'A clock time in quotes, like "09:00".',
        }
    ),
]

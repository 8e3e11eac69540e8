"""Days, hours and YAML, read aloud for the policy."""

from collections.abc import Iterable, Iterator, Set
from datetime import time

from leads.staff_mails import plain
from leads.yaml_text import Value

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LEAST_STRETCH = 3


def clock(at: time) -> str:
    """A clock time; the end of the day is 24:00."""
    return "24:00" if at == time.max else f"{at:%H:%M}"


def list_of(words: Iterable[str]) -> str:
    """Words as people list them."""
    *some, last = [*words]
    return f"{', '.join(some)} and {last}" if some else last


def day_names(days: Set[int]) -> str:
    """Days of the week, three or more in a row as a stretch."""
    if len(days) == len(_DAYS):
        return "every day"
    ordered, parts = sorted(days), list[str]()
    while ordered:
        stretch = [day for number, day in enumerate(ordered) if day == ordered[0] + number]
        ordered = ordered[len(stretch) :]
        if len(stretch) >= _LEAST_STRETCH:
            parts.append(f"{_DAYS[stretch[0]]} to {_DAYS[stretch[-1]]}")
        else:
            parts += [_DAYS[day] for day in stretch]
    return list_of(parts) if parts else "never"


def sheet_aloud(value: Value, depth: int = 0) -> Iterator[str]:
    """A YAML file of the business's own as a nested list: its keys are chosen to be read."""
    indent = "  " * depth
    match value:
        case dict():
            for key, part in value.items():
                if isinstance(part, list) and any(isinstance(one, dict) for one in part):
                    yield f"{indent}- {_key(key)}:"
                    yield from sheet_aloud(part, depth + 1)
                else:
                    yield f"{indent}- {_key(key)}: {_flat(part)}"
        case list():
            for part in value:
                yield f"{indent}- {_flat(part)}"
        case _:
            yield f"{indent}- {_flat(value)}"


def _flat(value: Value) -> str:
    match value:
        case dict():
            return "; ".join(f"{_key(key)}: {_flat(part)}" for key, part in value.items())
        case list():
            return ", ".join(_flat(part) for part in value)
        case bool():
            return "yes" if value else "no"
        case None:
            return "none"
    return plain(str(value))


def _key(key: str) -> str:
    return plain(key.replace("_", " "))

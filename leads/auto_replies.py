"""Whether a machine wrote an email, and when the person it writes for is back; neither is ever an answer.

Sources: RFC 3834 (Auto-Submitted, the null return path), RFC 3464 (delivery reports), and what mail programs add.
"""

import re
import warnings
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

import dateparser  # type: ignore[import-untyped]

FARTHEST = timedelta(days=365)
"""A return that lies further away is taken for a mistake."""
FARTHEST_WITHOUT_YEAR = timedelta(days=183)
"""A day without its year is taken for the next one if that is near; else the reply may be a forgotten old one."""
LONGEST = 4_000
"""Characters in which a date is looked for."""


class Hand(StrEnum):
    """Who wrote an email, as far as its headers tell."""

    PERSON = "person"
    DOUBTFUL = "doubtful"
    """One weak sign: a person sees it, and no machine draws anything from its words."""
    MACHINE = "machine"
    """A strong sign, or two weak ones."""


def hand(headers: Mapping[str, str], *, return_path: str | None = None) -> Hand:
    """Who wrote an email.

    Args:
        headers: by their names in small letters.
        return_path: where the mail says that errors go; empty for nowhere, None when nobody told.
    """
    if return_path in ("", "<>") or any(sign(headers) for sign in _STRONG):
        return Hand.MACHINE
    weak = sum(sign(headers) for sign in _WEAK)
    return Hand.PERSON if not weak else Hand.DOUBTFUL if weak == 1 else Hand.MACHINE


def _value(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").split(";")[0].strip().casefold()


_Sign = Callable[[Mapping[str, str]], bool]
_ANNOUNCED = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response|respon[ds]er)|autoreply|"
    r"out of (?:the )?office|ooo|on (?:vacation|holiday|leave)|abwesenheitsnotiz|automatische antwort|"
    r"réponse automatique|respuesta automática|risposta automatica|automatisch antwoord)\s*(?:[:!-]|$)",
    re.IGNORECASE,
)
"""How a mail program begins the subject; after "Re:" a person wrote it."""
_STRONG: tuple[_Sign, ...] = (
    lambda headers: _value(headers, "auto-submitted") not in ("", "no"),
    lambda headers: headers.get("return-path", "").strip() == "<>",
    lambda headers: any(name in headers for name in ("x-autoreply", "x-autorespond", "x-mail-autoreply")),
    lambda headers: "x-ms-exchange-inbox-rules-loop" in headers,
    lambda headers: _value(headers, "content-type") == "multipart/report",
    lambda headers: _value(headers, "precedence") == "auto_reply",
)
_WEAK: tuple[_Sign, ...] = (
    lambda headers: _value(headers, "precedence") in ("bulk", "list", "junk"),
    lambda headers: "x-auto-response-suppress" in headers,
    lambda headers: bool(_ANNOUNCED.match(headers.get("subject", ""))),
)

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = r"(?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun)"
_DAY = (
    rf"(?:{_WEEKDAY}\.?,? (?:the )?)?(?P<date>\d{{4}}-\d\d-\d\d|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?\.? (?:of )?{_MONTH}\.?(?:,? \d{{4}})?|"
    r"\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d\d))(?![\d/-])"
)
_BETWEEN = r"(?: (?:in|the|to|work|office|my|at|desk|online|again|available|and|be|able|reply|on|from|by|until))*,?"
_BACK = re.compile(
    r"\b(?:back|return|returning|returns|be available|resume|reachable(?: again)?|available again)"
    rf"{_BETWEEN} {_DAY}",
    re.IGNORECASE,
)
"""Says the first day on which the person is there."""
_AWAY = re.compile(rf"\b(?:until|till|through|thru|to|up to)(?: and including)?,? {_DAY}", re.IGNORECASE)
"""Says the last day on which the person is away."""
_AMBIGUOUS = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{2,4})")


def return_date(text: str, today: date) -> date | None:
    """The first day on which the person is back, as an out-of-office says it; None unless there is just one reading.

    A date like 03/04/2026 has two, and so have two dates of the same kind. "Until" names the last day away.

    Args:
        today: on the person's own clock; the return lies after it, and within `FARTHEST`.
    """
    line = " ".join(text[:LONGEST].split())
    for pattern, later in ((_BACK, timedelta(0)), (_AWAY, timedelta(days=1))):
        found = list(pattern.finditer(line))
        if not found:
            continue
        days = {_read(match["date"], match["weekday"], today) for match in found}
        if len(days) != 1 or None in days:
            return None
        (day,) = days
        back = day + later if day is not None else None
        return back if back is not None and today < back <= today + FARTHEST else None
    return None


def _read(words: str, weekday: str | None, today: date) -> date | None:
    """The day that the words name; None when they may name another as well, or the weekday is another's."""
    order = "MDY"
    if numbers := _AMBIGUOUS.fullmatch(words):
        first, second = int(numbers[1]), int(numbers[2])
        if first <= 12 and second <= 12 and first != second:
            return None
        order = "DMY" if first > 12 else "MDY"
    base = datetime(today.year, today.month, today.day)  # noqa: DTZ001 - dateparser wants a naive base
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = dateparser.parse(
            words,
            languages=["en"],
            settings={
                "DATE_ORDER": order,
                "PREFER_DATES_FROM": "future",
                "RELATIVE_BASE": base,
                "REQUIRE_PARTS": ["day", "month"],
                "PARSERS": ["absolute-time"],
            },
        )
    if read is None:
        return None
    day = read.date()
    if not re.search(r"\d{4}|[/.]\d\d$", words) and day > today + FARTHEST_WITHOUT_YEAR:
        return None
    return day if weekday is None or f"{day:%a}".casefold() == weekday[:3].casefold() else None

"""The rules of contact as data: dated rows with their citations, read once from the YAML files beside this module."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cadences.legal_hours import Cap, LegalDay, LegalWeek, Timetable, strictest
from leads.area_codes import CODES_OF
from leads.clock_times import Days
from leads.model import Channel
from leads.regions import ANY_STATE, TERRITORIES
from leads.spans import Span
from leads.yaml_text import read_source

MESSAGES_AND_CALLS = frozenset({Channel.EMAIL, Channel.SMS, Channel.CALL})
"""What a person can be reached by, and can stop."""


class RulesUnreadable(ValueError):
    """A file of rules does not say what it must; the message names the file and the place."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Row(_Part):
    """What every row of law says of itself."""

    citation: str = Field(min_length=1)
    effective_from: date
    """Its first day."""
    confirmed: bool
    """False for what a single compilation says."""


def _read_hours(value: object) -> object:
    """`{mon-fri: "09:00-18:00"}` to a pair of clock times for each named day of the week."""
    if not isinstance(value, Mapping):
        raise ValueError('write hours like {mon-fri: "09:00-18:00"}')
    found: dict[int, tuple[time, time]] = {}
    for days, clock in value.items():
        first, _, last = str(clock).partition("-")
        opens, closes = time.fromisoformat(first), time.fromisoformat(last)
        if opens >= closes:
            raise ValueError(f"{clock!r} never opens")
        for day in _days(days):
            if day in found:
                raise ValueError(f"{days!r} names a day a second time")
            found[day] = opens, closes
    return found


def _days(text: object) -> frozenset[int]:
    return _DayNames.model_validate({"days": text}).days


class _DayNames(_Part):
    days: Days


class HoursRow(_Row):
    """The hours, and the cap, of federal law or of a state."""

    hours: Annotated[dict[int, tuple[time, time]], BeforeValidator(_read_hours)] | None = None
    """By day of the week, Monday is 0; a day that is missing is closed. None: no hours of its own."""
    cap: int | None = Field(None, ge=1)
    """The most calls and texts on the same subject in any 24 hours."""


class DoNotCallRow(_Row):
    """What the Do-Not-Call registry forbids, and what permits a call or a text all the same."""

    check_every_days: int = Field(ge=1)
    """What was looked up longer ago must be looked up again."""
    after_purchase: Span
    after_inquiry: Span
    never_checked: Literal["allow", "block"]


class EmailRow(_Row):
    """Where email needs a consent, and how long an inquiry or a purchase stands in for it."""

    countries: frozenset[str]
    after_purchase: Span | None = None
    """None: for good."""
    after_inquiry: Span | None = None


class RevocationRow(_Row):
    """Which channels a revocation covers, by the channel it came on."""

    covers: Literal["all"] | dict[Channel, frozenset[Channel]]


class DeadlineRow(_Row):
    """By when an opt-out must be obeyed."""

    business_days: int = Field(ge=1)


class _HoursFile(_Part):
    federal: list[HoursRow] = Field(min_length=1)
    states: dict[str, list[HoursRow]]


class _PermissionFile(_Part):
    do_not_call: list[DoNotCallRow]
    email: list[EmailRow]


class _OptingOutFile(_Part):
    revocation: list[RevocationRow] = Field(min_length=1)
    deadline: list[DeadlineRow] = Field(min_length=1)


_RowType = TypeVar("_RowType", bound=_Row)


def valid_on(rows: Iterable[_RowType], day: date) -> _RowType | None:
    """The row that holds on a day: of those that have begun the latest; None before the first."""
    begun = [row for row in rows if row.effective_from <= day]
    return max(begun, key=lambda row: row.effective_from, default=None)


@dataclass(frozen=True, eq=False, slots=True)
class RuleBook:
    """All rules of contact."""

    hours: _HoursFile
    permission: _PermissionFile
    opting_out: _OptingOutFile
    _timetables: dict[frozenset[str], Timetable] = field(default_factory=dict)

    def timetable(self, states: frozenset[str]) -> Timetable:
        """What federal law and that of these states permit together; `ANY_STATE` stands for all that have a law."""
        found = self._timetables.get(states)
        if found is None:
            found = self._timetables[states] = self._timetable_of(states)
        return found

    def _timetable_of(self, states: frozenset[str]) -> Timetable:
        names = self.hours.states.keys() if ANY_STATE in states else states & self.hours.states.keys()
        laws = {"federal law": self.hours.federal} | {name: self.hours.states[name] for name in sorted(names)}
        begins = {row.effective_from for rows in laws.values() for row in rows}
        unknown = ANY_STATE in states
        return Timetable(tuple(_week(day, laws, unknown=unknown) for day in sorted({date.min, *begins})))

    def do_not_call(self, day: date) -> DoNotCallRow | None:
        """What holds of the Do-Not-Call registry on a day."""
        return valid_on(self.permission.do_not_call, day)

    def email(self, country: str, day: date) -> EmailRow | None:
        """What email to people in a country needs on a day; None where no row is about it."""
        return valid_on([row for row in self.permission.email if country in row.countries], day)

    def revocation(self, channel: Channel, day: date) -> frozenset[Channel]:
        """The channels that a revocation on one of them covers, when it is made on this day."""
        row = valid_on(self.opting_out.revocation, day)
        if row is None or row.covers == "all":
            return MESSAGES_AND_CALLS
        return frozenset({channel, *row.covers.get(channel, MESSAGES_AND_CALLS)})

    def opt_out_business_days(self, day: date) -> int:
        """How many business days the law gives to obey an opt-out of this day."""
        rows = self.opting_out.deadline
        return (valid_on(rows, day) or min(rows, key=lambda row: row.effective_from)).business_days


def _week(first_day: date, laws: Mapping[str, Sequence[HoursRow]], *, unknown: bool) -> LegalWeek:
    valid = {name: row for name, rows in laws.items() if (row := valid_on(rows, first_day)) is not None}
    if first_day == date.min:
        # Federal law binds on whatever day it is asked about; before its first row that row counts.
        valid["federal law"] = min(laws["federal law"], key=lambda row: row.effective_from)
    caps = [Cap(row.cap, _named(name, row, unknown)) for name, row in valid.items() if row.cap is not None]
    return LegalWeek(first_day, tuple(_day(day, valid, unknown) for day in range(7)), strictest(caps))


def _day(weekday: int, valid: Mapping[str, HoursRow], unknown: bool) -> LegalDay:
    """What all rows permit on a day of the week, and whose hours these are: the latest to open, the first to close.

    Where federal law and a state say the same, the state is named.
    """
    opens, closes = time.min, time.max
    opener = closer = ""
    for name, row in valid.items():
        if row.hours is None:
            continue
        first, last = row.hours.get(weekday, (time.max, time.min))
        if first >= opens:
            opens, opener = first, _named(name, row, unknown)
        if last <= closes:
            closes, closer = last, _named(name, row, unknown)
    sources = dict.fromkeys(source for source in (opener, closer) if source)
    return LegalDay(opens, closes, " and ".join(sources))


def _named(name: str, row: HoursRow, unknown: bool) -> str:
    may_be = "it may be in " if unknown and name in CODES_OF else ""
    return f"{may_be}{name}: {row.citation}"


_File = TypeVar("_File", bound=_Part)


def read_rules(text_of: Callable[[str], str]) -> RuleBook:
    """The rules of three texts.

    Args:
        text_of: the text of `hours.yaml`, `permission.yaml` and `opting-out.yaml`, by name.

    Raises:
        RulesUnreadable: one of them says something that is no rule.
    """

    def read(name: str, kind: type[_File]) -> _File:
        source = read_source(text_of(name), name)
        if source.findings:
            mistake = source.findings[0]
            raise RulesUnreadable(f"{name}, line {mistake.line}: {mistake.message}")
        try:
            return kind.model_validate(source.value)
        except ValidationError as error:
            first = error.errors()[0]
            place = source.place(tuple(part for part in first["loc"] if isinstance(part, str | int)))
            raise RulesUnreadable(f"{name}, line {place.line}: {first['msg']}") from error

    book = RuleBook(
        read("hours.yaml", _HoursFile),
        read("permission.yaml", _PermissionFile),
        read("opting-out.yaml", _OptingOutFile),
    )
    for state in book.hours.states:
        if state not in CODES_OF and state not in TERRITORIES:
            raise RulesUnreadable(f"hours.yaml: {state!r} is no state of the USA; write its two letters")
    return book


@cache
def shipped_rules() -> RuleBook:
    """The rules that come with Followthrough."""
    return read_rules(lambda name: (Path(__file__).parent / name).read_text("utf-8"))

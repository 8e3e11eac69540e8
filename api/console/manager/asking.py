"""What a page of figures is asked for: which stretch of time and which leads, as its address says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from leads.measures import Asked, Dimension, ask
from leads.periods import Every, period_of, periods_back

E = TypeVar("E", bound=StrEnum)


class Recent(StrEnum):
    """A stretch of time that moves along with the days; the value is how an address writes it."""

    THIS_WEEK = "this-week"
    LAST_WEEK = "last-week"
    FOUR_WEEKS = "4-weeks"
    TWELVE_WEEKS = "12-weeks"
    HALF_A_YEAR = "26-weeks"
    THIS_MONTH = "this-month"
    LAST_MONTH = "last-month"
    SIX_MONTHS = "6-months"
    A_YEAR = "12-months"

    @property
    def every(self) -> Every:
        """Whether it is told week by week or month by month."""
        return Every.MONTH if "month" in self.value else Every.WEEK

    @property
    def words(self) -> str:
        """How people call it."""
        words = self.value.replace("-", " ")
        return words.capitalize() if words[0].isalpha() else f"Last {words}"


_BACK = {
    Recent.THIS_WEEK: 1,
    Recent.LAST_WEEK: 2,
    Recent.FOUR_WEEKS: 4,
    Recent.TWELVE_WEEKS: 12,
    Recent.HALF_A_YEAR: 26,
    Recent.THIS_MONTH: 1,
    Recent.LAST_MONTH: 2,
    Recent.SIX_MONTHS: 6,
    Recent.A_YEAR: 12,
}
_ONLY_THE_FIRST = frozenset({Recent.LAST_WEEK, Recent.LAST_MONTH})
USUAL = Recent.TWELVE_WEEKS


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be shown."""

    recent: Recent | None = USUAL
    """None: the days from `first` to `last`."""
    first: date | None = None
    last: date | None = None
    every: Every = Every.WEEK
    """Of days that are named; else the stretch of time says it."""
    of: Mapping[Dimension, str | None] = field(default_factory=dict)
    """Only these leads; None for those of which nothing is known there."""
    group: Dimension = Dimension.REP
    """What the breakdown tells apart."""

    @classmethod
    def read(cls, parameters: Mapping[str, str], dimensions: frozenset[Dimension] = frozenset(Dimension)) -> "Question":
        """The question that an address asks; what it says that makes no sense is as if it said nothing.

        Args:
            parameters: of the address.
            dimensions: those that the page knows.
        """
        first, last = _day(parameters.get("from")), _day(parameters.get("to"))
        named = first is not None and last is not None
        return cls(
            recent=None if named else _one_of(Recent, parameters.get("period"), USUAL),
            first=first if named else None,
            last=last if named else None,
            every=_one_of(Every, parameters.get("by"), Every.WEEK) if named else Every.WEEK,
            of={
                one: parameters[one.value] or None for one in Dimension if one in dimensions and one.value in parameters
            },
            group=_one_of(Dimension, parameters.get("group"), Dimension.REP),
        )

    def parameters(self) -> dict[str, str]:
        """The same as parameters of an address; what is usual is not written."""
        written: dict[str, str] = {}
        if self.recent is None and self.first is not None and self.last is not None:
            written |= {"by": self.every.value, "from": self.first.isoformat(), "to": self.last.isoformat()}
        elif self.recent is not None and self.recent is not USUAL:
            written["period"] = self.recent.value
        written |= {dimension.value: value or "" for dimension, value in self.of.items()}
        if self.group is not Dimension.REP:
            written["group"] = self.group.value
        return written

    def asked(self, now: datetime, zone: ZoneInfo, group: Dimension | None = None) -> Asked:
        """The periods and conditions of a report.

        Raises:
            Unaskable: there is no such stretch of time, or it is too long.
        """
        if self.recent is None:
            return ask(now, zone, every=self.every, first=self.first, last=self.last, of=self.of, group=group)
        every = self.recent.every
        first = periods_back(_BACK[self.recent], now, every, zone)
        last = period_of(first, every, zone).last_day if self.recent in _ONLY_THE_FIRST else None
        return ask(now, zone, every=every, first=first, last=last, of=self.of, group=group)

    def only(self, dimension: Dimension, value: str | None) -> "Question":
        """The same of these leads only."""
        return replace(self, of={**self.of, dimension: value})

    def all_of(self, dimension: Dimension) -> "Question":
        """The same of all leads in this regard."""
        return replace(self, of={one: value for one, value in self.of.items() if one is not dimension})


def days_of(asked: Asked) -> str:
    """A stretch of time in words: 16 Nov to 22 Nov 2026."""
    first, last = asked.periods[0].first_day, asked.periods[-1].last_day
    if first.year == last.year:
        return f"{first.day} {first:%b} to {last.day} {last:%b %Y}"
    return f"{first.day} {first:%b %Y} to {last.day} {last:%b %Y}"


def a_while_ago(now: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """The days that stand in the fields when somebody wants to name days: the last four weeks."""
    today = now.astimezone(zone).date()
    return today - timedelta(days=27), today


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _one_of(kind: type[E], text: str | None, usual: E) -> E:
    try:
        return kind(text or "")
    except ValueError:
        return usual

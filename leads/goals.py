"""What the business wants its figures to be, as `goals.yaml` says, and by how much to raise a goal that was met."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from leads.model import LeadKind
from leads.periods import Every
from leads.spans import Span, Unit

_SHARE = re.compile(r"\s*(\d{1,3}(?:\.\d{1,2})?)\s*%\s*")
_IN_SECONDS = {Unit.MINUTE: 60, Unit.HOUR: 3600, Unit.DAY: 86_400, Unit.WEEK: 7 * 86_400}


class Measure(StrEnum):
    """What a figure is counted in."""

    COUNT = "count"
    SHARE = "share"
    """From 0 to 1; written in per cent."""
    TIME = "time"
    """Seconds on the wall clock; written as a span. Less is better."""


class Figure(StrEnum):
    """The figures that may have a goal; the value is how `goals.yaml` and the reports call it."""

    LEADS = "leads"
    """How many came in."""
    RESPONSE_MEDIAN = "response_median"
    """Half of the questions were answered by a person within this time."""
    RESPONSE_P90 = "response_p90"
    """Nine of ten were."""
    WITHIN_TARGET = "within_target"
    """The share of questions that a person answered in time."""
    QUALIFIED = "qualified"
    """The share of leads that were qualified."""
    ORDERED = "ordered"
    """The share of leads that were won."""
    FOLLOWED_UP = "followed_up"
    """The share of leads that are done, or have something ahead of them."""

    @property
    def measure(self) -> Measure:
        match self:
            case Figure.LEADS:
                return Measure.COUNT
            case Figure.RESPONSE_MEDIAN | Figure.RESPONSE_P90:
                return Measure.TIME
        return Measure.SHARE


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Which(_Part):
    """The leads that a goal is for."""

    kind: LeadKind | None = None
    source: str | None = None
    cadence: str | None = None

    def as_mapping(self) -> dict[str, str]:
        """Only what is named."""
        return {name: str(value) for name, value in self if value is not None}


class Goal(_Part):
    """What one figure is to be, and the step by which the goal grows once it was met."""

    figure: Figure
    goal: Decimal
    """`40` for a count, `80 %` for a share, `30 minutes` for a time."""
    step: Decimal
    """How much better the next goal is."""
    every: Every = Every.WEEK
    """In each week, or in each month."""
    which: Which = Field(Which(), alias="for")
    """All leads, if left out."""
    in_a_row: int = Field(1, ge=1, le=52)
    """After so many complete periods in a row that met it the next goal is proposed."""

    @field_validator("goal", "step", mode="before")
    @classmethod
    def _read_amount(cls, value: Any, info: ValidationInfo) -> Any:
        figure = info.data.get("figure")
        return value if figure is None else _amount(figure, value, info.field_name or "")

    def is_met_by(self, value: Decimal | float | None) -> bool:
        """Whether a figure reaches the goal; nothing measured reaches none."""
        if value is None:
            return False
        reached = Decimal(str(value))
        return reached <= self.goal if self.figure.measure is Measure.TIME else reached >= self.goal

    def next(self, reached: Sequence[Decimal | float | None]) -> Decimal | None:
        """The goal to propose next; None while this one was not met often enough, or when there is no better one.

        Args:
            reached: what the figure was in the complete periods, oldest first; None where nothing was measured, which
                neither meets nor misses a goal.
        """
        measured = [value for value in reached if value is not None][-self.in_a_row :]
        if len(measured) < self.in_a_row or not all(map(self.is_met_by, measured)):
            return None
        match self.figure.measure:
            case Measure.TIME:
                return self.goal - self.step if self.goal > self.step else None
            case Measure.SHARE:
                return min(self.goal + self.step, Decimal(1)) if self.goal < 1 else None
        return self.goal + self.step


class Goals(_Part):
    """A file of goals."""

    goals: tuple[Goal, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> "Goals":
        seen: set[object] = set()
        for goal in self.goals:
            what = (goal.figure, goal.every, *sorted(goal.which.as_mapping().items()))
            if what in seen:
                raise ValueError(f"there are two goals for {goal.figure.value} of the same leads; remove one of them")
            seen.add(what)
        return self

    def goal_for(self, figure: Figure, every: Every, of: Mapping[str, str | None]) -> Goal | None:
        """The goal of a figure of some leads: the one that names most of what these have in common.

        A goal for all leads is one for each part of them too; a number of leads is not: ten a week from everywhere
        are not ten a week from each source.

        Args:
            of: what is the same for all these leads, such as their source.
        """
        fitting = [
            goal
            for goal in self.goals
            if goal.figure is figure and goal.every is every and goal.which.as_mapping().items() <= of.items()
        ]
        if figure.measure is Measure.COUNT:
            fitting = [goal for goal in fitting if goal.which.as_mapping().keys() == of.keys()]
        return max(fitting, key=lambda goal: len(goal.which.as_mapping()), default=None)


@dataclass(frozen=True, slots=True)
class Held:
    """A figure held against its goal."""

    goal: Decimal
    met: bool | None
    """None where nothing was measured."""


def held_against(goal: Goal | None, value: Decimal | float | None) -> Held | None:
    """A figure beside its goal; None where there is no goal."""
    if goal is None:
        return None
    return Held(goal.goal, None if value is None else goal.is_met_by(value))


def _amount(figure: Figure, value: Any, name: str) -> Decimal:
    match figure.measure:
        case Measure.COUNT:
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return Decimal(value)
            raise ValueError(f"{value!r} is no number of leads; write one like `{name}: 40`")
        case Measure.SHARE:
            match = _SHARE.fullmatch(value) if isinstance(value, str) else None
            share = Decimal(match[1]) / 100 if match else Decimal(0)
            if 0 < share <= 1:
                return share
            raise ValueError(f"{value!r} is no share; write one like `{name}: 80 %`")
    form = f"write one like `{name}: 30 minutes` or `{name}: 2 hours`"
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no time; {form}")
    try:
        span = Span.parse(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is no time; {form}") from error
    if span.unit not in _IN_SECONDS or not span.amount:
        raise ValueError(f"{value!r} has no fixed length; {form}")
    return Decimal(span.amount * _IN_SECONDS[span.unit])

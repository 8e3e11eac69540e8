"""What reports answer: the same models over REST and on the command line."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from leads.goals import Figure
from leads.measures import Dimension
from leads.periods import Every


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class PeriodView(_Answer):
    """A week or month on the company's clock."""

    label: str
    first_day: date
    last_day: date
    start: datetime
    end: datetime
    complete: bool
    """Whether it is over."""


class Quantiles(_Answer):
    """How long something took, in seconds; None where it never happened."""

    median: float | None = None
    p90: float | None = None
    """Nine of ten took no longer."""


class ResponseTimes(_Answer):
    """From questions to the first human contact."""

    asked: int = 0
    """Questions asked in the period."""
    answered: int = 0
    """Of these, answered by a person."""
    in_time: int = 0
    """Of these, within the target."""
    late: int = 0
    """Answered after the target, or still not answered though it is over."""
    waiting: int = 0
    """Not answered yet, and still within the target."""
    within_target: float | None = None
    """In time, of all that are in time or late."""
    wall: Quantiles = Quantiles()
    """By the clock on the wall, of those that were answered."""
    business: Quantiles = Quantiles()
    """The same in the company's business hours."""
    first_attempt: Quantiles = Quantiles()
    """Until a person first tried: an unanswered call, a voicemail, or the contact itself."""
    attempts: float | None = None
    """How often people tried in vain before, on average of those that were answered."""
    machine: Quantiles = Quantiles()
    """Until our first automatic message, where that came before a person."""
    human: Quantiles = Quantiles()
    """The rest of the wall-clock time, which people took."""


class GoalView(_Answer):
    """A figure's goal; shares from 0 to 1, times in seconds."""

    goal: float
    met: bool | None
    """None where nothing was measured."""


class Figures(_Answer):
    """The four figures of some leads, and whether all of them are followed up."""

    period: str | None = None
    """The period's label; None for all periods together."""
    group: str | None = None
    """The source, cadence, rep or kind that the report is grouped by; None where it is not, or not known."""
    leads: int = 0
    """Received in the period."""
    response: ResponseTimes = ResponseTimes()
    qualified: int = 0
    """Of the leads received, those qualified until now."""
    qualified_share: float | None = None
    ordered: int = 0
    """Of the leads received, those won until now."""
    ordered_share: float | None = None
    followed_up: int = 0
    """Of the leads received, those that are done or have something ahead of them."""
    followed_up_share: float | None = None
    goals: dict[Figure, GoalView] = {}

    def value_of(self, figure: Figure) -> float | None:
        """A figure that may have a goal; None where nothing was measured."""
        match figure:
            case Figure.LEADS:
                return self.leads
            case Figure.RESPONSE_MEDIAN:
                return self.response.wall.median
            case Figure.RESPONSE_P90:
                return self.response.wall.p90
            case Figure.WITHIN_TARGET:
                return self.response.within_target
            case Figure.QUALIFIED:
                return self.qualified_share
            case Figure.ORDERED:
                return self.ordered_share
        return self.followed_up_share


class Proposal(_Answer):
    """A goal that was met, and the one to set next."""

    figure: Figure
    every: Every
    of: dict[str, str]
    """The leads that the goal is for; empty for all."""
    goal: float
    next_goal: float
    periods_met: int
    """In so many complete periods in a row, which is what the goal asks for."""


class FiguresReport(_Answer):
    """The four figures, period by period."""

    as_of: datetime
    zone: str
    every: Every
    group: Dimension | None
    periods: list[PeriodView]
    rows: list[Figures]
    """One for each period, and group, in which anything came in."""
    totals: list[Figures]
    """The same for all periods together: one for each group."""
    proposals: list[Proposal] = []
    goals_wrong: list[str] = []
    """What is wrong with `goals.yaml`, which is left aside then: file, line, column, and what to write instead."""

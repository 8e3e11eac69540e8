"""What callers ask reports for: periods, and which leads."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from adapters.db.paging import MAX_PAGE, PAGE
from adapters.db.reports.behind import OF_CONTACTS, OF_LEADS, OF_THE_MAP, Behind
from api.problems import ValueRefused
from api.rest.models import Line
from leads.experiments import ArmFigure
from leads.measures import Asked, Counted, Dimension, Hours, Unaskable, Within, ask, at_most_a_year
from leads.model import Channel, Company, LeadKind
from leads.periods import Every, Period, period_named
from leads.places import FUNNEL, Place

_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)
Day = Annotated[date, Field(ge=_EARLIEST, le=_LATEST)]


class PeriodQuery(BaseModel):
    """Which periods."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    by: Every = Every.WEEK
    """ISO weeks or calendar months, on the company's clock."""
    first: Day | None = Field(None, alias="from")
    """The first day; the whole period that it belongs to is counted. Eleven periods back when left out."""
    last: Day | None = Field(None, alias="to")
    """The last day, likewise; today when left out."""

    def as_asked(self, now: datetime, company: Company, group: Dimension | None = None) -> Asked:
        """The same as periods and conditions.

        Raises:
            ValueRefused: the days can't be asked for.
        """
        of, zone = _leads_asked_for(self), ZoneInfo(company.zone)
        try:
            return ask(now, zone, every=self.by, first=self.first, last=self.last, of=of, group=group)
        except Unaskable as wrong:
            raise ValueRefused(wrong.field, str(wrong)) from wrong


class ReportQuery(PeriodQuery):
    """Which periods of which leads; an empty value means the leads of which nothing is known there."""

    kind: LeadKind | None = None
    source: Line | None = None
    cadence: Line | None = None
    rep: Line | None = None


class ClocksQuery(BaseModel):
    """Whose clocks; an empty value means the leads of which nothing is known there."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    kind: LeadKind | None = None
    source: Line | None = None
    cadence: Line | None = None
    rep: Line | None = None
    limit: int = Field(PAGE, ge=1, le=MAX_PAGE)
    """So many of those in time, and of those that are late."""

    def as_of(self) -> Mapping[Dimension, str | None]:
        """The conditions."""
        return _leads_asked_for(self)


class FiguresQuery(ReportQuery):
    """Which figures."""

    group: Dimension | None = None
    """What tells the rows of one period apart."""

    def as_asked(self, now: datetime, company: Company, group: Dimension | None = None) -> Asked:
        """The same as periods and conditions."""
        return super().as_asked(now, company, group or self.group)


class CostsQuery(ReportQuery):
    """Which costs."""

    group: Dimension = Dimension.SOURCE

    def as_asked(self, now: datetime, company: Company, group: Dimension | None = None) -> Asked:
        """The same as periods and conditions."""
        return super().as_asked(now, company, group or self.group)


class MapQuery(PeriodQuery):
    """Which leads are on the map: at most a year's."""

    kind: LeadKind | None = None
    source: Line | None = None
    rep: Line | None = None

    def as_asked(self, now: datetime, company: Company, group: Dimension | None = None) -> Asked:
        """The same as periods and conditions."""
        return _a_year_at_most(super().as_asked(now, company, group))


class StepsQuery(PeriodQuery):
    """Which contacts; an empty value means those of which nothing is known there, like personal touches."""

    cadence: Line | None = None
    version: Line | None = None
    step: Line | None = None
    template: Line | None = None
    variant: Line | None = None
    channel: Channel | None = None

    def as_asked(self, now: datetime, company: Company, group: Dimension | None = None) -> Asked:
        """The periods."""
        periods = PeriodQuery.model_construct(by=self.by, first=self.first, last=self.last)
        return periods.as_asked(now, company, group)

    def as_steps(self) -> Mapping[str, str | None]:
        """The conditions."""
        return contact_conditions(self)


class BehindQuery(ReportQuery):
    """Which number's leads."""

    figure: Counted
    bucket: Line | None = None
    """One period, as a report labels it: 2026-W47 or 2026-11; instead of `by`, `from` and `to`."""
    within: Within | None = None
    """Questions answered within this time only: a bin of the response times, with `figure=answered`."""
    hours: Hours = Hours.WALL
    """By which clock that time is meant."""
    priced: bool = False
    """Leads whose cost is known only, as the costs count them."""
    version: Line | None = None
    step: Line | None = None
    template: Line | None = None
    variant: Line | None = None
    channel: Channel | None = None
    contact_number: int | None = Field(None, ge=1, le=10_000)
    """Only contacts that were the how many-th of their lead."""
    origin: Place | None = None
    """With `figure=leg`: where it begins on the map."""
    target: Place | None = None
    """With `figure=leg`: where it ends; with `figure=place` or `reached`: the place, or the stage of the funnel."""
    limit: int = Field(PAGE, ge=1, le=MAX_PAGE)
    cursor: str | None = Field(None, max_length=300)
    """`next_cursor` of the page before."""

    def as_behind(self, now: datetime, company: Company) -> Behind:
        """The same as conditions.

        Raises:
            ValueRefused: the period can't be asked for, or a condition does not belong to this figure.
        """
        self._require_fitting()
        asked = self.as_asked(now, company)
        if self.bucket is not None:
            asked = Asked(asked.every, (self._period(company),), asked.of)
        of_contacts = self.figure in OF_CONTACTS
        leg = None
        if self.figure in OF_THE_MAP:
            asked = _a_year_at_most(asked)
            leg = self._leg()
        return Behind(
            figure=self.figure,
            asked=Asked(asked.every, asked.periods) if of_contacts else asked,
            within=self.within,
            hours=self.hours,
            priced=self.priced,
            step=contact_conditions(self) if of_contacts else {},
            contact_number=self.contact_number,
            leg=leg,
            place=self.target,
        )

    def _leg(self) -> tuple[Place, Place] | None:
        if self.figure is Counted.REACHED and self.target not in FUNNEL:
            stages = ", ".join(place.value for place in FUNNEL)
            raise ValueRefused("target", f"name a stage of the funnel: {stages}")
        if self.figure is not Counted.LEG:
            if self.target is None:
                raise ValueRefused("target", "name the place, as the map names it")
            return None
        if self.origin is None or self.target is None:
            missing = "origin" if self.origin is None else "target"
            raise ValueRefused(missing, "name both ends of the leg, as the map names them")
        return self.origin, self.target

    def _period(self, company: Company) -> Period:
        try:
            return period_named(self.bucket or "", ZoneInfo(company.zone))
        except ValueError as unknown:
            raise ValueRefused("bucket", str(unknown)) from unknown

    def _require_fitting(self) -> None:
        """What a figure is not counted by must not seem to be asked for."""
        fitting = {"kind", "source", "cadence", "rep"}
        if self.figure in OF_CONTACTS:
            fitting = {"cadence", "contact_number", *_CONTACT}
        elif self.figure in OF_THE_MAP:
            fitting = {"kind", "source", "rep", "target"} | ({"origin"} if self.figure is Counted.LEG else set())
        elif self.figure is Counted.ANSWERED:
            fitting |= {"within", "hours"}
        elif self.figure in OF_LEADS:
            fitting |= {"priced"}
        always = {"by", "first", "last", "figure", "bucket", "limit", "cursor"}
        for name in sorted(self.model_fields_set - fitting - always):
            raise ValueRefused(name, f"`{self.figure.value}` is not counted by {name.replace('_', ' ')}")


class ArmQuery(BaseModel):
    """Which number of which variant."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    experiment: Line
    """Its id, as `GET /api/experiments` gives it."""
    variant: Line
    """Its name; `original` for the words that were there before."""
    figure: ArmFigure = ArmFigure.LEADS
    """Which of the variant's counts."""
    limit: int = Field(PAGE, ge=1, le=MAX_PAGE)
    cursor: str | None = Field(None, max_length=300)
    """`next_cursor` of the page before."""


def _a_year_at_most(asked: Asked) -> Asked:
    try:
        return at_most_a_year(asked)
    except Unaskable as wrong:
        raise ValueRefused(wrong.field, str(wrong)) from wrong


def _leads_asked_for(query: BaseModel) -> Mapping[Dimension, str | None]:
    given = [dimension for dimension in Dimension if dimension.value in query.model_fields_set]
    return {dimension: getattr(query, dimension.value) for dimension in given}


_CONTACT = ("version", "step", "template", "variant", "channel")


def contact_conditions(query: StepsQuery | BehindQuery) -> Mapping[str, str | None]:
    """What is asked of contacts, by the names of the columns."""
    names = {"step": "step_id"}
    given = [name for name in ("cadence", *_CONTACT) if name in query.model_fields_set]
    return {names.get(name, name): getattr(query, name) for name in given}

"""What callers ask reports for: periods, and which leads."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from adapters.db.paging import MAX_PAGE, PAGE
from adapters.db.reports.behind import OF_CONTACTS, Behind
from api.problems import ValueRefused
from api.rest.models import Line
from leads.measures import Asked, Counted, Dimension, Unaskable, Within, ask, at_most_a_year
from leads.model import Channel, Company, LeadKind
from leads.periods import Every, Period, period_named
from leads.places import Place

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
        given = [dimension for dimension in Dimension if dimension.value in self.model_fields_set]
        of = {dimension: getattr(self, dimension.value) for dimension in given}
        zone = ZoneInfo(company.zone)
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
    """With `figure=leg`: where it ends."""
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
        if self.figure is Counted.LEG:
            asked = _a_year_at_most(asked)
            if self.origin is None or self.target is None:
                missing = "origin" if self.origin is None else "target"
                raise ValueRefused(missing, "name both ends of the leg, as the map names them")
            leg = (self.origin, self.target)
        return Behind(
            figure=self.figure,
            asked=Asked(asked.every, asked.periods) if of_contacts else asked,
            within=self.within,
            step=contact_conditions(self) if of_contacts else {},
            contact_number=self.contact_number,
            leg=leg,
        )

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
        elif self.figure is Counted.LEG:
            fitting = {"kind", "source", "rep", "origin", "target"}
        elif self.figure is Counted.ANSWERED:
            fitting |= {"within"}
        always = {"by", "first", "last", "figure", "bucket", "limit", "cursor"}
        for name in sorted(self.model_fields_set - fitting - always):
            raise ValueRefused(name, f"`{self.figure.value}` is not counted by {name.replace('_', ' ')}")


def _a_year_at_most(asked: Asked) -> Asked:
    try:
        return at_most_a_year(asked)
    except Unaskable as wrong:
        raise ValueRefused(wrong.field, str(wrong)) from wrong


_CONTACT = ("version", "step", "template", "variant", "channel")


def contact_conditions(query: StepsQuery | BehindQuery) -> Mapping[str, str | None]:
    """What is asked of contacts, by the names of the columns."""
    names = {"step": "step_id"}
    given = [name for name in ("cadence", *_CONTACT) if name in query.model_fields_set]
    return {names.get(name, name): getattr(query, name) for name in given}

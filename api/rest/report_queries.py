"""What callers ask reports for: periods, and which leads."""

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from api.problems import ValueRefused
from api.rest.models import Line
from leads.measures import Asked, Dimension, Unaskable, ask
from leads.model import Company, LeadKind
from leads.periods import Every

_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)
Day = Annotated[date, Field(ge=_EARLIEST, le=_LATEST)]


class ReportQuery(BaseModel):
    """Which periods of which leads; an empty value means the leads of which nothing is known there."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    by: Every = Every.WEEK
    """ISO weeks or calendar months, on the company's clock."""
    first: Day | None = Field(None, alias="from")
    """The first day; the whole period that it belongs to is counted. Eleven periods back when left out."""
    last: Day | None = Field(None, alias="to")
    """The last day, likewise; today when left out."""
    kind: LeadKind | None = None
    source: Line | None = None
    cadence: Line | None = None
    rep: Line | None = None

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


class FiguresQuery(ReportQuery):
    """Which figures."""

    group: Dimension | None = None
    """What tells the rows of one period apart."""

    def as_asked(self, now: datetime, company: Company, group: Dimension | None = None) -> Asked:
        """The same as periods and conditions."""
        return super().as_asked(now, company, group or self.group)

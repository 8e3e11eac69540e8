"""What callers send to have one thing done to many leads, and how a bulk run is shown to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.db.bulk_runs import BulkItemView, BulkRunView, ItemState
from adapters.db.leads_in_flight import Course, LeadFilter
from adapters.db.paging import MAX_PAGE, PAGE
from api.bulk_wishes import WISH, Wish
from api.rest.models import Line, Search
from leads.model import Channel, Ending, LeadKind, Stage

MOST_NAMED = 1_000
"""So many leads at most are named by their ids in one request."""


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class LeadsChosen(_Sent):
    """Which leads: by their ids, or all that meet every condition that is given, as they are at this moment."""

    ids: list[UUID] | None = Field(None, min_length=1, max_length=MOST_NAMED)
    q: Search | None = None
    """Part of a name, a company, an address or a number: two characters or more."""
    stage: Stage | None = None
    cadence: Line | None = None
    version: Line | None = None
    owner: Line | None = None
    source: Line | None = None
    kind: LeadKind | None = None
    course: Course = Course.RUNNING
    """Those that are followed up; alone it means every one of them."""
    ended: Ending | None = None
    """Those that ended so, whatever `course` says."""
    on_hold: bool | None = None
    held_before: date | None = None
    """On hold, and the hold ends before this day is over on the company's clock."""
    next_before: date | None = None
    """The next touch is made before this day is over on the company's clock."""
    overdue: bool = False
    """A task is not done that was due."""
    closed: Channel | None = None
    """No contact point is left that this channel may use."""

    @model_validator(mode="after")
    def _chooses(self) -> Self:
        given = {name for name in self.model_fields_set if getattr(self, name) not in (None, False)}
        if not given:
            raise ValueError("choose leads by their ids, or by one condition at least")
        if "ids" in given and given != {"ids"}:
            raise ValueError("choose leads by their ids or by conditions, not by both")
        return self

    def as_filter(self, zone: ZoneInfo) -> LeadFilter:
        """The conditions as the database is asked."""
        return LeadFilter(
            text=self.q,
            stage=self.stage.value if self.stage else None,
            cadence=self.cadence,
            version=self.version,
            owner=self.owner,
            source=self.source,
            kind=self.kind.value if self.kind else None,
            course=self.course,
            ended=self.ended.value if self.ended else None,
            on_hold=self.on_hold,
            held_until=_end_of(self.held_before, zone),
            next_before=_end_of(self.next_before, zone),
            overdue=self.overdue,
            closed=self.closed,
        )

    @property
    def words(self) -> str:
        """How they were chosen, for a record: that words were searched for, and not which."""
        if self.ids is not None:
            return "by their ids"
        said: dict[str, Any] = self.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        told = ["found by words" if name == "q" else f"{name.replace('_', ' ')} {_said(said[name])}" for name in said]
        return ", ".join(told)


class BulkSent(_Sent):
    """What is to be done to which leads."""

    wish: Wish
    leads: LeadsChosen
    by: Line | None = None
    """The id of the colleague who wants it; the token's name when left out."""


class BulkItemsQuery(_Sent):
    """Which leads of a run."""

    state: ItemState | None = None
    limit: int = Field(PAGE, ge=1, le=MAX_PAGE)
    cursor: int | None = Field(None, ge=0)
    """`next_cursor` of the page before."""


class BulkRunsQuery(_Sent):
    """How many runs."""

    limit: int = Field(20, ge=1, le=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRunShown:
    """A bulk run, and how far it has come."""

    id: UUID
    wish: dict[str, Any]
    words: str
    """What is done to each lead."""
    chosen: str
    """How the leads were chosen."""
    state: Literal["running", "stopped", "finished"]
    leads: int
    """How many were chosen."""
    settled: int
    """How many have their result."""
    gone: int
    """How many were erased since."""
    counts: Mapping[ItemState, int]
    by: str
    via: str
    asked_at: datetime
    stopped_at: datetime | None
    stopped_by: str | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class BulkItems:
    """A page of a run's leads, in the order in which they were chosen."""

    items: list[BulkItemView]
    next_cursor: int | None


def shown(run: BulkRunView) -> BulkRunShown:
    """The run as callers see it."""
    return BulkRunShown(
        id=run.id,
        wish=run.wish,
        words=WISH.validate_python(run.wish).words,
        chosen=run.chosen,
        state="finished" if run.has_ended else "stopped" if run.is_stopped else "running",
        leads=run.total,
        settled=run.settled,
        gone=run.gone,
        counts=run.counts,
        by=run.by,
        via=run.via,
        asked_at=run.asked_at,
        stopped_at=run.stopped_at,
        stopped_by=run.stopped_by,
        finished_at=run.finished_at,
    )


def _said(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _end_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)

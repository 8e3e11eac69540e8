"""What somebody looks for among the leads, as it stands in the address of the page, and as the database is asked."""

from collections.abc import Container, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from adapters.db.leads_in_flight import Choices, Course, LeadFilter, Sorting
from leads.links import CONSOLE_PATH
from leads.model import Channel, Ending, LeadKind, Stage

PATH = "/leads"
LEAST_SEARCH = 2
"""Characters; with fewer nearly every lead would match."""
_LONGEST = 200
STAGES = {one.value: one.value for one in Stage}
KINDS = {one.value: one.value for one in LeadKind}
HOLDS = {"yes": "on hold", "no": "not on hold"}
CLOSED = {
    Channel.EMAIL.value: "no email possible",
    Channel.SMS.value: "no text possible",
    Channel.CALL.value: "no call possible",
}
COURSES = {
    Course.RUNNING.value: "still followed up",
    "ended": "ended, for any reason",
    Ending.YES.value: "said yes",
    Ending.NO.value: "said no",
    Ending.OPTED_OUT.value: "opted out",
    Ending.UNREACHABLE.value: "unreachable",
    Ending.ANSWERED.value: "question answered",
    "all": "running and ended",
}
"""Which leads; unless somebody says so, those that are followed up, and all of them where words are searched for."""
_ENDINGS = COURSES.keys() & {one.value for one in Ending}
SORTINGS = {Sorting.NEXT_TOUCH.value: "Next touch first", Sorting.NEWEST.value: "Newest first"}


class LeadQuery(BaseModel):
    """The parameters of the page's address; what makes no sense in one of them counts as not asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    q: str = ""
    stage: str = ""
    cadence: str = ""
    version: str = ""
    owner: str = ""
    hold: str = ""
    held_before: str = ""
    """A day: the hold ends before it is over."""
    next_before: str = ""
    """A day: the next touch is made before it is over."""
    overdue: str = ""
    course: str = ""
    source: str = ""
    kind: str = ""
    closed: str = ""
    sort: str = ""

    @property
    def sorting(self) -> Sorting:
        return Sorting.NEWEST if self.sort == Sorting.NEWEST else Sorting.NEXT_TOUCH

    def with_(self, **changes: str) -> "LeadQuery":
        """The same with something else."""
        return self.model_copy(update={name: value[:_LONGEST] for name, value in changes.items()})

    def filter(self, zone: ZoneInfo, business_of: str | None) -> LeadFilter:
        """What the database is asked.

        Args:
            zone: the clock on which days begin and end.
            business_of: whose business the leads must be; None: all are seen.
        """
        return LeadFilter(
            text=self._words,
            stage=_one_of(self.stage, STAGES),
            cadence=self.cadence or None,
            version=self.version or None,
            owner=self.owner or None,
            source=self.source or None,
            kind=_one_of(self.kind, KINDS),
            course=self._asked_course,
            ended=_one_of(self.course, _ENDINGS),
            on_hold=self.hold == "yes" if self.hold in HOLDS else None,
            held_until=_end_of(self.held_before, zone),
            next_before=_end_of(self.next_before, zone),
            overdue=bool(self.overdue),
            closed=Channel(self.closed) if self.closed in CLOSED else None,
            business_of=business_of,
        )

    @property
    def leaves_ended_out(self) -> bool:
        """Whether those that ended are not shown, without anybody having asked for that."""
        return self.course not in COURSES and self._words is None

    @property
    def _words(self) -> str | None:
        """What is searched for, if it is long enough."""
        text = " ".join(self.q.split())
        return text if len(text) >= LEAST_SEARCH else None

    @property
    def _asked_course(self) -> Course:
        if self.course in COURSES:
            return Course.ALL if self.course in _ENDINGS else Course(self.course)
        return Course.RUNNING if self._words is None else Course.ALL

    def address(self) -> str:
        """The page's address with these parameters."""
        asked = {name: value for name, value in self if value}
        return f"{CONSOLE_PATH}{PATH}" + (f"?{urlencode(asked)}" if asked else "")

    def said(self, choices: Choices) -> Iterator[tuple[str, str]]:
        """Each thing that is asked for: the parameter, and in words."""
        told: dict[str, Any] = {
            "q": f"“{self.q}”",
            "stage": f"stage {self.stage}",
            "cadence": f"cadence {self.cadence}",
            "version": f"version {self.version[:8]}",
            "owner": f"owner {choices.owners.get(self.owner, self.owner)}",
            "hold": HOLDS.get(self.hold),
            "held_before": f"hold ends by {_day(self.held_before)}",
            "next_before": f"next touch by {_day(self.next_before)}",
            "overdue": "overdue",
            "course": COURSES.get(self.course),
            "source": f"source {self.source}",
            "kind": KINDS.get(self.kind),
            "closed": CLOSED.get(self.closed),
        }
        for name, value in self:
            if value and name in told and told[name]:
                yield name, told[name]

    def without_words(self, choices: Choices) -> str:
        """What is asked for, for a record: that words were searched for, and not which; they may be a person's name."""
        told = ["found by words" if name == "q" else words for name, words in self.said(choices)]
        if self.leaves_ended_out:
            told.append("followed up" if told else "all that are followed up")
        return ", ".join(told)


AskedQuery = Annotated[LeadQuery, Query()]


def _one_of(value: str, known: Container[str]) -> str | None:
    return value if value in known else None


def _day(written: str) -> str:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return written
    return f"{day:%a} {day.day} {day:%b %Y}"


def _end_of(written: str, zone: ZoneInfo) -> datetime | None:
    """When a day is over; None for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(written) + timedelta(days=1), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

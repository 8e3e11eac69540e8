"""The daily review: what a manager's people were to do, what was done, and what must not be forgotten.

Composed from facts as they stood when the day ended, so that a review that comes late says the same. It holds ids, and
no name of any lead: names are looked up when somebody looks at it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from cadences.review_days import ReviewDay
from cadences.tasks import TaskState
from leads.model import Colleague

MACHINE = "followthrough"
"""Who closed a task that no person did."""
MOST_ITEMS = 20
"""So many of each list are named, the oldest first; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFact:
    """A task that was due or closed in the time of the review, or was open and overdue at its end."""

    lead_id: UUID
    owner: str
    kind: str
    step_id: str | None
    due_at: datetime
    state: TaskState
    """As it is now; `closed_at` tells how it was then."""
    outcome: str | None
    closed_at: datetime | None
    closed_by: str | None

    @property
    def what(self) -> str:
        """What it asks, in words that say nothing about the person, as a title might."""
        return " ".join(filter(None, (self.kind.replace("_", " "), self.step_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstResponseFact:
    """A question whose first response was due or came in that time, or for which a person waited at its end."""

    lead_id: UUID
    owner: str
    asked_at: datetime
    due_at: datetime
    answered_at: datetime | None
    moot_at: datetime | None = None
    """Since when the person waits no more, though nobody had answered."""


@dataclass(frozen=True, slots=True)
class LeadFact:
    """Something that happened to a lead, or holds for it."""

    lead_id: UUID
    owner: str
    at: datetime
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a review is made of."""

    tasks: Sequence[TaskFact] = ()
    first_responses: Sequence[FirstResponseFact] = ()
    new_leads: Sequence[LeadFact] = ()
    yes: Sequence[LeadFact] = ()
    no: Sequence[LeadFact] = ()
    not_now: Sequence[LeadFact] = ()
    """`what` says until when."""
    holds: Sequence[LeadFact] = ()
    """In force at the end; `at` is when each ends, `what` its reason."""
    of_gone: Sequence[LeadFact] = ()
    """Leads that are still followed up, and belong to people who work here no more; `what` says to whom."""
    unknown_sends: Sequence[LeadFact] = ()
    """Messages of which nobody knows whether they went out."""
    alerts: Sequence[str] = ()
    """What an admin has to mend, by subject."""
    inbox: int = 0
    """Messages that fit no lead and wait for a person."""
    mails_not_sent: int = 0
    """Mails to colleagues of the time of the review that never arrived, or may not have."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a list: which lead, what about it, and the instant that counts."""

    lead_id: UUID
    what: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of which the beginning is kept."""

    total: int = 0
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepDay:
    """One colleague's day."""

    rep: str
    due: int
    """Tasks that fell due in this time."""
    done: int
    """Tasks that were done in this time, whenever they were due."""
    done_late: int
    """Those of them that were done after they were due."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """How they ended."""
    missed: Listed
    """Tasks that nobody did in time: given up, or made needless after they were due."""
    overdue: Listed
    """Tasks that were due and are still open."""
    responses_met: int
    """First responses that came in this time, and in time."""
    responses_missed: Listed
    """Those that became due in this time while the person waited, and did not come, or came late."""
    responses_running: int
    """Questions for whose first response a person waits, and can still get it in time."""
    responses_owed: Listed
    """Those that were due before, and for which a person still waits."""
    new_leads: Listed
    yes: Listed
    no: Listed
    not_now: Listed
    holds: Listed

    @property
    def lists(self) -> tuple[Listed, ...]:
        """Everything that names leads."""
        late = (self.missed, self.overdue, self.responses_missed, self.responses_owed)
        return (*late, self.new_leads, self.yes, self.no, self.not_now, self.holds)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        counted = self.due + self.done + self.responses_met + self.responses_running
        return not counted and not any(one.total for one in self.lists)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What easily falls between people."""

    owned_by_nobody: Listed
    """Leads that are still followed up, and belong to people who work here no more."""
    unknown_sends: Listed
    alerts: tuple[str, ...]
    inbox: int
    mails_not_sent: int

    @property
    def is_empty(self) -> bool:
        return not (
            self.owned_by_nobody.total or self.unknown_sends.total or self.alerts or self.inbox or self.mails_not_sent
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One manager's day."""

    manager: str
    day: date
    since: datetime
    until: datetime
    zone: str
    """The manager's clock."""
    reps: tuple[RepDay, ...]
    forgotten: Forgotten


_REVIEW: TypeAdapter[Review] = TypeAdapter(Review)


def review_document(review: Review) -> dict[str, Any]:
    """The review as JSON."""
    document: dict[str, Any] = _REVIEW.dump_python(review, mode="json")
    return document


def read_review(document: Any) -> Review:
    """The review from its JSON."""
    return _REVIEW.validate_python(document)


def leads_of(review: Review) -> set[UUID]:
    """The leads that a review mentions."""
    lists = [
        *(review.forgotten.owned_by_nobody, review.forgotten.unknown_sends),
        *(one for rep in review.reps for one in rep.lists),
    ]
    return {item.lead_id for one in lists for item in one.items}


def compose_review(manager: Colleague, zone: str, span: ReviewDay, people: Sequence[Colleague], facts: Facts) -> Review:
    """A manager's review.

    Args:
        zone: the manager's clock.
        people: whose work it shows, in the order in which they are shown.
        facts: of these people's leads and tasks.
    """
    days = [_rep_day(one.id, span, facts) for one in people]
    shown = [day for one, day in zip(people, days, strict=True) if one.active or not day.is_empty]
    return Review(
        manager=manager.id,
        day=span.day,
        since=span.since,
        until=span.until,
        zone=zone,
        reps=tuple(shown),
        forgotten=Forgotten(
            owned_by_nobody=_of(facts.of_gone),
            unknown_sends=_of(facts.unknown_sends),
            alerts=tuple(facts.alerts),
            inbox=facts.inbox,
            mails_not_sent=facts.mails_not_sent,
        ),
    )


def _rep_day(rep: str, span: ReviewDay, facts: Facts) -> RepDay:
    tasks = [task for task in facts.tasks if task.owner == rep]
    closed = [task for task in tasks if task.closed_at is not None and _within(task.closed_at, span)]
    # What the machine found out by itself, like what became of an unknown send, is nobody's work.
    done = [task for task in closed if task.state is TaskState.DONE and task.closed_by != MACHINE]
    questions = [one for one in facts.first_responses if one.owner == rep and one.asked_at <= span.until]
    missed = [one for one in questions if _within(one.due_at, span) and _was_late(one)]
    waiting = [one for one in questions if _waited(one, span)]

    def theirs(leads: Iterable[LeadFact]) -> Listed:
        return _of(one for one in leads if one.owner == rep)

    return RepDay(
        rep=rep,
        due=sum(_within(task.due_at, span) for task in tasks),
        done=len(done),
        done_late=sum(_is_late(task) for task in done),
        outcomes=dict(sorted(Counter(task.outcome or "done" for task in done).items())),
        missed=_listed(Item(task.lead_id, task.what, task.due_at) for task in closed if _was_missed(task)),
        overdue=_listed(
            Item(task.lead_id, task.what, task.due_at)
            for task in tasks
            if task.due_at <= span.until and _was_open(task, span)
        ),
        responses_met=sum(_met(one, span) for one in questions),
        responses_missed=_listed(Item(one.lead_id, _how_late(one, span), one.due_at) for one in missed),
        responses_running=sum(one.due_at > span.until for one in waiting),
        responses_owed=_listed(
            Item(one.lead_id, "no answer yet", one.due_at) for one in waiting if one.due_at <= span.since
        ),
        new_leads=theirs(facts.new_leads),
        yes=theirs(facts.yes),
        no=theirs(facts.no),
        not_now=theirs(facts.not_now),
        holds=theirs(facts.holds),
    )


def _within(at: datetime, span: ReviewDay) -> bool:
    return span.since < at <= span.until


def _was_open(task: TaskFact, span: ReviewDay) -> bool:
    return task.closed_at is None or task.closed_at > span.until


def _is_late(task: TaskFact) -> bool:
    return task.closed_at is not None and task.closed_at > task.due_at


def _was_missed(task: TaskFact) -> bool:
    return task.state is TaskState.EXPIRED or (task.state is TaskState.CANCELLED and _is_late(task))


# What became of a question, as reports count it too (`adapters.db.first_answers`).


def _met(one: FirstResponseFact, span: ReviewDay) -> bool:
    """It counts on the day on which it was answered: nobody waits for the due time to know that it was in time."""
    return one.answered_at is not None and one.answered_at <= one.due_at and _within(one.answered_at, span)


def _was_late(one: FirstResponseFact) -> bool:
    """It became due while the person waited, whatever came after."""
    return all(at is None or at > one.due_at for at in (one.answered_at, one.moot_at))


def _waited(one: FirstResponseFact, span: ReviewDay) -> bool:
    """The person waited for the answer at the end of that time."""
    return all(at is None or at > span.until for at in (one.answered_at, one.moot_at))


def _how_late(one: FirstResponseFact, span: ReviewDay) -> str:
    if one.answered_at is not None and one.answered_at <= span.until:
        return "answered late"
    return "no answer yet" if _waited(one, span) else "never answered"


def _of(leads: Iterable[LeadFact]) -> Listed:
    return _listed(Item(one.lead_id, one.what, one.at) for one in leads)


def _listed(items: Iterable[Item]) -> Listed:
    ordered = sorted(items, key=lambda item: (item.at, str(item.lead_id), item.what))
    return Listed(len(ordered), tuple(ordered[:MOST_ITEMS]))

"""What a colleague does next: the open tasks in the order in which they are urgent, and when that order changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cadences.calling import Calling
from cadences.progress import ANSWERABLE
from cadences.tasks import TaskKind, asks_to_call


class Section(StrEnum):
    """Why a task stands where it stands in the queue; the most urgent first."""

    FIRST_RESPONSE = "first response"
    """Somebody who asked waits for the first answer of a human, and the clock runs; also while no call may be made."""
    REPLY = "reply"
    """A lead wrote, or asked again, and a human answers."""
    HAND_OVER = "hand-over"
    """A lead said yes, and nobody of sales has taken it over yet."""
    OVERDUE = "overdue"
    NOW = "now"
    """It may be done now, and there still is time."""
    LATER = "later"
    """It opens, or the law lets the lead be called, later today."""


class Haste(StrEnum):
    """How the clock of a first response stands."""

    RUNNING = "running"
    WARNED = "warned"
    """Half of the time, or more, is gone."""
    MISSED = "missed"


_SECTIONS = list(Section)
_ANSWERS_FIRST = frozenset({TaskKind.CALL, TaskKind.STEP, *ANSWERABLE})
"""Kinds of tasks by which a human may answer for the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerClock:
    """The clock of a first response that is still to come."""

    asked_at: datetime
    due_at: datetime
    warn_at: datetime | None
    """When half of the time is gone; None once somebody was told."""

    def haste(self, now: datetime) -> Haste:
        if now >= self.due_at:
            return Haste.MISSED
        return Haste.WARNED if self.warn_at is None or now >= self.warn_at else Haste.RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedTask:
    """An open task of a colleague, and what of its lead the queue shows."""

    id: UUID
    lead_id: UUID
    lead_name: str | None
    lead_company: str | None
    kind: TaskKind
    title: str
    owner: str
    owner_name: str
    """Whose it is: who reads it may be the one to whom it was escalated."""
    back_to: str | None
    """Whose it is, while a stand-in has it."""
    opens_at: datetime
    due_at: datetime
    best_at: datetime | None
    clock: AnswerClock | None
    """The first response that it would be; None when nobody waits for one."""
    calling: Calling
    """What the contact rules say to calling the lead now."""
    contact: str | None = None
    """The number that it is for."""
    accepted: bool = False
    """Sales took the lead over before: what is left is an order, which takes weeks and is work like any other."""

    @property
    def starts_at(self) -> datetime:
        """From when on it may be done as it is meant: a call needs the law's hours too."""
        lawful_at = self.calling.lawful_at if self.is_call else None
        return self.opens_at if lawful_at is None else max(self.opens_at, lawful_at)

    @property
    def is_call(self) -> bool:
        return asks_to_call(self.kind, self.contact)

    @property
    def answers_first(self) -> bool:
        """Whether doing it would be the first answer that somebody waits for."""
        return self.clock is not None and self.kind in _ANSWERS_FIRST


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What comes first of what may not be done yet: a task that opens then, or one that the plan will make."""

    at: datetime
    title: str
    lead_name: str | None
    lead_company: str | None


@dataclass(frozen=True, slots=True)
class WorkQueue:
    """A colleague's open tasks of today, the most urgent first."""

    tasks: tuple[tuple[Section, QueuedTask], ...]
    changes_at: datetime | None
    """When the order, or a clock's haste, changes by the mere passing of time."""
    upcoming: Upcoming | None = None
    """What comes first after today; None when nothing does, or nobody looked."""

    def __iter__(self) -> Iterator[tuple[Section, QueuedTask]]:
        return iter(self.tasks)

    def __len__(self) -> int:
        return len(self.tasks)

    @property
    def following(self) -> Upcoming | None:
        """What comes next once all is done that may be done now: later today, else on another day."""
        return _first_of(task for section, task in self.tasks if section is Section.LATER) or self.upcoming

    def before(self, planned: Upcoming) -> "WorkQueue":
        """The queue with what the plan will ask for, where no open task comes before that."""
        if self.upcoming is not None and self.upcoming.at <= planned.at:
            return self
        return replace(self, upcoming=planned)

    def without(self, task_id: UUID | None) -> "WorkQueue":
        """The queue without a task that was done."""
        return replace(self, tasks=tuple(one for one in self.tasks if one[1].id != task_id))


def section_of(task: QueuedTask, now: datetime) -> Section:
    """Where a task belongs at an instant."""
    if task.answers_first:
        return Section.FIRST_RESPONSE  # At once: before its call opens one may write.
    if task.starts_at > now:
        return Section.LATER
    if task.kind in ANSWERABLE:
        return Section.REPLY
    if task.kind is TaskKind.HAND_OVER and not task.accepted:
        return Section.HAND_OVER
    return Section.OVERDUE if task.due_at < now else Section.NOW


def arranged(tasks: Iterable[QueuedTask], now: datetime, ends_at: datetime) -> WorkQueue:
    """The queue at an instant.

    Args:
        ends_at: the end of the colleague's day; what opens after it is left for another day, but for first answers.
    """
    tasks = list(tasks)
    todays = [task for task in tasks if task.answers_first or task.starts_at < ends_at]
    placed = [(section_of(task, now), task) for task in todays]
    placed.sort(key=lambda one: _place(one[0], one[1], now))
    placed = list(_one_for_each_who_waits(placed, now))
    changes = [at for section, task in placed for at in _turns(section, task) if at > now]
    others = [task for task in tasks if not task.answers_first and task.starts_at >= ends_at]
    return WorkQueue(tuple(placed), min(changes, default=None), _first_of(others))


def _one_for_each_who_waits(
    placed: list[tuple[Section, QueuedTask]], now: datetime
) -> Iterator[tuple[Section, QueuedTask]]:
    """Who waits for a first answer waits once, however many tasks would give it: the one that may be done now, else
    first, stands for all of them."""
    best: dict[UUID, QueuedTask] = {}
    for section, task in placed:
        if section is Section.FIRST_RESPONSE:
            known = best.get(task.lead_id, task)
            best[task.lead_id] = min((known, task), key=lambda one: (one.starts_at > now, one.due_at, one.id))
    yield from (one for one in placed if one[0] is not Section.FIRST_RESPONSE or best[one[1].lead_id].id == one[1].id)


def _first_of(tasks: Iterable[QueuedTask]) -> Upcoming | None:
    """What opens first of some tasks."""
    first = min(tasks, key=lambda task: (task.starts_at, task.due_at, task.id), default=None)
    return None if first is None else Upcoming(first.starts_at, first.title, first.lead_name, first.lead_company)


def _place(section: Section, task: QueuedTask, now: datetime) -> tuple[int, bool, datetime, datetime, UUID]:
    """What a task is sorted by; of first responses those that can still be in time come before the missed ones."""
    by, missed = task.due_at, False
    match section:
        case Section.FIRST_RESPONSE if task.clock is not None:
            by, missed = task.clock.due_at, task.clock.haste(now) is Haste.MISSED
        case Section.NOW:
            by = task.best_at or task.due_at
        case Section.LATER:
            by = task.starts_at
    return _SECTIONS.index(section), missed, by, task.due_at, task.id


def _turns(section: Section, task: QueuedTask) -> Iterator[datetime]:
    """The instants at which a task may come to stand elsewhere, or its clock turns."""
    if section is Section.LATER:
        yield task.starts_at
    if section is Section.NOW:
        yield task.due_at
    if section is Section.FIRST_RESPONSE and task.clock is not None:
        yield task.starts_at
        yield task.clock.due_at
        if task.clock.warn_at is not None:
            yield task.clock.warn_at
    yield from (at for at in (task.calling.until, task.calling.lawful_at, task.calling.opens_at) if at is not None)

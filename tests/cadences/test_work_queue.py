"""The order of a colleague's day: what is most urgent first, and when that changes by itself."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid5
from zoneinfo import ZoneInfo

import pytest

from cadences.calling import Calling, MayCall
from cadences.tasks import TaskKind
from cadences.work_queue import AnswerClock, Haste, QueuedTask, Section, Upcoming, WorkQueue, arranged
from tests.cadences.cases import LEAD_ID, new_york

NOW = new_york("2026-11-20 10:00")
TONIGHT = new_york("2026-11-21 00:00")
NEW_YORK = ZoneInfo("America/New_York")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ANY_TIME = Calling(may=MayCall.YES, number="+12125550143", zone=NEW_YORK)
AFTER_DINNER = replace(ANY_TIME, may=MayCall.NOT_NOW, lawful_at=NOW + 2 * HOUR, why="too early there")


def a_task(name: str, kind: TaskKind = TaskKind.CALL, **values: object) -> QueuedTask:
    given = {
        "id": uuid5(LEAD_ID, name),
        "lead_id": uuid5(LEAD_ID, f"lead of {name}"),
        "lead_name": name,
        "lead_company": None,
        "title": "call: first call",
        "owner": "anna",
        "owner_name": "Anna Keller",
        "back_to": None,
        "opens_at": NOW - HOUR,
        "due_at": NOW + HOUR,
        "best_at": None,
        "clock": None,
        "calling": ANY_TIME,
    }
    return QueuedTask(kind=kind, **{**given, **values})  # type: ignore[arg-type]


def a_clock(left: timedelta) -> AnswerClock:
    """A clock of half an hour, of which so much is left."""
    due_at = NOW + left
    return AnswerClock(asked_at=due_at - 30 * MINUTE, due_at=due_at, warn_at=due_at - 15 * MINUTE)


def order(tasks: Iterable[QueuedTask], now: datetime = NOW) -> list[str | None]:
    """The names in the queue's order, whatever order they come in."""
    shuffled = list(tasks)
    random.Random(7).shuffle(shuffled)
    return [task.lead_name for _, task in arranged(shuffled, now, TONIGHT)]


def placed(task: QueuedTask, now: datetime = NOW) -> Section:
    ((section, _),) = arranged([task], now, TONIGHT)
    return section


def test_the_most_urgent_comes_first() -> None:
    tasks = [
        a_task("running", clock=a_clock(10 * MINUTE), due_at=NOW + 10 * MINUTE),
        a_task("long missed", clock=a_clock(-DAY)),
        a_task("missed", clock=a_clock(-HOUR)),
        a_task("reply", TaskKind.REPLY, due_at=NOW + HOUR),
        a_task("question", TaskKind.QUESTION, due_at=NOW + 2 * HOUR),
        a_task("hand-over", TaskKind.HAND_OVER, due_at=NOW - 5 * HOUR),
        a_task("said yes on a holiday", TaskKind.HAND_OVER, due_at=NOW + 4 * DAY),
        a_task("overdue", due_at=NOW - 3 * DAY),
        a_task("just overdue", TaskKind.STEP, due_at=NOW - MINUTE),
        a_task("at its best", best_at=NOW + MINUTE, due_at=NOW + 8 * HOUR),
        a_task("now", due_at=NOW + HOUR),
        a_task("order", TaskKind.HAND_OVER, due_at=NOW + 9 * DAY, accepted=True),
        a_task("soon", opens_at=NOW + MINUTE),
        a_task("law", calling=AFTER_DINNER, due_at=NOW - DAY),
        a_task("tonight", opens_at=NOW + 8 * HOUR),
    ]
    assert order(tasks) == [task.lead_name for task in tasks]


@pytest.mark.parametrize(
    ("task", "section"),
    [
        (a_task("call", clock=a_clock(MINUTE)), Section.FIRST_RESPONSE),
        (a_task("question", TaskKind.QUESTION, clock=a_clock(MINUTE)), Section.FIRST_RESPONSE),
        (a_task("no answer", TaskKind.UNKNOWN_SEND, clock=a_clock(MINUTE)), Section.NOW),
        (a_task("reply", TaskKind.REPLY, due_at=NOW - DAY), Section.REPLY),
        (a_task("yes", TaskKind.HAND_OVER, due_at=NOW + DAY), Section.HAND_OVER),
        (a_task("yes on a holiday", TaskKind.HAND_OVER, due_at=NOW + 4 * DAY), Section.HAND_OVER),
        (a_task("yes, late", TaskKind.HAND_OVER, due_at=NOW - DAY), Section.HAND_OVER),
        (a_task("order", TaskKind.HAND_OVER, due_at=NOW + 9 * DAY, accepted=True), Section.NOW),
        (a_task("order, late", TaskKind.HAND_OVER, due_at=NOW - DAY, accepted=True), Section.OVERDUE),
        (a_task("due this instant", due_at=NOW), Section.NOW),
        (a_task("overdue", due_at=NOW - MINUTE), Section.OVERDUE),
        (a_task("opens this instant", opens_at=NOW), Section.NOW),
        (a_task("opens", opens_at=NOW + MINUTE), Section.LATER),
        (a_task("opens, but one may write", opens_at=NOW + MINUTE, clock=a_clock(MINUTE)), Section.FIRST_RESPONSE),
        (a_task("no lawful call", calling=AFTER_DINNER, clock=a_clock(MINUTE)), Section.FIRST_RESPONSE),
    ],
)
def test_where_a_task_belongs(task: QueuedTask, section: Section) -> None:
    assert placed(task) is section


def test_a_call_that_the_law_forbids_now_waits_for_its_hours_and_other_work_does_not() -> None:
    call = a_task("call", calling=AFTER_DINNER, due_at=NOW + DAY)
    assert placed(call) is Section.LATER
    assert placed(call, NOW + 2 * HOUR) is Section.NOW
    assert placed(a_task("reply", TaskKind.REPLY, calling=AFTER_DINNER)) is Section.REPLY


def test_a_call_out_of_hours_stays_since_its_lead_may_have_asked_for_it() -> None:
    evening = replace(ANY_TIME, may=MayCall.OUT_OF_HOURS, opens_at=NOW + DAY)
    assert placed(a_task("call back", calling=evening)) is Section.NOW


def test_what_opens_after_the_end_of_the_day_is_left_for_another_day() -> None:
    tomorrow = replace(AFTER_DINNER, lawful_at=TONIGHT)
    assert order([a_task("tomorrow", opens_at=TONIGHT), a_task("not lawful before tomorrow", calling=tomorrow)]) == []
    assert order([a_task("tonight", opens_at=TONIGHT - MINUTE)]) == ["tonight"]


def test_a_first_answer_stands_in_the_queue_on_whatever_day_its_call_opens() -> None:
    """Also on a holiday somebody may write, and the clock runs."""
    waits = a_task("asked", opens_at=TONIGHT + 9 * HOUR, due_at=TONIGHT + 10 * HOUR, clock=a_clock(20 * MINUTE))
    assert order([a_task("now"), waits]) == ["asked", "now"]
    assert arranged([waits], NOW, TONIGHT).upcoming is None


def test_what_comes_first_on_another_day_is_known() -> None:
    tasks = [
        a_task("next week", opens_at=NOW + 7 * DAY),
        a_task("tomorrow", opens_at=NOW + DAY),
        a_task("after tonight", calling=replace(AFTER_DINNER, lawful_at=TONIGHT)),
    ]
    queue = arranged(tasks, NOW, TONIGHT)
    assert queue.upcoming == Upcoming(TONIGHT, "call: first call", "after tonight", None)
    assert queue.following == queue.upcoming
    planned = Upcoming(TONIGHT - MINUTE, "call: second call", "planned", None)
    assert queue.before(planned).upcoming == planned
    assert queue.before(replace(planned, at=NOW + DAY)).upcoming == queue.upcoming
    today = arranged([*tasks, a_task("later", opens_at=NOW + HOUR)], NOW, TONIGHT)
    assert today.following is not None
    assert today.following.lead_name == "later"


@pytest.mark.parametrize(
    ("left", "haste"),
    [
        (16 * MINUTE, Haste.RUNNING),
        (15 * MINUTE, Haste.WARNED),
        (MINUTE, Haste.WARNED),
        (0 * MINUTE, Haste.MISSED),
        (-DAY, Haste.MISSED),
    ],
)
def test_a_clock_runs_warns_and_is_missed(left: timedelta, haste: Haste) -> None:
    assert a_clock(left).haste(NOW) is haste
    told_already = replace(a_clock(left), warn_at=None)
    assert told_already.haste(NOW) is (Haste.MISSED if haste is Haste.MISSED else Haste.WARNED)


def moved(queue: WorkQueue) -> timedelta | None:
    return queue.changes_at - NOW if queue.changes_at is not None else None


@pytest.mark.parametrize(
    ("task", "after"),
    [
        (a_task("warned", clock=a_clock(20 * MINUTE)), 5 * MINUTE),
        (a_task("missed", clock=a_clock(10 * MINUTE)), 10 * MINUTE),
        (a_task("overdue", due_at=NOW + 7 * MINUTE), 7 * MINUTE),
        (a_task("opens", opens_at=NOW + 3 * MINUTE), 3 * MINUTE),
        (a_task("lawful", calling=AFTER_DINNER), 2 * HOUR),
        (a_task("order", TaskKind.HAND_OVER, due_at=NOW + DAY + MINUTE, accepted=True), DAY + MINUTE),
        (a_task("closes", due_at=NOW - MINUTE, calling=replace(ANY_TIME, until=NOW + 4 * MINUTE)), 4 * MINUTE),
        (a_task("nothing", due_at=NOW - MINUTE), None),
    ],
)
def test_the_queue_says_when_it_changes_by_itself(task: QueuedTask, after: timedelta | None) -> None:
    queue = arranged([task], NOW, TONIGHT)
    assert moved(queue) == after
    if queue.changes_at is not None and task.calling.until is None:
        turned, before = queue.changes_at + MINUTE, queue.changes_at - MINUTE
        seen = [(placed(task, at), task.clock and task.clock.haste(at)) for at in (before, turned)]
        assert seen[0] != seen[1]


def test_an_empty_queue_is_one_too() -> None:
    queue = arranged([], NOW, TONIGHT)
    assert (len(queue), list(queue), queue.changes_at) == (0, [], None)


def test_who_waits_for_a_first_answer_stands_there_once_with_what_may_be_done_now() -> None:
    lead = LEAD_ID
    clock = a_clock(20 * MINUTE)
    call = a_task("call", lead_id=lead, opens_at=NOW + HOUR, due_at=NOW + MINUTE, clock=clock)
    question = a_task("question", TaskKind.QUESTION, lead_id=lead, due_at=NOW + 2 * HOUR, clock=clock)
    other = a_task("other", clock=a_clock(30 * MINUTE))
    sent = a_task("unknown send", TaskKind.UNKNOWN_SEND, lead_id=lead, clock=clock)
    assert order([call, question, other, sent]) == ["question", "other", "unknown send"]
    answered = [replace(one, clock=None) for one in (call, question)]
    assert order(answered) == ["question", "call"], "each for itself"

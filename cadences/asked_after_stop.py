"""Whoever stopped us and then asks for us: to which address a person of ours may write, though nothing else may go out.

The person's later word counts. It permits what was asked for, in a colleague's own words and by email: no automated
message, no text and no call. A stop that comes after it ends that, too.

Source: 15 USC 7704(a)(4)(B), a consent that is given after the opt-out.
"""

from dataclasses import replace
from datetime import datetime

from cadences.case import Case
from cadences.tasks import Task, TaskKind
from leads.model import Channel, ContactKind, Lead

WORDS = "They had stopped all messages, and asked for this afterwards. Write by email; calls and texts stay stopped."
"""What the colleague reads who is to get in touch."""
_ASKED_FOR = (TaskKind.HAND_OVER, TaskKind.REPLY, TaskKind.QUESTION)
"""Kinds of tasks by which a person asks for us."""


def asked_from(lead: Lead) -> str | None:
    """The address to which a person of ours may write back; None where nothing was stopped, or no address works."""
    working = [point for point in lead.contacts if point.kind is ContactKind.EMAIL and point.lost is None]
    open_ones = [point for point in working if point.usable_on(Channel.EMAIL)]
    if open_ones and not lead.stopped_us:
        return None
    return next((point.value for point in (*open_ones, *working)), None)


def written_to(case: Case, task: Task) -> str | None:
    """The address to which the open task lets a person write, whatever was stopped before; None where it does not."""
    if not task.is_open or task.kind not in _ASKED_FOR:
        return None
    points = (point for point in case.lead.contacts if point.kind is ContactKind.EMAIL and point.lost is None)
    return next((point.value for point in points if point.value == task.contact), None)


def asked_for_in_person(case: Case) -> Task | None:
    """The open hand-over of a person who stopped us, and said yes afterwards."""
    hand_overs = (task for task in case.open_tasks if task.kind is TaskKind.HAND_OVER)
    return next((task for task in hand_overs if written_to(case, task) is not None), None)


def as_asked(case: Case, task: Task | None) -> Case:
    """The case for what a person writes by this task: with the one address open from which it was asked."""
    address = written_to(case, task) if task is not None else None
    if address is None:
        return case
    asked = next(point for point in case.lead.contacts if point.value == address)
    opened = replace(asked, suppressed=False, suppressed_on=asked.suppressed_on - {Channel.EMAIL})
    others = (point for point in case.lead.contacts if point is not asked)
    return replace(case, lead=replace(case.lead, contacts=(opened, *others)))


def asked_now(case: Case) -> Case:
    """The person says yes (again): whoever has its hand-over may write, if it had stopped us."""
    address = asked_from(case.lead)
    for task in case.open_tasks:
        if address is not None and task.kind is TaskKind.HAND_OVER and task.contact != address:
            case = case.with_task(replace(task, contact=address, text=f"{task.text}\n\n{WORDS}".strip()))
    return case


def stopped_anew(case: Case, at: datetime | None = None) -> Case:
    """The person stopped us (again): whatever it had asked for before, nobody writes to it any more.

    Args:
        at: when, for what was asked before that only; now when left out.
    """
    for task in case.open_tasks:
        if written_to(case, task) is not None and (at is None or task.created_at < at):
            case = case.with_task(replace(task, contact=None, text=task.text.replace(WORDS, "").strip()))
    return case

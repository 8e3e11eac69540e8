"""A contact point is closed, opened again, or looked up in a registry: what becomes of a lead that is followed up."""

from dataclasses import replace
from datetime import datetime

from cadences.asked_after_stop import stopped_anew
from cadences.case import Case
from cadences.facts import Suppressed
from cadences.hearing import lead_opted_out
from cadences.permissions import blocked
from cadences.planning import plan
from cadences.progress import awaited_task, cancel_tasks, close_task, end, step_left_out
from cadences.tasks import TaskKind, TaskState
from leads.model import Channel, Ending, Lead

REACHING = (Channel.EMAIL, Channel.SMS, Channel.CALL)
"""The channels that reach a person."""


def contact_suppressed(case: Case, *, contact: str, channel: Channel | None, why: str, now: datetime) -> Case:
    """A contact point of the lead came onto the company's own list.

    On every channel, the person has stopped us altogether. On one, the plan goes on over the others; without any it
    ends as an opt-out.

    Args:
        contact: normalised; one that is not the lead's changes nothing.
        channel: None for every channel.
    """
    named = next((point for point in case.lead.contacts if point.value == contact), None)
    if named is None or (channel is not None and (named.suppressed or channel in named.suppressed_on)):
        return case
    if named.suppressed:
        return stopped_anew(case)
    if channel is None:
        return lead_opted_out(case, why=why, now=now)
    lead = case.lead
    closed = replace(named, suppressed_on=named.suppressed_on | {channel})
    points = tuple(closed if point is named else point for point in lead.contacts)
    consents = tuple(
        replace(one, revoked_at=now)
        if one.channel is channel and one.contact == contact and one.revoked_at is None
        else one
        for one in lead.consents
    )
    case = replace(case, lead=replace(lead, contacts=points, consents=consents))
    case = case.with_fact(Suppressed(contact, why, channel))
    if case.enrollment.ended is not None or case.enrollment.question_only:
        return case
    if not can_be_reached(case.lead):
        return end(cancel_tasks(case, now, "followthrough", "the lead opted out"), Ending.OPTED_OUT, now)
    return plan(_without_stopped_call(case, now), now)


def reopened(case: Case, now: datetime) -> Case:
    """A contact point may be used again: a plan that runs takes it in; a cadence that ended stays ended.

    Args:
        case: with the contact point as it is now.
    """
    return plan(case, now) if case.enrollment.ended is None else case


def do_not_call_noted(case: Case, *, number: str, listed: bool, checked_at: datetime, now: datetime) -> Case:
    """The Do-Not-Call registry was asked for a number; older answers, and other people's numbers, change nothing."""
    points = tuple(
        replace(point, dnc_listed=listed, dnc_checked_at=checked_at)
        if point.value == number and (point.dnc_checked_at is None or point.dnc_checked_at < checked_at)
        else point
        for point in case.lead.contacts
    )
    if points == case.lead.contacts:
        return case
    case = replace(case, lead=replace(case.lead, contacts=points))
    if case.enrollment.ended is not None or case.enrollment.question_only:
        return case
    return plan(_without_stopped_call(case, now), now)


def can_be_reached(lead: Lead) -> bool:
    """Whether any channel may still use any contact point."""
    return any(lead.contact_for(channel) is not None for channel in REACHING)


def wants_no_messages(lead: Lead) -> bool:
    """Whether a lead that comes in is left alone: its person stopped us, whatever else we could reach it by."""
    return lead.stopped_us or not can_be_reached(lead)


def _without_stopped_call(case: Case, now: datetime) -> Case:
    """The call that waits is for a number that must not be called now: its task is closed, its step left out."""
    awaited = awaited_task(case)
    if awaited is None or awaited[0].kind is not TaskKind.CALL:
        return case
    task, touch = awaited
    open_to_calls = {point.value for point in case.lead.contacts if point.usable_on(Channel.CALL)}
    is_open = task.contact in open_to_calls if task.contact else bool(open_to_calls)
    if is_open and blocked(Channel.CALL, case, now) is None:
        return case
    case = close_task(case, task, TaskState.CANCELLED, now, "followthrough", note="the number must not be called")
    return step_left_out(case, touch.step, now)

"""The letter of a step: what is to be sent now, if it is still its turn and the rules allow it."""

from dataclasses import dataclass
from datetime import datetime

from activities.ports import OpenCase
from activities.steps import admitted
from cadences.case import Case
from cadences.enrollment import NextTouch
from cadences.errands import Errand, reference_of
from cadences.meeting_messages import TEMPLATE, compose_meeting_message
from cadences.meeting_sends import came_too_late, could_not_tell, due_to_send
from cadences.messages import compose
from cadences.permissions import blocked
from cadences.personal_emails import compose_personal_email, could_not_send, waiting_email, why_not
from cadences.planning import plan
from cadences.progress import could_not_be_written
from cadences.slots import holds_slot, permitted_from, put_off
from cadences.templating import TemplateMistake
from leads.contract import StepInput
from leads.links import Links
from leads.model import Channel
from leads.personal_emails import PERSONAL, read_personal_step
from leads.sending import Claim, OutgoingMessage, TouchState

_SENDABLE = (TouchState.REFUSED, TouchState.FAILED)
"""Claims whose message was certainly not accepted, so that it may be sent again under them."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that may go out now."""

    message: OutgoingMessage
    template: str
    """What it was made from."""
    variant: str | None = None
    """Which of its step's variants it is."""
    by: str | None = None
    """The colleague who wrote it; None for what the machine writes."""


async def planned_letter(
    step: StepInput, opened: OpenCase, errand: Errand, claim: Claim | None, links: Links, now: datetime
) -> Letter | Case:
    """The message of a step of the plan; or the case that follows, when it is not to be sent now.

    Args:
        claim: what the ledger says of it already.
    """
    fresh, touch = admitted(step, opened.case, now)
    if touch is None:
        return fresh
    if _may_be_out(claim, touch.channel):
        # It went out, or nobody knows, and the plan never heard: it hears now, and nothing is sent.
        return errand.sent(fresh, now)
    try:
        message = compose(fresh, opened.bundle, touch, reference_of(errand), links)
    except TemplateMistake as broken:
        return could_not_be_written(fresh, str(broken), now)
    waiting = await _until_its_turn(opened, fresh, touch, now)
    return waiting if waiting is not None else Letter(message, touch.content, touch.variant)


async def meeting_letter(
    step: StepInput, opened: OpenCase, errand: Errand, claim: Claim | None, links: Links, now: datetime
) -> Letter | Case:
    """What the lead is told of a meeting; or the case that follows, when nothing is to be sent now.

    Both agreed on the meeting, so this goes out at any hour and beside the cadence's limits; but never to an address
    that must not be used, nor to a person who stopped us.
    """
    case, due = opened.case, due_to_send(opened.case, step.step_id, step.occurrence, now)
    if due is None:
        return plan(case, now)
    if _may_be_out(claim, Channel.EMAIL):
        return errand.sent(case, now)
    if (late := came_too_late(case, due, now)) is not None:
        return late
    if (reason := blocked(Channel.EMAIL, case, now, answers_at_once=True)) is not None:
        return could_not_tell(case, due.step_id, now, f"No email: {reason.text}.")
    try:
        return Letter(compose_meeting_message(case, due, reference_of(errand), links), TEMPLATE)
    except TemplateMistake as broken:
        return could_not_tell(case, due.step_id, now, str(broken))


async def personal_letter(
    step: StepInput, opened: OpenCase, errand: Errand, claim: Claim | None, links: Links, now: datetime
) -> Letter | Case:
    """What a colleague wrote; or the case that follows, when it is not to be sent now.

    A person's words keep no hours and no limits, but they go to no address that must not be used, and to nobody who
    wants to hear nothing.
    """
    case, email = opened.case, waiting_email(opened.case, read_personal_step(step.step_id))
    if email is None or email.due_at > now:
        return plan(case, now)
    if _may_be_out(claim, Channel.EMAIL):
        return errand.sent(case, now)
    if (why := why_not(case, email, now)) is not None:
        return could_not_send(case, email, now, why)
    try:
        message = compose_personal_email(case, email, reference_of(errand), links)
    except TemplateMistake as broken:
        return could_not_send(case, email, now, str(broken))
    return Letter(message, PERSONAL, by=email.by)


def _may_be_out(claim: Claim | None, channel: Channel) -> bool:
    """Whether the message went out over this channel, or nobody knows."""
    if claim is None:
        return False
    return claim.state not in _SENDABLE or (claim.accepted and claim.channel is channel)


async def _until_its_turn(opened: OpenCase, case: Case, touch: NextTouch, now: datetime) -> Case | None:
    """The case that waits for its sender's next free slot; None when it is the message's turn now."""
    sender = case.senders.get(touch.channel)
    if sender is None or not sender.limited or holds_slot(case, touch, now):
        return None
    turn = await opened.take_slot(sender.address, permitted_from(case, touch, now))
    return put_off(case, touch, turn, now) if turn is not None and turn.at > now else None

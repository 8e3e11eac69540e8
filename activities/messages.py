"""Sending: claim under the row lock, hand over to the provider, record; never twice, never lost.

A claim is written before the provider is called and settled after. An attempt that finds its own claim unsettled was
interrupted in between, so it asks the provider what became of the message and sends again only what certainly never
arrived there. What is unknown is looked up for a while, and then becomes a person's task.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.letters import Letter, meeting_letter, personal_letter, planned_letter
from activities.ports import CaseStore, Clock, MessageSender, OpenCase
from activities.steps import instant_of, is_current
from cadences.case import Case
from cadences.enrollment import StepRef
from cadences.errands import Errand, MeetingMessage, PersonalMessage, PlannedMessage, errand_of, reference_of
from cadences.hearing import contact_point_lost, lead_opted_out
from cadences.planning import plan
from cadences.settled_sends import send_settled
from cadences.unknown_sends import looked_up_in_vain, to_look_up
from leads.contract import SEND_WITHIN, STEP_TIMEOUT, CommandKind, Plan, StepInput, WakeKind
from leads.ids import touch_id
from leads.links import Links
from leads.model import Channel
from leads.sending import (
    KNOWN_OUT,
    AccountTrouble,
    Claim,
    ContactPointDead,
    Finding,
    Found,
    OutcomeUnknown,
    OutgoingMessage,
    Receipt,
    RecipientOptedOut,
    SendError,
    SendRefused,
    TouchState,
)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A claim that this attempt holds."""

    errand: Errand
    message: OutgoingMessage
    at: datetime
    interrupted: bool
    """An earlier attempt held it and never settled it."""
    provider: str
    """Whom that attempt would have handed it to."""
    under: OpenCase
    """The case as it was when it was claimed."""


_WRITERS: Mapping[type, Callable[..., Awaitable[Letter | Case]]] = {
    PlannedMessage: planned_letter,
    MeetingMessage: meeting_letter,
    PersonalMessage: personal_letter,
}
log = structlog.get_logger()


class MessageActivities:
    """The steps that send a message by themselves."""

    def __init__(self, cases: CaseStore, email: MessageSender, sms: MessageSender, links: Links, clock: Clock) -> None:
        self._cases = cases
        self._email = email
        self._sms = sms
        self._links = links
        self._clock = clock

    @activity.defn
    async def send_email(self, step: StepInput) -> Plan:
        """Send the email of a step, if it is still its turn, and say what comes next."""
        return await self._send(step, self._email)

    @activity.defn
    async def send_sms(self, step: StepInput) -> Plan:
        """Send the text of a step, if it is still its turn, and say what comes next."""
        return await self._send(step, self._sms)

    @activity.defn
    async def send_invitation(self, step: StepInput) -> Plan:
        """Tell the lead of a meeting, if that is still to be done, and say what comes next."""
        return await self._send(step, self._email)

    @activity.defn
    async def send_personal_email(self, step: StepInput) -> Plan:
        """Send what a colleague wrote, if it is still to be sent, and say what comes next."""
        return await self._send(step, self._email)

    @activity.defn
    async def look_up_send(self, step: StepInput) -> Plan:
        """Ask the provider what became of the messages that nobody knows about, and say what comes next."""
        now = instant_of(step, self._clock())
        async with self._cases.open(step.lead_id, now) as opened:
            if not is_current(step, opened):
                return opened.plan
            claims = [await opened.claim_of(reference) for reference in to_look_up(opened.case, now)]
        found = {claim.touch_id: await self._look_up(claim, step) for claim in claims if claim is not None}
        async with self._cases.open(step.lead_id, now) as opened:
            if not is_current(step, opened):
                # Another attempt has looked meanwhile, and nobody listens to this one any more; or much was said.
                return opened.plan
            case = opened.case
            for reference, task in to_look_up(case, now).items():
                finding = found.get(reference, Finding(Found.UNKNOWN))
                if finding.found is Found.UNKNOWN:
                    case = looked_up_in_vain(case, task, now)
                    continue
                if finding.receipt is not None:
                    await opened.settle(reference, TouchState.SENT, finding.receipt)
                case = send_settled(case, reference, sent=finding.found is Found.SENT, now=now)
            return await opened.save(case)

    async def _look_up(self, claim: Claim, step: StepInput) -> Finding:
        if claim.state in KNOWN_OUT:
            return Finding(Found.SENT)
        sender = self._email if claim.channel is Channel.EMAIL else self._sms
        if claim.provider != sender.provider:
            # Another provider was set up since; this one would say that it never had it, and be right.
            return Finding(Found.UNKNOWN)
        return await sender.find(_message_of(claim, step), claim.claimed_at)

    async def _send(self, step: StepInput, sender: MessageSender) -> Plan:
        claimed = await self._claim(step, sender.provider)
        if isinstance(claimed, Plan):
            return claimed
        try:
            receipt = await self._hand_over(claimed, sender)
        except SendError as error:
            return await self._record(step, claimed, error)
        return await self._record(step, claimed, receipt)

    async def _claim(self, step: StepInput, provider: str) -> _Claimed | Plan:
        """Claim the step in the ledger; or the newest plan, when it is not to be sent now."""
        now = instant_of(step, self._clock())
        async with self._cases.open(step.lead_id, now, touch_id=_known_reference(step)) as opened:
            errand = errand_of(opened.case, _step_of(step), step.enrollment_id)
            claim = await opened.claim_of(reference_of(errand)) if errand is not None else None
            if errand is not None and claim is not None and claim.state is TouchState.CLAIMED:
                # Whatever the plan says by now: this message may be out, and must be settled first.
                _leave_to_its_holder(claim, self._clock())
                message = _message_of(claim, step)
                return _Claimed(
                    errand, message, claim.claimed_at, interrupted=True, provider=claim.provider, under=opened
                )
            if not is_current(step, opened):
                return opened.plan
            if errand is None:
                return await opened.save(plan(opened.case, now))
            write = _WRITERS[type(errand)]
            letter = await write(step, opened, errand, claim, self._links, now)
            if isinstance(letter, Case):
                return await opened.save(letter)
            attempt = 1 if claim is None else claim.attempt + 1
            await opened.claim(_claim_for(errand, letter, provider, now, attempt))
            return _Claimed(errand, letter.message, now, interrupted=False, provider=provider, under=opened)

    async def _hand_over(self, claimed: _Claimed, sender: MessageSender) -> Receipt:
        if not claimed.interrupted:
            if self._clock() - claimed.at > SEND_WITHIN:
                # This process stood still after its claim; by the time it sends, another may have settled it.
                raise ApplicationError("too late to send under this claim", next_retry_delay=STEP_TIMEOUT)
            return await sender.send(claimed.message)
        if claimed.provider != sender.provider:
            raise OutcomeUnknown(f"interrupted, and it is not {claimed.provider} any more that messages go to")
        finding = await sender.find(claimed.message, claimed.at)
        if finding.found is Found.SENT and finding.receipt is not None:
            return finding.receipt
        if finding.found is Found.NOT_SENT:
            # Back through the gate, under a claim of its own: much may have been said since the first attempt.
            raise SendRefused("interrupted before it reached the provider", retry_after=timedelta(0))
        raise OutcomeUnknown("interrupted, and the provider can't say what became of it")

    async def _record(self, step: StepInput, claimed: _Claimed, result: Receipt | SendError) -> Plan:
        """Settle the claim, and move the plan on if it still waited for this step."""
        now, message = instant_of(step, self._clock()), claimed.message
        async with self._cases.open(step.lead_id, now, known=claimed.under) as opened:
            if await _is_settled(claimed, opened):
                return await _save_straggler(opened, claimed, result, now)
            receipt = result if isinstance(result, Receipt) else None
            error = f"{result.code} {result}".strip() if isinstance(result, SendError) else None
            said = _said(result, opened.case, claimed.errand)
            state = await opened.settle(message.touch_id, said, receipt, error)
            if receipt is None and state is not said:
                # The answer to our call was lost or late; the provider's own report was faster.
                return await opened.save(claimed.errand.sent(opened.case, now))
            alerted = await _tell_admin(opened, claimed.provider, result)
            newest = await opened.save(_case_after(opened.case, claimed, result, now))
        if alerted and isinstance(result, AccountTrouble):
            log.error("a provider's account is in trouble", provider=claimed.provider, code=result.code)
        return newest


async def _tell_admin(opened: OpenCase, provider: str, result: Receipt | SendError) -> bool:
    """Whether the admin is told now that the provider's account is in trouble; that it works again is noted too."""
    match result:
        case Receipt():
            await opened.account_works(provider)
        case AccountTrouble():
            return await opened.account_in_trouble(provider, result.code, str(result))
    return False


async def _is_settled(claimed: _Claimed, opened: OpenCase) -> bool:
    """Whether somebody else has settled the claim meanwhile: a later attempt, or the provider's own report."""
    if opened.revision == claimed.under.revision:
        return False
    claim = await opened.claim_of(claimed.message.touch_id)
    return claim is not None and (claim.state is not TouchState.CLAIMED or claim.claimed_at != claimed.at)


async def _save_straggler(opened: OpenCase, claimed: _Claimed, result: Receipt | SendError, now: datetime) -> Plan:
    """Write down what an attempt learnt that stood still while another one took its place.

    Temporal takes no answer from it any more, so what it changes is told to the workflow as a report is.
    """
    message = claimed.message
    receipt = result if isinstance(result, Receipt) else None
    said, claim = _said(result, opened.case, claimed.errand), await opened.claim_of(message.touch_id)
    in_other_hands = claim is not None and claim.state is TouchState.CLAIMED
    if said is TouchState.UNKNOWN or (in_other_hands and receipt is None):
        return opened.plan  # Whoever settled the claim, or is about to, knows as much, or more.
    error = f"{result.code} {result}".strip() if isinstance(result, SendError) else None
    state = await opened.settle(message.touch_id, said, receipt, error)
    if state is not said and receipt is None:
        return opened.plan  # The provider's own report says otherwise.
    case = _case_after(opened.case, claimed, result, now)
    case = send_settled(case, message.touch_id, sent=receipt is not None, now=now)
    if replace(case, messages=opened.case.messages) == opened.case:
        return opened.plan
    return await opened.save(case, CommandKind.MESSAGE_REPORTED)


def _leave_to_its_holder(claim: Claim, now: datetime) -> None:
    """Come back later while another attempt may still be sending under this claim."""
    left = claim.claimed_at + STEP_TIMEOUT - now
    if left > timedelta(0):
        raise ApplicationError("another attempt may still be sending this", next_retry_delay=left)


def _case_after(case: Case, claimed: _Claimed, result: Receipt | SendError, now: datetime) -> Case:
    """What the provider's answer does to the case, whose plan may have changed while the message was out.

    What it says of the person and of the message holds under whatever enrollment there is by now; the plan moves on
    only if it is the one that waited for this step.
    """
    errand, message = claimed.errand, claimed.message
    match result:
        case Receipt():
            return errand.sent(case, now)
        case ContactPointDead():
            return contact_point_lost(case, contact=message.to, why=str(result), now=now)
        case RecipientOptedOut():
            return lead_opted_out(case, why="the provider reports an opt-out", now=now)
        case OutcomeUnknown():
            return errand.unknown(case, message.channel, now)
        case SendRefused():
            return errand.refused(case, now, str(result), result.retry_after, once=result.once)
        case AccountTrouble():
            return errand.in_trouble(case, now, f"{claimed.provider} {result.code}: {result}")
        case _:
            return errand.unknown(case, message.channel, now)


def _said(result: Receipt | SendError, case: Case, errand: Errand) -> TouchState:
    """What the ledger is told: a refusal is final when nothing will try again."""
    said = _state_after(result)
    return TouchState.FAILED if said is TouchState.REFUSED and not errand.is_awaited(case) else said


def _state_after(result: Receipt | SendError) -> TouchState:
    match result:
        case Receipt():
            return TouchState.SENT
        case OutcomeUnknown():
            return TouchState.UNKNOWN
        case ContactPointDead() | RecipientOptedOut():
            return TouchState.FAILED
        case SendRefused() | AccountTrouble():
            return TouchState.REFUSED
    # An error type that says nothing of acceptance must never lead to a second send.
    return TouchState.UNKNOWN


def _step_of(step: StepInput) -> StepRef:
    return StepRef(step.step_id or "", step.occurrence)


def _known_reference(step: StepInput) -> UUID | None:
    """The ledger's id of the step's message, where it can be told before the case is there."""
    if step.kind in (WakeKind.SEND_INVITATION, WakeKind.SEND_PERSONAL_EMAIL):
        return None
    return touch_id(step.enrollment_id, step.step_id or "", step.occurrence)


def _claim_for(errand: Errand, letter: Letter, provider: str, now: datetime, attempt: int) -> Claim:
    message = letter.message
    return Claim(
        touch_id=message.touch_id,
        enrollment_id=errand.enrollment_id,
        step_id=errand.step.step_id,
        occurrence=errand.step.occurrence,
        channel=message.channel,
        contact=message.to,
        subject=message.subject,
        text=message.text,
        claimed_at=now,
        provider=provider,
        attempt=attempt,
        sender=message.sender,
        segments=message.segments,
        variant=letter.variant,
        by=letter.by,
        template=letter.template,
    )


def _message_of(claim: Claim, step: StepInput) -> OutgoingMessage:
    """The claimed message as the ledger kept it: enough to find it, never sent from here."""
    return OutgoingMessage(
        touch_id=claim.touch_id,
        lead_id=step.lead_id,
        channel=claim.channel,
        to=claim.contact,
        text=claim.text,
        subject=claim.subject,
        sender=claim.sender,
    )

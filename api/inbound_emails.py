"""Incoming emails find their way: answers to leads, colleagues' copies to the ledger, strangers to the intake."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.inbound import InboundMessage, Whose, add_once, belongs_to
from api.inbound import Decide, Inbox, Taken, heard
from api.services import Services
from api.telling import tell
from cadences import commands
from cadences.case import Case
from cadences.hearing import contact_point_lost, lead_away
from cadences.meetings import answered
from leads.auto_replies import Hand
from leads.capture import Captured, CaptureRefused, NewLead
from leads.invitations import InvitationReply
from leads.links import COPY_PREFIX, REPLY_PREFIX
from leads.model import Channel, ContactKind
from leads.normalising import MAX_TEXT, clean_line, normal_email
from leads.replies import InboundKind, IncomingEmail, wish
from leads.tokens import TokenKey

SOURCE = "email"
"""The source of leads that came by email."""


class _TakenBefore(Exception):
    """This very message was captured before."""


@dataclass(frozen=True, slots=True)
class _Route:
    """Where an email was brought to."""

    touch_id: UUID | None = None
    """The message whose signed reply address it is."""
    mailbox_of: str | None = None
    """The colleague whose address for copies it is."""
    forged: bool = False
    """A token that we did not make, and none that we did."""
    to_leads: bool = False
    """The company's address for leads."""


class EmailInbox:
    """Takes in emails."""

    def __init__(self, services: Services, provider: str) -> None:
        self._services = services
        self._inbox = Inbox(services)
        self._provider = provider

    async def take(self, email: IncomingEmail) -> Taken:
        """Take an email. A token that we did not make changes nothing; what fits no lead waits for a person."""
        links = self._services.links
        route = _route(email, links.key, links.reply_domain, self._services.webhooks.lead_address)
        message = self._message(email)
        if route.forged:
            return await self._inbox.keep(message)
        whose = await self._services.inbound.whose(
            ContactKind.EMAIL, email.sender, touch_id=route.touch_id, references=email.references
        )
        message = replace(message, lead_id=whose.lead_id, touch_id=whose.touch_id)
        if email.invitation_reply is not None and route.mailbox_of is None:
            taken = await self._take_calendars(email, email.invitation_reply, message, whose)
            if taken is not None:
                return taken
        colleague = await self._services.inbound.colleague_with(email.sender)
        if route.mailbox_of is not None and route.mailbox_of != colleague:
            # Only the colleague's own address may say what that colleague did.
            return await self._inbox.keep(replace(message, lead_id=None, touch_id=None))
        if colleague is not None and (route.mailbox_of or whose.of_sender is None):
            if route.mailbox_of is None and route.touch_id is None:
                # Anybody can write a colleague's address; only who has one of our signed addresses is believed.
                return await self._inbox.keep(replace(message, lead_id=None, touch_id=None))
            return await self._take_colleagues(email, message, colleague)
        match email.kind():
            case InboundKind.BOUNCE:
                return await self._take_bounce(email, message, whose)
            case InboundKind.AUTO_REPLY:
                return await self._take_auto_reply(email, message, whose)
        return await self._take_persons(email, message, whose, route)

    async def _take_calendars(
        self, email: IncomingEmail, reply: InvitationReply, message: InboundMessage, whose: Whose
    ) -> Taken | None:
        """A calendar answered an invitation of ours, and perhaps the person beside it.

        It is believed if it names a meeting of the lead's (nobody else knows its UID), came to a signed address of that
        lead's or from the lead's own, and answers for one of the lead's own addresses. Any other changes nothing.

        Returns:
            None when it is not believed and the person wrote something: then that is taken as without a calendar.
        """
        inbound, meeting_id, remark = self._services.inbound, reply.meeting_id, email.remark
        lead_id = await inbound.lead_of_meeting(meeting_id) if meeting_id is not None else None
        proven = lead_id is not None and (whose.of_sender == lead_id or whose.answered == lead_id)
        theirs = proven and lead_id in await inbound.leads_of([reply.attendee, email.sender])
        if lead_id is None or not theirs:
            return None if remark else await self._inbox.keep(replace(message, lead_id=None, kind=InboundKind.CALENDAR))
        kind = wish(remark, Channel.EMAIL) if remark else InboundKind.CALENDAR
        message = replace(message, lead_id=lead_id, kind=kind, text=remark or message.text)

        def decide(case: Case, now: datetime) -> Case:
            case = answered(case, reply, now)
            return heard(case, message, now) if remark else case

        return await self._inbox.take_news(message, decide)

    async def _take_persons(self, email: IncomingEmail, message: InboundMessage, whose: Whose, route: _Route) -> Taken:
        if message.kind is InboundKind.REVOCATION:
            return await self._take_revocation(message, whose)
        asks_us = route.to_leads and not whose.ambiguous and email.hand is Hand.PERSON
        if whose.lead_id is not None and not (whose.by_sender_only and asks_us):
            return await self._inbox.take_news(message, lambda case, now: heard(case, message, now))
        if asks_us:
            return await self._capture(email, replace(message, kind=InboundKind.INQUIRY, lead_id=None))
        return await self._inbox.keep(message)

    async def _take_revocation(self, message: InboundMessage, whose: Whose) -> Taken:
        """Who asks to stop is stopped, whichever message of ours was answered; so is an address of no lead."""
        if await self._services.inbound.is_known(message.provider, message.external_id):
            return Taken(message.kind, message.lead_id, first=False)
        of_sender = whose.of_sender or await self._inbox.stop_stranger(message)
        leads = [lead_id for lead_id in dict.fromkeys((whose.answered, of_sender)) if lead_id is not None]
        if not leads:
            return await self._inbox.keep(message)
        taken = []
        # The last one under the message's own id, so that a crash in between has all of it taken again.
        for lead_id in leads:
            known_as = message.external_id if lead_id == leads[-1] else f"{message.external_id} {lead_id}"
            theirs = replace(message, id=uuid4(), lead_id=lead_id, external_id=known_as)
            taken.append(await self._inbox.take_news(theirs, _heard(theirs)))
        return next((one for one in taken if one.changed), taken[0])

    async def _take_bounce(self, email: IncomingEmail, message: InboundMessage, whose: Whose) -> Taken:
        """A permanent failure of the lead's own address loses it; any other is only kept."""
        bounce = email.bounce
        if whose.lead_id is None or whose.by_sender_only or bounce is None:
            return await self._inbox.keep(replace(message, lead_id=None), needs_nobody=True)

        def decide(case: Case, now: datetime) -> Case:
            if not bounce.hard:
                return case
            return contact_point_lost(
                case, contact=bounce.recipient, why=f"the mail came back {bounce.status}", now=now
            )

        return await self._inbox.take_news(message, decide)

    async def _take_auto_reply(self, email: IncomingEmail, message: InboundMessage, whose: Whose) -> Taken:
        """A machine's answer may say when the lead is back, and nothing else."""
        if whose.lead_id is None or whose.by_sender_only:
            return await self._inbox.keep(message, needs_nobody=True)

        def decide(case: Case, now: datetime) -> Case:
            back_on = email.back_on(_today(now, case.zone))
            return lead_away(case, back_on=back_on, now=now) if back_on is not None else case

        return await self._inbox.take_news(message, decide)

    async def _take_colleagues(self, email: IncomingEmail, message: InboundMessage, colleague: str) -> Taken:
        """A colleague's own email to leads: a personal touch with each of them."""
        message = replace(message, kind=InboundKind.COPY)
        if email.hand is Hand.MACHINE:
            return await self._inbox.keep(replace(message, kind=InboundKind.AUTO_REPLY), needs_nobody=True)
        answered = [message.lead_id] if message.lead_id is not None else []
        written_to = [address for address in email.addressed if address != email.sender]
        leads = list(dict.fromkeys([*answered, *await self._services.inbound.leads_of(written_to)]))
        if not leads:
            return await self._inbox.keep(replace(message, lead_id=None))
        taken = [
            await self._inbox.take_news(
                replace(message, id=uuid4(), lead_id=lead_id, external_id=f"{message.external_id} {lead_id}"),
                _personal_touch(colleague, message.text),
            )
            for lead_id in leads
        ]
        return next((one for one in taken if one.changed), taken[0])

    async def _capture(self, email: IncomingEmail, message: InboundMessage) -> Taken:
        """Somebody wrote to the address for leads: a new lead, or a known person who asks again."""
        new = _new_lead(email)
        if new is None:
            return await self._inbox.keep(replace(message, kind=InboundKind.UNKNOWN))

        async def once(connection: AsyncConnection) -> None:
            if not await add_once(connection, message):
                raise _TakenBefore

        async def whose(connection: AsyncConnection, captured: Captured) -> None:
            await belongs_to(connection, message.id, captured.lead_id)

        services = self._services
        try:
            captured = await services.intake.capture(new, SOURCE, message.received_at, first=once, last=whose)
        except _TakenBefore:
            return Taken(message.kind, None, first=False)
        except CaptureRefused:
            return await self._inbox.keep(message)
        await tell(services.delivery.begin, captured.lead_id)
        return Taken(message.kind, captured.lead_id, first=True, changed=captured.created or captured.enrolled)

    def _message(self, email: IncomingEmail) -> InboundMessage:
        return InboundMessage(
            id=uuid4(),
            lead_id=None,
            channel=Channel.EMAIL,
            provider=self._provider,
            external_id=email.message_id,
            sender=email.sender,
            recipient=", ".join(email.recipients),
            subject=email.subject or None,
            text=email.text,
            kind=email.kind(),
            received_at=self._services.clock(),
        )


def _heard(message: InboundMessage) -> Decide:
    def decide(case: Case, now: datetime) -> Case:
        return heard(case, message, now)

    return decide


def _personal_touch(colleague: str, text: str) -> Decide:
    def decide(case: Case, now: datetime) -> Case:
        return commands.log_personal_touch(
            case, channel=Channel.EMAIL, touched_at=now, by=colleague, note=text, now=now
        )

    return decide


def _route(email: IncomingEmail, key: TokenKey, domain: str | None, lead_address: str | None) -> _Route:
    """Where the email was brought to; its headers are not asked, since anybody can write them."""
    touch_id: UUID | None = None
    mailbox_of: str | None = None
    forged = to_leads = False
    for recipient in email.recipients:
        local, _, where = recipient.rpartition("@")
        to_leads = to_leads or (lead_address is not None and recipient.lower() == lead_address.lower())
        if domain is None or where.lower() != domain or not recipient.isascii():
            continue
        if local.lower().startswith(REPLY_PREFIX):
            read = key.read_reply(local[len(REPLY_PREFIX) :])
            touch_id, forged = touch_id or read, forged or read is None
        elif local.lower().startswith(COPY_PREFIX):
            owner = key.read_mailbox(local[len(COPY_PREFIX) :])
            mailbox_of, forged = mailbox_of or owner, forged or owner is None
    return _Route(touch_id, mailbox_of, forged and touch_id is None and mailbox_of is None, to_leads)


def _new_lead(email: IncomingEmail) -> NewLead | None:
    """The lead that a stranger's email makes; None when it has no usable address."""
    try:
        address = normal_email(email.sender)
    except CaptureRefused:
        return None
    try:
        name = clean_line("name", email.sender_name)
    except CaptureRefused:
        name = None
    subject = email.subject.strip()
    question = email.text if not subject or not email.written.text else f"{subject}\n\n{email.text}"
    return NewLead(email=address, name=name, question=question[:MAX_TEXT], source=SOURCE)


def _today(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()

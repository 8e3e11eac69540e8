"""What comes in, taken once: with a lead, it is committed with what follows from it; without one, a person looks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.cases import UnknownLead
from adapters.db.inbound import InboundMessage, InboundMessages, add_once, match
from api.news import LeadNews
from api.services import Services
from cadences.case import Case
from cadences.facts import TouchMade
from cadences.hearing import lead_opted_out, lead_replied, texts_wanted_again, wrong_person
from leads.contract import CommandKind
from leads.model import Channel, ContactKind
from leads.replies import InboundKind, IncomingText, wish
from leads.revocations import Keyword, asks_to_stop, keyword

Decide = Callable[[Case, datetime], Case]
US = "followthrough"
"""Who has seen to a message that needs no person."""
_SAYS: Mapping[InboundKind, CommandKind] = {
    InboundKind.REPLY: CommandKind.LEAD_REPLIED,
    InboundKind.REVOCATION: CommandKind.LEAD_OPTED_OUT,
    InboundKind.WRONG_PERSON: CommandKind.CONTACT_POINT_LOST,
    InboundKind.HELP: CommandKind.MESSAGE_REPORTED,
    InboundKind.START: CommandKind.LEAD_ASKED_AGAIN,
    InboundKind.AUTO_REPLY: CommandKind.MESSAGE_REPORTED,
    InboundKind.BOUNCE: CommandKind.CONTACT_POINT_LOST,
    InboundKind.CALENDAR: CommandKind.PLAN_CHANGED,
    InboundKind.COPY: CommandKind.LOG_PERSONAL_TOUCH,
}
"""What the workflow is told, if a message of each kind changes anything."""
_NEEDS_NOBODY = (InboundKind.HELP, InboundKind.START, InboundKind.REVOCATION, InboundKind.WRONG_PERSON)
"""What a stranger's text is done with."""
_TWILIO_SAID = {"STOP": InboundKind.REVOCATION, "HELP": InboundKind.HELP}
_KEYWORDS = {Keyword.HELP: InboundKind.HELP, Keyword.START: InboundKind.START}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message."""

    kind: InboundKind
    lead_id: UUID | None
    first: bool
    """False: this very message was taken before, and did nothing now."""
    changed: bool = False
    """Whether it changed its lead."""


class Inbox:
    """Takes in what people send us, each message once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._news = LeadNews(services)

    @property
    def messages(self) -> InboundMessages:
        return self._services.inbound

    async def take_text(self, text: IncomingText, provider: str) -> Taken:
        """Take a text."""
        kind = _kind(text)
        whose = await self.messages.whose(ContactKind.PHONE, text.sender)
        message = InboundMessage(
            id=uuid4(),
            lead_id=whose.lead_id,
            channel=Channel.SMS,
            provider=provider,
            external_id=text.sid,
            sender=text.sender,
            recipient=text.recipient,
            text=_with_attachments(text),
            kind=kind,
            received_at=self._services.clock(),
        )
        if whose.lead_id is None:
            return await self._take_strangers(message)

        def decide(case: Case, now: datetime) -> Case:
            match kind:
                case InboundKind.HELP:
                    return case
                case InboundKind.START:
                    return texts_wanted_again(case, contact=text.sender, wording=text.body.strip(), now=now)
            return heard(case, message, now)

        return await self.take_news(message, decide)

    async def take_news(self, message: InboundMessage, decide: Decide) -> Taken:
        """Commit a message with what follows from it for its lead, and tell the workflow.

        Args:
            message: with its lead.
            decide: the case that follows.
        """
        if message.lead_id is None:
            return await self.keep(message)
        first = False

        async def once(connection: AsyncConnection, lead_id: UUID) -> bool:
            nonlocal first
            first = await add_once(connection, replace(message, lead_id=lead_id))
            return first

        try:
            plan = await self._news.take(
                message.lead_id,
                _SAYS[message.kind],
                decide,
                by=message.provider,
                details={"kind": message.kind.value, "text": message.text, "message": str(message.id)},
                told=_told,
                beside=once,
            )
        except UnknownLead:
            # Erased since we looked.
            return await self.keep(replace(message, lead_id=None, touch_id=None))
        return _noted(Taken(message.kind, message.lead_id, first, plan is not None))

    async def keep(self, message: InboundMessage, *, needs_nobody: bool = False) -> Taken:
        """Keep a message that changes no lead, for a person unless it needs nobody."""
        if needs_nobody:
            message = replace(message, handled_at=message.received_at, handled_by=US)
        return _noted(Taken(message.kind, message.lead_id, await self.messages.add(message)))

    async def stop_stranger(self, message: InboundMessage) -> UUID | None:
        """Put the sender on the company's own list; if it has become a lead's by now, nothing but that lead."""
        why = f"asked to stop by {message.channel.value}"
        suppressions = self._services.suppressions
        entry = suppressions.entry(message.sender, None, why=why, by=message.provider, now=message.received_at)
        return (await suppressions.add_strangers({message.sender: [entry]})).get(message.sender)

    async def _take_strangers(self, message: InboundMessage) -> Taken:
        if await self.messages.is_known(message.provider, message.external_id):
            return Taken(message.kind, None, first=False)
        if message.kind is InboundKind.REVOCATION:
            await self.stop_stranger(message)
        elif message.kind is InboundKind.START:
            await self._services.suppressions.reopen_stranger(
                message.sender, Channel.SMS, by=message.provider, why="wrote START", now=message.received_at
            )
        return await self.keep(message, needs_nobody=message.kind in _NEEDS_NOBODY)

    async def match(self, message: InboundMessage, lead_id: UUID, by: str) -> bool:
        """A person says whose message it is: that lead has replied, and its owner answers.

        Returns:
            False when somebody saw to it before.

        Raises:
            UnknownLead: there is no lead of this id.
        """
        theirs = replace(message, lead_id=lead_id, kind=InboundKind.REPLY)
        plan = await self._news.take(
            lead_id,
            CommandKind.LEAD_REPLIED,
            lambda case, now: heard(case, theirs, now),
            by=by,
            details={"kind": theirs.kind.value, "text": message.text, "message": str(message.id)},
            beside=lambda connection, whose: match(connection, message.id, whose, by, self._services.clock()),
        )
        return plan is not None


def heard(case: Case, message: InboundMessage, now: datetime) -> Case:
    """The case after a person wrote; what the machine may not decide becomes the owner's task."""
    mine = any(point.value == message.sender for point in case.lead.contacts)
    if message.kind is InboundKind.REVOCATION:
        return lead_opted_out(case, why=f"asked to stop by {message.channel.value}", now=now)
    if message.kind is InboundKind.WRONG_PERSON and mine:
        return wrong_person(case, contact=message.sender, stops=asks_to_stop(message.text), now=now)
    text = message.text if mine else f"From {message.sender}:\n{message.text}"
    return lead_replied(case, text=text, channel=message.channel, now=now)


def _kind(text: IncomingText) -> InboundKind:
    if text.said in _TWILIO_SAID:
        return _TWILIO_SAID[text.said]
    said = keyword(text.body)
    return _KEYWORDS[said] if said is not None else wish(text.body, Channel.SMS)


def _with_attachments(text: IncomingText) -> str:
    if not text.attachments:
        return text.body
    what = "1 attachment" if text.attachments == 1 else f"{text.attachments} attachments"
    return f"{text.body}\n({what}, to be seen at the provider)".strip()


def _told(case: Case) -> dict[str, Any]:
    """What the contract wants to be told of a colleague's touch; nothing for what leads say."""
    touch = next((fact for fact in case.facts if isinstance(fact, TouchMade)), None)
    return {"touched_at": touch.happened_at, "touch_id": touch.id} if touch is not None else {}


def _noted(taken: Taken) -> Taken:
    log.info(
        "an incoming message was taken",
        kind=taken.kind.value,
        lead_id=str(taken.lead_id) if taken.lead_id else None,
        first=taken.first,
        changed=taken.changed,
    )
    return taken

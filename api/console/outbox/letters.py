"""Messages to look at, whether the local outbox kept them or a provider took them: one kind of value, in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from adapters.db.sent_messages import SentMessage
from adapters.db.views import OutboxMessage
from api.named_contacts import normal_contact
from api.services import Services
from leads.model import Channel
from leads.sending import TouchState

PAGE = 30


class Source(StrEnum):
    """Where a message is read from."""

    OUTBOX = "outbox"
    """It never left this machine."""
    LEDGER = "ledger"
    """A provider took it, or was to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message to look at."""

    id: UUID
    source: Source
    channel: Channel
    at: datetime
    to: str
    sender: str
    sender_name: str = ""
    subject: str | None
    text: str
    has_html: bool = False
    headers: Sequence[tuple[str, str]] = ()
    calendar: str | None = None
    segments: int | None = None
    internal: bool = False
    """To one of our own people."""
    lead_id: UUID | None = None
    state: TouchState | None = None
    """Where it stands in the ledger; None for one in the local outbox."""
    provider: str | None = None
    error: str | None = None
    fate: tuple[tuple[str, datetime], ...] = ()
    """What was heard of it later, and when."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which messages."""

    source: Source
    channel: Channel | None = None
    recipient: str = ""
    lead_id: UUID | None = None


class Letters:
    """Reads messages from where they are."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def page(
        self, asked: Asked, cursor: str | None = None, limit: int = PAGE
    ) -> tuple[Sequence[Letter], str | None]:
        """A page of messages, newest first, and where the next one begins.

        Raises:
            CaptureRefused: the ledger is searched by whole addresses and numbers, and this is none.
        """
        if asked.source is Source.OUTBOX:
            page = await self._services.outbox.page(
                lead_id=asked.lead_id,
                recipient=asked.recipient.strip() or None,
                channel=asked.channel.value if asked.channel else None,
                limit=limit,
                cursor=cursor,
            )
            return [_of_outbox(one) for one in page.items], page.next_cursor
        whole = asked.recipient.strip()
        sent = await self._services.sent_messages.page(
            [asked.channel] if asked.channel else (Channel.EMAIL, Channel.SMS),
            lead_id=asked.lead_id,
            recipient=normal_contact(whole, self._services.company.country) if whole else None,
            limit=limit,
            cursor=cursor,
        )
        return [_of_ledger(one) for one in sent.items], sent.next_cursor

    async def one(self, source: Source, letter_id: UUID) -> Letter | None:
        """One message; None when there is none, or not any more."""
        if source is Source.OUTBOX:
            kept = await self._services.outbox.message(letter_id)
            return _of_outbox(kept) if kept is not None else None
        sent = await self._services.sent_messages.one(letter_id)
        return _of_ledger(sent) if sent is not None else None


def _of_outbox(message: OutboxMessage) -> Letter:
    return Letter(
        id=message.touch_id,
        source=Source.OUTBOX,
        channel=Channel(message.channel),
        at=message.accepted_at,
        to=message.recipient,
        sender=message.sender,
        sender_name=message.sender_name,
        subject=message.subject,
        text=message.text,
        has_html=message.html is not None,
        headers=message.headers,
        calendar=message.calendar,
        segments=message.segments,
        internal=message.internal,
        lead_id=message.lead_id,
    )


def _of_ledger(message: SentMessage) -> Letter:
    heard = (("bounced", message.bounced_at), ("called spam", message.complained_at), ("settled", message.settled_at))
    return Letter(
        id=message.id,
        source=Source.LEDGER,
        channel=message.channel,
        at=message.happened_at,
        to=message.contact or "",
        sender=message.sender or "",
        subject=message.subject,
        text=message.text or "",
        segments=message.segments,
        lead_id=message.lead_id,
        state=message.state,
        provider=message.provider,
        error=message.error,
        fate=tuple((what, at) for what, at in heard if at is not None),
    )

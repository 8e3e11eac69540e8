"""The local outbox: a provider that needs no account, and keeps every message where a newcomer can read it."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import bindparam, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.rows import ErasureRow, OutboxRow, table_of
from adapters.providers.mail_headers import headers_of
from leads.model import Channel
from leads.sending import Finding, Found, OutgoingMessage, Receipt

PROVIDER = "local outbox"
_OUTBOX, _ERASURES = table_of(OutboxRow), table_of(ErasureRow)
_NEW = {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in _OUTBOX.columns}
_INSERT = (
    insert(_OUTBOX)
    .from_select(
        list(_NEW),
        # A message that was on its way when its lead was erased leaves no copy here.
        select(*_NEW.values()).where(~exists().where(_ERASURES.c.lead_id == _NEW["lead_id"])),
    )
    .on_conflict_do_nothing()
)


class LocalOutbox:
    """Accepts emails and texts into a table, once per touch."""

    provider = PROVIDER

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = statement_by_statement(engine)
        self._clock = clock

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Put the message into the outbox; a second time changes nothing."""
        values = {
            "touch_id": message.touch_id,
            "lead_id": message.lead_id,
            "channel": message.channel.value,
            "recipient": message.to,
            "sender": message.sender,
            "sender_name": message.sender_name,
            "headers": _headers(message),
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "internal": message.internal,
            "calendar": message.calendar.text if message.calendar is not None else None,
            "segments": message.segments,
            "accepted_at": self._clock(),
        }
        async with self._engine.connect() as connection:
            await connection.execute(_INSERT, {f"new_{name}": value for name, value in values.items()})
        return self._receipt(message)

    async def find(self, message: OutgoingMessage, since: datetime) -> Finding:
        """Whether the message stands in the outbox; it always knows."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(OutboxRow.touch_id).where(OutboxRow.touch_id == message.touch_id))
            if found.first() is None:
                return Finding(Found.NOT_SENT)
        return Finding(Found.SENT, self._receipt(message))

    def _receipt(self, message: OutgoingMessage) -> Receipt:
        return Receipt(PROVIDER, f"outbox-{message.touch_id}")


def _headers(message: OutgoingMessage) -> list[tuple[str, str]]:
    """What a real provider would make of it; a text has none."""
    if message.channel is not Channel.EMAIL:
        return []
    reply_to = [("Reply-To", message.reply_to)] if message.reply_to else []
    return [*reply_to, *headers_of(message)]

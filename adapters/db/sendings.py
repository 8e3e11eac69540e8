"""How sending goes, by channel: what went out lately and what did not, from the ledger."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.rows import TouchRow, table_of
from leads.model import Channel
from leads.sending import KNOWN_OUT, TouchState

MESSAGES = (Channel.EMAIL, Channel.SMS)
_TOUCHES = table_of(TouchRow)
_NOT_OUT = (TouchState.FAILED, TouchState.UNKNOWN, TouchState.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSendings:
    """What became of a channel's messages of some time."""

    channel: Channel
    out: int
    """Accepted by the provider, or known to have arrived."""
    failed: int
    refused: int
    """Not accepted, and to be tried again."""
    unknown: int
    """Nobody can say."""
    bounced: int
    last_out_at: datetime | None
    last_failed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedSending:
    """A message that did not go out, or of which nobody can say."""

    touch_id: UUID
    lead_id: UUID
    channel: Channel
    state: TouchState
    happened_at: datetime
    provider: str | None
    error: str | None


class Sendings:
    """Reads how sending goes."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = statement_by_statement(engine)

    async def since(self, since: datetime) -> list[ChannelSendings]:
        """Each channel's messages that were claimed since an instant; also of a channel that had none."""
        state, at = _TOUCHES.c.state, _TOUCHES.c.happened_at
        is_out, is_failed = state.in_(KNOWN_OUT), state == TouchState.FAILED
        asked = (
            select(
                _TOUCHES.c.channel,
                func.count().filter(is_out).label("out"),
                func.count().filter(is_failed).label("failed"),
                func.count().filter(state == TouchState.REFUSED).label("refused"),
                func.count().filter(state == TouchState.UNKNOWN).label("unknown"),
                func.count(_TOUCHES.c.bounced_at).label("bounced"),
                func.max(at).filter(is_out).label("last_out_at"),
                func.max(at).filter(is_failed).label("last_failed_at"),
            )
            .where(*_are_messages(since))
            .group_by(_TOUCHES.c.channel)
        )
        async with self._engine.connect() as connection:
            found = {row["channel"]: dict(row) for row in (await connection.execute(asked)).mappings()}
        nothing: dict[str, Any] = dict.fromkeys(("out", "failed", "refused", "unknown", "bounced"), 0)
        nothing |= {"last_out_at": None, "last_failed_at": None}
        return [ChannelSendings(**{**nothing, **found.get(one.value, {}), "channel": one}) for one in MESSAGES]

    async def failures(self, since: datetime, limit: int = 20) -> list[FailedSending]:
        """The newest messages since an instant that did not go out, or of which nobody can say."""
        names = ("lead_id", "channel", "state", "happened_at", "provider", "error")
        asked = (
            select(_TOUCHES.c.id.label("touch_id"), *(_TOUCHES.c[name] for name in names))
            .where(*_are_messages(since), _TOUCHES.c.state.in_(_NOT_OUT))
            .order_by(_TOUCHES.c.happened_at.desc(), _TOUCHES.c.id)
            .limit(limit)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(asked)).mappings().all()
        return [
            FailedSending(**{**row, "channel": Channel(row["channel"]), "state": TouchState(row["state"])})
            for row in rows
        ]


def _are_messages(since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        _TOUCHES.c.happened_at >= since,
        _TOUCHES.c.channel.in_([one.value for one in MESSAGES]),
        _TOUCHES.c.state != TouchState.MADE,
    )

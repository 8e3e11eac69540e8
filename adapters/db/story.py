"""What happened between us and a lead, read for the note that whoever gets it back is given."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.rows import InboundMessageRow, TaskRow, TouchRow
from cadences.hand_over import MOST_TOLD, Heard, Story, Tried
from cadences.tasks import TaskKind, TaskState
from leads.meetings import step_name
from leads.model import Channel
from leads.replies import InboundKind
from leads.sending import TouchState

_REACHED_FOR = (TouchState.SENT, TouchState.DELIVERED, TouchState.UNKNOWN, TouchState.FAILED, TouchState.MADE)
_MOST_HEARD = 10


async def read_story(connection: AsyncConnection, lead_id: UUID) -> Story:
    """The newest contacts, calls that nobody made, and what the person wrote."""
    touches = await connection.execute(
        select(TouchRow.__table__)
        .where(TouchRow.lead_id == lead_id, TouchRow.state.in_(_REACHED_FOR))
        .order_by(TouchRow.happened_at.desc())
        .limit(MOST_TOLD + 1)
    )
    tried = [
        Tried(
            at=row["happened_at"],
            channel=Channel(row["channel"]),
            what="personal" if row["personal"] else step_name(row["step_id"] or "contact"),
            state=row["state"],
            outcome=row["outcome"],
            by=row["by"],
            note=row["text"] if row["state"] == TouchState.MADE else None,
        )
        for row in touches.mappings()
    ]
    undone = await connection.execute(
        select(TaskRow.due_at, TaskRow.step_id, TaskRow.kind, TaskRow.owner).where(
            TaskRow.lead_id == lead_id, TaskRow.state == TaskState.EXPIRED.value
        )
    )
    tried += [
        Tried(
            at,
            Channel.CALL if kind == TaskKind.CALL else Channel.TASK,
            step_name(step or "work"),
            "expired",
            None,
            owner,
        )
        for at, step, kind, owner in undone
    ]
    heard = await connection.execute(
        select(InboundMessageRow.received_at, InboundMessageRow.channel, InboundMessageRow.text)
        .where(InboundMessageRow.lead_id == lead_id, InboundMessageRow.kind == InboundKind.REPLY.value)
        .order_by(InboundMessageRow.received_at.desc())
        .limit(_MOST_HEARD)
    )
    words = [Heard(at, Channel(channel), text) for at, channel, text in heard]
    return Story(tuple(sorted(tried, key=lambda one: one.at)), tuple(reversed(words)))

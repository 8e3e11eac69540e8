"""Personal emails in the database: written with their lead's case, and what they follow and come from."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import literal, select, union_all, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.rows import InboundMessageRow, PersonalEmailRow, SenderRow, TouchRow, table_of
from leads.ids import touch_id
from leads.model import Channel
from leads.personal_emails import EmailState, PersonalEmail
from leads.replies import InboundKind
from leads.sending import KNOWN_OUT, TouchState

_EMAILS = table_of(PersonalEmailRow)
_NEW = postgresql.insert(_EMAILS)
_UPSERT = _NEW.on_conflict_do_update(
    index_elements=[_EMAILS.c.id],
    set_={name: _NEW.excluded[name] for name in ("state", "not_before", "refusals", "settled_at", "why")},
)
_READ: TypeAdapter[tuple[PersonalEmail, ...]] = TypeAdapter(tuple[PersonalEmail, ...])


def read_personal_emails(rows: list[dict[str, Any]] | None) -> tuple[PersonalEmail, ...]:
    """The values of rows that come as JSON."""
    return _READ.validate_python(
        [{name: row[name] for name in PersonalEmail.__dataclass_fields__} for row in rows or []]
    )


async def write_personal_email(connection: AsyncConnection, email: PersonalEmail, lead_id: UUID) -> None:
    """Write an email as it stands now; one that is given up is not tried again under its claim either."""
    await connection.execute(_UPSERT, {**asdict(email), "state": email.state.value, "lead_id": lead_id})
    if email.state is EmailState.NOT_SENT:
        claimed = (TouchRow.id == touch_id(email.enrollment_id, email.step_id, 1), TouchRow.state == TouchState.REFUSED)
        failed = {"state": TouchState.FAILED.value, "settled_at": email.settled_at}
        await connection.execute(update(TouchRow).where(*claimed).values(failed))


async def read_thread(connection: AsyncConnection, lead_id: UUID) -> tuple[str, str] | None:
    """The Message-ID and the subject of the last email between us and a lead, whoever wrote it; None without any."""
    ours = select(TouchRow.message_id, TouchRow.subject, TouchRow.happened_at.label("at")).where(
        TouchRow.lead_id == lead_id,
        TouchRow.channel == Channel.EMAIL.value,
        TouchRow.state.in_(KNOWN_OUT),
        TouchRow.message_id.is_not(None),
    )
    theirs = select(InboundMessageRow.external_id, InboundMessageRow.subject, InboundMessageRow.received_at).where(
        InboundMessageRow.lead_id == lead_id,
        InboundMessageRow.channel == Channel.EMAIL.value,
        InboundMessageRow.kind == literal(InboundKind.REPLY.value),
    )
    both = union_all(ours, theirs).subquery("both")
    newest = select(both.c.message_id, both.c.subject).order_by(both.c.at.desc()).limit(1)
    row = (await connection.execute(newest)).one_or_none()
    return (row.message_id, row.subject or "") if row is not None else None


async def own_sender(connection: AsyncConnection, colleague_id: str) -> tuple[str, str] | None:
    """The address and name that a colleague's own emails come from; None without one."""
    own = (SenderRow.colleague_id == colleague_id, SenderRow.channel == Channel.EMAIL.value, SenderRow.active)
    found = select(SenderRow.address, SenderRow.name).where(*own).order_by(SenderRow.created_at, SenderRow.address)
    row = (await connection.execute(found.limit(1))).one_or_none()
    return (row.address, row.name) if row is not None else None

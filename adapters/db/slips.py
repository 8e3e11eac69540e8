"""Slips in the database: remembered with the command, and its rows marked when it is taken back.

Nothing that is history is deleted: a touch stays in the ledger as `corrected`; an answer, a stage, an assignment and
the command itself get the instant at which they were taken back, and no report counts them from then on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import DateTime, Uuid, bindparam, delete, func, select, true, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.rows import (
    AnswerRow,
    AssignmentRow,
    CommandRow,
    ConsentRow,
    ContactPointRow,
    EnrollmentRow,
    FirstResponseRow,
    InquiryRow,
    SlipRow,
    StaffMailRow,
    StageChangeRow,
    TouchRow,
    table_of,
)
from cadences.refusals import CommandRefused
from cadences.slips import UNDO_WITHIN, Since, Slip, Snapshot
from leads.contract import CommandKind
from leads.sending import TouchState
from leads.staff_mails import StaffMailState

_FORGOTTEN_AT_ONCE = 20
_SETTLED_BY_PEOPLE = (TouchState.SENT, TouchState.FAILED)


@dataclass(slots=True)
class Wrote:
    """The rows that a decision wrote beside the lead's own, so that they are found again should it be taken back."""

    touches: list[UUID] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    stages: list[int] = field(default_factory=list)
    assignments: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    """Assignments that it ended."""
    enrollments: list[UUID] = field(default_factory=list)
    mails: list[UUID] = field(default_factory=list)
    """To colleagues."""
    consents: list[int] = field(default_factory=list)
    """That it voided."""
    contacts: list[str] = field(default_factory=list)
    """That it found to be unusable."""
    inquiries: list[int] = field(default_factory=list)
    """That it answered."""
    settled: list[UUID] = field(default_factory=list)
    """Messages that nobody knew about, and of which somebody said what became of them."""
    given_up: list[UUID] = field(default_factory=list)
    """Messages that the provider had refused, and that are not tried again."""
    response_owner: str | None = None
    """Whose the first response was until then."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A slip as it is remembered."""

    slip: Slip
    wrote: Wrote
    since: Since


_SNAPSHOT: TypeAdapter[Snapshot] = TypeAdapter(Snapshot)
_WROTE: TypeAdapter[Wrote] = TypeAdapter(Wrote)
_SLIPS, _TOUCHES, _COMMANDS = table_of(SlipRow), table_of(TouchRow), table_of(CommandRow)
_LEAD = bindparam("of_lead", type_=Uuid())
_CLAIMS = (
    select(func.coalesce(func.sum(_TOUCHES.c.attempt), 0))
    .where(_TOUCHES.c.lead_id == _LEAD, _TOUCHES.c.state.not_in([TouchState.MADE, TouchState.CORRECTED]))
    .scalar_subquery()
)
"""Grows with each claim, and with nothing else."""
_REMEMBERED = [column for column in _SLIPS.columns if column.name not in ("lead_id", "claims")]
_NEW = postgresql.insert(_SLIPS).values(
    lead_id=_LEAD,
    claims=_CLAIMS,
    **{column.name: bindparam(f"new_{column.name}", type_=column.type) for column in _REMEMBERED},
)
_TOO_OLD = (
    select(_SLIPS.c.lead_id)
    .where(_SLIPS.c.said_at < bindparam("too_old", type_=DateTime(timezone=True)), _SLIPS.c.lead_id != _LEAD)
    .limit(_FORGOTTEN_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_REMEMBER = _NEW.on_conflict_do_update(
    index_elements=[_SLIPS.c.lead_id],
    set_={column.name: _NEW.excluded[column.name] for column in _SLIPS.columns if not column.primary_key},
).add_cte(delete(_SLIPS).where(_SLIPS.c.lead_id.in_(_TOO_OLD)).cte("forgotten"))
_LAST_SAID = (
    select(_COMMANDS.c.kind.label("said_since"), _COMMANDS.c.by.label("said_by"))
    .where(_COMMANDS.c.lead_id == _LEAD, _COMMANDS.c.revision > _SLIPS.c.revision)
    .order_by(_COMMANDS.c.revision.desc())
    .limit(1)
    .lateral("since")
)
_NEWEST = (
    select(_SLIPS, _CLAIMS.label("claims_now"), _LAST_SAID)
    .select_from(_SLIPS.outerjoin(_LAST_SAID, true()))
    .where(_SLIPS.c.lead_id == _LEAD)
)


async def remember(connection: AsyncConnection, lead_id: UUID, slip: Slip, wrote: Wrote) -> None:
    """Keep what was just recorded for a lead, in the place of what was recorded before.

    Whatever can't be taken back any more is forgotten along the way, a few leads at a time.
    """
    values = {
        "command_id": slip.command_id,
        "kind": slip.kind.value,
        "by": slip.by,
        "said_at": slip.said_at,
        "revision": slip.revision,
        "before": _SNAPSHOT.dump_python(slip.before, mode="json"),
        "after": _SNAPSHOT.dump_python(slip.after, mode="json"),
        "wrote": _WROTE.dump_python(wrote, mode="json"),
    }
    named = {f"new_{name}": value for name, value in values.items()}
    await connection.execute(_REMEMBER, {"of_lead": lead_id, "too_old": slip.said_at - 2 * UNDO_WITHIN, **named})


async def newest_slip(connection: AsyncConnection, lead_id: UUID) -> Kept | None:
    """What was recorded last for a lead, and what has happened since; None when that is long over."""
    row = (await connection.execute(_NEWEST, {"of_lead": lead_id})).mappings().one_or_none()
    if row is None:
        return None
    slip = Slip(
        command_id=row["command_id"],
        kind=CommandKind(row["kind"]),
        by=row["by"],
        said_at=row["said_at"],
        revision=row["revision"],
        before=_SNAPSHOT.validate_python(row["before"]),
        after=_SNAPSHOT.validate_python(row["after"]),
    )
    said = CommandKind(row["said_since"]) if row["said_since"] is not None else None
    since = Since(claimed=row["claims_now"] != row["claims"], said=said, by=row["said_by"])
    return Kept(slip, _WROTE.validate_python(row["wrote"]), since)


async def forget_slips(connection: AsyncConnection, *leads: UUID) -> None:
    """What was recorded for these leads can't be taken back any more."""
    await connection.execute(delete(_SLIPS).where(_SLIPS.c.lead_id.in_(leads)))


async def mark_corrected(connection: AsyncConnection, lead_id: UUID, kept: Kept, now: datetime) -> bool:
    """Mark what a slip wrote as corrected, and give back what it took away; the lead's own rows are not touched.

    Returns:
        Whether every mail that it wrote to a colleague could still be withdrawn.

    Raises:
        CommandRefused: a provider has said meanwhile what became of a message.
    """
    wrote, slip = kept.wrote, kept.slip
    corrected = {"corrected_at": now}
    for column, ids, values in (
        (TouchRow.id, wrote.touches, {"state": TouchState.CORRECTED.value, "settled_at": now}),
        (AnswerRow.id, wrote.answers, corrected),
        (StageChangeRow.id, wrote.stages, corrected),
        (AssignmentRow.id, wrote.assignments, corrected | {"until": now}),
        (CommandRow.id, [slip.command_id], corrected),
        (AssignmentRow.id, wrote.left, {"until": None}),
        (ConsentRow.id, wrote.consents, {"revoked_at": None}),
        (InquiryRow.id, wrote.inquiries, {"answered_at": None, "answered_by": None, "answered_note": None}),
    ):
        await _update(connection, column, ids, values)
    of_lead = (ContactPointRow.lead_id == lead_id, ContactPointRow.value.in_(wrote.contacts))
    await connection.execute(update(ContactPointRow).where(*of_lead).values(lost=None))
    await _unsettle(connection, wrote, now)
    await connection.execute(delete(EnrollmentRow).where(EnrollmentRow.id.in_(wrote.enrollments)))
    before, after = slip.before.response, slip.after.response
    if after is not None and (before is None or before.enrollment_id != after.enrollment_id):
        begun = FirstResponseRow.enrollment_id == after.enrollment_id
        await connection.execute(delete(FirstResponseRow).where(FirstResponseRow.lead_id == lead_id, begun))
    waiting = (StaffMailRow.id.in_(wrote.mails), StaffMailRow.state == StaffMailState.WAITING.value)
    withdrawn = await connection.execute(delete(StaffMailRow).where(*waiting))
    await forget_slips(connection, lead_id)
    return withdrawn.rowcount == len(wrote.mails)


async def _unsettle(connection: AsyncConnection, wrote: Wrote, now: datetime) -> None:
    """What became of a message is not known again; a refused one may be tried again."""
    unknown = {"state": TouchState.UNKNOWN.value, "settled_at": now}
    refused = {"state": TouchState.REFUSED.value}
    found = await _update(connection, TouchRow.id, wrote.settled, unknown, TouchRow.state.in_(_SETTLED_BY_PEOPLE))
    found += await _update(connection, TouchRow.id, wrote.given_up, refused, TouchRow.state == TouchState.FAILED)
    if found != len(wrote.settled) + len(wrote.given_up):
        raise CommandRefused("undo", "the provider has said since then what became of the message; that stays")


async def _update(
    connection: AsyncConnection, column: Any, ids: Sequence[object], values: dict[str, Any], *conditions: Any
) -> int:
    if not ids:
        return 0
    changed = await connection.execute(update(column.class_).where(column.in_(ids), *conditions).values(values))
    return changed.rowcount

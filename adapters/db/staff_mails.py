"""Mails to colleagues in the database: written beside what they tell of, claimed, settled, and listed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.alerts import AlertKind, raise_alert, resolve_account
from adapters.db.rows import ColleagueRow, LeadRow, StaffMailRow, table_of
from leads.contract import STEP_TIMEOUT
from leads.sending import MessageReport, TouchState
from leads.staff_mails import UNSETTLED, Settled, StaffMail, StaffMailState, mentioned

SHOWN = 200
_MAILS = table_of(StaffMailRow)
# Written out, so that the partial index serves it whatever plan PostgreSQL makes.
_UNSETTLED = _MAILS.c.state.in_([literal_column(f"'{state.value}'") for state in UNSETTLED])


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMailView:
    """A mail to a colleague, as a line of a list."""

    id: UUID
    to: str
    """The colleague's id."""
    email: str | None
    """Where the colleague gets mail today."""
    kind: str
    subject: str
    lead_id: UUID | None
    state: StaffMailState
    created_at: datetime
    settled_at: datetime | None
    attempts: int
    retry_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class StaffMailList:
    """Some mails, the newest first."""

    items: list[StaffMailView]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaffMail:
    """A mail to be sent."""

    id: UUID
    """Follows from what it is about, so that the same news is written once."""
    colleague_id: str
    kind: str
    subject: str
    text: str
    lead_id: UUID | None = None


async def write_staff_mails(connection: AsyncConnection, mails: Iterable[NewStaffMail], now: datetime) -> None:
    """Write mails in an open transaction, to be sent by themselves once it commits; known ones stay as they are."""
    values = [
        {
            "id": mail.id,
            "colleague_id": mail.colleague_id,
            "kind": mail.kind,
            "subject": mail.subject,
            "text": mail.text,
            "lead_id": mail.lead_id,
            "created_at": now,
        }
        for mail in mails
    ]
    if values:
        await connection.execute(insert(StaffMailRow).on_conflict_do_nothing(), values)


class StaffMails:
    """The mails to colleagues."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def claim(self, provider: str, now: datetime) -> StaffMail | StaffMailState | None:
        """Claim the mail that has waited longest, or take over one whose holder can't be sending it any more.

        Args:
            provider: who is to send it: only that one can say what became of it.

        Returns:
            The mail; NO_ADDRESS for one that was settled instead, since it has nowhere to go; None when none is due.
        """
        abandoned = and_(_MAILS.c.state == StaffMailState.CLAIMED, _MAILS.c.claimed_at <= now - STEP_TIMEOUT)
        due = or_(
            _MAILS.c.state == StaffMailState.WAITING,
            and_(_MAILS.c.state == StaffMailState.REFUSED, _MAILS.c.retry_at <= now),
            abandoned,
        )
        oldest = (
            select(_MAILS, ColleagueRow.email, ColleagueRow.active)
            .join(ColleagueRow, ColleagueRow.id == _MAILS.c.colleague_id)
            .where(_UNSETTLED, due)
            .order_by(_MAILS.c.created_at, _MAILS.c.id)
            .limit(1)
            .with_for_update(of=_MAILS, skip_locked=True)
        )
        async with self._engine.begin() as connection:
            row = (await connection.execute(oldest)).mappings().one_or_none()
            if row is None:
                return None
            interrupted = row["state"] == StaffMailState.CLAIMED
            # Nothing to do with an address lost since: an earlier attempt may have gone out.
            if not interrupted and not (row["email"] and row["active"]):
                why = "the colleague has no email address" if row["active"] else "the colleague is not with us any more"
                await _set(connection, row["id"], state=StaffMailState.NO_ADDRESS.value, settled_at=now, error=why)
                return StaffMailState.NO_ADDRESS
            if not interrupted:
                claimed = {"claimed_at": now, "attempts": row["attempts"] + 1, "provider": provider}
                await _set(connection, row["id"], state=StaffMailState.CLAIMED.value, **claimed)
            return StaffMail(
                id=row["id"],
                to=row["email"] or "",
                subject=row["subject"],
                text=row["text"],
                names=await names_of(connection, mentioned(row["text"])),
                lead_id=row["lead_id"],
                claimed_at=row["claimed_at"] if interrupted else now,
                attempts=row["attempts"] if interrupted else row["attempts"] + 1,
                interrupted=interrupted,
                provider=row["provider"] if interrupted else provider,
            )

    async def settle(self, mail: StaffMail, settled: Settled, now: datetime) -> bool:
        """Record what became of a claimed mail, and tell the admin of an account in trouble, or that it works again.

        Returns:
            False when somebody else has settled it meanwhile, and this attempt knows no better.
        """
        ours: ColumnElement[bool] = and_(
            _MAILS.c.state == StaffMailState.CLAIMED, _MAILS.c.claimed_at == mail.claimed_at
        )
        if settled.receipt is not None:  # Who has a receipt knows best, however late it is.
            ours = or_(ours, _MAILS.c.state.in_([*UNSETTLED, StaffMailState.UNKNOWN]))
        values: dict[str, Any] = {
            "state": settled.state.value,
            "settled_at": None if settled.state in UNSETTLED else now,
            "error": settled.error,
            "retry_at": settled.retry_at,
        }
        if settled.receipt is not None:
            values |= {"provider": settled.receipt.provider, "provider_message_id": settled.receipt.message_id}
        async with self._engine.begin() as connection:
            changed = await connection.execute(update(_MAILS).where(_MAILS.c.id == mail.id, ours).values(values))
            if settled.trouble is not None:
                subject = f"{mail.provider} {settled.trouble.code}".strip()
                await raise_alert(connection, AlertKind.ACCOUNT, subject, str(settled.trouble), now)
            elif settled.receipt is not None:
                await resolve_account(connection, settled.receipt.provider, "followthrough", now)
        return bool(changed.rowcount)

    async def reported(self, reports: Sequence[MessageReport], now: datetime) -> set[UUID]:
        """Take what the provider says later of mails to colleagues; the ids of those that are some."""
        async with self._engine.begin() as connection:
            asked = select(_MAILS.c.id).where(_MAILS.c.id.in_({report.touch_id for report in reports}))
            ours = set((await connection.execute(asked)).scalars())
            for report in reports:
                if report.touch_id in ours:
                    await _take(connection, report, now)
        return ours

    async def retry_now(self, provider: str, now: datetime) -> int:
        """Somebody mended the provider's account: what it refused is tried again at once; how many that are."""
        async with self._engine.begin() as connection:
            refused = update(_MAILS).where(_MAILS.c.state == StaffMailState.REFUSED, _MAILS.c.provider == provider)
            return (await connection.execute(refused.values(retry_at=now))).rowcount

    async def all(self, *, state: StaffMailState | None = None, limit: int = SHOWN) -> StaffMailList:
        """The mails, the newest first.

        Args:
            state: only those that stand so.
        """
        wanted = [] if state is None else [_MAILS.c.state == state.value]
        columns = [_MAILS.c[name] for name in ("id", "kind", "subject", "lead_id", "created_at", "settled_at")]
        columns += [_MAILS.c[name] for name in ("attempts", "retry_at", "error", "state")]
        page = (
            select(*columns, _MAILS.c.colleague_id.label("to"), ColleagueRow.email)
            .join(ColleagueRow, ColleagueRow.id == _MAILS.c.colleague_id)
            .where(*wanted)
            .order_by(_MAILS.c.created_at.desc(), _MAILS.c.id)
            .limit(limit)
        )
        async with self._engine.connect() as connection:
            total = await connection.scalar(select(func.count()).select_from(_MAILS).where(*wanted))
            rows = (await connection.execute(page)).mappings().all()
        items = [StaffMailView(**{**row, "state": StaffMailState(row["state"])}) for row in rows]
        return StaffMailList(items, int(total or 0))


async def names_of(connection: AsyncConnection, lead_ids: Collection[UUID]) -> dict[UUID, str]:
    """What leads are called, for colleagues: the person's name and company, as far as they are known."""
    if not lead_ids:
        return {}
    asked = select(LeadRow.id, LeadRow.name, LeadRow.company).where(LeadRow.id.in_(lead_ids))
    found = (await connection.execute(asked)).all()
    return {row.id: " · ".join(filter(None, (row.name, row.company))) or "a lead without a name" for row in found}


async def _take(connection: AsyncConnection, report: MessageReport, now: datetime) -> None:
    """One report: that it went out settles what is open or unknown; a bounce may follow on anything."""
    state = StaffMailState.FAILED if report.state is TouchState.FAILED else StaffMailState.SENT
    older = [*UNSETTLED, StaffMailState.UNKNOWN]
    if state is StaffMailState.FAILED:
        older.append(StaffMailState.SENT)
    known = update(_MAILS).where(_MAILS.c.id == report.touch_id, _MAILS.c.state.in_(older))
    values = {"settled_at": now, "retry_at": None, "error": report.code or None}
    await connection.execute(known.values(state=state.value, **values))


async def _set(connection: AsyncConnection, mail_id: UUID, **values: Any) -> None:
    await connection.execute(update(_MAILS).where(_MAILS.c.id == mail_id).values(values))

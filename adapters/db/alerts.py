"""Alerts: what an admin has to mend, raised in the transaction that met it, and resolved once it works again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.rows import AlertRow, EnrollmentRow, HoldRow, LeadRow
from cadences.enrollment import HoldReason


class AlertKind(StrEnum):
    """What an alert is about."""

    ACCOUNT = "account"
    """A provider's account is in trouble; the subject is the provider and its code."""
    DOMAIN = "domain"
    """Too many complaints or dead addresses; the subject is the sending domain."""
    PLAYBOOK = "playbook"
    """A file of the business's own can't be used; the subject is its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that an admin has to mend."""

    id: UUID
    kind: AlertKind
    subject: str
    text: str
    since: datetime
    last_at: datetime
    times: int
    resolved_at: datetime | None
    resolved_by: str | None


async def raise_alert(connection: AsyncConnection, kind: AlertKind, subject: str, text: str, now: datetime) -> bool:
    """Write an alert down, or count it once more; True when it is new.

    Args:
        subject: what it is about; never a person.
        text: what is wrong, in words of ours.
    """
    new = insert(AlertRow).values(
        id=uuid4(), kind=kind.value, subject=subject, text=text, since=now, last_at=now, times=1
    )
    counted = new.on_conflict_do_update(
        index_elements=[AlertRow.kind, AlertRow.subject],
        index_where=AlertRow.resolved_at.is_(None),
        set_={"times": AlertRow.times + 1, "last_at": now, "text": text},
    )
    # What was just inserted has never been changed by another transaction.
    return bool(await connection.scalar(counted.returning(literal_column("(xmax = 0)"))))


async def resolve_account(connection: AsyncConnection, provider: str, by: str, now: datetime) -> int:
    """The provider works again: all its alerts are resolved; how many that were."""
    resolved = await connection.execute(
        update(AlertRow)
        .where(
            AlertRow.kind == AlertKind.ACCOUNT.value,
            AlertRow.resolved_at.is_(None),
            AlertRow.subject.startswith(f"{provider} ", autoescape=True),
        )
        .values(resolved_at=now, resolved_by=by)
    )
    return resolved.rowcount


async def resolve_alert(connection: AsyncConnection, kind: AlertKind, subject: str, by: str, now: datetime) -> None:
    """What was wrong with one thing is over."""
    await connection.execute(
        update(AlertRow)
        .where(AlertRow.kind == kind.value, AlertRow.subject == subject, AlertRow.resolved_at.is_(None))
        .values(resolved_at=now, resolved_by=by)
    )


def of_account(provider: str, alerts: list[Mapping[str, Any]] | None) -> bool:
    """Whether one of these open alerts is about the provider's account."""
    return any(
        one["kind"] == AlertKind.ACCOUNT.value and one["subject"].startswith(f"{provider} ") for one in alerts or []
    )


class Alerts:
    """What admins see of them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def all(self, *, resolved: bool = False, limit: int = 100) -> list[Alert]:
        """The alerts, the newest first.

        Args:
            resolved: also those that are resolved.
        """
        asked = select(AlertRow.__table__).order_by(AlertRow.last_at.desc(), AlertRow.id).limit(limit)
        if not resolved:
            asked = asked.where(AlertRow.resolved_at.is_(None))
        async with self._engine.connect() as connection:
            return [
                Alert(**{**row, "kind": AlertKind(row["kind"])}) for row in (await connection.execute(asked)).mappings()
            ]

    async def resolve(self, subject: str, by: str, now: datetime) -> int:
        """Somebody has seen to it; how many alerts of this subject that were."""
        async with self._engine.begin() as connection:
            resolved = await connection.execute(
                update(AlertRow)
                .where(AlertRow.subject == subject, AlertRow.resolved_at.is_(None))
                .values(resolved_at=now, resolved_by=by)
            )
        return resolved.rowcount

    async def held_by(self, provider: str, now: datetime) -> list[UUID]:
        """The leads that hold because of a provider's account, those that have held longest first."""
        asked = (
            select(HoldRow.lead_id)
            .join(LeadRow, LeadRow.id == HoldRow.lead_id)
            .join(EnrollmentRow, EnrollmentRow.id == LeadRow.enrollment_id)
            .where(
                HoldRow.reason == HoldReason.PROVIDER.value,
                HoldRow.until > now,
                HoldRow.lifted_at.is_(None),
                HoldRow.note.startswith(f"{provider} ", autoescape=True),
                # Of several the longest is in force, and an ending lifts it.
                EnrollmentRow.progress["hold"]["id"].astext == HoldRow.id.cast(EnrollmentRow.version.type),
            )
            .order_by(HoldRow.since, HoldRow.lead_id)
        )
        async with self._engine.connect() as connection:
            return list((await connection.execute(asked)).scalars())

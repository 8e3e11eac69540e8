"""Senders: the verified addresses and numbers that messages come from, and the slots of those with limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.deliverability import domain_of
from adapters.db.rows import ColleagueRow, SenderRow, SenderSlotRow, SendingDomainRow, TouchRow, table_of
from cadences.deliverability import SenderLimits
from cadences.slots import Permitted, Turn, first_turn
from leads.model import Channel, Company
from leads.sending import TouchState
from leads.spans import day_begins, wall_clock

_OUT = (TouchState.CLAIMED, TouchState.SENT, TouchState.DELIVERED, TouchState.UNKNOWN)
_SENDERS, _SLOTS = table_of(SenderRow), table_of(SenderSlotRow)
_OLD_SLOTS = timedelta(days=2)


class SenderRefused(ValueError):
    """A sender can't be set up so; the message says why, in words for the person who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderView:
    """A sender as admins see it."""

    address: str
    channel: Channel
    name: str
    colleague_id: str | None
    active: bool
    sent_today: int
    cap_today: int | None
    """None: no limit."""
    daily_cap: int | None
    gap: timedelta
    free_at: datetime | None
    """Its next free slot; None for one that needs none."""
    domain: str
    paused_until: datetime | None
    warned_at: datetime | None


async def take_slot(
    connection: AsyncConnection, address: str, now: datetime, zone: ZoneInfo, permitted: Permitted
) -> Turn | None:
    """Give the next message of a sender its slot, under the sender's row lock; None when it needs none any more.

    The caller holds the lead's row lock already; in that order nobody waits for each other in a circle.

    Args:
        zone: the company's, whose days count.
        permitted: when the message's own rules permit it.
    """
    row = (
        (
            await connection.execute(
                select(_SENDERS).where(_SENDERS.c.address == address, _SENDERS.c.active).with_for_update()
            )
        )
        .mappings()
        .one_or_none()
    )
    if row is None or (row["daily_cap"] is None and not row["gap_seconds"]):
        return None
    limits = _limits(row)
    taken = await _taken(connection, limits, now, zone)
    turn = first_turn(limits, taken, now, zone, permitted)
    if turn.kept:
        await connection.execute(insert(_SLOTS), {"sender": address, "at": turn.at})
    if not taken or taken[-1] < now:
        # Nobody waits: a moment to forget the slots that count for nothing any more.
        await connection.execute(delete(_SLOTS).where(_SLOTS.c.sender == address, _SLOTS.c.at < now - _OLD_SLOTS))
    return turn


async def _taken(connection: AsyncConnection, limits: SenderLimits, now: datetime, zone: ZoneInfo) -> list[datetime]:
    """The slots that count: today's, and those a gap ago."""
    since = min(day_begins(wall_clock(now, zone).date(), zone), now - limits.gap)
    asked = select(_SLOTS.c.at).where(_SLOTS.c.sender == limits.address, _SLOTS.c.at >= since).order_by(_SLOTS.c.at)
    return list((await connection.execute(asked)).scalars())


def _limits(row: RowMapping) -> SenderLimits:
    return SenderLimits(
        address=row["address"],
        daily_cap=row["daily_cap"],
        ramp_from=row["ramp_from"],
        gap=timedelta(seconds=row["gap_seconds"]),
    )


class Senders:
    """The senders, as admins set them up."""

    def __init__(self, engine: AsyncEngine, company: Company) -> None:
        self._engine = engine
        self._zone = ZoneInfo(company.zone)

    async def add(
        self,
        address: str,
        channel: Channel,
        now: datetime,
        *,
        name: str = "",
        colleague_id: str | None = None,
        daily_cap: int | None = None,
        ramp: bool = False,
        gap: timedelta = timedelta(0),
    ) -> None:
        """Add a sender, or take a stopped one up again; what is not named stays as it was.

        Args:
            address: normalised.
            colleague_id: whose leads it writes to; None for the company's.
            ramp: whether it is new, and grows into its cap.

        Raises:
            SenderRefused: it is there already, or there is no such colleague.
        """
        values = {
            "channel": channel.value,
            "name": name,
            "colleague_id": colleague_id,
            "daily_cap": daily_cap,
            "ramp_from": now if ramp else None,
            "gap_seconds": int(gap.total_seconds()),
        }
        async with self._engine.begin() as connection:
            await self._require_colleague(connection, colleague_id)
            row = await _locked(connection, address)
            if row is not None and row["active"]:
                raise SenderRefused(f"{address} is a sender already; `follow senders change` changes it")
            if row is None:
                _require_cap(daily_cap, ramp=ramp)
                await connection.execute(insert(_SENDERS).values(address=address, created_at=now, **values))
            else:
                named = {key: value for key, value in values.items() if value}
                after = {**row, **named}
                _require_cap(after["daily_cap"], ramp=after["ramp_from"] is not None)
                await connection.execute(_change(address).values(active=True, **named))
            await self._count_today(connection, address, now)

    async def change(self, address: str, now: datetime, **changes: Any) -> None:
        """Change what a sender is called, whose it is, or how much it may send.

        Args:
            changes: columns of `senders`; the others stay.

        Raises:
            SenderRefused: there is no such sender, or no such colleague.
        """
        async with self._engine.begin() as connection:
            await self._require_colleague(connection, changes.get("colleague_id"))
            row = await _locked(connection, address)
            if row is None:
                raise SenderRefused(f"{address} is no sender; `follow senders add` makes it one")
            after = {**row, **changes}
            _require_cap(after["daily_cap"], ramp=after["ramp_from"] is not None)
            if changes:
                await connection.execute(_change(address).values(**changes))
            if row["daily_cap"] is None and not row["gap_seconds"]:
                await self._count_today(connection, address, now)

    async def stop(self, address: str) -> None:
        """Send nothing more from it; its leads are written to by another one from the next message on.

        Raises:
            SenderRefused: there is no such sender.
        """
        async with self._engine.begin() as connection:
            stopped = await connection.execute(_change(address).values(active=False))
            if not stopped.rowcount:
                raise SenderRefused(f"{address} is no sender")
            await connection.execute(delete(_SLOTS).where(_SLOTS.c.sender == address))

    async def all(self, now: datetime) -> list[SenderView]:
        """Every sender, those in use first."""
        today = day_begins(wall_clock(now, self._zone).date(), self._zone)
        sent = (
            select(func.count())
            .where(TouchRow.sender == SenderRow.address, TouchRow.happened_at >= today, TouchRow.state.in_(_OUT))
            .scalar_subquery()
        )
        domain = SendingDomainRow.domain == func.split_part(SenderRow.address, "@", 2)
        asked = (
            select(SenderRow.__table__, sent.label("sent"), SendingDomainRow.paused_until, SendingDomainRow.warned_at)
            .outerjoin(SendingDomainRow, domain)
            .order_by(SenderRow.active.desc(), SenderRow.channel, SenderRow.address)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(asked)).mappings().all()
            return [await self._view(connection, row, now) for row in rows]

    async def _view(self, connection: AsyncConnection, row: RowMapping, now: datetime) -> SenderView:
        limits = _limits(row)
        cap = limits.cap_on(wall_clock(now, self._zone).date(), self._zone)
        free_at = None
        if row["active"] and (cap is not None or limits.gap):
            taken = await _taken(connection, limits, now, self._zone)
            free_at = first_turn(limits, taken, now, self._zone, lambda at: at).at
        return SenderView(
            address=row["address"],
            channel=Channel(row["channel"]),
            name=row["name"],
            colleague_id=row["colleague_id"],
            active=row["active"],
            sent_today=row["sent"],
            cap_today=cap,
            daily_cap=limits.daily_cap,
            gap=limits.gap,
            free_at=free_at,
            domain=domain_of(row["address"]) if row["channel"] == Channel.EMAIL.value else "",
            paused_until=row["paused_until"],
            warned_at=row["warned_at"],
        )

    async def _count_today(self, connection: AsyncConnection, address: str, now: datetime) -> None:
        """What it sent today without limits counts against the limits that it has now."""
        today = day_begins(wall_clock(now, self._zone).date(), self._zone)
        await connection.execute(delete(_SLOTS).where(_SLOTS.c.sender == address, _SLOTS.c.at <= now))
        await connection.execute(
            insert(_SLOTS).from_select(
                ["sender", "at"],
                select(TouchRow.sender, TouchRow.happened_at).where(
                    TouchRow.sender == address, TouchRow.happened_at >= today, TouchRow.state.in_(_OUT)
                ),
            )
        )

    async def _require_colleague(self, connection: AsyncConnection, colleague_id: str | None) -> None:
        if colleague_id is None:
            return
        known = select(ColleagueRow.id).where(ColleagueRow.id == colleague_id, ColleagueRow.active)
        if await connection.scalar(known) is None:
            raise SenderRefused(f"there is no active colleague {colleague_id!r}")


def _change(address: str) -> Any:
    return update(_SENDERS).where(_SENDERS.c.address == address)


async def _locked(connection: AsyncConnection, address: str) -> RowMapping | None:
    asked = select(_SENDERS).where(_SENDERS.c.address == address).with_for_update()
    return (await connection.execute(asked)).mappings().one_or_none()


def _require_cap(daily_cap: int | None, *, ramp: bool) -> None:
    if ramp and daily_cap is None:
        raise SenderRefused("a ramp needs a daily cap to grow into")

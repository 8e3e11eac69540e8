"""Finding an owner for a new lead in the transaction that stores it, and keeping who got which lead and why."""

from asyncio import to_thread
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ARRAY, DateTime, String, Uuid, any_, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.alerts import AlertKind, raise_alert, resolve_alert
from adapters.db.colleague_documents import absent_since, colleague_document
from adapters.db.documents import read_colleague
from adapters.db.rows import AssignmentRow, ColleagueRow, LeadRow, TurnRow, table_of
from leads.capture import NewLead
from leads.dealing import Incoming, Turns, dealt
from leads.model import Colleague, Company, Lead, Role
from leads.playbook import Playbook
from leads.presence import absence_at
from leads.routing import (
    LATELY,
    MOST_COUNTED,
    Arrival,
    Choice,
    Given,
    Shortlist,
    arrival_again,
    arrival_of,
    eligible,
    shortlist,
    takers,
    turn,
)
from leads.routing_sheet import FILE, Routing
from leads.sheet_in_force import SheetInForce

_COLLEAGUES, _LEADS, _ASSIGNMENTS = table_of(ColleagueRow), table_of(LeadRow), table_of(AssignmentRow)
_TAKEN = table_of(TurnRow)
_TURNS = 0x7475726E
"""The advisory lock under which turns are taken."""
_OWNERS = _COLLEAGUES.alias()
_STAFF = select(
    select(
        func.jsonb_agg(
            postgresql.aggregate_order_by(colleague_document(_COLLEAGUES), _COLLEAGUES.c.created_at, _COLLEAGUES.c.id)
        )
    )
    .where(_COLLEAGUES.c.active)
    .scalar_subquery(),
    select(_OWNERS.c.id)
    .join(_LEADS, _LEADS.c.owner_id == _OWNERS.c.id)
    .where(_LEADS.c.company_domain == bindparam("domain", type_=String()), _OWNERS.c.active)
    .order_by(_LEADS.c.created_at.desc())
    .limit(1)
    .scalar_subquery(),
)
_TAKE_TURNS = select(func.pg_advisory_xact_lock(_TURNS))
_SOON_DURABLE = select(func.set_config("synchronous_commit", "off", True))
_LATELY = (
    select(_TAKEN.c.colleague_id)
    .where(_TAKEN.c.at >= bindparam("since", type_=DateTime(timezone=True)))
    .order_by(_TAKEN.c.at.desc())
    .limit(MOST_COUNTED)
    .subquery()
)
_GIVEN = select(
    _COLLEAGUES.c.id,
    select(func.count()).where(_LATELY.c.colleague_id == _COLLEAGUES.c.id).scalar_subquery(),
    select(func.max(_TAKEN.c.at)).where(_TAKEN.c.colleague_id == _COLLEAGUES.c.id).scalar_subquery(),
).where(_COLLEAGUES.c.id == any_(bindparam("people", type_=ARRAY(String()))))
_ALL_LATELY = (
    select(_TAKEN.c.colleague_id, _TAKEN.c.at)
    .where(_TAKEN.c.at >= bindparam("since", type_=DateTime(timezone=True)))
    .order_by(_TAKEN.c.at.desc())
    .limit(MOST_COUNTED)
)
_LAST = select(_TAKEN.c.colleague_id, func.max(_TAKEN.c.at)).group_by(_TAKEN.c.colleague_id)
_KEEPERS = (
    select(_LEADS.c.company_domain, _LEADS.c.owner_id)
    .join(_OWNERS, _OWNERS.c.id == _LEADS.c.owner_id)
    .where(_LEADS.c.company_domain == any_(bindparam("domains", type_=ARRAY(String()))), _OWNERS.c.active)
    .ext(postgresql.distinct_on(_LEADS.c.company_domain))
    .order_by(_LEADS.c.company_domain, _LEADS.c.created_at.desc())
)
_TAKE = insert(_TAKEN)
_INSERT = insert(_ASSIGNMENTS).returning(_ASSIGNMENTS.c.id)
_UNTIL_NOW = (
    update(_ASSIGNMENTS)
    .where(
        _ASSIGNMENTS.c.lead_id == bindparam("of_lead", type_=Uuid()),
        _ASSIGNMENTS.c.until.is_(None),
    )
    .values(until=bindparam("now", type_=DateTime(timezone=True)))
    .returning(_ASSIGNMENTS.c.id)
)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody who works here, and who has the newest lead of the company that asks."""

    people: tuple[Colleague, ...]
    keeper: str | None = None

    def named(self, colleague_id: str) -> Colleague | None:
        """The colleague of this id, if one works here."""
        return next((one for one in self.people if one.id == colleague_id), None)

    @property
    def manager(self) -> str | None:
        """Who `manager` means: the one who has been here longest."""
        return next((one.id for one in self.people if one.role is Role.MANAGER), None)


class Router:
    """Finds owners by the routing rules that are in force."""

    def __init__(self, engine: AsyncEngine, company: Company, playbook: Playbook | None = None) -> None:
        """
        Raises:
            SheetError: the shipped rules are wrong.
        """
        self._engine = engine
        self._company = company
        self._playbook = playbook or Playbook()
        self._rules = SheetInForce(Routing, lambda: self.file, Playbook().file(FILE))
        self._told: str | None = "nothing yet"

    @property
    def file(self) -> Path:
        """Where the rules lie."""
        return self._playbook.file(FILE)

    @property
    def asks_for_topics(self) -> bool:
        """Whether any rule wants to know what a question is about; finding out takes a moment."""
        return self._rules.read().asks_for_topics

    async def rehearse(self, new: NewLead, now: datetime) -> Choice | None:
        """Who would get this lead now; nothing is stored, and nobody's turn is taken."""
        arrival, rules = arrival_of(new, self._company), self._rules.read()
        async with self._engine.connect() as connection:
            staff = await self.staff(connection, arrival.domain, now)
            found = shortlist(rules, arrival, staff.people, self._company, now, staff.keeper)
            return await self._turn(connection, found) if found is not None else None

    async def takers(self, now: datetime) -> list[Colleague]:
        """Those who may get a new lead now, whatever the rules say of which, in the order in which they came."""
        async with self._engine.connect() as connection:
            staff = await self.staff(connection, None, now)
        return takers(staff.people, self._company, now)

    async def eligible(self, leads: Sequence[NewLead], now: datetime) -> list[tuple[str, ...]]:
        """For each of many leads that start later: the ids of those who may get it by the rules."""
        rules, staff = self._rules.read(), dict[str | None, Staff]()
        found = []
        async with self._engine.connect() as connection:
            for new in leads:
                arrival = arrival_of(new, self._company)
                if arrival.domain not in staff:
                    staff[arrival.domain] = await self.staff(connection, arrival.domain, now)
                there = staff[arrival.domain]
                found.append(tuple(one.id for one in eligible(rules, arrival, there.people, there.keeper)))
        return found

    async def rehearse_all(self, leads: Sequence[Incoming], now: datetime) -> list[str | None]:
        """Whose each of many leads would be if all came in now, in this order; nothing is stored, no turn is taken."""
        rules, domains = self._rules.read(), {domain for one in leads if (domain := one.arrival.domain) is not None}
        async with self._engine.connect() as connection:
            staff = await self.staff(connection, None, now)
            lately = (await connection.execute(_ALL_LATELY, {"since": now - LATELY})).all()
            last = (await connection.execute(_LAST)).all()
            keepers = (await connection.execute(_KEEPERS, {"domains": sorted(domains)})).all()
        turns = Turns([(who, at) for who, at in reversed(lately)], {who: at for who, at in last})
        kept = {domain: owner for domain, owner in keepers}
        # Thousands take a second, in which others must not wait.
        return await to_thread(dealt, rules, leads, staff.people, self._company, now, keepers=kept, turns=turns)

    async def staff(self, connection: AsyncConnection, domain: str | None, now: datetime) -> Staff:
        """Everybody who works here.

        Args:
            domain: of the company that asks, if it has one of its own.
        """
        values = {"domain": domain, "absent_since": absent_since(now)}
        people, keeper = (await connection.execute(_STAFF, values)).one()
        return Staff(tuple(read_colleague(one) for one in people or ()), keeper)

    async def choose(self, connection: AsyncConnection, arrival: Arrival, staff: Staff, now: datetime) -> Choice | None:
        """Who gets the lead, whose turn that was; None when nobody works here.

        Turns are taken one after the other until this transaction ends, so it had better be a short one (`ahead`).
        """
        rules = self._rules.read()
        await self._tell(connection, now)
        found = shortlist(rules, arrival, staff.people, self._company, now, staff.keeper)
        if found is None:
            return None
        if len(found.people) > 1:
            # A statement of its own: what the one before us committed is seen only by the next one.
            await connection.execute(_TAKE_TURNS)
        choice = await self._turn(connection, found)
        await connection.execute(_TAKE, {"colleague_id": choice.owner.id, "at": now})
        return choice

    @asynccontextmanager
    async def ahead(self) -> AsyncIterator[AsyncConnection]:
        """A transaction of its own for a turn, before the lead is stored.

        It ends without waiting for the disk: a turn that a crash loses, or whose lead is not stored after all, only
        makes one colleague's next lead come a little sooner or later.
        """
        async with self._engine.begin() as connection:
            await connection.execute(_SOON_DURABLE)
            yield connection

    async def stand_ins(self, connection: AsyncConnection, lead: Lead, now: datetime) -> dict[str, str]:
        """For each of a lead's people who is away now: who does what can't wait.

        Mostly nobody is away, and nothing is asked. Whoever has no stand-in, since nobody is there, is left out.
        """
        people = [one for one in (lead.owner, lead.generated_by) if one is not None]
        away = [one for one in people if absence_at(one, self._company, now) is not None]
        found = {one.id: await self._stand_in(connection, lead, one, now) for one in away}
        return {colleague: stand_in for colleague, stand_in in found.items() if stand_in is not None}

    async def _stand_in(self, connection: AsyncConnection, lead: Lead, away: Colleague, now: datetime) -> str | None:
        staff = await self.staff(connection, None, now)
        absence = absence_at(away, self._company, now)
        named = staff.named(absence.cover) if absence is not None and absence.cover is not None else None
        if named is not None and absence_at(named, self._company, now) is None:
            return named.id
        found = await self._another(connection, lead, [one for one in staff.people if one.id != away.id], now)
        return found.id if found is not None else None

    async def _another(
        self, connection: AsyncConnection, lead: Lead, people: Sequence[Colleague], now: datetime
    ) -> Colleague | None:
        found = shortlist(self._rules.read(), arrival_again(lead, self._company), people, self._company, now)
        if found is None:
            return None
        colleague = (await self._turn(connection, found)).owner
        return colleague if absence_at(colleague, self._company, now) is None else None

    async def _turn(self, connection: AsyncConnection, found: Shortlist) -> Choice:
        return turn(found, await self._given(connection, found), ZoneInfo(self._company.zone))

    async def _given(self, connection: AsyncConnection, found: Shortlist) -> Mapping[str, Given]:
        """What each of the shortlist got lately; not asked where there is only one."""
        if len(found.people) == 1:
            return {}
        values = {"since": found.since, "people": [one.id for one in found.people]}
        counted = await connection.execute(_GIVEN, values)
        return {colleague: Given(leads, last_at) for colleague, leads, last_at in counted}

    async def _tell(self, connection: AsyncConnection, now: datetime) -> None:
        """Say loudly, once, that the file can't be used, and once that it can again."""
        trouble = self._rules.trouble
        if trouble == self._told:
            return
        self._told = trouble
        if trouble is None:
            await resolve_alert(connection, AlertKind.PLAYBOOK, FILE, "followthrough", now)
            return
        log.error("the routing rules can't be used; those before them stay in force", wrong=trouble)
        text = f"{trouble}\nUntil it is mended (`follow routing check`), the last rules that were right are in force."
        await raise_alert(connection, AlertKind.PLAYBOOK, FILE, text, now)


async def note_assignment(
    connection: AsyncConnection,
    lead_id: UUID,
    owner_id: str,
    now: datetime,
    *,
    by: str,
    why: str,
    rule: str | None = None,
    is_first: bool = False,
) -> tuple[int, Sequence[int]]:
    """Write down that a lead was given to somebody; the one before had it until now.

    Args:
        rule: the routing rule, if one decided.
        is_first: the lead is new, so nobody had it before.

    Returns:
        The assignment's id, and those of the ones that it ended.
    """
    left: Sequence[int] = ()
    if not is_first:
        left = (await connection.execute(_UNTIL_NOW, {"of_lead": lead_id, "now": now})).scalars().all()
    values = {"lead_id": lead_id, "owner_id": owner_id, "at": now, "by": by, "rule": rule, "why": why}
    return (await connection.execute(_INSERT, values)).scalar_one(), left

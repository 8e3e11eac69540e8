"""Known leads that may be the person somebody is typing in, found by what was typed so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.rows import ColleagueRow, ContactPointRow, LeadRow, table_of
from leads.lookalikes import Likeness, Wanted
from leads.model import ContactKind

MOST = 6
"""So many are shown."""
_LEADS, _POINTS, _PEOPLE = table_of(LeadRow), table_of(ContactPointRow), table_of(ColleagueRow)
_ORDER = list(Likeness)


@dataclass(frozen=True, slots=True)
class Lookalike:
    """What everybody may see of any lead: enough that nobody takes it in twice, or calls it behind its owner's back."""

    id: UUID
    name: str | None
    company: str | None
    owner: str
    owner_name: str
    stage: str
    likeness: Likeness


class Lookalikes:
    """Finds leads that are like what is typed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = statement_by_statement(engine)

    async def of(self, wanted: Wanted) -> list[Lookalike]:
        """The leads that are most alike; none where too little was typed."""
        arms = _arms(wanted)
        if not arms:
            return []
        found = union_all(*arms).subquery()
        named = (
            select(_LEADS.c.id, _LEADS.c.name, _LEADS.c.company, _LEADS.c.owner_id, _PEOPLE.c.name, _LEADS.c.stage)
            .add_columns(found.c.likeness)
            .join(found, found.c.lead_id == _LEADS.c.id)
            .join(_PEOPLE, _PEOPLE.c.id == _LEADS.c.owner_id)
            .where(_LEADS.c.plan.is_not(None))
            .order_by(_LEADS.c.created_at.desc())
        )
        async with self._engine.connect() as connection:
            rows = [(*row[:-1], Likeness(row[-1])) for row in await connection.execute(named)]
        likest: dict[UUID, Lookalike] = {}
        for row in sorted(rows, key=lambda row: _ORDER.index(row[-1])):
            likest.setdefault(row[0], Lookalike(*row))
        return list(likest.values())[:MOST]


def _arms(wanted: Wanted) -> Sequence[Select[Any]]:
    """One search for each way of being alike, the sure ones first; each by an index, and for a few leads only."""
    point, value, words = _POINTS.c.lead_id, _POINTS.c.value, func.lead_words(_LEADS.c.name, _LEADS.c.company)
    arms: list[Select[Any]] = []

    def add(likeness: Likeness, lead_id: ColumnElement[UUID], *conditions: ColumnElement[bool]) -> None:
        # Each in a query of its own, since only then its limit is its own.
        some = select(lead_id.label("lead_id")).where(*conditions).limit(MOST).subquery()
        arms.append(select(some.c.lead_id, literal(likeness.value).label("likeness")))

    if wanted.phone:
        add(Likeness.PHONE, point, _POINTS.c.kind == ContactKind.PHONE.value, value == wanted.phone)
    if wanted.email:
        add(Likeness.EMAIL, point, _POINTS.c.kind == ContactKind.EMAIL.value, value == wanted.email)
    if wanted.phone_begins:
        add(Likeness.PHONE_BEGINS, point, value.startswith(wanted.phone_begins, autoescape=True))
    if wanted.email_begins:
        begins = value.startswith(wanted.email_begins, autoescape=True)
        add(Likeness.EMAIL_BEGINS, point, _POINTS.c.kind == ContactKind.EMAIL.value, begins)
    if wanted.domain:
        add(Likeness.DOMAIN, _LEADS.c.id, _LEADS.c.company_domain == wanted.domain)
    if wanted.name and wanted.company:
        add(Likeness.NAME_AND_COMPANY, _LEADS.c.id, words.op("@@")(_query(wanted.name + wanted.company)))
    if wanted.name:
        add(Likeness.NAME, _LEADS.c.id, words.op("@@")(_query(wanted.name)))
    if wanted.company:
        add(Likeness.COMPANY, _LEADS.c.id, words.op("@@")(_query(wanted.company)))
    if wanted.name_alike:
        add(Likeness.NAME_ALIKE, _LEADS.c.id, words.op("@@")(_query(wanted.name_alike)))
    if wanted.company_alike:
        add(Likeness.COMPANY_ALIKE, _LEADS.c.id, words.op("@@")(_query(wanted.company_alike)))
    return arms


def _query(words: Sequence[str]) -> ColumnElement[Any]:
    """All of these beginnings of words; of each only letters and digits are left, so none is an operator."""
    query: ColumnElement[Any] = func.to_tsquery("simple", " & ".join(f"'{word}':*" for word in words))
    return query

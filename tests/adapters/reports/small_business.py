"""A business of twenty leads, small enough to count every figure by hand: what it did stands here, line by line.

Times are those of the company's clock (New York). Its clock was set back on Sunday, 1 November 2026, and the tests ask
on Friday, 20 November, at 10:00.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.people import People
from adapters.db.rows import (
    CadenceVersionRow,
    EnrollmentRow,
    FirstResponseRow,
    HoldRow,
    LeadRow,
    StageChangeRow,
    TaskRow,
)
from tests.sample import COLLEAGUES

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 20, 10, tzinfo=ZONE)
LONG_AGO = datetime(2026, 1, 1, tzinfo=ZONE)
SOON = datetime(2026, 12, 1, tzinfo=ZONE)
PLAN = {"revision": 1}


def at(text: str) -> datetime:
    """`11-09 09:00`, on the company's clock."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


def lead_id(number: int) -> UUID:
    return UUID(int=number)


def enrollment_id(number: int) -> UUID:
    return UUID(int=1000 + number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The clock of a first response; all but `due` in seconds after the question."""

    due: str | None = None
    """When it is due, where that is not half an hour later."""
    machine: int | None = 5
    tried: int | None = None
    attempts: int = 0
    answered: int | None = None
    business: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One lead."""

    number: int
    received: str
    rep: str
    source: str | None = "web form"
    kind: str = "inbound"
    cadence: str = "inbound-web"
    cost: str | None = "10.00"
    question: Question | None = None
    stages: Mapping[str, str] = field(default_factory=dict)
    """When it reached which."""
    ended: str | None = None
    ahead: str | None = None
    """What is to happen next: a `wake`, a `task` or a `hold`."""


BUSINESS = (
    # Week 46: eight questions, and two leads that prospecting found.
    Life(
        number=1,
        received="11-09 09:00",
        rep="anna",
        question=Question(answered=600, business=600),
        stages={"working": "11-09 09:10", "qualified": "11-10 10:00", "won": "11-12 10:00"},
        ended="yes",
    ),
    Life(
        number=2,
        received="11-09 10:00",
        rep="anna",
        question=Question(tried=600, attempts=1, answered=1200, business=1200),
        stages={"working": "11-09 10:20", "qualified": "11-11 10:00"},
        ended="yes",
        ahead="task",
    ),
    Life(
        number=3,
        received="11-10 11:00",
        rep="ben",
        question=Question(tried=1800, attempts=2, answered=3600, business=3600),
        stages={"working": "11-10 12:00", "lost": "11-13 11:00"},
        ended="no",
    ),
    Life(
        number=4,
        received="11-10 16:00",
        rep="ben",
        source="trade fair",
        cost="50.00",
        question=Question(machine=None, answered=7200, business=5400),
        stages={"working": "11-10 18:00", "qualified": "11-12 09:00", "lost": "11-13 09:00"},
        ended="yes",
    ),
    Life(
        number=5,
        received="11-11 09:00",
        rep="anna",
        source="trade fair",
        cost="50.00",
        question=Question(machine=10, tried=7200, attempts=1),
        ahead="wake",
    ),
    Life(
        number=6,
        received="11-12 09:00",
        rep="anna",
        question=Question(answered=300, business=300),
        stages={"working": "11-12 09:05"},
        ahead="wake",
    ),
    Life(
        number=7,
        received="11-14 12:00",
        rep="ben",
        source=None,
        cost=None,
        question=Question(due="11-16 09:30", answered=163_200, business=1200),
        stages={"working": "11-16 09:20"},
        ahead="wake",
    ),
    Life(
        number=8,
        received="11-13 10:00",
        rep="ben",
        question=Question(machine=1200, answered=900, business=900),
        stages={"working": "11-13 10:15"},
        ahead="wake",
    ),
    Life(
        number=9,
        received="11-12 14:00",
        rep="anna",
        kind="outbound",
        cadence="outbound-qualified",
        source="list",
        cost="2.50",
        stages={"working": "11-13 09:00", "qualified": "11-16 09:00", "won": "11-19 09:00"},
        ended="yes",
    ),
    Life(
        number=10,
        received="11-12 15:00",
        rep="ben",
        kind="outbound",
        cadence="outbound-qualified",
        source="list",
        cost="2.50",
    ),
    # Week 47, the present one.
    Life(
        number=11,
        received="11-16 09:00",
        rep="anna",
        question=Question(answered=300, business=300),
        stages={"working": "11-16 09:05"},
        ahead="wake",
    ),
    Life(
        number=12,
        received="11-17 09:00",
        rep="ben",
        question=Question(answered=900, business=900),
        stages={"working": "11-17 09:15", "qualified": "11-18 09:00"},
        ended="yes",
        ahead="task",
    ),
    Life(
        number=13,
        received="11-19 16:00",
        rep="anna",
        source="trade fair",
        cost="50.00",
        question=Question(answered=1860, business=1860),
        stages={"working": "11-19 16:31"},
        ahead="wake",
    ),
    Life(number=14, received="11-20 09:50", rep="anna", question=Question(), ahead="wake"),
    Life(number=15, received="11-20 09:00", rep="ben", question=Question(), ahead="hold"),
    Life(number=16, received="11-18 09:00", rep="ben", source="partner", cost=None, ahead="task"),
    # Around the night in which the clock was set back, and the end of October.
    Life(number=17, received="11-01 23:30", rep="anna", ended="opted_out"),
    Life(number=18, received="11-02 00:10", rep="anna", ahead="wake"),
    Life(
        number=19,
        received="10-31 23:30",
        rep="ben",
        question=Question(answered=39_600, business=0),
        stages={"lost": "11-03 09:00"},
        ended="no",
    ),
)
UNPLANNED = Life(number=20, received="11-18 11:00", rep="ben")
"""Something like a row of which nothing was decided yet: no report knows it."""


async def open_business(engine: AsyncEngine) -> None:
    """Write it all into an empty database."""
    await People(engine).add(COLLEAGUES, LONG_AGO)
    async with engine.begin() as connection:
        for name in ("inbound-web", "outbound-qualified"):
            version = {"version": f"{name}-1", "name": name, "source": "", "templates": {}, "published_at": LONG_AGO}
            await connection.execute(insert(CadenceVersionRow), version)
        for life in (*BUSINESS, UNPLANNED):
            for row, values in _rows(life):
                await connection.execute(insert(row), values)


def _rows(life: Life) -> list[tuple[Any, dict[str, Any]]]:
    """All that the tables hold of a lead."""
    received, own = at(life.received), {"lead_id": lead_id(life.number)}
    stage = next(reversed(life.stages), "new")
    rows: list[tuple[Any, dict[str, Any]]] = [
        (
            LeadRow,
            {
                "id": lead_id(life.number),
                "kind": life.kind,
                "source": life.source,
                "attributes": {},
                "cost": None if life.cost is None else Decimal(life.cost),
                "owner_id": life.rep,
                "generated_by_id": "mia" if life.kind == "outbound" else None,
                "stage": stage,
                "created_at": received,
                "enrollment_id": enrollment_id(life.number),
                "cadence": life.cadence,
                "wake_at": SOON if life.ahead == "wake" else None,
                "ended": life.ended,
            }
            | ({} if life is UNPLANNED else {"plan": PLAN}),
        ),
        (
            EnrollmentRow,
            own
            | {
                "id": enrollment_id(life.number),
                "cadence": life.cadence,
                "version": f"{life.cadence}-1",
                "started_at": received,
                "ended": life.ended,
                "progress": {},
            },
        ),
        *((StageChangeRow, _stage(life, name, when)) for name, when in {"new": life.received, **life.stages}.items()),
    ]
    if life.question is not None:
        rows.append((FirstResponseRow, own | _clock(life, life.question)))
    if life.ahead == "task":
        rows.append((TaskRow, own | _task(life)))
    if life.ahead == "hold":
        rows.append((HoldRow, own | _hold(life)))
    return rows


def _stage(life: Life, name: str, when: str) -> dict[str, Any]:
    return {"lead_id": lead_id(life.number), "stage": name, "at": at(when), "by": life.rep, "owner_id": life.rep}


def _clock(life: Life, question: Question) -> dict[str, Any]:
    asked = at(life.received)
    # Seconds that passed, also across a change of the clock.
    real = asked.astimezone(ZoneInfo("UTC"))

    def later(amount: int | None) -> datetime | None:
        return None if amount is None else real + timedelta(seconds=amount)

    return {
        "enrollment_id": enrollment_id(life.number),
        "asked_at": asked,
        "due_at": asked + timedelta(minutes=30) if question.due is None else at(question.due),
        "owner_id": life.rep,
        "machine_at": later(question.machine),
        "attempted_at": later(question.tried),
        "attempts": question.attempts,
        "answered_at": later(question.answered),
        "answered_by": None if question.answered is None else life.rep,
        "how": None if question.answered is None else "call",
        "business_seconds": question.business,
    }


def _task(life: Life) -> dict[str, Any]:
    received = at(life.received)
    return {
        "id": UUID(int=2000 + life.number),
        "enrollment_id": enrollment_id(life.number),
        "occurrence": 1,
        "kind": "hand_over" if life.ended == "yes" else "call",
        "owner": life.rep,
        "title": "",
        "text": "",
        "created_at": at(life.stages["qualified"]) if life.ended == "yes" else received,
        "opens_at": received,
        "due_at": received,
        "escalate_to": "manager",
        "escalations": 0,
        "state": "open",
    }


def _hold(life: Life) -> dict[str, Any]:
    return {
        "id": UUID(int=3000 + life.number),
        "enrollment_id": enrollment_id(life.number),
        "reason": "reply",
        "owner": life.rep,
        "since": at(life.received),
        "until": SOON,
    }

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
    AnswerRow,
    AssignmentRow,
    CadenceVersionRow,
    CommandRow,
    EnrollmentRow,
    FirstResponseRow,
    HoldRow,
    InboundMessageRow,
    InquiryRow,
    LeadRow,
    StageChangeRow,
    TaskRow,
    TouchRow,
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
    asked: str | None = None
    """When it was asked, where we got to know of it later."""
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
        question=Question(asked="11-10 15:00", machine=None, answered=7200, business=5400),
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
        stages={
            "working": "11-13 09:00",
            "qualified": "11-16 09:00",
            "accepted": "11-17 09:00",
            "won": "11-19 09:00",
        },
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One touch of the ledger."""

    lead: int
    at: str
    step: str | None
    number: int | None
    channel: str = "call"
    state: str = "made"
    variant: str | None = None
    bounced: bool = False
    accepted: bool = True
    """A provider took it."""
    cadence: str | None = "inbound-web"


def email(lead: int, at: str, variant: str, state: str = "delivered", **values: Any) -> Contact:
    """The first email, of which two variants are tried."""
    return Contact(lead=lead, at=at, step="answer", number=1, channel="email", state=state, variant=variant, **values)


CONTACTS = (
    email(1, "11-09 09:00", "a"),
    Contact(lead=1, at="11-09 09:10", step="first-call", number=2),
    Contact(lead=1, at="11-10 09:00", step="checking-in", number=3, channel="email", state="delivered"),
    email(2, "11-09 10:00", "b"),
    Contact(lead=2, at="11-09 10:10", step="first-call", number=2),
    Contact(lead=2, at="11-11 10:00", step="second-call", number=3),
    email(3, "11-10 11:00", "a", "sent"),
    Contact(lead=3, at="11-10 12:00", step="first-call", number=2),
    Contact(lead=4, at="11-10 18:00", step=None, number=None, cadence=None),  # personal, outside of every plan
    email(5, "11-11 09:00", "a", "failed", accepted=False),  # it never went out
    Contact(lead=5, at="11-11 11:00", step="first-call", number=1),
    email(6, "11-12 09:00", "b", "failed", bounced=True),
    Contact(lead=6, at="11-12 09:05", step="first-call", number=2),
    email(7, "11-14 12:00", "a"),
    Contact(lead=7, at="11-16 09:20", step="first-call", number=2),
    email(8, "11-13 10:20", "a", "claimed", accepted=False),
    Contact(lead=9, at="11-13 09:00", step="call-out", number=1, cadence="outbound-qualified"),
    email(11, "11-16 09:00", "a"),
    email(12, "11-17 09:00", "b", "unknown", accepted=False),
    Contact(lead=12, at="11-17 09:15", step="first-call", number=2),
    email(17, "11-02 08:00", "a"),
)
REPLIES = (
    (1, "11-10 09:30", 2),  # to the third contact
    (3, "11-11 08:00", None),  # to nothing in particular: so to the call before
    (11, "11-16 10:00", 17),
    (11, "11-16 11:00", 17),  # to the same email: one reply
)
"""Whose, when, and the number of the contact that it answers, as they stand above."""
ANSWERS = (
    (1, "yes", "11-10 10:00"),
    (2, "yes", "11-11 10:00"),  # in the call of that moment
    (3, "no", "11-13 11:00"),
    (4, "yes", "11-12 09:00"),
    (9, "yes", "11-16 09:00"),
    (12, "yes", "11-18 09:00"),
)
HANDS = (
    (5, "ben", "11-11 09:00", "11-11 11:00"),
    (5, "anna", "11-11 11:00", None),
    (9, "anna", "11-12 14:00", None),
    (10, "ben", "11-12 15:10", None),
)
"""Whose a lead was, from when to when; mia found 9 and 10."""


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
        for row, values in _said_and_done():
            await connection.execute(insert(row), values)


def _rows(life: Life) -> list[tuple[Any, dict[str, Any]]]:
    """All that the tables hold of a lead."""
    received, own = at(life.received), {"lead_id": lead_id(life.number)}
    stage = next((name for name in reversed(life.stages) if name != "accepted"), "new")
    answered = None if life.question is None else life.question.answered
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
                "first_human_at": None if answered is None else received + timedelta(seconds=answered),
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
                "ended_at": at("11-03 08:00") if life.ended == "opted_out" else None,
                "progress": {},
            },
        ),
        *((StageChangeRow, _stage(life, name, when)) for name, when in {"new": life.received, **life.stages}.items()),
    ]
    if life.question is not None:
        rows.append((FirstResponseRow, own | _clock(life, life.question)))
        asked_at = at(life.question.asked or life.received)
        rows.append((InquiryRow, own | {"question": "How much is it?", "asked_at": asked_at}))
    if life.ahead == "task":
        rows.append((TaskRow, own | _task(life)))
    if life.ahead == "hold":
        rows.append((HoldRow, own | _hold(life)))
    return rows


def _said_and_done() -> list[tuple[Any, dict[str, Any]]]:
    """The ledger, what people said, and through whose hands they went."""
    rows: list[tuple[Any, dict[str, Any]]] = []
    for number, one in enumerate(CONTACTS):
        rows.append((TouchRow, _touch(number, one)))
    for number, (lead, when, answered) in enumerate(REPLIES):
        touch = None if answered is None else touch_id(answered)
        rows.append((InboundMessageRow, _reply(lead, when, number) | {"touch_id": touch}))
    for lead, answer, when in ANSWERS:
        own = {"lead_id": lead_id(lead), "enrollment_id": enrollment_id(lead)}
        rows.append((AnswerRow, own | {"answer": answer, "by": "anna", "said_at": at(when)}))
    # Not now: once said in a call, once on the page behind an email's link.
    closed = {"state": "done", "outcome": "not now", "closed_at": at("11-12 09:05"), "closed_by": "anna"}
    rows.append((TaskRow, {"lead_id": lead_id(6)} | _task(BUSINESS[5]) | closed))
    pressed = {"kind": "not_now", "by": "the lead", "created_at": at("11-15 10:00"), "delivered_at": at("11-15 10:00")}
    own = {"id": UUID(int=6000), "lead_id": lead_id(7), "revision": 2, "details": {}, "told": {}}
    rows.append((CommandRow, own | pressed))
    for lead, owner, since, until in HANDS:
        values = {"lead_id": lead_id(lead), "owner_id": owner, "at": at(since), "by": "mia", "why": "its turn"}
        rows.append((AssignmentRow, values | {"until": None if until is None else at(until)}))
    return rows


def touch_id(number: int) -> UUID:
    return UUID(int=4000 + number)


def _touch(number: int, one: Contact) -> dict[str, Any]:
    sent = one.channel == "email" and one.accepted
    return {
        "id": touch_id(number),
        "lead_id": lead_id(one.lead),
        "enrollment_id": enrollment_id(one.lead),
        "step_id": one.step,
        "occurrence": None if one.step is None else 1,
        "channel": one.channel,
        "state": one.state,
        "personal": one.step is None,
        "happened_at": at(one.at),
        "provider_message_id": f"message-{number}" if sent else None,
        "bounced_at": at(one.at) if one.bounced else None,
        "template": None if one.step is None else f"{one.step}-{one.variant or 'text'}",
        "version": None if one.cadence is None else f"{one.cadence}-1",
        "variant": one.variant,
        "contact_number": one.number,
    }


def _reply(lead: int, when: str, number: int) -> dict[str, Any]:
    return {
        "id": UUID(int=5000 + number),
        "lead_id": lead_id(lead),
        "channel": "email",
        "provider": "outbox",
        "external_id": f"reply-{number}",
        "sender": "lead@example.com",
        "recipient": "hello@example.com",
        "text": "Yes, please.",
        "kind": "reply",
        "received_at": at(when),
    }


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

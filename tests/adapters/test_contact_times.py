"""When leads answer, counted from real rows on each lead's own clock, and what a case knows of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.contact_times import LOOK_BACK, REMEMBERED, ContactTimesBook
from adapters.db.rows import ContactPointRow, InboundMessageRow, LeadRow, TouchRow
from leads.best_time import CallMade, ContactTimes
from leads.capture import NewLead
from tests.clocks import SettableClock
from tests.leads.test_best_time import counts
from tests.sample import COMPANY

TUESDAY = datetime(2026, 11, 17, 15, 30, tzinfo=UTC)
"""10:30 in New York, 07:30 in Los Angeles, 09:30 in Chicago."""


@pytest.fixture
def book(engine: AsyncEngine) -> ContactTimesBook:
    return ContactTimesBook(engine, COMPANY)


class Records:
    """Leads, what was done to them, and what they wrote."""

    def __init__(self, engine: AsyncEngine, intake: LeadIntake, clock: SettableClock) -> None:
        self.engine, self.intake, self.clock = engine, intake, clock

    async def lead(self, **values: Any) -> UUID:
        new = NewLead(**{"email": f"{uuid4().hex}@example.com", "owner": "anna", **values})
        return (await self.intake.capture(new, "test", self.clock())).lead_id

    async def call(self, lead: UUID, outcome: str | None, at: datetime = TUESDAY, **values: Any) -> None:
        made = {"id": uuid4(), "lead_id": lead, "channel": "call", "state": "made", "happened_at": at}
        await self._insert(TouchRow, {**made, "outcome": outcome, **values})

    async def wrote(self, lead: UUID, kind: str = "reply", at: datetime = TUESDAY) -> None:
        names = {"channel": "email", "provider": "p", "sender": "s", "recipient": "r", "text": "t"}
        values = {"id": uuid4(), "lead_id": lead, "external_id": str(uuid4()), "kind": kind, "received_at": at}
        await self._insert(InboundMessageRow, {**names, **values})

    async def _insert(self, row: type[Any], values: dict[str, Any]) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(insert(row), values)


@pytest.fixture
def records(engine: AsyncEngine, intake: LeadIntake, clock: SettableClock) -> Records:
    return Records(engine, intake, clock)


async def test_each_call_counts_on_its_leads_own_clock(records: Records, book: ContactTimesBook) -> None:
    await records.call(await records.lead(zone="America/Los_Angeles", phone="+12125550111"), "connected")
    await records.call(await records.lead(phone="+13125550112"), "no answer")  # Chicago, by its number.
    await records.call(await records.lead(), "voicemail")  # Nothing known: the company's clock, New York.
    times = await book.learn(records.clock())
    assert times.calls == counts(tue_07=1, tue_09=1, tue_10=1)
    assert times.connected == counts(tue_07=1)
    assert times.learnt_at == records.clock()


async def test_clocks_are_those_of_the_day_also_where_they_are_changed_or_half_an_hour_off(
    records: Records, book: ContactTimesBook
) -> None:
    lead = await records.lead(zone="America/New_York")
    # Clocks go back on 1 November: 05:30 UTC is 01:30 of summer time, 06:30 is 01:30 of winter time.
    for utc in (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)):
        await records.call(lead, "voicemail", utc)
    await records.call(lead, "connected", datetime(2026, 10, 27, 15, 30, tzinfo=UTC))
    await records.call(lead, "connected", datetime(2026, 11, 3, 15, 30, tzinfo=UTC))
    in_india = await records.lead(zone="Asia/Kolkata")
    await records.call(in_india, "no answer", datetime(2026, 11, 17, 18, 29, tzinfo=UTC))
    await records.call(in_india, "no answer", datetime(2026, 11, 17, 18, 30, tzinfo=UTC))
    times = await book.learn(records.clock())
    assert times.calls == counts(sun_01=2, tue_11=1, tue_10=1, tue_23=1, wed_00=1)
    assert times.connected == counts(tue_11=1, tue_10=1)


async def test_a_zone_that_only_the_database_does_not_know_does_not_stop_the_count(
    records: Records, book: ContactTimesBook
) -> None:
    lead = await records.lead(zone="Europe/Berlin")
    await records.call(lead, "connected")
    async with records.engine.begin() as connection:
        await connection.execute(update(LeadRow).values(zone="Europe/Newtown"))
    assert (await book.learn(records.clock())).calls == counts(tue_10=1)  # On the company's clock.


async def test_a_lost_or_suppressed_number_says_nothing_of_where_a_lead_lives(
    records: Records, book: ContactTimesBook
) -> None:
    for phone, values in (("+13125550112", {"lost": "wrong number"}), ("+13125550113", {"suppressed": True})):
        lead = await records.lead(phone=phone)
        async with records.engine.begin() as connection:
            await connection.execute(update(ContactPointRow).where(ContactPointRow.lead_id == lead).values(values))
        await records.call(lead, "connected")
    assert (await book.learn(records.clock())).calls == counts(tue_10=2)


async def test_whoever_was_talked_to_has_picked_up(records: Records, book: ContactTimesBook) -> None:
    lead = await records.lead()
    outcomes = ["connected", "call back", "yes", "no", "not now", "voicemail", "no answer"]
    for outcome in outcomes:
        await records.call(lead, outcome)
    times = await book.learn(records.clock())
    assert (times.calls, times.connected) == (counts(tue_10=7), counts(tue_10=5))


async def test_what_tells_of_successes_only_and_what_is_old_does_not_count(
    records: Records, book: ContactTimesBook
) -> None:
    lead = await records.lead()
    await records.call(lead, "connected", personal=True)
    await records.call(lead, "connected", records.clock() - LOOK_BACK - timedelta(hours=1))
    await records.call(lead, None, channel="sms", state="sent")
    await records.wrote(lead, "auto_reply")
    await records.wrote(lead, "bounce")
    await records.wrote(lead)
    times = await book.learn(records.clock())
    assert (sum(times.calls), times.replies) == (0, counts(tue_10=1))


async def test_counting_again_replaces_what_was_counted(records: Records, book: ContactTimesBook) -> None:
    assert await book.learnt() == ContactTimes()
    lead = await records.lead()
    await records.call(lead, "connected")
    first = await book.learn(records.clock())
    assert await book.learnt() == first
    await records.call(lead, "no answer", TUESDAY + timedelta(hours=1))
    records.clock.move_by(timedelta(days=1))
    second = await book.learn(records.clock())
    assert await book.learnt() == second
    assert (second.calls, second.learnt_at) == (counts(tue_10=1, tue_11=1), records.clock())


async def test_a_case_knows_what_was_learnt_and_the_leads_own_history(
    records: Records, book: ContactTimesBook, cases: CaseStore
) -> None:
    lead = await records.lead()
    await records.call(lead, "voicemail")
    await records.wrote(lead, at=TUESDAY + timedelta(hours=2))
    await records.wrote(lead, "auto_reply")
    await records.call(await records.lead(), "connected")
    learnt = await book.learn(records.clock())
    async with cases.open(lead, records.clock()) as opened:
        habits = opened.case.habits
    assert habits.everybody == learnt
    assert habits.calls == (CallMade(TUESDAY, False),)
    assert habits.replies == (TUESDAY + timedelta(hours=2),)


async def test_what_was_learnt_is_read_again_after_minutes_only(
    records: Records, book: ContactTimesBook, cases: CaseStore
) -> None:
    lead = await records.lead()

    async def known() -> ContactTimes:
        async with cases.open(lead, records.clock()) as opened:
            return opened.case.habits.everybody

    assert await known() == ContactTimes()
    learnt = await book.learn(records.clock())
    records.clock.move_by(REMEMBERED - timedelta(seconds=1))
    assert await known() == ContactTimes()
    records.clock.move_by(timedelta(seconds=1))
    assert await known() == learnt

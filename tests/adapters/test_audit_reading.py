"""The audit log as an admin reads it: newest first, in pages, filtered by who, what, lead, how it went and when."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.audit_log import AuditLog, Change, Outcome
from adapters.db.audit_reading import Asked, AuditReading
from adapters.db.capture import LeadIntake
from leads.capture import NewLead
from tests.clocks import SettableClock

ERASED = uuid4()


@pytest_asyncio.fixture
async def lead(intake: LeadIntake, clock: SettableClock) -> UUID:
    new = NewLead(email="ann@example.com", name="Ann Lee", owner="anna")
    return (await intake.capture(new, "test", clock())).lead_id


@pytest_asyncio.fixture
async def reading(engine: AsyncEngine, lead: UUID, clock: SettableClock) -> AuditReading:
    """Five changes, a minute after each other."""
    log = AuditLog(engine)
    change = Change(
        by="mia", via="console", action="hold", lead_id=lead, before={"hold": None}, after={"hold": "asked"}
    )
    for one in (
        change,
        replace(change, action="resume", by="anna"),
        replace(change, outcome=Outcome.REFUSED),
        Change(by="ada", via="console", action="make_token", subject="crm"),
        replace(change, lead_id=ERASED, by="ada", action="erase", before=None, after=None),
    ):
        await log.begin(one, clock())
        clock.move_by(timedelta(minutes=1))
    return AuditReading(engine)


async def actions(reading: AuditReading, **asked: object) -> list[tuple[str, str]]:
    page = await reading.page(Asked(**asked))  # type: ignore[arg-type]
    return [(one.by, one.action) for one in page.items]


async def test_every_change_is_there_once_in_pages(reading: AuditReading) -> None:
    seen, before = [], None
    while True:
        page = await reading.page(Asked(), before=before, limit=2)
        seen += [one.action for one in page.items]
        before = page.next_before
        if before is None:
            break
    assert seen == ["erase", "make_token", "hold", "resume", "hold"]
    assert len((await reading.page(Asked(), limit=5)).items) == 5
    assert (await reading.page(Asked(), limit=5)).next_before is None


async def test_an_entry_says_who_what_and_from_what_to_what(reading: AuditReading, lead: UUID) -> None:
    *_, first = (await reading.page(Asked(lead_id=lead))).items
    assert (first.by, first.via, first.action, first.outcome) == ("mia", "console", "hold", Outcome.DONE)
    assert (first.lead_id, first.lead_name) == (lead, "Ann Lee")
    assert (first.before, first.after) == ({"hold": None}, {"hold": "asked"})
    (erased,) = (await reading.page(Asked(lead_id=ERASED))).items
    assert (erased.lead_name, erased.before, erased.after) == (None, None, None)


async def test_it_is_filtered(reading: AuditReading, lead: UUID, clock: SettableClock) -> None:
    assert await actions(reading, by="ada") == [("ada", "erase"), ("ada", "make_token")]
    assert await actions(reading, action="hold") == [("mia", "hold"), ("mia", "hold")]
    assert await actions(reading, lead_id=lead, by="anna") == [("anna", "resume")]
    assert await actions(reading, outcome=Outcome.REFUSED) == [("mia", "hold")]
    assert await actions(reading, by="nobody") == []
    start = clock() - timedelta(minutes=5)
    second = (start + timedelta(minutes=1), start + timedelta(minutes=2))
    assert await actions(reading, since=second[0], until=second[1]) == [("anna", "resume")]
    assert await actions(reading, until=start) == []
    assert await actions(reading, since=clock()) == []


async def test_what_was_done_is_offered_to_choose_from(reading: AuditReading) -> None:
    assert await reading.actions() == ["erase", "hold", "make_token", "resume"]

"""How many leads are on their way in which version, who published it, and who came in last."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.audit_log import AuditLog, Change, Outcome
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.published_cadences import PUBLISH, CadenceSeen, PublishedCadences
from cadences import commands
from cadences.bundle import CadenceBundle
from cadences.library import shipped
from leads.capture import NewLead
from leads.contract import CommandKind
from tests.clocks import SettableClock

NOT_NOW = next(bundle for bundle in shipped() if bundle.name == "not-now")
REWORDED = CadenceBundle(NOT_NOW.name, f"{NOT_NOW.text}# again\n", NOT_NOW.templates)


@pytest.fixture
def published(engine: AsyncEngine, shelf: CadenceShelf) -> PublishedCadences:
    return PublishedCadences(engine)


async def enroll(intake: LeadIntake, clock: SettableClock, *names: str) -> None:
    for name in names:
        clock.move_by(timedelta(minutes=1))
        new = NewLead(name=name, email=f"{name}@example.com", company="Bakery", cadence="not-now")
        await intake.capture(new, by="test", now=clock())


async def test_leads_on_their_way_are_counted_in_each_version(
    published: PublishedCadences, shelf: CadenceShelf, intake: LeadIntake, cases: CaseStore, clock: SettableClock
) -> None:
    await enroll(intake, clock, "ada", "bo", "cy")
    await shelf.publish(REWORDED, clock())
    await enroll(intake, clock, "di")
    (ada, *_) = reversed(await published.newest_leads("not-now", 10))
    async with cases.open(ada.id, clock()) as opened:
        no = commands.record_answer(opened.case, answer="no", by="anna", note=None, now=clock())
        await opened.save(no, CommandKind.RECORD_ANSWER)

    seen = {one.name: one for one in await published.all()}
    assert list(seen) == ["inbound-web", "not-now", "outbound-qualified"]
    assert seen["not-now"] == CadenceSeen("not-now", REWORDED.version, clock() - timedelta(minutes=1), 2, 3, 1)
    assert (seen["inbound-web"].versions, seen["inbound-web"].in_flight) == (1, 0)
    current, before = await published.versions("not-now")
    assert (current.version, current.is_current, current.in_flight) == (REWORDED.version, True, 1)
    assert (before.version, before.is_current, before.in_flight) == (NOT_NOW.version, False, 2)


async def test_a_version_says_who_published_it_if_that_was_done(
    published: PublishedCadences, shelf: CadenceShelf, engine: AsyncEngine, clock: SettableClock
) -> None:
    await shelf.publish(REWORDED, clock())
    log = AuditLog(engine)
    for by, outcome, version in (
        ("zoe", Outcome.REFUSED, REWORDED.version),
        ("mo", Outcome.DONE, REWORDED.version),
        ("ben", Outcome.DONE, REWORDED.version),
    ):
        change = Change(
            by=by, via="console", action=PUBLISH, subject="not-now", after={"version": version}, outcome=outcome
        )
        await log.begin(change, clock())
    assert [(one.version, one.by) for one in await published.versions("not-now")] == [
        (REWORDED.version, "mo"),
        (NOT_NOW.version, None),
    ]


async def test_the_newest_leads_of_a_cadence_come_first_and_not_all(
    published: PublishedCadences, intake: LeadIntake, clock: SettableClock
) -> None:
    await enroll(intake, clock, "ada", "bo", "cy")
    found = await published.newest_leads("not-now", 2)
    assert [(one.name, one.company) for one in found] == [("cy", "Bakery"), ("bo", "Bakery")]
    assert await published.newest_leads("inbound-web", 2) == []


async def test_counting_has_an_index_of_those_on_their_way_alone(
    published: PublishedCadences, engine: AsyncEngine
) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("set local enable_seqscan = off"))
        plan = await connection.execute(
            text("explain select version, count(*) from enrollments where ended is null group by version")
        )
        assert "ix_enrollments_in_flight" in "\n".join(plan.scalars())


async def test_a_version_is_found_by_its_cadence_and_hash(shelf: CadenceShelf) -> None:
    assert await shelf.find("not-now", NOT_NOW.version) == NOT_NOW
    assert await shelf.find("inbound-web", NOT_NOW.version) is None
    assert await shelf.published("nothing") is None

"""E1: an independent look finds every message that was claimed although its contact point was on the list."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.audit import LateClaim, SuppressionAudit
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.suppressions import Suppressions
from cadences.hearing import lead_opted_out
from leads.contract import CommandKind
from leads.model import Channel
from leads.sending import Claim, TouchState
from tests.activities.desk import PRIYA, Desk
from tests.clocks import SettableClock
from tests.sample import KEY

EMAIL, PHONE = "priya@example.com", "+12125550111"
MOMENT = timedelta(microseconds=1)


@pytest_asyncio.fixture
async def desk(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> Desk:
    """A lead whose first email is due."""
    captured = await intake.capture(PRIYA, by="test", now=clock())
    return Desk(engine, cases, clock, captured.lead_id)


async def audited(engine: AsyncEngine) -> list[LateClaim]:
    return [one async for one in SuppressionAudit(engine, KEY).late_claims()]


async def forge(
    cases: CaseStore, lead_id: UUID, at: datetime, contact: str = EMAIL, channel: Channel = Channel.EMAIL
) -> UUID:
    """A claim that no gate was asked about."""
    touch_id = uuid4()
    async with cases.open(lead_id, at) as opened:
        await opened.claim(
            Claim(
                touch_id=touch_id,
                enrollment_id=opened.case.enrollment.id,
                step_id=f"step-{touch_id}",
                occurrence=1,
                channel=channel,
                contact=contact,
                subject=None,
                text="hello",
                state=TouchState.CLAIMED,
                claimed_at=at,
                provider="forged",
            )
        )
    return touch_id


async def opt_out(desk: Desk) -> None:
    await desk.say(CommandKind.LEAD_OPTED_OUT, lambda case, now: lead_opted_out(case, why="STOP", now=now))


async def test_E1_what_the_gate_let_through_before_an_opt_out_is_no_finding(engine: AsyncEngine, desk: Desk) -> None:
    await desk.activities.send_email(await desk.step())
    desk.clock.move_by(timedelta(seconds=1))
    await opt_out(desk)
    assert await audited(engine) == []


@pytest.mark.parametrize(("after", "found"), [(timedelta(0), 0), (MOMENT, 1), (timedelta(days=400), 1)])
async def test_E1_a_forged_claim_after_an_opt_out_is_found(
    engine: AsyncEngine, cases: CaseStore, clock: SettableClock, desk: Desk, after: timedelta, found: int
) -> None:
    ours = Suppressions(engine, KEY)
    older = ours.entry("older@example.com", None, why="asked", by="anna", now=clock() - timedelta(days=1))
    await ours.add_digests([older])
    await opt_out(desk)
    touch_id = await forge(cases, desk.lead_id, clock() + after)
    late = await audited(engine)
    assert [one.touch_id for one in late] == [touch_id] * found


async def test_E1_it_is_found_although_the_lead_does_not_look_suppressed(
    engine: AsyncEngine, cases: CaseStore, clock: SettableClock, desk: Desk
) -> None:
    await opt_out(desk)
    await forge(cases, desk.lead_id, clock() + MOMENT)
    async with engine.begin() as connection:
        await connection.execute(text("update contact_points set suppressed = false, suppressed_on = '[]'"))
    assert len(await audited(engine)) == 1


@pytest.mark.parametrize(("days", "unlawful"), [(14, False), (15, True)])
async def test_E1_the_laws_ten_business_days_are_told_apart(
    engine: AsyncEngine, cases: CaseStore, clock: SettableClock, desk: Desk, days: int, unlawful: bool
) -> None:
    await opt_out(desk)  # on Friday 2026-11-20; ten weekdays later is Friday 2026-12-04
    await forge(cases, desk.lead_id, clock() + timedelta(days=days))
    (one,) = await audited(engine)
    assert (one.suppressed_at, one.unlawful) == (clock(), unlawful)


async def test_E1_a_channel_that_is_closed_says_nothing_of_another(
    engine: AsyncEngine, cases: CaseStore, clock: SettableClock, desk: Desk
) -> None:
    ours = Suppressions(engine, KEY)
    await ours.add_digests([ours.entry(PHONE, Channel.SMS, why="STOP", by="twilio", now=clock())])
    await forge(cases, desk.lead_id, clock() + MOMENT, PHONE, Channel.CALL)
    await forge(cases, desk.lead_id, clock() + MOMENT, EMAIL)
    assert await audited(engine) == []
    touch_id = await forge(cases, desk.lead_id, clock() + MOMENT, PHONE, Channel.SMS)
    assert [one.touch_id for one in await audited(engine)] == [touch_id]


async def test_E1_what_came_after_it_was_opened_again_is_no_finding(
    engine: AsyncEngine, cases: CaseStore, clock: SettableClock, desk: Desk
) -> None:
    ours = Suppressions(engine, KEY)
    await ours.add_digests([ours.entry(EMAIL, None, why="STOP", by="link", now=clock())])
    during = await forge(cases, desk.lead_id, clock() + timedelta(hours=1))
    async with engine.begin() as connection:
        lifted_at = clock() + timedelta(hours=2)
        await ours.reopen(connection, EMAIL, None, by="anna", why="asked", now=lifted_at)
    await forge(cases, desk.lead_id, lifted_at + MOMENT)
    assert [one.touch_id for one in await audited(engine)] == [during]

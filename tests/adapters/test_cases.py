"""Cases in PostgreSQL: what is saved is what is loaded, one decision at a time, and a stop stops."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore, UnknownLead
from adapters.db.rows import CommandRow, ConsentRow, ContactPointRow, HoldRow, SuppressionRow, TaskRow
from cadences import commands, hearing
from cadences.case import Case
from cadences.owed_answers import see_to_first_answer
from leads.capture import NewConsent, NewLead
from leads.contract import CommandKind, Told
from leads.ids import derived_id
from leads.model import Channel
from leads.suppression import SuppressionKey
from tests.clocks import SettableClock

PHONE = "+12125550111"
PRIYA = NewLead(
    name="Priya",
    email="priya@example.com",
    phone=PHONE,
    zone="America/New_York",
    question="How much?",
    owner="anna",
    consents=(NewConsent(Channel.SMS, PHONE, "You may text me.", "checkbox", "form"),),
)


async def count(engine: AsyncEngine, table: Any, *conditions: Any) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


async def test_a_saved_case_is_loaded_as_it_was(cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> None:
    lead = await intake.capture(PRIYA, by="test", now=clock())
    async with cases.open(lead.lead_id, clock()) as opened:
        held = commands.hold(opened.case, until=clock() + timedelta(days=3), reason="fair", by="anna", now=clock())
        plan = await opened.save(held, CommandKind.HOLD, by="anna", told={"until": clock() + timedelta(days=3)})
    async with cases.open(lead.lead_id, clock()) as again:
        assert again.case == see_to_first_answer(held, clock())
        assert again.plan == plan
        assert plan.revision == 2


async def test_an_exception_undoes_everything(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    lead = await intake.capture(PRIYA, by="test", now=clock())

    async def fail() -> None:
        async with cases.open(lead.lead_id, clock()) as opened:
            no = commands.record_answer(opened.case, answer="no", by="anna", note=None, now=clock())
            await opened.save(no, CommandKind.RECORD_ANSWER)
            raise RuntimeError("the process dies")

    with pytest.raises(RuntimeError):
        await fail()
    async with cases.open(lead.lead_id, clock()) as opened:
        assert opened.case.enrollment.ended is None
        assert opened.plan.revision == 1
    assert await count(engine, CommandRow) == 1


async def test_an_unknown_lead_is_said(cases: CaseStore, clock: SettableClock) -> None:
    async def look() -> None:
        async with cases.open(derived_id(UUID(int=1), "nobody"), clock()):
            pass

    with pytest.raises(UnknownLead):
        await look()


async def test_decisions_about_one_lead_go_one_after_the_other(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    """Each sees what the one before it committed: the second of two holds extends the first, none is lost."""
    lead = await intake.capture(PRIYA, by="test", now=clock())

    async def hold(days: int) -> None:
        async with cases.open(lead.lead_id, clock()) as opened:
            await asyncio.sleep(0.01)
            until = clock() + timedelta(days=days)
            held = commands.hold(opened.case, until=until, reason="x", by="anna", now=clock())
            await opened.save(held, CommandKind.HOLD)

    await asyncio.gather(*(hold(days) for days in range(1, 9)))

    async with cases.open(lead.lead_id, clock()) as opened:
        assert opened.plan.revision == 9
        held = opened.case.enrollment.hold
        assert held is not None
        assert held.until == clock() + timedelta(days=8)
        assert opened.case.enrollment.moved == timedelta(days=8)


async def test_a_command_is_committed_with_ids_only_for_temporal(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    lead = await intake.capture(PRIYA, by="test", now=clock())
    async with cases.open(lead.lead_id, clock()) as opened:
        replied = hearing.lead_replied(opened.case, text="call my wife Ada", channel=Channel.EMAIL, now=clock())
        await opened.save(replied, CommandKind.LEAD_REPLIED, by="priya", details={"text": "call my wife Ada"})
    async with engine.connect() as connection:
        rows = (await connection.execute(select(CommandRow.told).order_by(CommandRow.revision))).scalars().all()
    for told in rows:
        assert Told.model_validate(told).lead_id == lead.lead_id
        for private in ("Ada", "Priya", "priya@", "2125550111"):
            assert private not in str(told)


async def test_an_opt_out_suppresses_every_contact_point_and_voids_consents(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock, key: SuppressionKey
) -> None:
    lead = await intake.capture(PRIYA, by="test", now=clock())
    async with cases.open(lead.lead_id, clock()) as opened:
        out = hearing.lead_opted_out(opened.case, why="STOP", now=clock())
        await opened.save(out, CommandKind.LEAD_OPTED_OUT)

    async with engine.connect() as connection:
        digests = set((await connection.execute(select(SuppressionRow.digest))).scalars())
    assert digests == {key.digest("priya@example.com"), key.digest(PHONE)}
    assert await count(engine, ConsentRow, ConsentRow.revoked_at.is_(None)) == 0
    assert await count(engine, ContactPointRow, ContactPointRow.suppressed.is_(False)) == 0
    assert await count(engine, TaskRow, TaskRow.state == "open") == 0


async def test_a_lifted_hold_keeps_its_history(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    lead = await intake.capture(PRIYA, by="test", now=clock())
    before = None
    for step in ("hold", "resume"):
        async with cases.open(lead.lead_id, clock()) as opened:
            case: Case = opened.case
            before = before or case.enrollment.next
            if step == "hold":
                case = commands.hold(case, until=clock() + timedelta(days=9), reason="x", by="anna", now=clock())
            else:
                case = commands.resume(case, by="anna", now=clock())
            await opened.save(case, CommandKind(step))
            assert case.enrollment.next is not None
            if step == "resume":
                assert before is not None
                assert replace(case.enrollment.next, reasons=()) == replace(before, reasons=())
    async with engine.connect() as connection:
        (row,) = (await connection.execute(select(HoldRow.__table__))).all()
    assert row.lifted_at == clock()

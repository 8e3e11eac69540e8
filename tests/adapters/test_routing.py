"""New leads find their owners in the transaction that stores them, one turn after the other, and it is kept why."""

import asyncio
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.alerts import Alerts
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.people import People
from adapters.db.reading import Reading
from adapters.db.routing import Router
from adapters.db.rows import AssignmentRow, LeadRow
from cadences.commands import reassign
from leads.answers_in_force import AnswersInForce
from leads.capture import CaptureRefused, NewLead
from leads.contract import CommandKind
from leads.playbook import Playbook
from leads.routing_sheet import FILE
from tests.clocks import SettableClock
from tests.sample import COMPANY, KEY


async def owner_of(engine: AsyncEngine, lead_id: UUID) -> str:
    async with engine.connect() as connection:
        return str(await connection.scalar(select(LeadRow.owner_id).where(LeadRow.id == lead_id)))


async def assignments(engine: AsyncEngine, lead_id: UUID) -> list[dict[str, Any]]:
    async with engine.connect() as connection:
        found = await connection.execute(
            select(AssignmentRow.__table__).where(AssignmentRow.lead_id == lead_id).order_by(AssignmentRow.id)
        )
        return [dict(row) for row in found.mappings()]


async def test_leads_of_the_same_second_go_to_different_reps(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    for pair in range(10):
        clock.move_by(timedelta(seconds=1))
        both = [NewLead(email=f"{side}{pair}@example.com") for side in ("left", "right")]
        captured = await asyncio.gather(*(intake.capture(one, by="test", now=clock()) for one in both))
        assert {await owner_of(engine, one.lead_id) for one in captured} == {"anna", "ben"}


async def test_many_at_once_are_shared_exactly(engine: AsyncEngine, intake: LeadIntake, clock: SettableClock) -> None:
    await People(engine).change("ben", {"weight": "3"}, "US", clock())
    clock.move_by(timedelta(hours=1))
    leads = [NewLead(email=f"{number}@example.com") for number in range(12)]
    captured = await asyncio.gather(*(intake.capture(one, by="test", now=clock()) for one in leads))
    owners = Counter([await owner_of(engine, one.lead_id) for one in captured])
    assert owners == {"anna": 3, "ben": 9}


async def test_the_reason_is_kept_and_shown(
    engine: AsyncEngine, intake: LeadIntake, cases: CaseStore, clock: SettableClock
) -> None:
    captured = await intake.capture(NewLead(email="ann@example.com"), by="website", now=clock())
    begun_at = clock()
    clock.move_by(timedelta(hours=2))
    async with cases.open(captured.lead_id, clock()) as opened:
        ben = await opened.colleague("ben")
        case = reassign(opened.case, owner=ben, by="mia", now=clock())
        await opened.save(case, CommandKind.REASSIGN, by="mia", told={"owner": "ben"})
    first, second = await assignments(engine, captured.lead_id)
    assert (first["owner_id"], first["by"], first["rule"]) == ("anna", "followthrough", "default")
    assert (first["at"], first["until"]) == (begun_at, clock())
    assert first["why"].startswith("no rule is for it; at work now: Anna Keller, Ben Okafor; it is the turn of Anna")
    assert (second["owner_id"], second["by"], second["rule"], second["until"]) == ("ben", "mia", None, None)
    assert second["why"] == "reassigned by mia"
    view = await Reading(engine).lead(captured.lead_id, COMPANY, clock())
    assert view is not None
    assert [(one.owner, one.why) for one in view.assignments] == [("ben", second["why"]), ("anna", first["why"])]
    told = [(entry.text, entry.said) for entry in view.timeline if entry.kind == "assignment"]
    assert told == [("Given to Ben Okafor", "reassigned by mia"), ("Given to Anna Keller", first["why"])]


async def test_a_named_owner_takes_nobodys_turn(engine: AsyncEngine, intake: LeadIntake, clock: SettableClock) -> None:
    for number in range(3):
        named = NewLead(email=f"old{number}@example.com", owner="anna")
        captured = await intake.capture(named, by="file", now=clock())
        kept = (await assignments(engine, captured.lead_id))[0]
        assert (kept["owner_id"], kept["by"], kept["rule"], kept["why"]) == (
            *("anna", "file", None),
            "named when the lead came in",
        )
    clock.move_by(timedelta(seconds=1))
    captured = await intake.capture(NewLead(email="new@example.com"), by="test", now=clock())
    assert await owner_of(engine, captured.lead_id) == "anna"


async def test_the_company_stays_with_the_active_owner_of_its_newest_lead(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    for email, owner in (("a@harbor.com", "anna"), ("b@harbor.com", "ben"), ("c@harbor.com", "mia")):
        clock.move_by(timedelta(seconds=1))
        await intake.capture(NewLead(email=email, owner=owner), by="test", now=clock())
    await People(engine).deactivate("mia")
    captured = await intake.capture(NewLead(email="d@sales.harbor.com"), by="test", now=clock())
    kept = (await assignments(engine, captured.lead_id))[0]
    assert (kept["owner_id"], kept["rule"]) == ("ben", "whoever knows the company")
    assert kept["why"] == "rule 'whoever knows the company' (harbor.com is known); at work now: Ben Okafor"


async def test_who_joins_later_takes_turns_from_then_on(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    for number in range(6):
        await intake.capture(NewLead(email=f"{number}@example.com"), by="test", now=clock())
    clock.move_by(timedelta(minutes=1))
    await People(engine).deactivate("ben")
    await People(engine).activate("ben", clock())
    owners = []
    for number in range(6, 10):
        clock.move_by(timedelta(seconds=1))
        captured = await intake.capture(NewLead(email=f"{number}@example.com"), by="test", now=clock())
        owners.append(await owner_of(engine, captured.lead_id))
    assert Counter(owners) == {"anna": 2, "ben": 2}


async def test_without_anybody_nothing_is_stored(engine: AsyncEngine, intake: LeadIntake, clock: SettableClock) -> None:
    people = People(engine)
    for gone in ("anna", "ben"):
        await people.deactivate(gone)
    captured = await intake.capture(NewLead(email="a@example.com"), by="test", now=clock())
    assert await owner_of(engine, captured.lead_id) == "mia"
    with pytest.raises(CaptureRefused, match="there is no active colleague 'anna'"):
        await intake.capture(NewLead(email="b@example.com", owner="anna"), by="test", now=clock())


async def test_a_wrong_file_is_said_loudly_and_the_rules_before_it_stay(
    engine: AsyncEngine, shelf: CadenceShelf, cases: CaseStore, clock: SettableClock, tmp_path: Path
) -> None:
    router = Router(engine, COMPANY, Playbook(tmp_path))
    intake = LeadIntake(engine, shelf, cases, COMPANY, KEY, router)
    file, alerts = tmp_path / FILE, Alerts(engine)

    async def captured(text: str, second: int) -> str:
        file.write_text(text, encoding="utf-8")
        os.utime(file, (second, second))
        clock.move_by(timedelta(seconds=1))
        done = await intake.capture(NewLead(email=f"{second}@example.com"), by="test", now=clock())
        return await owner_of(engine, done.lead_id)

    only_mia = "rules: [{rule: only mia, to: {reps: mia}}]"
    assert await captured(only_mia, 1) == "mia"
    assert await captured("rules: [", 2) == "mia"
    assert await captured("", 3) == "mia"
    (alert,) = await alerts.all()
    assert (alert.kind.value, alert.subject) == ("playbook", "routing.yaml")
    assert "the file is empty" in alert.text
    assert "the last rules that were right are in force" in alert.text
    assert await captured("rules: [{rule: ben, to: {reps: ben}}]", 4) == "ben"
    assert await alerts.all() == []


async def test_a_question_goes_to_whom_its_topic_is_for(
    engine: AsyncEngine, shelf: CadenceShelf, cases: CaseStore, clock: SettableClock, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_text("rules: [{rule: freight, when: {topic: delivery}, to: {reps: mia}}]", encoding="utf-8")
    answers = AnswersInForce(lambda: Playbook().files("answers"))
    router = Router(engine, COMPANY, Playbook(tmp_path))
    intake = LeadIntake(engine, shelf, cases, COMPANY, KEY, router, answers)
    for question, owner in (("Do you ship to Hawaii?", "mia"), ("Hello there", "anna"), (None, "ben")):
        clock.move_by(timedelta(seconds=1))
        new = NewLead(email=f"{owner}@example.com", question=question)
        captured = await intake.capture(new, by="test", now=clock())
        assert await owner_of(engine, captured.lead_id) == owner

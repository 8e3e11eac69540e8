"""The company's own list: hashes that outlive the lead, that nothing deletes, and that capture always asks (T10)."""

import ast
import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.erasure import Erasure
from adapters.db.rows import ConsentRow, SuppressionRow
from adapters.db.suppressions import Suppressions, suppress, suppressed_channels
from cadences.case import Case
from cadences.suppressing import contact_suppressed
from leads.capture import CaptureRefused, NewConsent, NewLead
from leads.contract import CommandKind
from leads.model import Channel, ContactKind, LeadKind
from tests.clocks import SettableClock
from tests.sample import KEY

PHONE, EMAIL = "+12125550111", "priya@example.com"
PRIYA = NewLead(
    name="Priya",
    email=EMAIL,
    phone=PHONE,
    question="How much?",
    owner="anna",
    consents=tuple(NewConsent(channel, PHONE, "You may.", "box", "form") for channel in (Channel.SMS, Channel.CALL)),
)
CODE = Path(__file__).parents[2]
FLOORS = ("activities", "adapters", "api", "cadences", "leads", "runtime", "workflows")


@pytest.fixture
def listed(engine: AsyncEngine) -> Suppressions:
    return Suppressions(engine, KEY)


async def close(cases: CaseStore, lead_id: UUID, clock: SettableClock, contact: str, channel: Channel | None) -> Case:
    async with cases.open(lead_id, clock()) as opened:
        case = contact_suppressed(opened.case, contact=contact, channel=channel, why="asked", now=clock())
        await opened.save(case, CommandKind.LEAD_OPTED_OUT, by="anna")
    return await case_of(cases, lead_id, clock)


async def case_of(cases: CaseStore, lead_id: UUID, clock: SettableClock) -> Case:
    async with cases.open(lead_id, clock()) as opened:
        return opened.case


async def rows(engine: AsyncEngine, table: Any) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(table.__table__))).mappings())


async def test_a_channel_that_is_closed_stands_in_the_list_and_revokes_its_consent_only(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock, listed: Suppressions
) -> None:
    lead_id = (await intake.capture(PRIYA, by="test", now=clock())).lead_id
    for _ in range(2):
        case = await close(cases, lead_id, clock, PHONE, Channel.SMS)
        phone = next(point for point in case.lead.contacts if point.value == PHONE)
        assert (phone.suppressed, phone.suppressed_on) == (False, {Channel.SMS})
    (one,) = await listed.of(PHONE)
    assert (one.channel, one.kind, one.why, one.by) == (Channel.SMS, ContactKind.PHONE, "asked", "anna")
    consents = await rows(engine, ConsentRow)
    assert {row["channel"]: row["revoked_at"] is not None for row in consents} == {"sms": True, "call": False}


async def test_every_channel_closes_all_contact_points(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock, listed: Suppressions
) -> None:
    lead_id = (await intake.capture(PRIYA, by="test", now=clock())).lead_id
    case = await close(cases, lead_id, clock, EMAIL, None)
    assert all(point.suppressed for point in case.lead.contacts)
    assert [one.channel for contact in (EMAIL, PHONE) for one in await listed.of(contact)] == [None, None]


async def erased(engine: AsyncEngine, lead_id: UUID, now: datetime) -> None:
    await Erasure(engine, KEY).erase(lead_id, "test", now)


async def test_T10_a_channel_stays_closed_for_the_same_number_after_years(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock, listed: Suppressions
) -> None:
    entry = listed.entry(PHONE, Channel.SMS, why="asked", by="anna", now=clock())
    assert await listed.add_strangers({PHONE: [entry]}) == {}
    clock.move_by(timedelta(days=3660))
    lead_id = (await intake.capture(PRIYA, by="test", now=clock())).lead_id
    case = await case_of(cases, lead_id, clock)
    phone = next(point for point in case.lead.contacts if point.value == PHONE)
    assert (phone.suppressed, phone.suppressed_on) == (False, {Channel.SMS})
    # What closed a channel is not opened by a consent that came with a form or a file.
    assert [consent.channel for consent in case.lead.consents] == [Channel.CALL]


async def test_T10_it_survives_a_merge_into_a_known_lead(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock, listed: Suppressions
) -> None:
    lead_id = (await intake.capture(replace(PRIYA, phone=None, consents=()), by="test", now=clock())).lead_id
    entry = listed.entry(PHONE, None, why="asked", by="anna", now=clock())
    await listed.add_strangers({PHONE: [entry]})
    again = await intake.capture(PRIYA, by="test", now=clock())
    assert again.lead_id == lead_id
    lead = (await case_of(cases, lead_id, clock)).lead
    assert (lead.phone, lead.consents) == (None, ())


async def test_T10_it_survives_erasure_and_blocks_the_import_of_the_same_address(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock, listed: Suppressions
) -> None:
    lead_id = (await intake.capture(PRIYA, by="test", now=clock())).lead_id
    await close(cases, lead_id, clock, PHONE, Channel.SMS)
    clock.move_by(timedelta(days=1))
    await erased(engine, lead_id, clock())
    assert {one.channel for one in await listed.of(PHONE)} == {None, Channel.SMS}
    for found in (NewLead(kind=LeadKind.OUTBOUND, email=EMAIL), NewLead(kind=LeadKind.OUTBOUND, phone=PHONE)):
        with pytest.raises(CaptureRefused, match="stopped all messages"):
            await intake.capture(found, by="test", now=clock())
    # Who asks again by himself is answered by a person.
    back = await intake.capture(replace(PRIYA, consents=()), by="test", now=clock())
    assert (await case_of(cases, back.lead_id, clock)).enrollment.question_only


async def test_what_is_in_force_keeps_its_date_and_what_was_lifted_gets_a_new_one(
    engine: AsyncEngine, clock: SettableClock, listed: Suppressions
) -> None:
    begun = clock()

    async def add() -> None:
        await listed.add_strangers({PHONE: [listed.entry(PHONE, None, why="asked", by="anna", now=clock())]})

    await add()
    clock.move_by(timedelta(days=1))
    await add()
    (one,) = await listed.of(PHONE)
    assert one.created_at == begun

    assert await listed.reopen_stranger(PHONE, None, by="mia", why="a mistake", now=clock()) is None
    (one,) = await listed.of(PHONE)
    assert (one.lifted_at, one.lifted_by, one.lifted_why) == (clock(), "mia", "a mistake")
    async with engine.connect() as connection:
        assert await suppressed_channels(connection, KEY, [PHONE]) == {}

    clock.move_by(timedelta(days=1))
    await add()
    (one,) = await listed.of(PHONE)
    assert (one.created_at, one.lifted_at, one.lifted_by, one.lifted_why) == (clock(), None, None, None)


async def test_one_channel_opened_leaves_the_other_closed(
    engine: AsyncEngine, clock: SettableClock, listed: Suppressions
) -> None:
    await listed.add_strangers({PHONE: [listed.entry(PHONE, None, why="STOP", by="twilio", now=clock())]})
    await listed.reopen_stranger(PHONE, Channel.SMS, by="twilio", why="START", now=clock())
    async with engine.connect() as connection:
        assert await suppressed_channels(connection, KEY, [PHONE]) == {PHONE: {"call"}}
    await listed.reopen_stranger(PHONE, Channel.CALL, by="anna", why="asked", now=clock())
    async with engine.connect() as connection:
        assert await suppressed_channels(connection, KEY, [PHONE]) == {}


async def test_no_address_or_number_stands_in_the_list(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    lead_id = (await intake.capture(PRIYA, by="test", now=clock())).lead_id
    await close(cases, lead_id, clock, EMAIL, None)
    stored = str(await rows(engine, SuppressionRow))
    assert "example.com" not in stored
    assert PHONE not in stored


async def test_whoever_captures_while_a_stranger_is_suppressed_is_found_or_finds_it(
    engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock, listed: Suppressions
) -> None:
    contacts = [f"person{number}@example.com" for number in range(20)]

    async def stop(contact: str) -> bool:
        entry = listed.entry(contact, None, why="asked", by="anna", now=clock())
        return contact in await listed.add_strangers({contact: [entry]})

    captures = [intake.capture(NewLead(email=contact, owner="anna"), by="test", now=clock()) for contact in contacts]
    outcomes = await asyncio.gather(*(one for both in zip(captures, map(stop, contacts), strict=True) for one in both))
    for captured, known in zip(outcomes[::2], outcomes[1::2], strict=True):
        assert not isinstance(captured, bool)
        (point,) = (await case_of(cases, captured.lead_id, clock)).lead.contacts
        assert point.suppressed is not known


async def test_two_lists_that_come_at_once_in_other_orders_both_come_in(
    engine: AsyncEngine, clock: SettableClock, listed: Suppressions
) -> None:
    entries = [listed.entry(f"{one}@example.com", None, why="asked", by="a", now=clock()) for one in range(300)]

    async def write(some: list[Any]) -> None:
        async with engine.begin() as connection:
            await suppress(connection, some)

    await asyncio.gather(write(entries), write(entries[::-1]), write(entries), write(entries[::-1]))
    assert len(await rows(engine, SuppressionRow)) == len(entries)


def deletes(tree: ast.AST) -> bool:
    """Whether the code deletes suppressions: in SQLAlchemy's words, or in SQL's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "delete":
            whence = ast.dump(node)
            if "SuppressionRow" in whence or "_LIST" in whence:
                return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = node.value.casefold()
            if "delete from suppressions" in said or ("truncate" in said and "suppressions" in said):
                return True
    return False


def test_T10_no_code_path_deletes_from_the_list() -> None:
    found = {
        path.relative_to(CODE).as_posix()
        for floor in FLOORS
        for path in (CODE / floor).rglob("*.py")
        if deletes(ast.parse(path.read_text(encoding="utf-8")))
    }
    # Going back to a schema that knows no channels is nobody's path but a developer's.
    assert found == {"adapters/db/migrations/versions/v0004_channels.py"}
    assert deletes(ast.parse("delete(SuppressionRow).where(True)"))

"""Capture takes what the gate asks for: consents, the Do-Not-Call registry, purchases, inquiries (T3, T9)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.rows import CommandRow, ConsentRow
from leads.capture import CaptureRefused, NewConsent, NewLead
from leads.model import Channel, ContactPoint, Lead, LeadKind
from tests.clocks import SettableClock
from tests.sample import COMPANY

PHONE, EMAIL = "+12125550111", "priya@example.com"
FOUND = NewLead(kind=LeadKind.OUTBOUND, email=EMAIL, phone=PHONE, owner="anna")
ASKED = NewLead(email=EMAIL, phone=PHONE, question="How much?", owner="anna")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def lead_of(cases: CaseStore, lead_id: UUID, now: datetime) -> Lead:
    async with cases.open(lead_id, now) as opened:
        return opened.case.lead


def phone_of(lead: Lead) -> ContactPoint:
    return next(point for point in lead.contacts if point.value == PHONE)


async def commands(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(CommandRow.kind).order_by(CommandRow.revision))).scalars())


async def test_T3_a_consent_is_kept_with_all_that_the_law_asks_for(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    given = NewConsent(Channel.SMS, PHONE, "You may text me.", "checkbox", "pricing page")
    await intake.capture(replace(FOUND, consents=(given,)), by="test", now=clock())
    async with engine.connect() as connection:
        (row,) = (await connection.execute(select(ConsentRow.__table__))).mappings()
    kept = {key: row[key] for key in ("contact", "seller", "wording", "method", "source", "given_at", "revoked_at")}
    assert kept == {
        "contact": PHONE,
        "seller": COMPANY.name,
        "wording": "You may text me.",
        "method": "checkbox",
        "source": "pricing page",
        "given_at": clock(),
        "revoked_at": None,
    }


async def test_T9_what_the_registry_said_and_what_was_bought_is_kept(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    known = {"region": "TX", "purchased_at": clock() - DAY, "dnc_listed": True, "dnc_checked_at": clock() - 2 * DAY}
    captured = await intake.capture(replace(FOUND, **known), by="test", now=clock())
    lead = await lead_of(cases, captured.lead_id, clock())
    assert (lead.region, lead.purchased_at, lead.inquired_at) == ("TX", clock() - DAY, None)
    assert (phone_of(lead).dnc_listed, phone_of(lead).dnc_checked_at) == (True, clock() - 2 * DAY)
    email = next(point for point in lead.contacts if point.value == EMAIL)
    assert (email.dnc_listed, email.dnc_checked_at) == (None, None)


async def test_T9_a_registry_without_a_date_was_asked_now(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    captured = await intake.capture(replace(FOUND, dnc_listed=False), by="test", now=clock())
    assert phone_of(await lead_of(cases, captured.lead_id, clock())).dnc_checked_at == clock()


@pytest.mark.parametrize(
    ("known", "then", "kept"),
    [
        ({"dnc_listed": False}, {"dnc_listed": True}, (True, DAY)),
        # Without a date the same words are no newer look, so that a file that is run again changes nothing.
        ({"dnc_listed": False}, {"dnc_listed": False}, (False, timedelta(0))),
        (
            {"dnc_listed": False},
            {"dnc_listed": False, "dnc_checked_at": HOUR},
            (False, HOUR),
        ),
        ({"dnc_listed": False}, {"dnc_listed": True, "dnc_checked_at": -DAY}, (False, timedelta(0))),
        ({}, {"dnc_listed": True, "dnc_checked_at": -DAY}, (True, -DAY)),
    ],
)
async def test_T9_the_newest_look_at_the_registry_counts(
    engine: AsyncEngine,
    cases: CaseStore,
    intake: LeadIntake,
    clock: SettableClock,
    known: dict[str, Any],
    then: dict[str, Any],
    kept: tuple[bool, timedelta],
) -> None:
    begun = clock()
    captured = await intake.capture(replace(FOUND, **known), by="test", now=begun)
    clock.move_by(DAY)
    if "dnc_checked_at" in then:
        then = {**then, "dnc_checked_at": begun + then["dnc_checked_at"]}
    for _ in range(2):
        await intake.capture(replace(FOUND, **then), by="test", now=clock())
    phone = phone_of(await lead_of(cases, captured.lead_id, clock()))
    assert phone.dnc_checked_at is not None
    assert (phone.dnc_listed, phone.dnc_checked_at - begun) == kept
    news = kept[1] != timedelta(0)
    assert await commands(engine) == ["start"] + ["lead_asked_again"] * news


async def test_T9_an_inquiry_is_dated_when_it_is_made_and_made_again(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    begun = clock()
    lead_id = (await intake.capture(ASKED, by="test", now=begun)).lead_id
    assert (await lead_of(cases, lead_id, clock())).inquired_at == begun
    clock.move_by(DAY)
    # The same form sent twice, or a program that tells what it knows, asks nothing.
    for nothing_new in (ASKED, replace(ASKED, question=None), replace(ASKED, kind=LeadKind.OUTBOUND)):
        await intake.capture(nothing_new, by="test", now=clock())
    assert (await lead_of(cases, lead_id, clock())).inquired_at == begun
    await intake.capture(replace(ASKED, question="And how fast?"), by="test", now=clock())
    assert (await lead_of(cases, lead_id, clock())).inquired_at == clock()


async def test_T9_whom_we_found_and_who_then_asks_has_inquired(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    lead_id = (await intake.capture(FOUND, by="test", now=clock())).lead_id
    assert (await lead_of(cases, lead_id, clock())).inquired_at is None
    clock.move_by(DAY)
    await intake.capture(ASKED, by="test", now=clock())
    assert (await lead_of(cases, lead_id, clock())).inquired_at == clock()


async def test_the_newest_purchase_counts_and_what_is_lacking_is_filled(
    cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    older, newer = clock() - 90 * DAY, clock() - 30 * DAY
    lead_id = (await intake.capture(replace(FOUND, purchased_at=newer), by="test", now=clock())).lead_id
    await intake.capture(replace(FOUND, purchased_at=older, region="FL"), by="test", now=clock())
    lead = await lead_of(cases, lead_id, clock())
    assert (lead.purchased_at, lead.region) == (newer, "FL")
    await intake.capture(replace(FOUND, purchased_at=clock() - DAY, region="TX"), by="test", now=clock())
    lead = await lead_of(cases, lead_id, clock())
    assert (lead.purchased_at, lead.region) == (clock() - DAY, "FL")


@pytest.mark.parametrize("name", ["purchased_at", "dnc_checked_at"])
@pytest.mark.parametrize("ahead", [DAY, -4000 * DAY])
async def test_what_lies_ahead_or_too_far_back_is_refused(
    intake: LeadIntake, clock: SettableClock, name: str, ahead: timedelta
) -> None:
    wrong = {"dnc_listed": True, name: clock() + ahead}
    with pytest.raises(CaptureRefused, match="ten years") as refused:
        await intake.capture(replace(FOUND, **wrong), by="test", now=clock())  # type: ignore[arg-type]
    assert refused.value.field == name

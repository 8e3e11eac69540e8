"""Senders with caps and gaps, and many messages at once that want to go through them."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.messages import MessageActivities
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.rows import SenderSlotRow, SendingDomainRow, TouchRow
from adapters.db.senders import Senders
from cadences.case import Case
from cadences.slots import SLOT_KEPT
from leads.capture import NewLead
from leads.contract import Plan, WakeKind
from leads.model import Channel, LeadKind
from leads.sending import Claim, SendRefused, TouchState
from tests.activities.desk import Desk
from tests.activities.senders import ScriptedSender
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.quiet import nobody_waits
from tests.sample import COMPANY

ANNA, BEN, TEAM = "anna@example.com", "ben@example.com", "team@example.com"
GAP = timedelta(seconds=90)
NEW_YORK = ZoneInfo("America/New_York")
_ROUNDS = 40
"""More than any test's leads need."""


class Office:
    """Leads of two reps whose first emails are due at once, and what sends them."""

    def __init__(self, engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> None:
        self.engine = engine
        self.cases = cases
        self.clock = clock
        self.sender = ScriptedSender()
        self.senders = Senders(engine, COMPANY)
        self._intake = intake
        self._captured = 0

    async def captured(self, owner: str = "anna", **given: Any) -> Desk:
        self._captured += 1
        new = NewLead(email=f"lead{self._captured}@example.com", question="How much?", owner=owner, **given)
        lead_id = (await self._intake.capture(new, by="test", now=self.clock())).lead_id
        await nobody_waits(self.engine)
        desk = Desk(self.engine, self.cases, self.clock, lead_id)
        desk.sender = self.sender
        desk.activities = MessageActivities(self.cases, self.sender, self.sender, LINKS, self.clock)
        return desk

    async def several(self, number: int, owner: str = "anna", **given: Any) -> list[Desk]:
        return [await self.captured(owner, **given) for _ in range(number)]

    async def send(self, desks: list[Desk]) -> list[Plan]:
        """All of them at once, each as its own worker would."""
        steps = [await desk.step() for desk in desks]
        return await asyncio.gather(
            *(desk.activities.send_email(step) for desk, step in zip(desks, steps, strict=True))
        )

    async def send_each_in_time(self, desks: list[Desk]) -> None:
        """Every timer goes off when it is due, until each lead's email is out."""
        waiting = list(desks)
        for _ in range(_ROUNDS):
            if not waiting:
                return
            wakes = [(plan.wake.at, desk) for desk in waiting if (plan := await desk.plan()).wake is not None]
            at = max(min(one for one, _ in wakes), self.clock())
            self.clock.move_to(at)
            due = [desk for one, desk in wakes if one <= at]
            plans = await self.send(due)
            out = {id(desk) for desk, plan in zip(due, plans, strict=True) if not of_email(plan)}
            waiting = [desk for desk in waiting if id(desk) not in out]
        raise AssertionError(f"{len(waiting)} leads still wait for their turn")

    async def claims(self) -> list[Any]:
        """The ledger, oldest first."""
        async with self.engine.connect() as connection:
            found = await connection.execute(select(TouchRow.__table__).order_by(TouchRow.happened_at))
            return list(found)

    async def slots(self, sender: str) -> list[datetime]:
        async with self.engine.connect() as connection:
            asked = select(SenderSlotRow.at).where(SenderSlotRow.sender == sender).order_by(SenderSlotRow.at)
            return list((await connection.execute(asked)).scalars())


def of_email(plan: Plan) -> bool:
    return plan.wake is not None and plan.wake.kind is WakeKind.SEND_EMAIL


@pytest_asyncio.fixture
async def office(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> Office:
    return Office(engine, cases, intake, clock)


async def sender_of(office: Office, lead_id: UUID) -> str | None:
    async with office.cases.open(lead_id, office.clock()) as opened:
        sender = opened.case.senders.get(Channel.EMAIL)
    return sender.address if sender else None


async def test_the_ledger_has_the_sender_that_a_message_came_from(office: Office) -> None:
    await office.senders.add(ANNA, Channel.EMAIL, office.clock(), name="Anna", colleague_id="anna")
    desks = [await office.captured("anna"), await office.captured("ben")]
    await office.send(desks)
    assert {message.sender: message.sender_name for message in office.sender.messages} == {
        ANNA: "Anna",
        "hello@example.com": "Example Company",
    }
    assert {claim.sender for claim in await office.claims()} == {ANNA, "hello@example.com"}
    assert await office.slots(ANNA) == []  # Without limits nothing is reserved.


async def test_a_lead_keeps_the_sender_that_wrote_to_it_while_that_one_may(office: Office) -> None:
    await office.senders.add(TEAM, Channel.EMAIL, office.clock())
    desk = await office.captured("anna")
    await office.send([desk])
    await office.senders.add(ANNA, Channel.EMAIL, office.clock(), colleague_id="anna")
    assert await sender_of(office, desk.lead_id) == TEAM
    assert await sender_of(office, (await office.captured("anna")).lead_id) == ANNA
    await office.senders.stop(TEAM)
    assert await sender_of(office, desk.lead_id) == ANNA
    await office.senders.change(ANNA, office.clock(), colleague_id="ben")
    assert await sender_of(office, desk.lead_id) is None


async def test_many_messages_at_once_through_one_sender_take_slots_a_gap_apart(office: Office) -> None:
    await office.senders.add(ANNA, Channel.EMAIL, office.clock(), colleague_id="anna", gap=GAP)
    desks = await office.several(12)
    now = office.clock()

    plans = await office.send(desks)

    assert len(office.sender.messages) == 1
    wakes = sorted(plan.wake.at for plan in plans if plan.wake is not None and of_email(plan))
    assert wakes == [now + index * GAP for index in range(1, 12)]
    assert await office.slots(ANNA) == [now, *wakes]
    waiting = next(desk for desk, plan in zip(desks, plans, strict=True) if of_email(plan))
    async with office.cases.open(waiting.lead_id, now) as opened:
        touch = opened.case.enrollment.next
        assert touch is not None
        assert [reason.text for reason in touch.reasons if reason.rule == "sender"] == [
            "anna@example.com sends one message every 90 s"
        ]

    await office.send_each_in_time([desk for desk, plan in zip(desks, plans, strict=True) if of_email(plan)])
    sent_at = [claim.happened_at for claim in await office.claims()]
    assert len(sent_at) == 12
    assert all(later - earlier == GAP for earlier, later in pairwise(sent_at))
    assert len(await office.slots(ANNA)) == 12  # Whoever came at its slot took no second one.


async def test_one_senders_backlog_keeps_nobody_else_waiting(office: Office) -> None:
    for address, owner in ((ANNA, "anna"), (BEN, "ben")):
        await office.senders.add(address, Channel.EMAIL, office.clock(), colleague_id=owner, gap=GAP)
    await office.send(await office.several(8, "anna"))
    (plan,) = await office.send([await office.captured("ben")])
    assert not of_email(plan)
    assert Counter(message.sender for message in office.sender.messages) == {ANNA: 1, BEN: 1}


async def test_no_day_has_more_messages_than_the_cap(office: Office) -> None:
    await office.senders.add(ANNA, Channel.EMAIL, office.clock(), colleague_id="anna", daily_cap=3, gap=GAP)
    desks = await office.several(10)
    order = [desk.lead_id for desk in desks]
    for desk in desks:
        await office.send([desk])
    await office.send_each_in_time([desk for desk in desks if of_email(await desk.plan())])
    claims = await office.claims()
    days = Counter(claim.happened_at.astimezone(NEW_YORK).date() for claim in claims)
    assert (sorted(days.values()), len(claims)) == ([1, 3, 3, 3], 10)
    assert [claim.lead_id for claim in claims] == order  # First come, first served.


async def test_many_at_once_never_exceed_the_cap(office: Office) -> None:
    await office.senders.add(TEAM, Channel.EMAIL, office.clock(), daily_cap=4)
    desks = await office.several(9)
    plans = await office.send(desks)
    assert len(office.sender.messages) == 4
    waiting = [plan for plan in plans if of_email(plan)]
    assert len(waiting) == 5
    await office.send_each_in_time([desk for desk, plan in zip(desks, plans, strict=True) if of_email(plan)])
    days = Counter(claim.happened_at.astimezone(NEW_YORK).date() for claim in await office.claims())
    assert sorted(days.values()) == [1, 4, 4]


async def test_a_message_that_comes_long_after_its_slot_takes_another_one(office: Office) -> None:
    await office.senders.add(ANNA, Channel.EMAIL, office.clock(), colleague_id="anna", gap=GAP)
    desks = await office.several(4)
    await office.send(desks)
    waiting = [desk for desk in desks if of_email(await desk.plan())]
    office.clock.move_by(3 * GAP + SLOT_KEPT + timedelta(minutes=20))  # No worker was there.
    await office.send(waiting)
    assert len(office.sender.messages) == 2
    await office.send_each_in_time([desk for desk in waiting if of_email(await desk.plan())])
    sent_at = [claim.happened_at for claim in await office.claims()]
    assert all(later - earlier >= GAP for earlier, later in pairwise(sent_at))


async def test_a_refused_message_takes_a_slot_of_its_own_when_it_is_tried_again(office: Office) -> None:
    gap = timedelta(minutes=10)
    await office.senders.add(ANNA, Channel.EMAIL, office.clock(), colleague_id="anna", gap=gap)
    first, second = await office.several(2)
    await office.send([first])
    (plan,) = await office.send([second])
    assert plan.wake is not None
    office.clock.move_to(plan.wake.at)
    office.sender.script = [SendRefused("slow down", "429", timedelta(minutes=1))]
    await office.send([second])
    office.clock.move_by(timedelta(minutes=1))
    (plan,) = await office.send([second])
    assert plan.wake is not None
    assert (plan.wake.kind, plan.wake.at) == (WakeKind.SEND_EMAIL, office.clock() + timedelta(minutes=9))
    office.clock.move_to(plan.wake.at)
    await office.send([second])
    assert len(office.sender.messages) == 2


async def test_a_backlog_that_reaches_beyond_the_hours_goes_on_in_them_a_gap_apart(office: Office) -> None:
    await office.senders.add(ANNA, Channel.EMAIL, office.clock(), colleague_id="anna", gap=timedelta(hours=3))
    desks = await office.several(6, kind=LeadKind.OUTBOUND, phone=None)
    for desk in desks:
        await office.send([desk])
    await office.send_each_in_time([desk for desk in desks if of_email(await desk.plan())])
    sent_at = [claim.happened_at for claim in await office.claims()]
    assert len(sent_at) == 6
    assert all(later - earlier >= timedelta(hours=3) for earlier, later in pairwise(sent_at))
    local = [at.astimezone(NEW_YORK) for at in sent_at]
    assert all(9 <= at.hour < 18 and at.weekday() < 5 for at in local)


async def test_what_a_sender_sent_before_it_had_a_cap_counts(office: Office) -> None:
    await office.senders.add(TEAM, Channel.EMAIL, office.clock())
    await office.send(await office.several(2))
    await office.senders.change(TEAM, office.clock(), daily_cap=3)
    await office.send(await office.several(2))
    assert len(office.sender.messages) == 3


async def test_a_new_sender_grows(office: Office) -> None:
    await office.senders.add(TEAM, Channel.EMAIL, office.clock(), daily_cap=100, ramp=True)
    (view,) = await office.senders.all(office.clock())
    assert (view.cap_today, view.daily_cap, view.sent_today) == (20, 100, 0)
    (view,) = await office.senders.all(office.clock() + timedelta(days=7))
    assert view.cap_today == 40


async def test_the_list_shows_what_is_sent_and_what_is_free(office: Office) -> None:
    await office.senders.add(ANNA, Channel.EMAIL, office.clock(), colleague_id="anna", daily_cap=2, gap=GAP)
    await office.send(await office.several(3))
    (view,) = await office.senders.all(office.clock())
    assert (view.sent_today, view.cap_today) == (1, 2)
    assert view.free_at == datetime(2026, 11, 21, 5, 1, 30, tzinfo=UTC)  # The third has the first slot of the day.


@pytest.mark.parametrize("limits", [{"daily_cap": 1}, {"gap": timedelta(days=1)}])
async def test_a_stop_while_it_waits_for_its_slot_stops_the_message(office: Office, limits: dict[str, Any]) -> None:
    await office.senders.add(ANNA, Channel.EMAIL, office.clock(), colleague_id="anna", **limits)
    first, second = await office.several(2)
    await office.send([first])
    (plan,) = await office.send([second])
    assert of_email(plan)
    await second.say_no()
    assert (await second.plan()).wake is None
    assert len(office.sender.messages) == 1


async def test_email_of_a_paused_domain_waits_and_what_follows_counts_from_it(office: Office) -> None:
    desk = await office.captured(kind=LeadKind.OUTBOUND)
    until = office.clock() + timedelta(days=7)
    async with office.engine.begin() as connection:
        paused = {"domain": "example.com", "paused_until": until, "why": "3 of 90 messages of a day were called spam"}
        await connection.execute(insert(SendingDomainRow).values(paused))

    (plan,) = await office.send([desk])

    assert office.sender.messages == []
    assert plan.wake is not None
    assert (plan.wake.kind, plan.wake.at) == (WakeKind.SEND_EMAIL, until)
    async with office.cases.open(desk.lead_id, office.clock()) as opened:
        touch = opened.case.enrollment.next
        assert touch is not None
        assert touch.reasons[-1].rule == "sender"
        assert "email of this domain is paused: 3 of 90 messages" in touch.reasons[-1].text

    office.clock.move_to(until)
    await office.send([desk])
    assert len(office.sender.messages) == 1
    async with office.cases.open(desk.lead_id, office.clock()) as opened:
        assert opened.case.enrollment.first_contact_at == until


async def test_an_answer_at_once_waits_for_a_paused_domain_as_well(office: Office) -> None:
    desk = await office.captured()
    until = office.clock() + timedelta(hours=3)
    async with office.engine.begin() as connection:
        paused = {"domain": "example.com", "paused_until": until, "why": "spam"}
        await connection.execute(insert(SendingDomainRow).values(paused))
    (plan,) = await office.send([desk])
    assert plan.wake is not None
    assert plan.wake.at == until
    office.clock.move_to(until)
    await office.send([desk])
    assert len(office.sender.messages) == 1


async def test_the_ledger_says_over_which_channel_a_step_went_at_last(desk: Desk) -> None:
    reference = uuid4()

    def claim(case: Case, **changes: Any) -> Claim:
        values: dict[str, Any] = {
            "touch_id": reference,
            "enrollment_id": case.enrollment.id,
            "step_id": "s",
            "occurrence": 1,
            "channel": Channel.SMS,
            "contact": "+12125550111",
            "subject": None,
            "text": "x",
            "claimed_at": desk.clock(),
            "provider": "scripted",
        }
        return Claim(**values | changes)

    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        await opened.claim(claim(opened.case))
        await opened.settle(reference, TouchState.FAILED)
        await opened.claim(claim(opened.case, channel=Channel.EMAIL, contact="priya@example.com", attempt=2))
        await opened.settle(reference, TouchState.SENT)
    async with desk.engine.connect() as connection:
        assert await connection.scalar(select(TouchRow.channel).where(TouchRow.id == reference)) == "email"

"""Slots: who goes when, where a sender may send only so much."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadences.case import Case, Sender
from cadences.deliverability import SenderLimits
from cadences.planning import plan
from cadences.progress import message_refused, message_sent
from cadences.slots import SLOT_KEPT, Turn, first_turn, holds_slot, permitted_from, put_off
from leads.model import Channel, LeadKind
from leads.spans import wall_clock
from leads.windows import HORIZON
from tests.cadences.cases import MONDAY, NO_LIMITS, a_cadence, a_lead, begun, local, new_york, texts

NEW_YORK = ZoneInfo("America/New_York")
ADDRESS = "anna@example.com"
GAP = timedelta(seconds=90)
HOURS = {"days": "mon-fri", "from": "09:00", "to": "17:30", "calendar": "US"}


def at_any_time(at: datetime) -> datetime:
    return at


def turns(limits: SenderLimits, number: int, now: datetime = MONDAY) -> list[datetime]:
    """The slots of so many messages that all come now."""
    taken: list[datetime] = []
    for _ in range(number):
        taken.append(first_turn(limits, sorted(taken), now, NEW_YORK, at_any_time).at)
    return taken


def test_the_first_message_goes_at_once_and_each_other_one_a_gap_later() -> None:
    limits = SenderLimits(address=ADDRESS, gap=GAP)
    assert turns(limits, 4) == [MONDAY + index * GAP for index in range(4)]


def test_a_message_that_comes_within_the_gap_waits_for_its_end() -> None:
    limits = SenderLimits(address=ADDRESS, gap=GAP)
    turn = first_turn(limits, [MONDAY - timedelta(seconds=30)], MONDAY, NEW_YORK, at_any_time)
    assert turn == Turn(MONDAY + timedelta(seconds=60), "anna@example.com sends one message every 90 s")
    assert first_turn(limits, [MONDAY - GAP], MONDAY, NEW_YORK, at_any_time) == Turn(MONDAY, "")


def test_what_a_full_day_has_no_room_for_goes_on_the_next() -> None:
    limits = SenderLimits(address=ADDRESS, daily_cap=2)
    late = new_york("2026-03-02 23:59")
    assert [local(at) for at in turns(limits, 5, late)] == [
        *["Mon 2026-03-02 23:59"] * 2,
        *["Tue 2026-03-03 00:00"] * 2,
        "Wed 2026-03-04 00:00",
    ]
    turn = first_turn(limits, [late, late], late, NEW_YORK, at_any_time)
    assert turn.why == "anna@example.com has its 2 messages for Mon 02 Mar 2026"


def test_a_slot_outside_of_a_leads_hours_is_left_to_others() -> None:
    limits = SenderLimits(address=ADDRESS, daily_cap=1)
    nine = new_york("2026-03-03 09:00")

    def from_nine(at: datetime) -> datetime:
        return max(at, nine)

    turn = first_turn(limits, [MONDAY], MONDAY, NEW_YORK, from_nine)
    assert turn.at == nine
    # Whoever may go at night takes none of the others' time, and the day's number holds all the same.
    limits = SenderLimits(address=ADDRESS, daily_cap=2, gap=GAP)
    night = first_turn(limits, [MONDAY, MONDAY + GAP, nine], MONDAY, NEW_YORK, at_any_time)
    assert local(night.at) == "Tue 2026-03-03 00:00"
    assert local(first_turn(limits, [MONDAY, MONDAY + GAP, night.at, nine], MONDAY, NEW_YORK, from_nine).at) == (
        "Wed 2026-03-04 00:00"
    )


def test_a_sender_that_has_nothing_free_for_two_weeks_keeps_no_slot() -> None:
    limits = SenderLimits(address=ADDRESS, daily_cap=1)
    taken = [MONDAY + timedelta(days=day) for day in range(20)]
    turn = first_turn(limits, taken, MONDAY, NEW_YORK, at_any_time)
    assert (turn.kept, turn.at > MONDAY + HORIZON) == (False, True)
    assert not first_turn(limits, [MONDAY], MONDAY, NEW_YORK, lambda at: None).kept


@given(
    gap=st.integers(0, 4000),
    cap=st.one_of(st.none(), st.integers(1, 6)),
    comes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 30)), min_size=1, max_size=40),
)
def test_slots_are_a_gap_apart_and_no_day_has_more_than_its_cap(
    gap: int, cap: int | None, comes: list[tuple[int, int]]
) -> None:
    limits, now = SenderLimits(address=ADDRESS, daily_cap=cap, gap=timedelta(seconds=gap)), MONDAY
    taken: list[datetime] = []
    for seconds, hour in comes:
        now += timedelta(seconds=seconds)
        opens_at = now + timedelta(hours=hour)
        turn = first_turn(limits, sorted(taken), now, NEW_YORK, lambda at, opens=opens_at: max(at, opens))  # type: ignore[misc]
        assert turn.at >= now
        if turn.kept:
            assert turn.at == now or turn.at >= opens_at
            taken.append(turn.at)
    slots = sorted(taken)
    assert all(later - earlier >= limits.gap for earlier, later in pairwise(slots))
    days = [wall_clock(slot, NEW_YORK).date() for slot in slots]
    assert cap is None or all(days.count(day) <= cap for day in days)


def limited(case: Case) -> Case:
    return replace(case, senders={Channel.EMAIL: Sender(ADDRESS, "Anna", limited=True)})


@pytest.fixture
def due() -> Case:
    """An outbound lead whose first email is due now, from a sender with limits."""
    cadence = a_cadence({"email": "hello"}, {"wait": "3 days", "email": "again"}, hours=HOURS, limits=NO_LIMITS)
    return limited(begun(cadence, a_lead(kind=LeadKind.OUTBOUND)))


def test_a_message_put_off_says_why_and_holds_its_slot_when_it_comes(due: Case) -> None:
    touch = due.enrollment.next
    assert touch is not None
    at = MONDAY + 5 * GAP
    waiting = put_off(due, touch, Turn(at, "anna sends one message every 90 s"), MONDAY)
    planned = waiting.enrollment.next
    assert planned is not None
    assert planned.act_at == at
    assert [reason.rule for reason in planned.reasons] == ["plan", "sender"]
    assert "anna sends one message every 90 s" in texts(planned.reasons)
    assert not holds_slot(waiting, touch, at - timedelta(microseconds=1))
    assert holds_slot(waiting, touch, at)
    assert holds_slot(waiting, touch, at + SLOT_KEPT)
    assert not holds_slot(waiting, touch, at + SLOT_KEPT + timedelta(microseconds=1))


def test_a_slot_is_no_other_steps_and_no_other_senders(due: Case) -> None:
    touch = due.enrollment.next
    assert touch is not None
    waiting = put_off(due, touch, Turn(MONDAY + GAP, "why"), MONDAY)
    other = replace(waiting, senders={Channel.EMAIL: Sender("ben@example.com", limited=True)})
    assert not holds_slot(other, touch, MONDAY + GAP)
    sent = message_sent(waiting, touch.step, MONDAY + GAP)
    assert sent.enrollment.slot is None
    refused = message_refused(waiting, touch.step, MONDAY + GAP)
    assert refused.enrollment.slot is None  # The next try takes a slot of its own.


def test_a_slot_of_yesterday_is_none_today(due: Case) -> None:
    touch = due.enrollment.next
    assert touch is not None
    before_midnight = new_york("2026-03-02 23:58")
    waiting = put_off(due, touch, Turn(before_midnight, "why"), MONDAY)
    assert waiting.enrollment.slot is not None
    assert not holds_slot(waiting, touch, new_york("2026-03-03 00:01"))


def test_the_rules_of_the_touch_say_from_when_on_a_slot_is_of_use(due: Case) -> None:
    touch = due.enrollment.next
    assert touch is not None
    permitted = permitted_from(due, touch, MONDAY)
    within = new_york("2026-03-02 17:29")
    assert permitted(within) == within
    assert local(permitted(new_york("2026-03-02 17:30"))) == "Tue 2026-03-03 09:00"
    assert permitted(MONDAY + HORIZON + timedelta(days=1)) is None  # It would go another way.


def test_a_message_without_a_slot_in_sight_goes_another_way_and_stays_there(due: Case) -> None:
    touch = due.enrollment.next
    assert touch is not None
    turn = first_turn(
        SenderLimits(address=ADDRESS, daily_cap=1),
        [MONDAY + timedelta(days=day) for day in range(20)],
        MONDAY,
        NEW_YORK,
        permitted_from(due, touch, MONDAY),
    )
    waiting = put_off(due, touch, turn, MONDAY)
    planned = waiting.enrollment.next
    assert planned is not None
    assert planned.channel is Channel.CALL
    assert waiting.enrollment.slot is not None
    assert not holds_slot(waiting, touch, waiting.enrollment.slot.at)
    again = plan(waiting, MONDAY + timedelta(minutes=1)).enrollment.next
    assert again is not None
    assert again.channel is Channel.CALL


def test_what_follows_a_message_that_waited_for_days_keeps_its_distance() -> None:
    cadence = a_cadence(
        {"email": "hello"},
        {"after": "3 days", "email": "again"},
        {"after": "2 weeks", "email": "last"},
        hours=HOURS,
        limits=NO_LIMITS,
    )
    start = new_york("2026-03-16 10:00")
    case = limited(begun(cadence, a_lead(kind=LeadKind.OUTBOUND), start=start))
    touch = case.enrollment.next
    assert touch is not None
    case = message_sent(case, touch.step, start)
    touch = case.enrollment.next
    assert touch is not None
    due_at = touch.act_at
    turn = Turn(due_at + timedelta(days=7), "the cap")
    waiting = put_off(case, touch, turn, due_at)
    # It comes for its slot: the sender keeps nothing back any more, and the store says so.
    came = plan(limited(waiting), turn.at)
    assert came.enrollment.next is not None
    assert (came.enrollment.next.act_at, came.enrollment.next.planned_at) == (turn.at, due_at)
    sent = message_sent(came, touch.step, turn.at)
    assert sent.enrollment.moved == timedelta(days=7)

"""A provider's account is in trouble: the step is kept, the lead holds, and nothing of its plan is used up."""

from datetime import datetime, timedelta

import pytest

from cadences.case import Case
from cadences.commands import resume
from cadences.enrollment import HoldReason
from cadences.planning import wake
from cadences.progress import MOST_TROUBLES, account_in_trouble, message_refused, message_sent
from leads.contract import WakeKind
from leads.model import Channel, LeadKind
from tests.cadences.cases import MONDAY, NO_LIMITS, a_cadence, a_lead, begun, local, new_york, next_local, open_kinds

CADENCE = a_cadence({"sms": "hello"}, {"wait": "3 days", "sms": "again"}, limits=NO_LIMITS)
WHY = "twilio 20003: the account's credentials are not accepted"


def held(case: Case, now: datetime) -> Case:
    touch = case.enrollment.next
    assert touch is not None
    return account_in_trouble(case, touch.step, now, WHY)


@pytest.fixture
def due() -> Case:
    return begun(CADENCE, a_lead(kind=LeadKind.OUTBOUND, sms=True))


def test_the_lead_holds_with_an_owner_and_an_end_and_the_step_is_the_next_still(due: Case) -> None:
    case = held(due, MONDAY)
    hold, touch, before = case.enrollment.hold, case.enrollment.next, due.enrollment.next
    assert hold is not None
    assert (hold.reason, hold.owner, hold.until) == (HoldReason.PROVIDER, "mia", MONDAY + timedelta(hours=1))
    assert hold.note == WHY
    assert touch is not None
    assert before is not None
    assert (touch.step, touch.channel, touch.act_at) == (before.step, Channel.SMS, hold.until)
    assert (case.enrollment.attempts, case.enrollment.done) == (0, None)
    woken = wake(case)
    assert woken is not None
    assert (woken.kind, woken.at) == (WakeKind.SEND_SMS, hold.until)


def test_it_is_tried_again_after_one_hour_four_hours_and_then_each_day(due: Case) -> None:
    case, now, tried = due, MONDAY, []
    for _ in range(4):
        case = held(case, now)
        assert case.enrollment.hold is not None
        now = case.enrollment.hold.until
        tried.append(local(now))
    assert tried == ["Mon 2026-03-02 11:00", "Mon 2026-03-02 15:00", "Tue 2026-03-03 15:00", "Wed 2026-03-04 15:00"]
    assert case.enrollment.attempts == 0
    sent = message_sent(case, case.enrollment.next.step, now)  # type: ignore[union-attr]
    assert (sent.enrollment.attempts, sent.enrollment.troubles, sent.enrollment.hold) == (1, 0, None)
    assert next_local(sent) == "Mon 2026-03-09 09:00"  # Three days after it really happened, and a Saturday.


def test_a_hold_that_ends_outside_of_the_hours_goes_on_when_they_open(due: Case) -> None:
    case = held(due, new_york("2026-03-02 17:00"))
    assert case.enrollment.hold is not None
    assert local(case.enrollment.hold.until) == "Mon 2026-03-02 18:00"
    assert next_local(case) == "Tue 2026-03-03 09:00"


def test_whoever_mended_the_account_need_not_wait(due: Case) -> None:
    now = MONDAY + timedelta(minutes=10)
    case = resume(held(due, MONDAY), by="mia", now=now)
    touch = case.enrollment.next
    assert touch is not None
    assert (case.enrollment.hold, touch.act_at) == (None, now)


def test_trouble_with_a_step_that_is_not_next_any_more_holds_nothing(due: Case) -> None:
    touch = due.enrollment.next
    assert touch is not None
    sent = message_sent(due, touch.step, MONDAY)
    assert account_in_trouble(sent, touch.step, MONDAY, WHY) == sent


def test_what_may_be_tried_once_more_becomes_a_persons_the_second_time(due: Case) -> None:
    touch = due.enrollment.next
    assert touch is not None
    once = message_refused(due, touch.step, MONDAY, once=True)
    again = once.enrollment.next
    assert again is not None
    assert (again.channel, again.act_at) == (Channel.SMS, MONDAY + timedelta(minutes=1))
    twice = message_refused(once, touch.step, again.act_at, once=True)
    assert open_kinds(twice) == ["step"]
    assert twice.open_tasks[0].title == "reach the lead in person, not by text (hello)"
    assert (twice.enrollment.refusals, twice.enrollment.not_before) == (0, None)


def test_trouble_with_the_account_does_not_count_as_the_first_of_two_tries(due: Case) -> None:
    case = held(due, MONDAY)
    touch = case.enrollment.next
    assert touch is not None
    refused = message_refused(case, touch.step, touch.act_at, once=True)
    assert open_kinds(refused) == []


def test_trouble_that_never_ends_becomes_a_persons(due: Case) -> None:
    case, now = due, MONDAY
    for _ in range(MOST_TROUBLES):
        case = held(case, now)
        assert open_kinds(case) == []
        touch = case.enrollment.next
        assert touch is not None
        now = touch.act_at
    touch = case.enrollment.next
    assert touch is not None
    case = account_in_trouble(case, touch.step, now, WHY)
    assert open_kinds(case) == ["step"]
    assert WHY in case.open_tasks[0].text

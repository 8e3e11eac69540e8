"""A contact point that is closed, opened again or looked up: the plan goes on without it, or ends as an opt-out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cadences.case import Case
from cadences.facts import Suppressed
from cadences.suppressing import can_be_reached, contact_suppressed, do_not_call_noted, reopened
from cadences.tasks import TaskState
from leads.model import Channel, Ending, LeadKind
from tests.cadences.cases import EMAIL, MONDAY, PHONE, a_cadence, a_lead, begun, carried_out, open_kinds, waited_for

DAY = timedelta(days=1)
PLAN = a_cadence({"email": "a"}, {"after": "3 days", "call": "b"}, {"after": "10 days", "email": "c"})


def closed(case: Case, contact: str, channel: Channel | None, **later: int) -> Case:
    return contact_suppressed(case, contact=contact, channel=channel, why="asked", now=MONDAY + timedelta(**later))


def calling(kind: LeadKind = LeadKind.INBOUND) -> Case:
    """The call's task is open."""
    case = carried_out(carried_out(begun(PLAN, a_lead(kind=kind))))
    assert open_kinds(case) == ["call"]
    return case


def next_channel(case: Case) -> Channel:
    assert case.enrollment.next is not None
    return case.enrollment.next.channel


def test_on_one_channel_the_plan_goes_on_over_the_others() -> None:
    case = closed(begun(PLAN), EMAIL, Channel.EMAIL)
    assert case.enrollment.ended is None
    assert case.lead.email is None
    assert next_channel(case) is not Channel.EMAIL
    assert case.facts == (Suppressed(EMAIL, "asked", Channel.EMAIL),)


def test_on_every_channel_the_lead_is_stopped_altogether() -> None:
    case = closed(calling(), EMAIL, None, days=4)
    assert case.enrollment.ended is Ending.OPTED_OUT
    assert not case.open_tasks
    assert {fact.contact for fact in case.facts if isinstance(fact, Suppressed)} == {EMAIL, PHONE}


def test_the_last_channel_that_is_closed_ends_it() -> None:
    case = closed(calling(), EMAIL, Channel.EMAIL, days=4)
    assert case.enrollment.ended is None
    case = closed(case, PHONE, Channel.CALL, days=4)
    assert case.enrollment.ended is None  # a text would still reach it
    case = closed(case, PHONE, Channel.SMS, days=4)
    assert case.enrollment.ended is Ending.OPTED_OUT
    assert (case.open_tasks, can_be_reached(case.lead)) == ((), False)


def test_a_call_that_waits_for_a_closed_number_is_cancelled_and_left_out() -> None:
    before = calling()
    task = waited_for(before)
    case = closed(before, PHONE, Channel.CALL, days=4)
    assert next(one.state for one in case.tasks if one.id == task.id) is TaskState.CANCELLED
    assert next_channel(case) is Channel.EMAIL


def test_a_text_stopped_leaves_the_call_alone() -> None:
    case = closed(calling(), PHONE, Channel.SMS, days=4)
    assert open_kinds(case) == ["call"]


def test_only_the_consent_of_that_channel_is_revoked() -> None:
    lead = a_lead(sms=True)
    lead = replace(lead, consents=(*lead.consents, replace(lead.consents[0], channel=Channel.CALL)))
    case = closed(begun(PLAN, lead), PHONE, Channel.SMS)
    assert [(one.channel, one.revoked_at) for one in case.lead.consents] == [
        (Channel.SMS, MONDAY),
        (Channel.CALL, None),
    ]


@pytest.mark.parametrize(
    ("contact", "channel"), [("stranger@example.com", None), ("stranger@example.com", Channel.EMAIL)]
)
def test_somebody_elses_contact_point_changes_nothing(contact: str, channel: Channel | None) -> None:
    before = begun(PLAN)
    assert closed(before, contact, channel) is before


@pytest.mark.parametrize("channel", [None, Channel.EMAIL])
def test_twice_is_once(channel: Channel | None) -> None:
    once = closed(begun(PLAN), EMAIL, channel)
    assert closed(once, EMAIL, channel, days=1) is once


def test_what_ended_is_closed_and_stays_as_it_ended() -> None:
    case = closed(begun(PLAN), EMAIL, None)
    case = closed(replace(case, lead=a_lead()).enrolled(ended=Ending.NO), PHONE, Channel.SMS, days=1)
    assert case.enrollment.ended is Ending.NO
    assert Channel.SMS in case.lead.contacts[1].suppressed_on


def test_opened_again_a_plan_takes_it_in_and_an_ended_one_stays_ended() -> None:
    before = begun(PLAN)
    without = closed(before, EMAIL, Channel.EMAIL)
    again = reopened(replace(without, lead=before.lead), MONDAY + DAY)
    assert next_channel(again) is Channel.EMAIL
    ended = closed(before, EMAIL, None)
    assert reopened(replace(ended, lead=before.lead), MONDAY + DAY).enrollment.ended is Ending.OPTED_OUT


def looked_up(case: Case, listed: bool, **later: int) -> Case:
    at = MONDAY + timedelta(**later)
    return do_not_call_noted(case, number=PHONE, listed=listed, checked_at=at, now=at)


def test_T9_a_number_that_turns_out_listed_cancels_its_call() -> None:
    case = looked_up(calling(LeadKind.OUTBOUND), True, days=4)
    assert not case.open_tasks
    assert next_channel(case) is Channel.EMAIL


def test_T9_a_number_that_is_not_listed_keeps_its_call() -> None:
    assert open_kinds(looked_up(calling(LeadKind.OUTBOUND), False, days=4)) == ["call"]


def test_T9_an_older_look_at_the_registry_changes_nothing() -> None:
    newer = looked_up(calling(LeadKind.OUTBOUND), False, days=4)
    assert looked_up(newer, True, days=3) is newer

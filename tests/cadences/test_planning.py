"""What comes next, when, and why: the walk over the steps."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cadences.case import Case, Sender
from cadences.commands import log_personal_touch
from cadences.enrollment import NextTouch
from cadences.planning import contract_plan, plan, wake
from cadences.progress import message_refused
from cadences.tasks import Outcome, TaskKind
from leads.contract import WakeKind
from leads.model import Channel, Company, LeadKind
from leads.reasons import Reason
from tests.cadences.cases import (
    MONDAY,
    a_cadence,
    a_lead,
    begun,
    carried_out,
    completed,
    local,
    new_york,
    next_local,
    reasons_of,
    texts,
    waited_for,
)

FRIDAY_NIGHT = new_york("2026-03-06 22:15")
OUTBOUND = a_lead(kind=LeadKind.OUTBOUND)
INBOUND = a_cadence(
    {"email": "answer"},
    {"call": "first-call"},
    {"after": "3 business days", "email": "checking-in"},
    first_response={"within": "30 minutes", "escalate_to": "manager"},
)


def upcoming(case: Case) -> NextTouch:
    assert case.enrollment.next is not None
    return case.enrollment.next


def channel_of(case: Case) -> tuple[str, str]:
    return upcoming(case).channel.value, upcoming(case).content


def test_the_first_answer_goes_out_at_once_at_any_hour() -> None:
    case = begun(INBOUND, start=FRIDAY_NIGHT)
    assert upcoming(case).act_at == FRIDAY_NIGHT
    assert "an answer to a question goes out at any hour" in texts(upcoming(case).reasons)


def test_at_night_the_first_call_is_created_at_once_and_due_within_the_target_in_open_hours() -> None:
    case = carried_out(begun(INBOUND, start=FRIDAY_NIGHT))
    assert upcoming(case).act_at == FRIDAY_NIGHT
    assert next_local(case) == "Mon 2026-03-09 09:00"
    assert local(upcoming(case).due_at) == "Mon 2026-03-09 09:30"
    task = waited_for(carried_out(case))
    assert (task.kind, task.created_at, local(task.due_at)) == (TaskKind.CALL, FRIDAY_NIGHT, "Mon 2026-03-09 09:30")


def test_shortly_before_closing_the_target_runs_on_in_the_morning() -> None:
    case = carried_out(begun(INBOUND, start=new_york("2026-03-05 17:20")))
    assert local(upcoming(case).due_at) == "Fri 2026-03-06 09:20"
    assert next_local(case) == "Thu 2026-03-05 17:20"


def test_an_outbound_leads_first_email_keeps_the_hours() -> None:
    case = begun(a_cadence({"email": "hello"}), OUTBOUND, start=FRIDAY_NIGHT)
    assert next_local(case) == "Mon 2026-03-09 09:00"
    assert reasons_of(case) == ["plan", "hours"]


def test_an_answer_that_a_pause_put_off_keeps_the_hours() -> None:
    case = begun(INBOUND, start=FRIDAY_NIGHT)
    case = log_personal_touch(
        case, channel=Channel.CALL, touched_at=FRIDAY_NIGHT, by="anna", note=None, now=FRIDAY_NIGHT
    )
    assert next_local(case) == "Mon 2026-03-16 09:00"


def test_after_counts_from_the_first_contact_and_wait_from_the_previous_touch() -> None:
    cadence = a_cadence(
        {"email": "a"},
        {"after": "2 weeks", "email": "b"},
        {"after": "20 days", "email": "c"},
        {"wait": "3 days", "email": "d"},
    )
    case = carried_out(begun(cadence, start=MONDAY))
    assert next_local(case) == "Mon 2026-03-16 10:00"
    case = carried_out(case, new_york("2026-03-16 16:00"))
    assert next_local(case) == "Mon 2026-03-23 09:00"  # the 22nd is a Sunday
    assert next_local(carried_out(case)) == "Thu 2026-03-26 09:00"


def test_months_are_clipped_and_weekends_shift() -> None:
    cadence = a_cadence({"email": "a"}, {"after": "1 month", "email": "b"})
    case = carried_out(begun(cadence, start=new_york("2028-01-31 10:00")))
    assert next_local(case) == "Tue 2028-02-29 10:00"
    case = carried_out(begun(cadence, start=new_york("2026-01-31 10:00")))
    assert next_local(case) == "Mon 2026-03-02 09:00"


@pytest.mark.parametrize(("sms", "then"), [(False, ("email", "later")), (True, ("sms", "note"))])
def test_a_step_whose_condition_fails_is_left_out(sms: bool, then: tuple[str, str]) -> None:
    cadence = a_cadence(
        {"email": "a"}, {"after": "2 days", "sms": "note", "if": "sms consent"}, {"wait": "5 days", "email": "later"}
    )
    assert channel_of(carried_out(begun(cadence, a_lead(sms=sms)))) == then


def test_a_step_left_out_keeps_its_place_in_time() -> None:
    cadence = a_cadence(
        {"email": "a"}, {"after": "2 days", "sms": "note", "if": "sms consent"}, {"wait": "5 days", "email": "later"}
    )
    assert next_local(carried_out(begun(cadence))) == "Mon 2026-03-09 10:00"


def test_conditions_ask_for_the_outcomes_of_earlier_steps() -> None:
    cadence = a_cadence(
        {"call": "hello"},
        {"after": "1 day", "email": "sorry-we-missed-you", "if": "not hello was connected"},
        {"after": "2 days", "email": "good-to-talk"},
    )
    waiting = carried_out(begun(cadence))
    assert channel_of(completed(waiting, Outcome.NO_ANSWER)) == ("email", "sorry-we-missed-you")
    assert channel_of(completed(waiting, Outcome.CONNECTED)) == ("email", "good-to-talk")


STEP: dict[str, Any] = {"after": "2 days", "sms": "note"}


@pytest.mark.parametrize(
    ("instead", "lead", "then"),
    [
        ({}, a_lead(sms=True), ("sms", "note")),
        ({}, a_lead(), ("call", "note")),
        ({}, a_lead(phone=None), ("task", "reach the lead in person, not by text (note)")),
        ({"instead": "skip"}, a_lead(), ("email", "later")),
        ({"instead": {"email": "note-by-mail"}}, a_lead(), ("email", "note-by-mail")),
        ({"instead": {"email": "note-by-mail"}}, a_lead(email=None), ("call", "note")),
        ({"instead": {"task": "write a letter"}}, a_lead(phone=None), ("task", "write a letter")),
        ({}, a_lead(phone="+18005551234", sms=True), ("task", "reach the lead in person, not by text (note)")),
    ],
)
def test_a_channel_that_cant_be_used_gives_way(instead: dict[str, Any], lead: Any, then: tuple[str, str]) -> None:
    cadence = a_cadence({"task": "look"}, STEP | instead, {"wait": "5 days", "email": "later"})
    case = completed(carried_out(begun(cadence, lead)), Outcome.DONE)
    assert channel_of(case) == then


def test_a_lead_with_only_a_phone_is_rung_up_once_not_twice_and_within_the_target() -> None:
    case = begun(INBOUND, a_lead(email=None), start=FRIDAY_NIGHT)
    assert channel_of(case) == ("call", "first-call")
    assert local(upcoming(case).due_at) == "Mon 2026-03-09 09:30"
    case = completed(carried_out(case))
    assert channel_of(case) == ("call", "checking-in")


def test_a_call_in_place_of_the_first_answer_is_due_within_the_target() -> None:
    cadence = a_cadence(
        {"email": "answer"}, {"after": "1 day", "email": "more"}, first_response={"within": "30 minutes"}
    )
    case = begun(cadence, a_lead(email=None))
    assert channel_of(case) == ("call", "answer")
    assert upcoming(case).due_at == MONDAY + timedelta(minutes=30)


def test_a_step_repeats_so_many_times_and_then_the_plan_goes_on() -> None:
    cadence = a_cadence(
        {"call": "ring", "repeat": {"every": "6 days", "times": 3}}, {"wait": "1 month", "email": "end"}
    )
    case, seen = begun(cadence), []
    for _ in range(3):
        seen.append((upcoming(case).step.occurrence, next_local(case)))
        case = completed(carried_out(case))
    assert seen == [(1, "Mon 2026-03-02 10:00"), (2, "Mon 2026-03-09 09:00"), (3, "Mon 2026-03-16 09:00")]
    assert (channel_of(case), next_local(case)) == (("email", "end"), "Thu 2026-04-16 09:00")


def test_a_call_repeats_until_it_connects() -> None:
    step = {"call": "ring", "repeat": {"every": "2 days", "times": 5, "until": "connected"}}
    case = carried_out(begun(a_cadence(step, {"wait": "1 day", "email": "end"})))
    case = carried_out(completed(case, Outcome.VOICEMAIL))
    assert upcoming(case).step.occurrence == 2
    assert channel_of(completed(case, Outcome.CONNECTED)) == ("email", "end")


def test_a_tail_repeats_until_an_answer_for_years() -> None:
    cadence = a_cadence({"email": "tail", "repeat": {"every": "3 months", "until": "an answer"}})
    case = begun(cadence)
    for _ in range(40):
        case = carried_out(case)
    assert upcoming(case).step.occurrence == 41
    assert upcoming(case).act_at.year == 2036


def test_silence_returns_the_lead_to_who_generated_it() -> None:
    cadence = a_cadence(
        {"email": "a"}, on_silence={"return_to": "generator", "task": "decide", "within": "5 business days"}
    )
    lead = replace(OUTBOUND, generated_by=replace(OUTBOUND.owner, id="kim"))
    case = carried_out(carried_out(begun(cadence, lead)))
    task = waited_for(case)
    assert (task.kind, task.owner, task.title) == (TaskKind.KICK_BACK, "kim", "decide")
    assert local(task.due_at) == "Mon 2026-03-09 10:00"
    assert task.expires_at is None


def test_a_plan_without_an_end_returns_the_lead_to_its_owner() -> None:
    case = carried_out(carried_out(begun(a_cadence({"email": "a"}), OUTBOUND)))
    assert (waited_for(case).kind, waited_for(case).owner) == (TaskKind.KICK_BACK, "anna")


def test_the_lead_comes_back_once_more_after_each_pause() -> None:
    case = carried_out(carried_out(begun(a_cadence({"email": "a"}), OUTBOUND)))
    now = MONDAY + timedelta(days=1)
    case = log_personal_touch(case, channel=Channel.EMAIL, touched_at=now, by="anna", note=None, now=now)
    assert (upcoming(case).step.step_id, upcoming(case).step.occurrence) == ("on-silence", 2)
    assert next_local(case) == "Tue 2026-03-10 10:00"


def test_a_refused_message_is_tried_again_later_each_time_and_keeps_its_reasons() -> None:
    case, now = begun(INBOUND), MONDAY
    for minutes in (1, 5, 30, 120, 120):
        case = message_refused(case, upcoming(case).step, now)
        assert upcoming(case).act_at == now + timedelta(minutes=minutes)
        assert reasons_of(case) == ["plan", "plan", "provider"]
        now = upcoming(case).act_at


def test_what_a_machine_missed_comes_as_soon_as_the_rules_permit_and_says_so() -> None:
    case = carried_out(begun(a_cadence({"email": "a"}, {"after": "3 days", "email": "b"})))
    late = plan(case, new_york("2026-03-21 12:00"))
    assert next_local(late) == "Mon 2026-03-23 09:00"
    assert "that was missed by 16 days 2 hours" in texts(upcoming(late).reasons)


def test_a_plan_that_waits_for_a_task_stays_as_it_is() -> None:
    case = carried_out(begun(a_cadence({"call": "hello"})))
    assert plan(case, MONDAY + timedelta(days=1)) == case


def test_what_is_overdue_is_seen_to_before_a_touch_of_the_same_instant() -> None:
    case = carried_out(begun(a_cadence({"call": "hello"})))
    task = replace(waited_for(case), escalate_at=MONDAY)
    case = replace(case, tasks=(task,)).enrolled(next=replace(upcoming(case), task_id=None, act_at=MONDAY))
    due = wake(case)
    assert due is not None
    assert due.kind is WakeKind.SEE_TO_OVERDUE


def test_the_contract_carries_ids_and_instants_only() -> None:
    told = contract_plan(carried_out(begun(INBOUND)), 7).model_dump_json()
    for private in ("Maria", "maria@example.com", "+12125550143", "Saturdays"):
        assert private not in told


def test_without_a_zone_or_a_phone_the_companys_clock_counts() -> None:
    cadence = a_cadence({"email": "hello"})
    berlin = Company(name="Hafen", zone="Europe/Berlin", country="DE")
    lead = a_lead(kind=LeadKind.OUTBOUND, zone=None, phone=None, purchased_at=MONDAY)
    case = replace(begun(cadence, lead), company=berlin)
    assert local(upcoming(plan(case, FRIDAY_NIGHT)).act_at, "Europe/Berlin") == "Mon 2026-03-09 09:00"


def test_the_answer_at_once_waits_for_its_sender_and_says_why_however_often_it_is_asked() -> None:
    sender = Sender("anna@example.com", opens_at=MONDAY + timedelta(hours=30), why="its domain is paused")
    case = replace(begun(a_cadence({"email": "hello"})), senders={Channel.EMAIL: sender})
    for now in (MONDAY, MONDAY + timedelta(hours=2)):
        touch = upcoming(plan(case, now))
        assert touch.act_at == sender.opens_at
        assert touch.reasons[-1] == Reason("sender", "its domain is paused", sender.opens_at)

"""The clock of the first response: when it is due, who is told before it is missed, and what stops it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cadences.case import Case
from cadences.commands import log_personal_touch, not_now, record_answer, switch_cadence
from cadences.enrollment import ResponseClock
from cadences.facts import Notice
from cadences.first_response import next_look, wants_relief
from cadences.hearing import came_again, lead_opted_out, lead_replied
from cadences.planning import wake
from cadences.progress import begin, see_to_overdue
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind
from leads.contract import WakeKind
from leads.model import Channel, Company, LeadKind
from leads.spans import Span, Unit
from tests.cadences import cases
from tests.cadences.cases import BEN, MONDAY, a_cadence, a_case, a_lead, carried_out, completed, local, new_york

STEPS = ({"email": "a"}, {"call": "first-call"}, {"after": "5 business days", "email": "b"})
MINUTE = timedelta(minutes=1)


def asked(
    at: datetime = MONDAY, *, company: Company = cases.COMPANY, question_only: bool = False, **target: Any
) -> Case:
    """A lead that asked just then."""
    cadence = a_cadence(*STEPS, first_response=target or None)
    enrollment = {"question_only": True} if question_only else {"answers_question": True}
    return begin(a_case(cadence, a_lead(), start=at, company=company, **enrollment), at)


def running(case: Case) -> ResponseClock:
    assert case.response is not None
    return case.response


def notices(case: Case) -> list[tuple[str, str]]:
    """Who was told, and the first line of what."""
    return [(fact.colleague, fact.text) for fact in case.facts if isinstance(fact, Notice)]


@pytest.mark.parametrize(
    ("asked_at", "target", "due", "warned", "acted"),
    [
        # Friday, 10:00: 30 minutes of business time; half and two thirds of it.
        ("2026-03-06 10:00", {}, "Fri 2026-03-06 10:30", "10:15", "10:20"),
        # 20 minutes before closing: the rest of the half hour on Monday would be beyond 24 hours.
        ("2026-03-06 17:10", {}, "Sat 2026-03-07 17:10", "05:10", "09:10"),
        ("2026-03-06 17:10", {"at_most": "3 days"}, "Mon 2026-03-09 09:10", "17:25", "17:30"),
        # At night, before a working day: the clock starts with the day.
        ("2026-03-03 22:15", {}, "Wed 2026-03-04 09:30", "09:15", "09:20"),
        # On a Friday night, with the hard limit of a day.
        ("2026-03-06 22:15", {}, "Sat 2026-03-07 22:15", "10:15", "14:15"),
        ("2026-03-06 22:15", {"at_most": "3 days"}, "Mon 2026-03-09 09:30", "09:15", "09:20"),
        ("2026-03-06 10:00", {"within": "2 hours", "at_most": "1 hours"}, "Fri 2026-03-06 11:00", "10:30", "10:40"),
        # Clocks go forward that Sunday: a day on the wall is 24 hours that really pass.
        ("2026-03-07 12:00", {}, "Sun 2026-03-08 13:00", "00:00", "05:00"),
        (
            "2026-03-02 10:00",
            {"within": "1 business day", "at_most": "4 days"},
            "Tue 2026-03-03 10:00",
            "14:15",
            "15:40",
        ),
    ],
)
def test_it_is_due_in_business_hours_and_after_a_day_at_most(
    asked_at: str, target: dict[str, str], due: str, warned: str, acted: str
) -> None:
    clock = running(asked(new_york(asked_at), **target))
    assert local(clock.due_at) == due
    assert [local(clock.warn_at)[-5:], local(clock.act_at)[-5:]] == [warned, acted]


def test_the_companys_hours_count_and_not_the_leads() -> None:
    company = replace(cases.COMPANY, zone="America/Los_Angeles")
    # 10:00 in New York is 07:00 in Los Angeles, where we are: we open two hours later.
    assert local(running(asked(company=company)).due_at) == "Mon 2026-03-02 12:30"


def test_a_partner_may_have_a_target_of_its_own() -> None:
    dealer = replace(cases.ANNA, first_response=Span(4, Unit.HOUR))
    case = begin(a_case(a_cadence(*STEPS), replace(a_lead(), owner=dealer), answers_question=True), MONDAY)
    assert local(running(case).due_at) == "Mon 2026-03-02 14:00"


def test_half_an_hour_is_the_target_where_the_cadence_names_none_and_outbound_leads_have_none() -> None:
    assert running(asked()).due_at == MONDAY + 30 * MINUTE
    outbound = begin(a_case(a_cadence(*STEPS), a_lead(kind=LeadKind.OUTBOUND), answers_question=False), MONDAY)
    assert outbound.response is None


def test_the_owner_is_warned_at_half_and_the_manager_told_at_two_thirds_once() -> None:
    case = carried_out(carried_out(asked()))  # the email is out, the call task is there
    due = wake(case)
    assert due is not None
    assert (due.kind, due.at, due.summary) == (WakeKind.SEE_TO_OVERDUE, MONDAY + 15 * MINUTE, "warn of first response")
    case = see_to_overdue(case, due.at)
    ((owner, words),) = notices(case)
    assert owner == "anna"
    assert "waits for a first answer since 10:00, and is to get it by Mon 10:30" in words
    due = wake(case)
    assert due is not None
    assert due.at == MONDAY + 20 * MINUTE
    case = see_to_overdue(case, due.at)
    assert [who for who, _ in notices(case)] == ["anna", case.manager]
    (call,) = case.open_tasks
    assert (call.escalated_to, call.escalations, call.due_at) == (case.manager, 1, MONDAY + 30 * MINUTE)
    assert running(case).escalated_at == MONDAY + 20 * MINUTE
    assert next_look(case) is None
    again = see_to_overdue(case, due.at)
    assert len(notices(again)) == 2


def test_what_was_missed_while_the_machine_was_down_is_told_once_to_whom_it_matters() -> None:
    case = carried_out(carried_out(asked()))
    case = see_to_overdue(case, MONDAY + 60 * MINUTE)
    assert [who for who, _ in notices(case)] == [case.manager]


def test_another_rep_takes_over_where_the_cadence_says_so() -> None:
    case = carried_out(carried_out(asked(before_missed="reassign")))
    case = see_to_overdue(case, MONDAY + 15 * MINUTE)
    at = MONDAY + 20 * MINUTE
    assert wants_relief(case, at)
    assert not wants_relief(case, at - MINUTE)
    case = see_to_overdue(case, at, BEN)
    assert (case.lead.owner, [task.owner for task in case.open_tasks]) == (BEN, ["ben"])
    assert [who for who, _ in notices(case)] == ["anna", "ben", "anna"]
    assert (running(case).reassigned_at, running(case).escalated_at) == (at, None)


def test_with_nobody_to_take_over_the_manager_is_told_and_that_nobody_was_there() -> None:
    case = carried_out(carried_out(asked(before_missed="reassign")))
    case = see_to_overdue(case, MONDAY + 20 * MINUTE)
    ((told, words),) = notices(case)
    assert told == case.manager
    assert "Nobody else is there to take it over." in words


def test_a_connected_call_stops_it_and_a_voicemail_is_an_attempt() -> None:
    case = completed(carried_out(carried_out(asked())), Outcome.VOICEMAIL, MONDAY + 5 * MINUTE)
    clock = running(case)
    assert (clock.attempts, clock.attempted_at, clock.is_open) == (1, MONDAY + 5 * MINUTE, True)
    case = log_personal_touch(
        case, channel=Channel.CALL, touched_at=MONDAY + 25 * MINUTE, by="ben", note=None, now=MONDAY + 25 * MINUTE
    )
    clock = running(case)
    assert (clock.answered_at, clock.answered_by, clock.how) == (MONDAY + 25 * MINUTE, "ben", "call")
    assert clock.business_seconds == 25 * 60
    assert next_look(case) is None


def test_who_names_a_time_to_be_called_at_was_answered_also_if_that_is_after_the_target() -> None:
    case = carried_out(carried_out(asked()))
    case = completed(case, Outcome.CALL_BACK, MONDAY + 5 * MINUTE, until=MONDAY + 65 * MINUTE)
    assert (running(case).is_open, running(case).answered_at) == (False, MONDAY + 5 * MINUTE)
    (call,) = case.open_tasks
    assert (call.opens_at, next_look(case)) == (MONDAY + 65 * MINUTE, None)


def test_what_the_machine_does_stops_nothing() -> None:
    case = asked()
    assert running(case).machine_at is None
    case = carried_out(case, MONDAY + MINUTE)
    assert running(case).machine_at == MONDAY + MINUTE
    case = carried_out(case, MONDAY + 2 * MINUTE)
    assert (running(case).machine_at, running(case).is_open) == (MONDAY + MINUTE, True)


def test_business_time_leaves_the_night_out() -> None:
    case = asked(new_york("2026-03-03 17:20"))
    at = new_york("2026-03-04 09:05")
    case = log_personal_touch(case, channel=Channel.EMAIL, touched_at=at, by="anna", note=None, now=at)
    assert running(case).business_seconds == 15 * 60


def test_a_contact_that_is_logged_late_counts_from_when_it_was_and_none_before_the_question() -> None:
    case = completed(carried_out(carried_out(asked())), Outcome.CONNECTED, MONDAY + 40 * MINUTE)
    earlier = log_personal_touch(
        case, channel=Channel.EMAIL, touched_at=MONDAY + 8 * MINUTE, by="ben", note=None, now=MONDAY + 50 * MINUTE
    )
    assert running(earlier).answered_at == MONDAY + 8 * MINUTE
    before = log_personal_touch(
        asked(), channel=Channel.CALL, touched_at=MONDAY - 60 * MINUTE, by="ben", note=None, now=MONDAY
    )
    assert running(before).is_open


def test_a_written_answer_to_a_reply_stops_it() -> None:
    case = lead_replied(asked(), text="Hello?", channel=Channel.EMAIL, now=MONDAY + 3 * MINUTE)
    reply = next(task for task in case.open_tasks if task.kind is TaskKind.REPLY)
    at = MONDAY + 9 * MINUTE
    case = complete_task(case, task_id=reply.id, outcome=Outcome.ANSWERED, by="anna", note=None, now=at)
    assert (running(case).answered_at, running(case).how) == (at, "email")


def test_who_says_no_or_not_now_or_opts_out_before_is_waited_for_no_more() -> None:
    at = MONDAY + MINUTE
    later = a_cadence({"email": "x"}, cadence="not-now")
    for case in (
        record_answer(asked(), answer="no", by="the lead", note=None, now=at),
        lead_opted_out(asked(), why="wrote STOP", now=at),
        not_now(asked(), until=at + timedelta(days=90), cadence=later, version="v", by="x", note=None, now=at),
    ):
        assert next_look(case) is None
        assert (running(case).is_open, running(case).moot_at) == (True, at)
        # That it did not wait is known from the first time on, and of nobody who was answered.
        assert running(lead_opted_out(case, why="again", now=at + MINUTE)).moot_at == at
    answered = log_personal_touch(asked(), channel=Channel.CALL, touched_at=at, by="anna", note=None, now=at)
    assert running(lead_opted_out(answered, why="wrote STOP", now=at + MINUTE)).moot_at is None


def test_a_switch_of_the_cadence_lets_the_clock_run_on() -> None:
    case = switch_cadence(asked(), cadence=a_cadence({"email": "x"}), version="v", by="mia", now=MONDAY + MINUTE)
    assert next_look(case) == (MONDAY + 15 * MINUTE, "warn of first response")
    assert running(case).moot_at is None


def test_asking_again_after_a_no_starts_a_clock_of_its_own() -> None:
    case = record_answer(asked(), answer="no", by="anna", note=None, now=MONDAY + MINUTE)
    at = new_york("2026-03-10 11:00")
    case = came_again(case, cadence=case.cadence, version="v", question="And now?", now=at)
    assert (running(case).asked_at, running(case).due_at, case.enrollment.question_only) == (at, at + 30 * MINUTE, True)
    done = at + 10 * MINUTE
    (task,) = case.open_tasks
    case = complete_task(case, task_id=task.id, outcome=Outcome.ANSWERED, by="anna", note=None, now=done)
    assert (running(case).answered_at, wake(case)) == (done, None)


def test_the_first_call_is_due_when_the_response_is() -> None:
    case = carried_out(carried_out(asked(within="45 minutes")))
    assert case.open_tasks[0].due_at == MONDAY + 45 * MINUTE
    # Nobody may be rung up in Hawaii at 05:00: the call is due as long after its opening.
    hawaii = begin(
        a_case(a_cadence(*STEPS), a_lead(phone="+18085550100", zone="Pacific/Honolulu"), answers_question=True), MONDAY
    )
    case = carried_out(carried_out(hawaii))
    assert local(case.open_tasks[0].due_at, "Pacific/Honolulu") == "Mon 2026-03-02 09:30"

"""Leads that came in incomplete: a person's task, then the plan as if they had just come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cadences.case import Case
from cadences.facts import ContactFound
from cadences.hearing import contact_point_lost
from cadences.incomplete import contacts_found, lead_incomplete, something_wrong
from cadences.planning import wake
from cadences.progress import see_to_overdue
from cadences.refusals import CommandRefused
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind
from leads.contract import WakeKind
from leads.model import ContactKind, ContactPoint, Ending, LeadKind, Stage
from tests.cadences.cases import (
    EMAIL,
    LEAD_ID,
    MONDAY,
    PHONE,
    a_cadence,
    a_case,
    a_lead,
    begun,
    carried_out,
    local,
    new_york,
    next_local,
    open_kinds,
)

PLAN = a_cadence({"email": "answer"}, {"call": "hello"}, first_response={"within": "30 minutes", "escalate_to": "mia"})
FOUND = (ContactPoint(ContactKind.EMAIL, EMAIL),)
MONTHS = timedelta(days=99)
"""From Monday 2026-03-02, 10:00 to Tuesday 2026-06-09, 11:00 in New York, whose summer time began meanwhile."""


def incomplete(**lead: object) -> Case:
    case = a_case(PLAN, a_lead(email=None, phone=None, inquired_at=MONDAY, **lead))  # type: ignore[arg-type]
    return lead_incomplete(case, wrong=["phone: '12' is too short"], words="Phone: 12\nName: Maria", now=MONDAY)


def done(case: Case, outcome: Outcome = Outcome.DONE, now: object = MONDAY + MONTHS) -> Case:
    (task,) = case.open_tasks
    return complete_task(case, task_id=task.id, outcome=outcome, by="anna", note=None, now=now)  # type: ignore[arg-type]


def test_nothing_automated_happens_and_a_person_has_the_words() -> None:
    case = incomplete()
    (task,) = case.open_tasks
    assert (case.enrollment.ended, case.enrollment.next) == (Ending.UNREACHABLE, None)
    assert (task.kind, task.owner, task.title) == (TaskKind.FIND_CONTACT, "anna", "complete the lead")
    assert "- phone: '12' is too short" in task.text
    assert task.text.endswith("What came in:\nPhone: 12\nName: Maria")
    # Who asked waits for an answer: due within the first-response target, and somebody else is told then.
    assert local(task.due_at) == "Mon 2026-03-02 10:30"
    due = wake(case)
    assert due is not None
    assert (due.kind, due.at) == (WakeKind.SEE_TO_OVERDUE, task.due_at)
    assert see_to_overdue(case, task.due_at).open_tasks[0].escalated_to == "mia"


def test_it_is_told_of_again_each_business_day_until_it_is_done() -> None:
    case = incomplete()
    for day in ("2026-03-02 10:30", "2026-03-03 10:30", "2026-03-04 10:30"):
        due = wake(case)
        assert due is not None
        assert local(due.at)[4:] == day
        case = see_to_overdue(case, due.at)
    assert case.open_tasks[0].escalations == 3
    assert wake(done(case, Outcome.LOST)) is None


def test_an_outbound_lead_has_a_business_day() -> None:
    (task,) = incomplete(kind=LeadKind.OUTBOUND).open_tasks
    assert local(task.due_at) == "Tue 2026-03-03 10:00"


def test_words_without_end_are_cut_and_said_to_be() -> None:
    case = a_case(PLAN, a_lead(email=None, phone=None))
    (task,) = lead_incomplete(case, wrong=(), words="x" * 10_007, now=MONDAY).open_tasks
    assert task.text.endswith("x\n… (7 characters more)")


def test_without_a_contact_point_the_task_can_not_be_done() -> None:
    with pytest.raises(CommandRefused, match="add the contact point"):
        done(incomplete())
    assert done(incomplete(), Outcome.LOST).lead.stage is Stage.LOST


def test_once_it_is_complete_the_plan_begins_as_if_the_person_had_just_come() -> None:
    found = contacts_found(incomplete(), FOUND, MONDAY + MONTHS)
    assert [fact.point for fact in found.facts if isinstance(fact, ContactFound)] == list(FOUND)
    case = done(found)
    assert (case.enrollment.ended, case.enrollment.done, open_kinds(case)) == (None, None, [])
    assert case.enrollment.id != found.enrollment.id
    assert [one.ended for one in case.ended_enrollments] == [Ending.UNREACHABLE]
    assert next_local(case) == "Tue 2026-06-09 11:00"
    assert local(case.first_response_due_at) == "Tue 2026-06-09 11:30"


@pytest.mark.parametrize(
    ("completed_at", "goes_out"),
    [
        ("2026-03-02 23:00", "Mon 2026-03-02 23:00"),  # within the hour it still is the answer at once
        ("2026-03-03 06:00", "Tue 2026-03-03 09:00"),  # later it keeps the cadence's hours
    ],
)
def test_an_answer_that_comes_late_keeps_the_hours(completed_at: str, goes_out: str) -> None:
    asked_at = new_york("2026-03-02 22:30")
    case = a_case(PLAN, a_lead(email=None, phone=None, inquired_at=asked_at), start=asked_at)
    case = lead_incomplete(case, wrong=(), words="", now=asked_at)
    now = new_york(completed_at)
    assert next_local(done(contacts_found(case, FOUND, now), now=now)) == goes_out


def test_somebody_who_stopped_us_gets_a_persons_answer_and_nothing_else() -> None:
    stopped = (replace(FOUND[0], suppressed=True),)
    case = done(contacts_found(incomplete(), stopped, MONDAY + MONTHS))
    assert (case.enrollment.question_only, case.enrollment.next, open_kinds(case)) == (True, None, ["question"])
    outbound = contacts_found(incomplete(kind=LeadKind.OUTBOUND), stopped, MONDAY + MONTHS)
    with pytest.raises(CommandRefused, match="stopped all messages"):
        done(outbound)


def test_a_lead_that_became_unreachable_on_its_way_goes_on_where_it_stopped() -> None:
    case = carried_out(begun(PLAN, a_lead(phone=None)))
    case = contact_point_lost(case, contact=EMAIL, why="bounce", now=MONDAY)
    phone = ContactPoint(ContactKind.PHONE, PHONE)
    now = MONDAY + timedelta(days=1)
    case = done(contacts_found(case, [phone], now), now=now)
    assert case.enrollment.done is not None
    assert case.enrollment.next is not None
    assert (case.enrollment.next.channel.value, case.ended_enrollments) == ("call", ())


def test_a_contact_point_of_a_lead_on_its_way_is_used_at_once() -> None:
    case = carried_out(begun(a_cadence({"email": "a"}, {"call": "b"}), a_lead(phone=None)))
    assert case.enrollment.next is not None
    assert case.enrollment.next.channel.value == "task"
    case = contacts_found(case, [ContactPoint(ContactKind.PHONE, PHONE)], MONDAY)
    assert case.enrollment.next is not None
    assert case.enrollment.next.channel.value == "call"


def test_what_the_lead_has_already_is_no_news() -> None:
    case = begun(PLAN)
    with pytest.raises(CommandRefused, match="the lead has it already"):
        contacts_found(case, FOUND, MONDAY)
    lost = contact_point_lost(case, contact=EMAIL, why="bounce", now=MONDAY)
    with pytest.raises(CommandRefused, match=r"can't be used \(bounce\)"):
        contacts_found(lost, FOUND, MONDAY)


def test_what_is_wrong_beside_a_good_address_is_a_task_beside_the_plan() -> None:
    case = begun(PLAN)
    planned = case.enrollment
    case = something_wrong(case, wrong=["phone: '12' is too short"], words="Phone: 12", about="x", now=MONDAY)
    case = something_wrong(case, wrong=["phone: '12' is too short"], words="Phone: 12", about="x", now=MONDAY + MONTHS)
    assert (open_kinds(case), case.enrollment) == (["find_contact"], planned)
    with pytest.raises(CommandRefused, match="followed up without it"):
        done(case, Outcome.LOST)
    case = done(case, now=MONDAY)
    assert (open_kinds(case), case.enrollment, case.lead.id) == ([], planned, LEAD_ID)

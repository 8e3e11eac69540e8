"""Two leads of one person as one: what goes on, what holds, what is needless."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from cadences.case import Case
from cadences.commands import hold, not_now, record_answer
from cadences.enrollment import HoldReason
from cadences.facts import Suppressed
from cadences.hearing import contact_point_lost, lead_opted_out, lead_replied
from cadences.incomplete import lead_incomplete
from cadences.liveness import awaited_task_is_gone
from cadences.meetings import arrange
from cadences.merging import Merged, merge
from cadences.model import Cadence
from cadences.planning import wake
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind
from leads.liveness import is_terminal
from leads.meetings import Appointment, MeetingState
from leads.model import Channel, Consent, ContactKind, ContactPoint, Ending, LeadKind, Stage
from tests.cadences.cases import (
    ANNA,
    BEN,
    MONDAY,
    a_cadence,
    a_case,
    a_lead,
    begun,
    carried_out,
    completed,
    local,
    new_york,
    open_kinds,
    waited_for,
)

OTHER_ID, OTHER_ENROLLMENT = UUID(int=3), UUID(int=4)
DAY = timedelta(days=1)
STEPS = (
    {"email": "a"},
    {"call": "b"},
    {"after": "3 days", "email": "c"},
    {"after": "30 days", "email": "d", "repeat": {"every": "30 days", "until": "an answer"}},
)
PLAN = a_cadence(
    *STEPS,
    on_reply={"task": "answer the reply", "within": "30 minutes", "hold": "5 business days", "escalate_to": "boss"},
)
TIMED = a_cadence(*STEPS, first_response={"within": "30 minutes"})


def mine(cadence: Cadence = PLAN, *, start: datetime = MONDAY, **values: Any) -> Case:
    return begun(cadence, a_lead(**values), start=start)


def theirs(cadence: Cadence = PLAN, *, start: datetime = MONDAY, **values: Any) -> Case:
    """Another lead of the same person, with its own address and number, found by Ben."""
    given = {"email": "m.lopez@example.com", "phone": "+12125550199", **values}
    lead = replace(a_lead(**given), id=OTHER_ID, owner=BEN, created_at=start)
    case = begun(cadence, lead, start=start).enrolled(id=OTHER_ENROLLMENT)
    return (
        case
        if case.response is None
        else replace(case, response=replace(case.response, enrollment_id=OTHER_ENROLLMENT))
    )


def called(case: Case) -> Case:
    """Its first email is out, and its first call is a task."""
    return carried_out(carried_out(case))


def merged(keep: Case, other: Case, now: datetime = MONDAY + DAY) -> Merged:
    """Merged, and well afterwards: something is ahead, or nothing needs to be."""
    found = merge(keep, other, by="mia", now=now)
    case = found.case
    assert case.lead.id == keep.lead.id
    assert case.lead.owner == keep.lead.owner
    assert found.former.ended is not None
    assert found.former.id != case.enrollment.id
    assert {case.enrollment.id, found.former.id} == {keep.enrollment.id, other.enrollment.id}
    assert wake(case) is not None or case.open_tasks or is_terminal(case.enrollment.ended, case.lead.stage)
    assert not awaited_task_is_gone(case)
    assert all(task.owner != other.lead.owner.id for task in case.open_tasks)
    return found


def answered(case: Case, answer: str, now: datetime = MONDAY + DAY) -> Case:
    return record_answer(case, answer=answer, by="anna", note=None, now=now)


def outlived(case: Case) -> Case:
    """As the store loads it again: without what was found out, and without closed tasks."""
    return replace(case, facts=(), tasks=case.open_tasks, ended_enrollments=())


@pytest.mark.parametrize("turned", [False, True])
def test_the_one_that_is_further_goes_on_and_the_other_ends_as_merged(turned: bool) -> None:
    further, fresh = called(mine()), theirs()
    found = merged(fresh, further) if turned else merged(further, fresh)
    assert found.case.enrollment.id == further.enrollment.id
    assert (found.former.id, found.former.ended) == (fresh.enrollment.id, Ending.MERGED)
    assert open_kinds(found.case) == ["call"]
    assert found.case.enrollment.attempts == 1


def test_of_two_that_are_as_far_the_kept_one_goes_on() -> None:
    assert merged(mine(), theirs()).case.enrollment.id == mine().enrollment.id
    assert merged(theirs(), mine()).case.enrollment.id == OTHER_ENROLLMENT


def test_whom_a_person_is_at_goes_on_though_it_is_less_far() -> None:
    held = hold(theirs(), until=MONDAY + 20 * DAY, reason="asked", by="ben", now=MONDAY)
    assert merged(called(mine()), held).case.enrollment.id == OTHER_ENROLLMENT
    wrote = lead_replied(theirs(), text="Hello?", channel=Channel.EMAIL, now=MONDAY)
    found = merged(called(mine()), outlived(wrote))
    assert found.case.enrollment.id == OTHER_ENROLLMENT
    assert open_kinds(found.case) == ["reply"]  # The call of the plan that ends is needless.


def test_a_not_now_of_either_holds_for_the_person() -> None:
    until = new_york("2026-09-01 00:00")
    later = not_now(theirs(), until=until, cadence=PLAN, version="v", by="ben", note=None, now=MONDAY)
    found = merge(called(mine()), outlived(later), by="mia", now=MONDAY + DAY)
    assert found.case.enrollment.started_at == until
    assert local(found.case.enrollment.next and found.case.enrollment.next.act_at) == "Tue 2026-09-01 09:00"


def test_a_pause_of_the_one_that_ends_holds_for_the_other_too() -> None:
    wrote = outlived(lead_replied(called(mine()), text="Hello?", channel=Channel.EMAIL, now=MONDAY))
    held = hold(theirs(), until=MONDAY + 40 * DAY, reason="on holiday", by="ben", now=MONDAY)
    case = merged(wrote, held).case
    assert case.enrollment.id == wrote.enrollment.id
    assert case.enrollment.hold is not None
    assert (case.enrollment.hold.until, case.enrollment.hold.owner) == (MONDAY + 40 * DAY, "anna")


@pytest.mark.parametrize("turned", [False, True])
def test_a_no_of_either_holds_and_leaves_no_open_task(turned: bool) -> None:
    no, running = outlived(answered(called(mine()), "no")), called(theirs())
    case = (merged(running, no) if turned else merged(no, running)).case
    assert (case.enrollment.ended, case.lead.stage, case.open_tasks, wake(case)) == (Ending.NO, Stage.LOST, (), None)


def test_a_no_of_either_ends_the_hand_over_of_the_other() -> None:
    no, yes = outlived(answered(mine(), "no")), outlived(answered(theirs(), "yes"))
    case = merged(yes, no).case
    assert (case.enrollment.ended, case.lead.stage, case.open_tasks) == (Ending.NO, Stage.LOST, ())


def test_what_was_asked_after_the_no_is_answered_by_a_person_and_nothing_else() -> None:
    no = outlived(answered(mine(), "no", MONDAY + DAY))
    asked_since = theirs(TIMED, start=MONDAY + 2 * DAY)
    case = merged(no, asked_since, MONDAY + 2 * DAY + timedelta(minutes=5)).case
    assert (case.enrollment.ended, open_kinds(case), case.lead.stage) == (Ending.NO, ["question"], Stage.LOST)
    assert case.response is not None
    assert case.response.is_open
    seen_at = MONDAY + 2 * DAY + timedelta(minutes=6)
    for outcome in (Outcome.NOTHING_NEEDED, Outcome.NO, Outcome.ANSWERED):
        (task,) = case.open_tasks
        seen = complete_task(case, task_id=task.id, outcome=outcome, by="anna", note=None, now=seen_at)
        assert (seen.open_tasks, wake(seen)) == ((), None), outcome
    asked_before = merged(no, theirs(TIMED), MONDAY + 2 * DAY).case
    assert open_kinds(asked_before) == []
    assert asked_before.response is not None
    # Nobody is warned of a question that the no has settled, nor waits for its answer.
    assert (asked_before.response.warn_at, asked_before.response.moot_at) == (None, MONDAY + 2 * DAY)


@pytest.mark.parametrize("turned", [False, True])
def test_an_opt_out_of_either_stops_every_address_and_number(turned: bool) -> None:
    out = outlived(lead_opted_out(called(mine()), why="unsubscribed", now=MONDAY))
    running = called(theirs())
    case = (merged(running, out) if turned else merged(out, running)).case
    assert (case.enrollment.ended, case.open_tasks, wake(case)) == (Ending.OPTED_OUT, (), None)
    assert all(point.suppressed for point in case.lead.contacts)
    closed = {fact.contact for fact in case.facts if isinstance(fact, Suppressed)}
    assert closed == {"m.lopez@example.com", "+12125550199"}


def test_an_opt_out_stops_the_messages_and_leaves_an_open_hand_over() -> None:
    out = outlived(lead_opted_out(mine(), why="unsubscribed", now=MONDAY))
    yes = outlived(answered(theirs(), "yes"))
    case = merged(out, yes).case
    assert (case.enrollment.ended, open_kinds(case), case.lead.stage) == (Ending.YES, ["hand_over"], Stage.QUALIFIED)
    assert all(point.suppressed for point in case.lead.contacts)


def test_one_closed_address_closes_no_other() -> None:
    closed = replace(
        a_lead(), contacts=(ContactPoint(ContactKind.EMAIL, "a@example.com", suppressed_on=frozenset({Channel.EMAIL})),)
    )
    case = merged(begun(PLAN, closed), theirs()).case
    assert [(one.value, one.suppressed, one.suppressed_on) for one in case.lead.contacts] == [
        ("a@example.com", False, frozenset({Channel.EMAIL})),
        ("m.lopez@example.com", False, frozenset()),
        ("+12125550199", False, frozenset()),
    ]


def test_consents_stay_as_they_were_given_each_for_its_own_number() -> None:
    def consent(number: str, revoked_at: datetime | None) -> Consent:
        return Consent(Channel.SMS, number, "You may text me.", "form", "web", MONDAY, revoked_at)

    one = replace(mine().lead, consents=(consent("+12125550143", MONDAY),))
    two = replace(theirs().lead, consents=(consent("+12125550199", None),))
    case = merged(replace(mine(), lead=one), replace(theirs(), lead=two)).case
    assert [(given.contact, given.revoked_at) for given in case.lead.consents] == [
        ("+12125550143", MONDAY),
        ("+12125550199", None),
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_an_open_hand_over_wins_over_a_plan_that_runs(turned: bool) -> None:
    yes, running = outlived(answered(mine(), "yes")), called(theirs())
    case = (merged(running, yes) if turned else merged(yes, running)).case
    assert (case.enrollment.ended, open_kinds(case), case.lead.stage) == (Ending.YES, ["hand_over"], Stage.QUALIFIED)


def test_of_two_hand_overs_one_stays() -> None:
    case = merged(outlived(answered(mine(), "yes")), outlived(answered(theirs(), "yes", MONDAY + DAY))).case
    assert open_kinds(case) == ["hand_over"]


@pytest.mark.parametrize("turned", [False, True])
def test_whoever_was_won_and_asked_anew_is_followed_up_and_stays_won(turned: bool) -> None:
    won = answered(mine(), "yes", MONDAY)
    task = won.open_tasks[0]
    won = outlived(complete_task(won, task_id=task.id, outcome=Outcome.WON, by="anna", note=None, now=MONDAY))
    anew, along = theirs(start=MONDAY + 30 * DAY), theirs(start=MONDAY - DAY)
    now = MONDAY + 31 * DAY
    case = (merged(anew, won, now) if turned else merged(won, anew, now)).case
    assert (case.enrollment.id, case.enrollment.ended, case.lead.stage) == (OTHER_ENROLLMENT, None, Stage.WON)
    settled = (merged(along, won, now) if turned else merged(won, along, now)).case
    assert (settled.enrollment.ended, settled.lead.stage, settled.open_tasks) == (Ending.YES, Stage.WON, ())


@pytest.mark.parametrize("turned", [False, True])
def test_somebody_unreachable_is_reached_over_the_others_address(turned: bool) -> None:
    lost = mine(TIMED, phone=None)
    lost = outlived(contact_point_lost(lost, contact="maria@example.com", why="bounce", now=MONDAY))
    assert open_kinds(lost) == ["find_contact"]
    running = theirs(TIMED)
    case = (merged(running, lost) if turned else merged(lost, running)).case
    assert (case.enrollment.id, case.enrollment.ended, open_kinds(case)) == (OTHER_ENROLLMENT, None, [])


def test_two_unreachable_ones_leave_one_search() -> None:
    def lost(case: Case, contact: str) -> Case:
        return outlived(contact_point_lost(case, contact=contact, why="bounce", now=MONDAY))

    case = merged(lost(mine(phone=None), "maria@example.com"), lost(theirs(phone=None), "m.lopez@example.com")).case
    assert (case.enrollment.ended, open_kinds(case)) == (Ending.UNREACHABLE, ["find_contact"])


def test_two_plan_calls_become_one_and_a_promised_call_back_stays() -> None:
    one, two = called(mine()), called(theirs())
    found = merged(one, two)
    assert [task.id for task in found.case.open_tasks] == [waited_for(one).id]
    assert any(why.startswith("needless now: call") for why in found.why)
    promised = completed(two, Outcome.CALL_BACK, until=MONDAY + 3 * DAY)
    # Whose promise it is goes on; of two that a person is at, the promise is kept beside the other's plan.
    assert merged(one, outlived(promised)).case.enrollment.id == OTHER_ENROLLMENT
    held = hold(completed(called(mine())), until=MONDAY + 20 * DAY, reason="asked", by="anna", now=MONDAY)
    case = merged(outlived(held), outlived(promised)).case
    assert case.enrollment.id != OTHER_ENROLLMENT
    (owed,) = (task for task in case.open_tasks if task.kind is TaskKind.QUESTION)
    assert (owed.title, owed.opens_at) == ("as promised: call: b", MONDAY + 3 * DAY)


def test_replies_are_still_to_be_answered_and_the_machine_holds_for_them() -> None:
    wrote = outlived(lead_replied(theirs(), text="Hello?", channel=Channel.EMAIL, now=MONDAY))
    busy = hold(called(called(mine())), until=MONDAY + 2 * DAY, reason="asked", by="anna", now=MONDAY)
    case = merged(outlived(busy), wrote).case
    assert TaskKind.REPLY in {task.kind for task in case.open_tasks}
    assert case.enrollment.hold is not None
    assert case.enrollment.hold.until >= MONDAY + 2 * DAY


def test_the_earlier_of_two_open_questions_is_what_the_person_waits_for() -> None:
    early, late = theirs(TIMED), mine(TIMED, start=MONDAY + timedelta(minutes=10))
    found = merged(late, early, MONDAY + timedelta(minutes=15))
    assert found.case.response is not None
    assert (found.case.response.asked_at, found.case.response.is_open) == (MONDAY, True)
    assert found.case.first_response_due_at == MONDAY + timedelta(minutes=30)
    assert found.dropped == (late.enrollment.id,)
    assert [clock.enrollment_id for clock in found.clocks] == [OTHER_ENROLLMENT]


def test_a_human_contact_answers_what_either_asked_before_it_and_nothing_after() -> None:
    spoken_at = MONDAY + timedelta(minutes=20)
    spoken = outlived(completed(called(mine(TIMED)), Outcome.CONNECTED, spoken_at))
    before, after = (theirs(TIMED, start=MONDAY + timedelta(minutes=minutes)) for minutes in (5, 25))
    found = merged(spoken, before, MONDAY + timedelta(minutes=30))
    assert {clock.answered_at for clock in found.clocks} == {spoken_at}
    assert [clock.business_seconds for clock in found.clocks] == [20 * 60, 15 * 60]
    assert found.case.first_human_at == spoken_at
    waits = merged(spoken, after, MONDAY + timedelta(minutes=30)).case
    assert waits.response is not None
    assert (waits.response.enrollment_id, waits.response.is_open) == (OTHER_ENROLLMENT, True)
    assert (waits.first_human_at, waits.first_response_due_at) == (None, MONDAY + timedelta(minutes=55))


def test_the_person_is_who_both_knew() -> None:
    one = replace(mine().lead, company=None, cost=Decimal("10.50"), attributes={"size": "small"}, source="fair")
    two = replace(
        theirs(start=MONDAY - 9 * DAY).lead,
        kind=LeadKind.OUTBOUND,
        name="M. Lopez",
        company="Harbor Bakery",
        question="How much?",
        cost=Decimal("4"),
        attributes={"size": "big", "rank": "1"},
        source="list",
        purchased_at=MONDAY - 99 * DAY,
        country="US",
    )
    lead = merged(replace(mine(), lead=one), replace(theirs(), lead=two)).case.lead
    assert (lead.name, lead.company, lead.country, lead.source) == ("Maria Lopez", "Harbor Bakery", "US", "fair")
    assert (lead.kind, lead.created_at, lead.inquired_at) == (LeadKind.INBOUND, MONDAY - 9 * DAY, MONDAY)
    assert (lead.cost, lead.attributes) == (Decimal("14.50"), {"size": "small", "rank": "1"})
    assert (lead.question, lead.purchased_at) == ("Do you deliver on Saturdays?", MONDAY - 99 * DAY)
    assert [point.value for point in lead.contacts] == [
        "maria@example.com",
        "+12125550143",
        "m.lopez@example.com",
        "+12125550199",
    ]
    assert lead.owner == ANNA


def test_the_stage_is_the_furthest_of_both() -> None:
    def staged(keep: Stage, other: Stage) -> Stage:
        return merged(mine().with_stage(keep), theirs().with_stage(other)).case.lead.stage

    assert staged(Stage.NEW, Stage.WORKING) is Stage.WORKING
    assert staged(Stage.WORKING, Stage.NEW) is Stage.WORKING
    assert staged(Stage.NEW, Stage.WON) is Stage.WON
    assert staged(Stage.LOST, Stage.NEW) is Stage.NEW  # A lost hand-over, and a plan that runs anew.


def test_limits_count_what_both_got() -> None:
    one = replace(mine(), messages=(MONDAY, MONDAY + DAY), phone_contacts=(MONDAY,))
    two = replace(theirs(), messages=(MONDAY - DAY,), phone_contacts=(MONDAY + DAY,))
    case = merged(one, two).case
    assert case.messages == (MONDAY - DAY, MONDAY, MONDAY + DAY)
    assert case.phone_contacts == (MONDAY, MONDAY + DAY)


@pytest.mark.parametrize("turned", [False, True])
def test_what_nobody_could_be_answered_is_answered_over_the_others_address(turned: bool) -> None:
    nobody = replace(a_lead(email=None, phone=None), question="What does it cost?")
    incomplete = lead_incomplete(a_case(PLAN, nobody), wrong=(), words="What does it cost?", now=MONDAY)
    running = called(theirs())
    case = (merged(running, incomplete) if turned else merged(incomplete, running)).case
    assert case.enrollment.id == OTHER_ENROLLMENT
    (question,) = (task for task in case.open_tasks if task.kind is TaskKind.QUESTION)
    assert question.text == "What does it cost?"


def test_a_question_of_today_is_answered_although_an_older_plan_goes_on() -> None:
    answered_once = outlived(completed(called(mine(TIMED)), Outcome.CONNECTED, MONDAY + timedelta(minutes=5)))
    today = theirs(TIMED, start=MONDAY + timedelta(minutes=30))
    case = merged(answered_once, today, MONDAY + timedelta(minutes=31)).case
    assert case.enrollment.id == answered_once.enrollment.id
    assert open_kinds(case) == ["question"]
    assert case.enrollment.hold is not None
    # Its own plan's call is not made any more; what it was for is.
    assert open_kinds(merged(answered_once, called(today), MONDAY + timedelta(minutes=31)).case) == ["question"]


def test_a_meeting_of_either_is_kept_and_kept_quiet_for() -> None:
    appointment = Appointment(starts_at=MONDAY + 9 * DAY, subject="A visit")
    met = arrange(called(theirs()), appointment, organizer=BEN, by="ben", now=MONDAY)
    case = merged(called(mine()), outlived(met)).case
    assert [(one.subject, one.organizer) for one in case.meetings] == [("A visit", "ben")]
    assert case.enrollment.hold is not None
    assert (case.enrollment.hold.reason, case.enrollment.hold.until) == (HoldReason.MEETING, appointment.ends_at)
    no = merged(outlived(answered(mine(), "no", MONDAY)), outlived(met)).case
    assert [one.state for one in no.meetings] == [MeetingState.CANCELLED]
    assert wake(no) is None

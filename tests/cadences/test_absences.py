"""A colleague is away: calls wait or go to a stand-in, personal emails wait, questions never do. Instants by hand.

March 2026 in New York: the clock is set forward on Sunday the 8th.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadences.absences import sends_as_company
from cadences.away_tasks import while_away
from cadences.case import Case, Sender
from cadences.hearing import lead_replied
from cadences.model import Cadence
from cadences.owners import given_to
from cadences.planning import plan, wake
from cadences.progress import task_created
from cadences.tasks import Outcome, TaskKind
from leads.absences import Absence, WhileAway
from leads.contract import WakeKind
from leads.model import Channel, Colleague, LeadKind
from leads.work_hours import WorkHours
from tests.cadences.cases import (
    ANNA,
    BEN,
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
    with_lead,
)

STEPS = (
    {"email": "intro"},
    {"after": "3 business days", "call": "check-in"},
    {"after": "7 business days", "email": "second"},
)
EARLY = WorkHours.parse("mon-fri 08:30-17:00")
BACK = "Wed 2026-03-11 09:00"


def away(colleague: Colleague = ANNA, first: str = "2026-03-04", last: str = "2026-03-10", **more: Any) -> Colleague:
    absence = Absence(first_day=date.fromisoformat(first), last_day=date.fromisoformat(last), **more)
    return replace(colleague, absences=(*colleague.absences, absence))


COVERED = away(policy=WhileAway.COVER, cover="ben")


def after_intro(owner: Colleague, cadence: Cadence | None = None) -> Case:
    """An outbound lead whose first email went out on Monday at ten; the call is next, on Thursday at ten."""
    lead = replace(a_lead(kind=LeadKind.OUTBOUND), owner=owner, question=None)
    return carried_out(begun(cadence or a_cadence(*STEPS), lead))


def with_ben(case: Case) -> Case:
    """As the store loads it while Anna is away: Ben stands in."""
    return replace(case, stand_ins={"anna": "ben"})


def calling(owner: Colleague) -> Case:
    """The call task is open, created when it could be made."""
    case = after_intro(owner)
    touch = case.enrollment.next
    assert touch is not None
    return while_away(carried_out(case), touch.act_at)


# What is planned.


def test_nothing_changes_for_who_is_there() -> None:
    assert next_local(after_intro(ANNA)) == "Thu 2026-03-05 10:00"
    assert next_local(after_intro(away(first="2026-03-09", last="2026-03-10"))) == "Thu 2026-03-05 10:00"


def test_a_call_waits_for_the_first_moment_at_work_after_the_absence() -> None:
    case = after_intro(away())
    assert next_local(case) == BACK
    touch = case.enrollment.next
    assert touch is not None
    assert local(touch.due_at) == "Wed 2026-03-11 13:00"
    assert reasons_of(case) == ["plan", "absence"]
    assert texts(touch.reasons).endswith("Anna Keller is away until Tue 10 Mar 2026")


def test_what_follows_the_call_keeps_its_distance() -> None:
    """Seven business days after Monday 2 March is Wednesday the 11th at ten; the call came 5 days 23 hours later."""
    case = completed(carried_out(after_intro(away())))
    assert next_local(case) == "Tue 2026-03-17 09:00"


@pytest.mark.parametrize(
    ("owner", "when"),
    [
        (
            replace(away(), zone="America/Los_Angeles", hours=EARLY),
            "Wed 2026-03-11 11:30",
        ),
        # The call would be on Friday 00:00 in Tokyo; the absence is over there on Thursday.
        (replace(away(first="2026-03-05", last="2026-03-05"), zone="Asia/Tokyo"), "Thu 2026-03-05 10:00"),
        # Away on Friday, Tokyo time; back on Monday 09:00 there, which is Sunday evening in New York.
        (replace(away(first="2026-03-06", last="2026-03-06"), zone="Asia/Tokyo"), "Mon 2026-03-09 09:00"),
        (replace(away(), hours=WorkHours.parse("fri 13:00-17:00")), "Fri 2026-03-13 13:00"),
        (away(away(), "2026-03-11", "2026-03-12"), "Fri 2026-03-13 09:00"),
        (away(first="2026-03-04", last="2026-04-30"), "Fri 2026-05-01 09:00"),  # beyond the rules' horizon
    ],
)
def test_the_return_is_counted_on_the_colleagues_own_clock(owner: Colleague, when: str) -> None:
    assert next_local(after_intro(owner)) == when


def test_who_is_covered_for_keeps_nothing_waiting() -> None:
    case = after_intro(COVERED)
    assert next_local(case) == "Thu 2026-03-05 10:00"
    assert reasons_of(case) == ["plan"]


def test_at_the_return_nothing_counts_as_missed() -> None:
    case = plan(after_intro(away()), new_york("2026-03-11 09:00"))
    assert next_local(case) == BACK
    assert reasons_of(case) == ["plan", "absence"]


def test_a_step_for_the_generator_waits_for_the_generator() -> None:
    cadence = a_cadence({"email": "intro"}, {"after": "3 business days", "call": "check-in", "to": "generator"})
    lead = replace(a_lead(kind=LeadKind.OUTBOUND, generated_by=away(BEN)), question=None)
    assert next_local(carried_out(begun(cadence, lead))) == BACK
    lead = replace(lead, owner=away(), generated_by=BEN)
    assert next_local(carried_out(begun(cadence, lead))) == "Thu 2026-03-05 10:00"


def test_personal_emails_wait_and_the_companys_do_not() -> None:
    cadence = a_cadence({"email": "intro"}, {"after": "3 business days", "email": "second"})
    own = {Channel.EMAIL: Sender("anna@example.com", "Anna", own=True)}
    case = after_intro(away(), cadence)
    assert next_local(case) == "Thu 2026-03-05 10:00"
    assert next_local(plan(replace(case, senders=own), MONDAY)) == BACK
    assert next_local(plan(replace(after_intro(COVERED, cadence), senders=own), MONDAY)) == "Thu 2026-03-05 10:00"


def test_a_question_waits_for_nobody() -> None:
    cadence = a_cadence({"email": "answer"}, {"call": "first"}, first_response={"within": "30 minutes"})
    case = begun(cadence, replace(a_lead(), owner=away(first="2026-03-02")))
    own = {Channel.EMAIL: Sender("anna@example.com", "Anna", own=True)}
    assert next_local(plan(replace(case, senders=own), MONDAY)) == "Mon 2026-03-02 10:00"
    assert sends_as_company(case.lead.owner, case.company, case.response, MONDAY)
    case = while_away(with_ben(carried_out(carried_out(case), MONDAY)), MONDAY)
    assert (waited_for(case).owner, waited_for(case).back_to) == ("ben", "anna")
    assert local(waited_for(case).opens_at) == "Mon 2026-03-02 10:00"


def test_messages_come_from_the_company_while_somebody_covers() -> None:
    during, company = new_york("2026-03-05 10:00"), after_intro(ANNA).company
    assert sends_as_company(COVERED, company, None, during)
    assert not sends_as_company(away(), company, None, during)
    assert not sends_as_company(COVERED, company, None, new_york("2026-03-11 00:00"))


# Open tasks.


def test_a_call_goes_to_the_stand_in_and_comes_back() -> None:
    case = carried_out(after_intro(COVERED))
    during = new_york("2026-03-05 10:00")
    covered = while_away(with_ben(case), during)
    task = waited_for(covered)
    assert (task.owner, task.back_to, local(task.back_at)) == ("ben", "anna", BACK)
    assert task.note == "for Anna Keller, away until Tue 10 Mar 2026"
    assert (task.opens_at, task.due_at) == (waited_for(case).opens_at, waited_for(case).due_at)
    assert while_away(covered, during) == covered
    due = wake(replace(covered, tasks=(replace(task, escalate_at=None, expires_at=None),)))
    assert due is not None
    assert (due.kind, local(due.at), due.summary) == (WakeKind.SEE_TO_OVERDUE, BACK, "give back call check-in")
    back = while_away(replace(covered, stand_ins={}), new_york("2026-03-11 09:00"))
    assert (waited_for(back).owner, waited_for(back).back_to, waited_for(back).note) == ("anna", None, None)


def test_the_machine_wakes_when_an_absence_begins() -> None:
    case = calling(away(first="2026-03-06", last="2026-03-10"))
    task = waited_for(case)
    assert task.owner == "anna"
    assert local(task.away_at) == "Fri 2026-03-06 00:00"
    due = wake(replace(case, tasks=(replace(task, escalate_at=None, expires_at=None),)))
    assert due is not None
    assert (due.at, due.summary) == (task.away_at, "owner away: call check-in")


def test_an_open_call_waits_from_the_first_moment_of_the_absence_on() -> None:
    case = calling(away(first="2026-03-06", last="2026-03-10"))
    begins = new_york("2026-03-06 00:00")
    held = while_away(case, begins)
    task = waited_for(held)
    assert (local(task.opens_at), local(task.due_at)) == (BACK, "Wed 2026-03-11 13:00")
    assert local(task.escalate_at) == "Wed 2026-03-11 13:00"
    assert local(task.expires_at) == "Fri 2026-03-13 13:00"
    assert (task.owner, task.away_at) == ("anna", None)
    assert next_local(held) == BACK
    assert reasons_of(held) == ["plan", "absence"]
    assert while_away(held, begins) == held
    # Thursday 10:00 to Wednesday 09:00: all that is left moves by 5 days 23 hours.
    assert held.enrollment.moved == timedelta(days=5, hours=23)
    assert next_local(completed(held)) == "Tue 2026-03-17 09:00"


def test_whoever_is_back_early_gets_the_calls_back_early() -> None:
    held = while_away(calling(away(first="2026-03-06", last="2026-03-10")), new_york("2026-03-06 00:00"))
    came = with_lead(held, owner=away(first="2026-03-06", last="2026-03-06"))
    early = while_away(came, new_york("2026-03-09 11:00"))
    task = waited_for(early)
    assert (local(task.opens_at), local(task.due_at), task.back_at) == (
        *("Mon 2026-03-09 11:00", "Mon 2026-03-09 15:00"),
        None,
    )
    assert reasons_of(early) == ["plan"]
    assert early.enrollment.moved == timedelta(days=4, hours=1)
    called_off = while_away(with_lead(held, owner=ANNA), new_york("2026-03-06 00:00"))
    assert local(waited_for(called_off).opens_at) == "Fri 2026-03-06 09:00"


def test_a_longer_absence_moves_the_calls_on_and_a_shorter_one_moves_them_nearer() -> None:
    begins = new_york("2026-03-06 00:00")
    held = while_away(calling(away(first="2026-03-06", last="2026-03-10")), begins)
    longer = while_away(with_lead(held, owner=away(first="2026-03-06", last="2026-03-12")), begins)
    assert local(waited_for(longer).opens_at) == "Fri 2026-03-13 09:00"
    shorter = while_away(with_lead(longer, owner=away(first="2026-03-06", last="2026-03-06")), begins)
    assert local(waited_for(shorter).opens_at) == "Mon 2026-03-09 09:00"
    assert local(waited_for(shorter).due_at) == "Mon 2026-03-09 13:00"


def test_replies_and_questions_go_to_the_stand_in_although_calls_wait() -> None:
    during = new_york("2026-03-05 10:00")
    case = lead_replied(after_intro(away()), text="Please call me.", channel=Channel.EMAIL, now=during)
    assert [task.owner for task in while_away(case, during).open_tasks] == ["anna"]  # nobody is there
    (task,) = while_away(with_ben(case), during).open_tasks
    assert (task.kind, task.owner, task.back_to) == (TaskKind.REPLY, "ben", "anna")
    assert task.due_at == case.open_tasks[0].due_at


def test_without_a_stand_in_calls_wait_although_somebody_was_to_cover() -> None:
    case = carried_out(after_intro(COVERED))
    held = while_away(case, new_york("2026-03-05 10:00"))
    assert (waited_for(held).owner, local(waited_for(held).opens_at)) == ("anna", BACK)


def test_a_new_owner_takes_over_what_waited_or_was_covered() -> None:
    during = new_york("2026-03-06 10:00")
    held = while_away(calling(away(first="2026-03-06", last="2026-03-10")), during)
    cleo = Colleague("cleo", "Cleo Marsh")
    task = waited_for(while_away(given_to(held, cleo), during))
    assert (task.owner, local(task.opens_at), task.back_at) == ("cleo", "Fri 2026-03-06 10:00", None)
    covered = while_away(with_ben(carried_out(after_intro(COVERED))), during)
    task = waited_for(while_away(given_to(covered, cleo), during))
    assert (task.owner, task.back_to, task.note) == ("cleo", None, None)


def test_tasks_of_who_left_stay_with_the_stand_in() -> None:
    covered = while_away(with_ben(carried_out(after_intro(COVERED))), new_york("2026-03-05 10:00"))
    gone = with_lead(covered, owner=replace(COVERED, active=False))
    back = while_away(gone, new_york("2026-03-11 09:00"))
    assert (waited_for(back).owner, waited_for(back).back_at) == ("ben", None)


def answered_by_nobody(case: Case) -> list[str]:
    """When the machine wakes for a reply that the stand-in leaves lying, in the ten wakes from the return on."""
    woken = []
    for _ in range(10):
        due = wake(case)
        assert due is not None
        case = while_away(carried_out(case), due.at)
        woken += [local(due.at)] if due.at >= new_york(BACK[4:]) else []
    return woken


@pytest.mark.parametrize("owner", [replace(COVERED, active=False), BEN])
def test_a_return_that_never_comes_wakes_the_machine_once_at_most(owner: Colleague) -> None:
    """Anna left meanwhile; or the lead is Ben's without anybody having given it to him, as after a merge."""
    replied = new_york("2026-03-05 10:00")
    case = lead_replied(with_ben(after_intro(COVERED)), text="?", channel=Channel.EMAIL, now=replied)
    case = while_away(case, replied)
    assert [(task.owner, task.back_to) for task in case.open_tasks] == [("ben", "anna")]
    woken = answered_by_nobody(with_lead(case, owner=owner))
    assert len(woken) > 1
    assert len(set(woken)) == len(woken)


def test_the_return_after_silence_waits_for_whom_it_is_for() -> None:
    cadence = a_cadence({"email": "intro"}, on_silence={"return_to": "generator", "task": "what now?"})
    lead = replace(a_lead(kind=LeadKind.OUTBOUND, generated_by=away(BEN, "2026-03-02")), question=None)
    assert next_local(carried_out(begun(cadence, lead))) == BACK
    assert task_created(carried_out(begun(cadence, lead)), new_york("2026-03-11 09:00")).open_tasks[0].owner == "ben"


def _days() -> st.SearchStrategy[Absence]:
    first, length = st.integers(0, 40), st.integers(0, 20)
    policy = st.sampled_from([(WhileAway.HOLD, None), (WhileAway.COVER, "ben"), (WhileAway.COVER, None)])
    return st.builds(
        lambda first, length, policy: Absence(
            first_day=date(2026, 3, 1) + timedelta(days=first),
            last_day=date(2026, 3, 1) + timedelta(days=first + length),
            policy=policy[0],
            cover=policy[1],
        ),
        first,
        length,
        policy,
    )


@settings(max_examples=150, deadline=None)
@given(
    absences=st.lists(_days(), max_size=4).map(tuple),
    zone=st.sampled_from([None, "Asia/Tokyo", "America/Los_Angeles"]),
    there=st.booleans(),
    does=st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_whatever_the_absences_the_plan_goes_on_and_never_turns_on_the_spot(
    absences: tuple[Absence, ...], zone: str | None, there: bool, does: list[bool]
) -> None:
    """Each wake lies no earlier than the one before, and few of them fall on one instant."""
    steps = (*STEPS, {"wait": "2 days", "call": "again", "repeat": {"every": "3 days", "times": 4}})
    owner = replace(ANNA, absences=absences, zone=zone)
    lead = replace(a_lead(kind=LeadKind.OUTBOUND), owner=owner, question=None)
    case, at, same = begun(a_cadence(*steps), lead), MONDAY, 0
    for done in does:
        case = replace(case, stand_ins={"anna": "ben"} if there else {})
        due = wake(case)
        if due is None:
            return
        assert due.at >= at, due
        same, at = (same + 1 if due.at == at else 0), due.at
        assert same <= 6, due
        case = while_away(carried_out(case), at)
        awaited = [task for task in case.open_tasks if task.of_plan]
        if done and awaited and awaited[0].opens_at <= at:
            case = while_away(completed(case, Outcome.VOICEMAIL, at), at)

"""What people command, and what is refused."""

from datetime import datetime, timedelta

import pytest

from cadences.case import Case
from cadences.commands import (
    hold,
    log_personal_touch,
    not_now,
    reassign,
    record_answer,
    resume,
    skip_step,
    switch_cadence,
)
from cadences.enrollment import HoldReason
from cadences.facts import AnswerGiven, Suppressed, TouchMade
from cadences.hearing import contact_point_lost, lead_opted_out, lead_replied
from cadences.planning import plan, wake
from cadences.refusals import CommandRefused
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind, TaskState
from cadences.unknown_sends import message_unknown
from leads.contract import WakeKind
from leads.model import Channel, Ending, LeadKind, Stage
from tests.cadences.cases import (
    BEN,
    EMAIL,
    MONDAY,
    PHONE,
    a_cadence,
    a_lead,
    begun,
    carried_out,
    completed,
    new_york,
    next_local,
    open_kinds,
    waited_for,
)

DAY = timedelta(days=1)
PLAN = a_cadence(
    {"email": "answer"},
    {"call": "first-call"},
    {"after": "3 business days", "email": "checking-in"},
    {"wait": "1 month", "email": "tail", "repeat": {"every": "1 month", "until": "an answer"}},
    first_response={"within": "30 minutes"},
)
LATER = a_cadence({"call": "as-agreed"}, {"wait": "1 week", "email": "any-news"})


def calling() -> Case:
    """The first answer is out, and the first call is to be made."""
    return carried_out(carried_out(begun(PLAN)))


def emailing() -> Case:
    """The call was made without an answer; the next email waits for Thursday."""
    return completed(calling(), now=MONDAY)


def touch(case: Case, at: datetime, now: datetime | None = None, channel: Channel = Channel.CALL) -> Case:
    return log_personal_touch(case, channel=channel, touched_at=at, by="ben", note="met", now=now or at)


def answer(case: Case, said: str, now: datetime = MONDAY + DAY) -> Case:
    return record_answer(case, answer=said, by="anna", note=None, now=now)


def later(case: Case, until: datetime, now: datetime = MONDAY) -> Case:
    return not_now(case, until=until, cadence=LATER, version="1" * 64, by="anna", note=None, now=now)


# Personal touches.


def test_a_personal_touch_pauses_for_five_business_days_and_stops_the_first_response_clock() -> None:
    case = touch(emailing(), MONDAY + DAY)
    assert next_local(case) == "Thu 2026-03-12 10:00"
    assert case.first_human_at == MONDAY + DAY
    assert case.lead.stage is Stage.WORKING
    assert case.enrollment.hold is not None
    assert (case.enrollment.hold.reason, case.enrollment.hold.owner) == (HoldReason.PERSONAL_TOUCH, "ben")
    assert [(fact.personal, fact.happened_at) for fact in case.facts if isinstance(fact, TouchMade)][-1] == (
        True,
        MONDAY + DAY,
    )


def test_a_personal_touch_closes_the_call_that_it_made_needless() -> None:
    case = touch(calling(), MONDAY + timedelta(hours=1))
    assert case.open_tasks == ()
    assert case.enrollment.outcomes["first-call"] == "done"
    assert case.enrollment.next is not None
    assert case.enrollment.next.step.step_id == "checking-in"
    assert next_local(case) == "Thu 2026-03-12 10:00"


def test_a_touch_from_before_the_call_was_planned_puts_the_call_off_and_does_not_count_as_it() -> None:
    case = carried_out(begun(a_cadence({"email": "a"}, {"after": "1 day", "call": "b"})))
    called_for = carried_out(case)
    late = touch(called_for, MONDAY + timedelta(hours=2), now=MONDAY + 2 * DAY)
    prompt = touch(case, MONDAY + timedelta(hours=2))
    assert late.open_tasks == ()
    assert late.enrollment.next == prompt.enrollment.next
    assert next_local(late) == "Tue 2026-03-10 10:00"


def test_a_promised_call_back_survives_other_touches() -> None:
    promised = completed(calling(), Outcome.CALL_BACK, now=MONDAY, until=MONDAY + 3 * DAY)
    case = touch(promised, MONDAY + DAY, channel=Channel.EMAIL)
    assert waited_for(case).opens_at == MONDAY + 3 * DAY
    assert touch(promised, MONDAY + 3 * DAY).open_tasks == ()


def test_a_touch_answers_a_reply_and_the_machine_goes_on_after_its_own_pause() -> None:
    cadence = a_cadence(
        {"email": "a"},
        {"after": "1 week", "email": "b"},
        on_reply={"hold": "10 business days"},
        on_personal_touch={"pause": "2 days"},
    )
    case = lead_replied(carried_out(begun(cadence)), text="hm", channel=Channel.EMAIL, now=MONDAY + DAY)
    case = touch(case, MONDAY + 2 * DAY, channel=Channel.EMAIL)
    assert case.open_tasks == ()
    assert next_local(case) == "Thu 2026-03-12 10:00"  # a week, a day until the answer, two days of pause


def test_a_touch_from_before_the_reply_does_not_answer_it() -> None:
    case = lead_replied(emailing(), text="hm", channel=Channel.EMAIL, now=MONDAY + 2 * DAY)
    case = touch(case, MONDAY + DAY, now=MONDAY + 3 * DAY)
    assert open_kinds(case) == ["reply"]


def test_a_touch_is_logged_after_it_happened() -> None:
    with pytest.raises(CommandRefused, match="future"):
        touch(emailing(), MONDAY + timedelta(minutes=6), now=MONDAY)
    with pytest.raises(CommandRefused, match="ten years"):
        touch(emailing(), MONDAY - timedelta(days=3700), now=MONDAY)
    assert touch(emailing(), MONDAY + timedelta(minutes=4), now=MONDAY).enrollment.hold is not None


def test_a_touch_after_a_no_is_only_written_down() -> None:
    case = answer(emailing(), "no")
    assert touch(case, MONDAY + 2 * DAY).enrollment == case.enrollment


# Answers.


def test_a_no_ends_it_and_leaves_no_open_task() -> None:
    case = answer(lead_replied(calling(), text="no!", channel=Channel.EMAIL, now=MONDAY), "no")
    assert case.open_tasks == ()
    assert {task.state for task in case.tasks} == {TaskState.CANCELLED}
    assert (case.enrollment.ended, case.lead.stage, wake(case)) == (Ending.NO, Stage.LOST, None)
    assert AnswerGiven("no", "anna") in case.facts


def test_a_yes_leaves_exactly_the_hand_over_due_within_the_target_and_escalated_until_it_is_done() -> None:
    case = answer(calling(), "yes")
    assert open_kinds(case) == ["hand_over"]
    assert (case.enrollment.ended, case.lead.stage) == (Ending.YES, Stage.QUALIFIED)
    assert case.open_tasks[0].due_at == MONDAY + DAY + timedelta(minutes=30)
    for day in range(1, 4):
        due = wake(case)
        assert due is not None
        assert due.kind is WakeKind.SEE_TO_OVERDUE
        case = carried_out(case)
        assert case.open_tasks[0].escalations == day
        assert case.enrollment.next is None


def test_nothing_is_answered_twice_but_a_yes_may_become_a_no() -> None:
    for first, second in (("no", "no"), ("no", "yes"), ("yes", "yes")):
        with pytest.raises(CommandRefused, match="already said"):
            answer(answer(emailing(), first), second)
    assert answer(answer(emailing(), "yes"), "no").open_tasks == ()
    with pytest.raises(CommandRefused, match="no answer"):
        answer(emailing(), "maybe")


# Not now.


def test_not_now_for_fourteen_months_sleeps_until_that_very_day() -> None:
    until = new_york("2027-05-03 09:00")
    case = later(calling(), until)
    assert case.open_tasks == ()
    assert (case.enrollment.cadence, case.enrollment.started_at) == ("test", until)
    assert [former.ended for former in case.ended_enrollments] == [Ending.SWITCHED]
    assert next_local(case) == "Mon 2027-05-03 09:00"
    assert case.enrollment.next is not None
    assert case.enrollment.next.act_at == until
    assert waited_for(carried_out(case)).kind is TaskKind.CALL


def test_not_now_after_a_yes_takes_the_hand_over_back() -> None:
    case = later(answer(emailing(), "yes"), MONDAY + 60 * DAY, now=MONDAY + 2 * DAY)
    assert (case.lead.stage, case.open_tasks) == (Stage.WORKING, ())


@pytest.mark.parametrize("until", [MONDAY, MONDAY - DAY, MONDAY + timedelta(days=3700)])
def test_not_now_names_a_date_to_come(until: datetime) -> None:
    with pytest.raises(CommandRefused) as refused:
        later(emailing(), until)
    assert refused.value.field == "until"


def test_who_said_no_or_opted_out_is_not_enrolled_again_by_us() -> None:
    for over in (answer(emailing(), "no"), lead_opted_out(emailing(), why="stop", now=MONDAY)):
        with pytest.raises(CommandRefused, match="can't be enrolled again"):
            later(over, MONDAY + 90 * DAY, now=MONDAY + 2 * DAY)
        with pytest.raises(CommandRefused, match="has ended"):
            switch_cadence(over, cadence=LATER, version="1", by="anna", now=MONDAY + 2 * DAY)


# Hold and resume.


def test_a_hold_needs_an_end_to_come_and_a_running_cadence() -> None:
    with pytest.raises(CommandRefused, match="past"):
        hold(emailing(), until=MONDAY, reason="x", by="anna", now=MONDAY)
    with pytest.raises(CommandRefused, match="not running"):
        hold(answer(emailing(), "no"), until=MONDAY + 9 * DAY, reason="x", by="anna", now=MONDAY + DAY)


def test_only_a_hold_in_force_can_be_resumed() -> None:
    with pytest.raises(CommandRefused, match="not on hold"):
        resume(emailing(), by="anna", now=MONDAY)
    lapsed = hold(emailing(), until=MONDAY + DAY, reason="x", by="anna", now=MONDAY)
    with pytest.raises(CommandRefused, match="not on hold"):
        resume(lapsed, by="anna", now=MONDAY + DAY)


def test_the_next_touch_says_that_it_is_held() -> None:
    case = hold(emailing(), until=MONDAY + 9 * DAY, reason="fair", by="anna", now=MONDAY + 8 * DAY)
    assert case.enrollment.next is not None
    assert case.enrollment.next.reasons[-1].text == "held until then (manual)"


# Skip, switch, reassign.


def test_a_skipped_call_is_closed_and_the_plan_goes_on() -> None:
    case = skip_step(calling(), step_id="first-call", by="anna", now=MONDAY + timedelta(hours=1))
    assert [task.state for task in case.tasks] == [TaskState.CANCELLED]
    assert case.enrollment.outcomes["first-call"] == "skipped"
    assert next_local(case) == "Thu 2026-03-05 10:00"


def test_what_follows_a_skipped_step_keeps_its_place() -> None:
    case = skip_step(emailing(), step_id=None, by="anna", now=MONDAY + DAY)
    assert next_local(case) == "Mon 2026-04-06 09:00"  # a month after Thursday the 5th, past a weekend


def test_only_the_next_step_can_be_skipped_and_only_while_there_is_one() -> None:
    with pytest.raises(CommandRefused, match="the next step is 'checking-in'"):
        skip_step(emailing(), step_id="tail", by="anna", now=MONDAY)
    with pytest.raises(CommandRefused, match="not running"):
        skip_step(answer(emailing(), "no"), step_id=None, by="anna", now=MONDAY)
    used_up = carried_out(carried_out(begun(a_cadence({"email": "a"}), a_lead(kind=LeadKind.OUTBOUND))))
    with pytest.raises(CommandRefused, match="used up"):
        skip_step(used_up, step_id=None, by="anna", now=MONDAY)


def test_another_cadence_starts_at_once_from_its_first_step() -> None:
    case = switch_cadence(calling(), cadence=LATER, version="1" * 64, by="anna", now=MONDAY + DAY)
    assert [task.state for task in case.tasks] == [TaskState.CANCELLED]
    assert next_local(case) == "Tue 2026-03-03 10:00"
    assert case.enrollment.done is None
    assert case.ended_enrollments[0].ended is Ending.SWITCHED


def test_a_lead_that_said_no_and_asked_again_is_not_switched_to_a_cadence() -> None:
    asking = begun(PLAN, question_only=True)
    with pytest.raises(CommandRefused, match="only its question"):
        switch_cadence(asking, cadence=LATER, version="1", by="anna", now=MONDAY)


def test_tasks_go_along_to_another_owner() -> None:
    case = reassign(calling(), owner=BEN, by="mia", now=MONDAY)
    assert (case.lead.owner, waited_for(case).owner) == (BEN, "ben")
    with pytest.raises(CommandRefused, match="already owns"):
        reassign(case, owner=BEN, by="mia", now=MONDAY)


def test_somebody_elses_task_stays_with_them() -> None:
    case = carried_out(begun(a_cadence({"task": "check", "to": "manager"})))
    assert waited_for(reassign(case, owner=BEN, by="mia", now=MONDAY)).owner == "mia"


# A question of somebody who had said no.


def test_the_answer_to_the_one_question_ends_the_enrollment() -> None:
    case = touch(begun(PLAN, question_only=True), MONDAY + timedelta(hours=1), channel=Channel.EMAIL)
    assert (case.enrollment.ended, case.open_tasks) == (Ending.ANSWERED, ())
    again = touch(case, MONDAY + 2 * DAY)
    assert again.enrollment.ended_at == case.enrollment.ended_at


# Unreachable.


def test_an_unreachable_lead_said_yes_on_the_street() -> None:
    case = emailing()
    for contact in (EMAIL, PHONE):
        case = contact_point_lost(case, contact=contact, why="bounced", now=MONDAY)
    assert open_kinds(answer(case, "yes")) == ["hand_over"]


def test_the_plan_of_a_paused_lead_is_the_same_whenever_it_is_asked_for() -> None:
    case = touch(emailing(), MONDAY + DAY)
    assert plan(case, MONDAY + 5 * DAY).enrollment.next == case.enrollment.next


def test_a_touch_from_before_the_question_is_no_response_to_it() -> None:
    case = begun(PLAN)
    long_ago = log_personal_touch(
        case, channel=Channel.CALL, touched_at=MONDAY - 300 * DAY, by="anna", note=None, now=MONDAY
    )
    assert long_ago.first_human_at is None
    now = log_personal_touch(case, channel=Channel.CALL, touched_at=MONDAY, by="anna", note=None, now=MONDAY)
    assert now.first_human_at == MONDAY


def test_a_message_of_which_nobody_knows_is_still_looked_for_after_a_not_now_and_a_switch() -> None:
    case = begun(PLAN)
    assert case.enrollment.next is not None
    case = message_unknown(case, case.enrollment.next.step, Channel.EMAIL, MONDAY)
    (unknown,) = case.open_tasks
    assert unknown.kind is TaskKind.UNKNOWN_SEND
    switched = switch_cadence(case, cadence=LATER, version="1" * 64, by="anna", now=MONDAY + DAY)
    for after in (later(case, MONDAY + 900 * DAY), switched):
        assert unknown in after.open_tasks
        assert wake(after) is not None
    assert open_kinds(answer(case, "no")) == []
    assert open_kinds(answer(case, "yes")) == ["hand_over"]


@pytest.mark.parametrize("by_task", [False, True])
def test_t4_a_no_that_asks_for_no_more_contact_closes_everything(by_task: bool) -> None:
    case, now = calling(), MONDAY + DAY
    if by_task:
        task = waited_for(case)
        no = {"task_id": task.id, "outcome": Outcome.NO, "by": "anna", "note": None, "now": now}
        case = complete_task(case, **no, no_contact=True)  # type: ignore[arg-type]
    else:
        case = record_answer(case, answer="no", by="anna", note=None, now=now, no_contact=True)
    assert (case.enrollment.ended, case.lead.stage, case.open_tasks, wake(case)) == (Ending.NO, Stage.LOST, (), None)
    assert [fact.contact for fact in case.facts if isinstance(fact, Suppressed)] == [EMAIL, PHONE]
    assert all(point.suppressed for point in case.lead.contacts)


def test_t4_who_said_no_before_may_still_ask_for_no_more_contact_once() -> None:
    case = record_answer(calling(), answer="no", by="anna", note=None, now=MONDAY + DAY)
    assert not any(point.suppressed for point in case.lead.contacts)
    closed = record_answer(case, answer="no", by="anna", note=None, now=MONDAY + 2 * DAY, no_contact=True)
    assert all(point.suppressed for point in closed.lead.contacts)
    assert closed.enrollment == case.enrollment
    with pytest.raises(CommandRefused, match="already said no"):
        record_answer(closed, answer="no", by="anna", note=None, now=MONDAY + 3 * DAY, no_contact=True)


def test_a_yes_asks_for_contact() -> None:
    with pytest.raises(CommandRefused, match="who asks not to be contacted says no"):
        record_answer(calling(), answer="yes", by="anna", note=None, now=MONDAY + DAY, no_contact=True)
    call = waited_for(calling())
    voicemail = {"task_id": call.id, "outcome": Outcome.VOICEMAIL, "by": "anna", "note": None, "now": MONDAY + DAY}
    with pytest.raises(CommandRefused, match="who asks not to be contacted says no"):
        complete_task(calling(), **voicemail, no_contact=True)  # type: ignore[arg-type]

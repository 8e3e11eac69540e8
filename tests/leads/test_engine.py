"""The sentence that says whether the engine and the database agree about a lead."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from leads.contract import Plan, Progress, Wake, WakeKind
from leads.engine import (
    Agreement,
    DatabaseSide,
    EngineSide,
    EngineState,
    PendingActivity,
    Untold,
    verdict,
)

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
LEAD = UUID(int=7)
WAKE = Wake(kind=WakeKind.SEND_EMAIL, at=NOW + timedelta(days=3), step_id="checking-in", summary="email checking-in")
PLAN = Plan(
    revision=7,
    enrollment_id=UUID(int=1),
    cadence="inbound-web",
    version="v1",
    owner="anna",
    stage="working",
    wake=WAKE,
)
RUNNING = EngineSide(
    run_id="run",
    status="running",
    first_started_at=NOW,
    started_at=NOW,
    closed_at=None,
    history_length=9,
    progress=Progress(lead_id=LEAD, plan=PLAN, waiting=True),
)
TRYING = PendingActivity(
    name="send_email", queue="follow-email", attempt=1, is_started=True, scheduled_at=NOW, started_at=NOW
)
HOLD = Untold(
    id=UUID(int=9), kind="hold", revision=7, committed_at=NOW - timedelta(minutes=2), attempts=3, error="RPCError"
)


def state(engine: EngineSide | None = RUNNING, *, plan: Plan = PLAN, untold: tuple[Untold, ...] = ()) -> EngineState:
    return EngineState(lead_id=LEAD, at=NOW, database=DatabaseSide(plan=plan, untold=untold), engine=engine)


def shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def said(of: EngineState) -> tuple[Agreement, str]:
    found = verdict(of, shown)
    return found.agreement, found.sentence


def running(**changes: Any) -> EngineSide:
    return replace(RUNNING, **changes)


def holding(**changes: Any) -> EngineSide:
    """A workflow that holds another plan."""
    plan = PLAN.model_copy(update=changes)
    return running(progress=Progress(lead_id=LEAD, plan=plan, waiting=True))


def test_an_engine_that_waits_for_what_the_database_wants_agrees() -> None:
    assert said(state()) == (Agreement.AGREES, "The engine waits for email checking-in, 2026-11-23 15:00 UTC.")


def test_instants_are_written_as_the_reader_wants_them() -> None:
    assert verdict(state(), lambda at: f"on {at:%A}").sentence == "The engine waits for email checking-in, on Monday."


def test_a_command_that_was_not_delivered_is_named_with_its_tries_and_error() -> None:
    assert said(state(untold=(HOLD,))) == (
        Agreement.DIFFERS,
        "The engine has not heard revision 7 yet: command hold is undelivered, tried 3 times, last error RPCError.",
    )


def test_of_several_undelivered_commands_the_first_is_what_the_others_wait_for() -> None:
    resume = replace(HOLD, kind="resume", revision=8, attempts=0, error=None)
    _, sentence = said(state(untold=(HOLD, resume)))
    assert sentence.startswith("The engine has not heard revision 8 yet: command hold is undelivered, tried 3 times")
    assert sentence.endswith(", and 1 more behind it.")


def test_a_command_of_this_moment_is_being_told() -> None:
    fresh = replace(HOLD, committed_at=NOW - timedelta(seconds=1), attempts=0, error=None)
    assert said(state(untold=(fresh,))) == (Agreement.AT_WORK, "The engine is being told revision 7.")
    assert said(state(None, untold=(fresh,))) == (Agreement.AT_WORK, "The workflow is being started.")
    failed_at_once = replace(fresh, attempts=1, error="RPCError")
    assert said(state(untold=(failed_at_once,)))[0] is Agreement.DIFFERS


def test_a_missing_workflow_is_said_with_what_it_was_to_do() -> None:
    agreement, sentence = said(state(None))
    assert agreement is Agreement.DIFFERS
    assert sentence == (
        "No workflow runs, and email checking-in is to happen 2026-11-23 15:00 UTC: `follow doctor --repair` starts it."
    )
    _, sentence = said(state(running(status="terminated")))
    assert sentence.startswith("No workflow runs (it was terminated), and")


def test_a_lead_with_nothing_left_to_do_needs_no_workflow() -> None:
    agreement, sentence = said(state(running(status="completed"), plan=PLAN.model_copy(update={"wake": None})))
    assert (agreement, sentence) == (
        Agreement.AGREES,
        "Nothing is left for the machine to do, and no workflow runs.",
    )


def test_an_older_plan_in_the_engine_with_nothing_on_its_way_is_a_difference() -> None:
    agreement, sentence = said(state(holding(revision=6)))
    assert agreement is Agreement.DIFFERS
    assert "holds revision 6 where the database has 7" in sentence


def test_a_newer_plan_in_the_engine_was_decided_since_we_looked() -> None:
    assert said(state(holding(revision=8)))[0] is Agreement.AGREES


def test_a_wake_that_passed_without_anything_happening_is_a_difference() -> None:
    late = WAKE.model_copy(update={"at": NOW - timedelta(minutes=6)})
    agreement, sentence = said(state(holding(wake=late)))
    assert agreement is Agreement.DIFFERS
    assert "was due 2026-11-20 14:54 UTC, and nothing happened" in sentence
    just_now = WAKE.model_copy(update={"at": NOW - timedelta(minutes=4)})
    assert said(state(holding(wake=just_now)))[0] is Agreement.AGREES


def test_an_activity_at_its_first_attempt_is_work() -> None:
    assert said(state(running(activities=(TRYING,)))) == (
        Agreement.AT_WORK,
        "The engine does send_email at this moment.",
    )


def test_an_activity_that_failed_is_said_with_its_tries_its_error_and_when_it_is_tried_again() -> None:
    failing = replace(
        TRYING,
        attempt=4,
        is_started=False,
        next_try_at=NOW + timedelta(minutes=5),
        last_failure="ConnectionRefusedError at line 3",
    )
    assert said(state(running(activities=(failing,)))) == (
        Agreement.DIFFERS,
        "send_email failed 3 times, last with “ConnectionRefusedError at line 3”; "
        "the engine tries again 2026-11-20 15:05 UTC.",
    )
    again = replace(failing, attempt=2, is_started=True, next_try_at=None, last_failure=None)
    assert said(state(running(activities=(again,))))[1] == "send_email failed once; the engine is at it again."


def test_an_activity_that_no_worker_takes_is_said() -> None:
    waiting = replace(TRYING, is_started=False, has_workers=False)
    agreement, sentence = said(state(running(activities=(waiting,))))
    assert agreement is Agreement.DIFFERS
    assert sentence.startswith("send_email is due, and no worker takes it")


def test_without_workers_nobody_is_asked_and_that_is_what_is_wrong() -> None:
    agreement, sentence = said(state(running(has_workers=False, progress=None), untold=(HOLD,)))
    assert agreement is Agreement.DIFFERS
    assert sentence.startswith("No worker takes the workflow's tasks")


def test_failing_workflow_tasks_are_said() -> None:
    for failing in (running(task_attempt=4, progress=None), running(reports_problems=True, progress=None)):
        agreement, sentence = said(state(failing))
        assert agreement is Agreement.DIFFERS
        assert sentence.startswith("Its workflow tasks keep failing")
    assert said(state(running(task_attempt=1)))[0] is Agreement.AGREES


def test_what_nobody_can_say_is_no_difference() -> None:
    assert said(state(running(progress=None)))[0] is Agreement.UNKNOWN
    away = replace(state(None), trouble="unavailable")
    assert said(away) == (
        Agreement.UNKNOWN,
        "Temporal can't be reached (unavailable), so nobody can say what it does.",
    )


def test_a_workflow_whose_last_plan_is_done_is_about_to_complete() -> None:
    done = PLAN.model_copy(update={"wake": None})
    agreement, sentence = said(state(holding(wake=None), plan=done))
    assert (agreement, sentence) == (
        Agreement.AT_WORK,
        "Nothing is left for the machine to do; the workflow is about to complete.",
    )

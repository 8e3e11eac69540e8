"""A provider's account in trouble: the lead holds, the admin is alerted once, and all goes on when it is mended."""

from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import select
from structlog.testing import capture_logs

from adapters.db.alerts import AlertKind, Alerts
from adapters.db.rows import HoldRow
from cadences import commands
from cadences.liveness import Evidence, diagnose
from cadences.tasks import TaskKind
from leads.capture import NewLead
from leads.contract import CommandKind, WakeKind
from leads.sending import AccountTrouble
from tests.activities.desk import Desk
from tests.quiet import nobody_waits

TROUBLE = AccountTrouble("Twilio: the account's credentials are not accepted", "20003")


@pytest_asyncio.fixture
async def alerts(desk: Desk) -> Alerts:
    return Alerts(desk.engine)


async def test_the_step_is_held_and_an_alert_stands_until_a_message_is_accepted(desk: Desk, alerts: Alerts) -> None:
    await nobody_waits(desk.engine)
    desk.sender.script = [TROUBLE, TROUBLE]
    begun_at = desk.clock()
    with capture_logs() as logged:
        plan = await desk.activities.send_email(await desk.step())

    assert (plan.hold, plan.held_until) == ("provider", begun_at + timedelta(hours=1))
    assert plan.wake is not None
    assert (plan.wake.kind, plan.wake.step_id, plan.wake.at) == (
        WakeKind.SEND_EMAIL,
        "answer-the-question",
        plan.held_until,
    )
    touch = await desk.touch()
    assert (touch.state, touch.attempt) == ("refused", 1)
    (alert,) = await alerts.all()
    assert (alert.kind, alert.subject, alert.times) == (AlertKind.ACCOUNT, "scripted 20003", 1)
    assert alert.text == "Twilio: the account's credentials are not accepted"
    assert [one for one in logged if one["log_level"] == "error"] == [
        {
            "event": "a provider's account is in trouble",
            "provider": "scripted",
            "code": "20003",
            "log_level": "error",
        }
    ]

    desk.clock.move_to(plan.wake.at)
    with capture_logs() as logged:
        plan = await desk.activities.send_email(await desk.step())
    assert plan.held_until == desk.clock() + timedelta(hours=4)
    assert [one for one in logged if one["log_level"] == "error"] == []  # It is known by now.
    (alert,) = await alerts.all()
    assert (alert.times, alert.since, alert.last_at) == (2, begun_at, desk.clock())

    desk.clock.move_to(plan.held_until)
    plan = await desk.activities.send_email(await desk.step())
    assert list(desk.sender.delivered.values()) == [1]
    touch = await desk.touch()
    assert (touch.state, touch.attempt, touch.occurrence) == ("sent", 3, 1)
    assert await alerts.all() == []
    (alert,) = await alerts.all(resolved=True)
    assert (alert.resolved_at, alert.resolved_by) == (desk.clock(), "followthrough")
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        assert opened.case.enrollment.attempts == 1
        assert opened.case.enrollment.hold is None


async def test_who_waits_for_an_answer_meanwhile_is_called_and_once_the_email_is_out_by_the_plan(desk: Desk) -> None:
    desk.sender.script = [TROUBLE]
    asked_at = desk.clock()
    plan = await desk.activities.send_email(await desk.step())
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        (task,) = opened.case.open_tasks
    assert (task.kind, task.title, task.owner) == (TaskKind.QUESTION, "call: not answered yet", "anna")
    assert task.due_at == asked_at + timedelta(minutes=30)
    assert plan.wake is not None
    assert (plan.wake.kind, plan.wake.at, plan.held_until) == (
        WakeKind.SEE_TO_OVERDUE,
        task.due_at,
        asked_at + timedelta(hours=1),
    )
    people = desk.tasks_activities()
    desk.clock.move_to(task.due_at)
    plan = await people.see_to_overdue(await desk.step())
    assert plan.wake is not None
    assert (plan.wake.kind, plan.wake.at) == (WakeKind.SEND_EMAIL, plan.held_until)
    desk.clock.move_to(plan.wake.at)
    await desk.activities.send_email(await desk.step())
    assert await desk.tasks() == ["question"]
    await people.create_call_task(await desk.step())
    assert await desk.tasks() == ["call"]


async def test_a_message_over_another_provider_resolves_nothing(desk: Desk, alerts: Alerts) -> None:
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        await opened.account_in_trouble("twilio", "20003", "the account's credentials are not accepted")
    await desk.activities.send_email(await desk.step())
    assert [alert.subject for alert in await alerts.all()] == ["twilio 20003"]


async def test_the_hold_belongs_to_the_manager_and_says_why(desk: Desk) -> None:
    desk.sender.script = [TROUBLE]
    await desk.activities.send_email(await desk.step())
    async with desk.engine.connect() as connection:
        hold: Any = (await connection.execute(select(HoldRow.__table__))).one()
    assert (hold.reason, hold.owner) == ("provider", "mia")
    assert hold.note == "scripted 20003: Twilio: the account's credentials are not accepted"


async def test_the_doctor_finds_nothing_wrong_with_a_lead_that_holds(desk: Desk) -> None:
    desk.sender.script = [TROUBLE]
    await desk.activities.send_email(await desk.step())
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        case, plan = opened.case, opened.plan
    row = {
        "revision": plan.revision,
        "enrollment_id": plan.enrollment_id,
        "cadence": plan.cadence,
        "owner_id": plan.owner,
        "stage": plan.stage,
        "next_at": plan.next_touch_at,
        "wake_at": plan.wake.at if plan.wake else None,
        "answer": None,
        "ended": None,
        "ended_at": None,
    }
    assert diagnose(case, plan, Evidence(row=row, enrollment_ended=None), desk.clock()) == []


async def test_the_leads_that_a_provider_holds_are_known_until_they_go_on(desk: Desk, alerts: Alerts) -> None:
    desk.sender.script = [TROUBLE]
    await desk.activities.send_email(await desk.step())
    assert await alerts.held_by("scripted", desk.clock()) == [desk.lead_id]
    assert await alerts.held_by("twilio", desk.clock()) == []
    assert await alerts.held_by("scripted", desk.clock() + timedelta(hours=1)) == []
    await desk.say(CommandKind.RESUME, lambda case, now: commands.resume(case, by="mia", now=now))
    assert await alerts.held_by("scripted", desk.clock()) == []
    plan = await desk.activities.send_email(await desk.step())
    assert list(desk.sender.delivered.values()) == [1]
    assert plan.hold is None


async def test_trouble_after_a_no_leaves_no_hold(desk: Desk, alerts: Alerts) -> None:
    step = await desk.step()

    async def send(message: Any) -> Any:
        await desk.say_no()
        raise TROUBLE

    desk.sender.send = send  # type: ignore[method-assign]
    plan = await desk.activities.send_email(step)
    assert (plan.ended, plan.hold) == ("no", None)
    assert (await desk.touch()).state == "failed"
    assert [alert.times for alert in await alerts.all()] == [1]


async def test_an_alert_names_nobody(desk: Desk, alerts: Alerts) -> None:
    desk.sender.script = [TROUBLE]
    await desk.activities.send_email(await desk.step())
    (alert,) = await alerts.all()
    new = NewLead(name="Priya", email="priya@example.com")
    assert not any(word in f"{alert.subject} {alert.text}" for word in (new.name, new.email, str(desk.lead_id)) if word)

"""Sending: claim, hand over, record, with the process dying anywhere and the provider answering anything."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.messages import MessageActivities
from activities.tasks import TaskActivities
from adapters.db.reading import Reading
from cadences import commands
from cadences.library import shipped
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome
from leads.contract import SEND_WITHIN, STEP_TIMEOUT, CommandKind, Plan, WakeKind
from leads.model import Channel, Stage
from leads.sending import (
    AccountTrouble,
    ContactPointDead,
    OutcomeUnknown,
    OutgoingMessage,
    Receipt,
    RecipientOptedOut,
    SendError,
    SendRefused,
)
from tests.activities.desk import Desk
from tests.activities.senders import Crash
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.quiet import nobody_waits


async def test_a_sent_message_counts_once_against_the_limits(desk: Desk) -> None:
    await desk.activities.send_email(await desk.step())
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        assert opened.case.messages == (desk.clock(),)
    step = await desk.step()
    assert step.kind is WakeKind.CREATE_CALL_TASK


async def test_what_a_person_finds_out_about_an_unknown_message_stands_in_the_ledger(desk: Desk) -> None:
    desk.sender.script = [OutcomeUnknown("read timed out")]
    await desk.activities.send_email(await desk.step())
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        (task,) = opened.case.open_tasks
    await desk.say(
        CommandKind.COMPLETE_TASK,
        lambda case, now: complete_task(case, task_id=task.id, outcome=Outcome.NOT_SENT, by="anna", note=None, now=now),
    )
    assert (await desk.touch()).state == "failed"
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        assert opened.case.messages == ()
        assert opened.case.lead.stage is Stage.NEW  # nobody was in touch with the lead


async def test_a_message_is_sent_once_and_the_plan_goes_on(desk: Desk) -> None:
    plan = await desk.activities.send_email(await desk.step())

    assert list(desk.sender.delivered.values()) == [1]
    assert desk.sender.messages[0].to == "priya@example.com"
    assert "How much?" in desk.sender.messages[0].text
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.CREATE_CALL_TASK
    assert (await desk.touch()).state == "sent"


async def test_the_same_request_again_sends_nothing_and_tells_the_newest_plan(desk: Desk) -> None:
    step = await desk.step()
    first = await desk.activities.send_email(step)
    assert await desk.activities.send_email(step) == first
    assert list(desk.sender.delivered.values()) == [1]


async def test_a_crash_before_the_provider_got_it_leads_to_one_delivery(desk: Desk) -> None:
    desk.sender.script = ["crash before"]
    step = await desk.step()
    with pytest.raises(Crash):
        await desk.activities.send_email(step)
    assert (await desk.touch()).state == "claimed"

    again = await desk.retry(step)
    assert again.wake is not None
    assert (again.wake.step_id, again.wake.at) == ("answer-the-question", desk.clock())
    await desk.activities.send_email(await desk.step())

    assert list(desk.sender.delivered.values()) == [1]
    touch = await desk.touch()
    assert (touch.state, touch.attempt) == ("sent", 2)


async def test_a_crash_after_the_provider_accepted_is_recorded_and_not_sent_again(desk: Desk) -> None:
    desk.sender.script = ["crash after"]
    step = await desk.step()
    with pytest.raises(Crash):
        await desk.activities.send_email(step)

    plan = await desk.retry(step)

    assert list(desk.sender.delivered.values()) == [1]
    assert (await desk.touch()).state == "sent"
    assert plan.wake is not None
    assert plan.wake.step_id == "first-call"


@pytest.mark.parametrize("knows", [True, False])
async def test_a_crash_that_nobody_can_clear_up_becomes_a_persons_task(desk: Desk, knows: bool) -> None:
    desk.sender.knows = knows
    desk.sender.script = ["crash after"] if not knows else [OutcomeUnknown("read timed out")]
    step = await desk.step()
    if not knows:
        with pytest.raises(Crash):
            await desk.activities.send_email(step)
    plan = await desk.retry(step)

    assert sum(desk.sender.delivered.values()) <= 1
    assert (await desk.touch()).state == "unknown"
    assert await desk.tasks() == ["unknown_send"]
    assert plan.wake is not None
    assert plan.wake.step_id == "first-call"  # the plan goes on
    await desk.activities.send_email(step)
    assert sum(desk.sender.delivered.values()) <= 1


async def test_a_refused_message_is_sent_again_later_under_the_same_claim(desk: Desk) -> None:
    desk.sender.script = [SendRefused("slow down", "429", retry_after=timedelta(minutes=7))]
    plan = await desk.activities.send_email(await desk.step())
    assert plan.wake is not None
    assert plan.wake.at == desk.clock() + timedelta(minutes=7)
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        touch = opened.case.enrollment.next
        assert touch is not None
        assert "the provider refused it" in touch.reasons[-2].text + touch.reasons[-1].text

    desk.clock.move_by(timedelta(minutes=7))
    await desk.activities.send_email(await desk.step())
    touch_row = await desk.touch()
    assert (touch_row.state, touch_row.attempt) == ("sent", 2)
    assert list(desk.sender.delivered.values()) == [1]


async def test_account_trouble_keeps_the_step(desk: Desk) -> None:
    await nobody_waits(desk.engine)
    desk.sender.script = [AccountTrouble("the key is wrong", "20003")]
    plan = await desk.activities.send_email(await desk.step())
    assert plan.wake is not None
    assert plan.wake.step_id == "answer-the-question"
    assert plan.wake.at > desk.clock()


async def test_a_dead_address_takes_the_lead_to_the_phone(desk: Desk) -> None:
    desk.sender.script = [ContactPointDead("no such mailbox", "550")]
    plan = await desk.activities.send_email(await desk.step())
    assert (await desk.touch()).state == "failed"
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.CREATE_CALL_TASK


async def test_an_opt_out_that_the_provider_knows_of_ends_the_messages(desk: Desk) -> None:
    desk.sender.script = [RecipientOptedOut("on the stop list", "21610")]
    plan = await desk.activities.send_email(await desk.step())
    assert plan.ended == "opted_out"
    assert plan.wake is None


class UnheardOf(SendError):
    """An error that says nothing about acceptance."""


async def test_an_error_of_unknown_meaning_is_never_sent_again(desk: Desk) -> None:
    desk.sender.script = [UnheardOf("?")]
    step = await desk.step()
    await desk.activities.send_email(step)
    await desk.activities.send_email(step)
    assert (await desk.touch()).state == "unknown"
    assert sum(desk.sender.delivered.values()) == 0


async def test_after_a_no_no_claim_commits(desk: Desk) -> None:
    step = await desk.step()
    await desk.say_no()
    plan = await desk.activities.send_email(step)
    assert plan.ended == "no"
    assert await desk.touch() is None
    assert not desk.sender.delivered


async def test_a_no_after_a_crash_stops_what_was_claimed_but_never_sent(desk: Desk) -> None:
    desk.sender.script = ["crash before"]
    step = await desk.step()
    with pytest.raises(Crash):
        await desk.activities.send_email(step)
    await desk.say_no()

    plan = await desk.retry(step)

    assert plan.ended == "no"
    assert (await desk.touch()).state == "failed"
    assert not desk.sender.delivered


async def test_a_personal_touch_while_the_message_is_out_keeps_its_pause(desk: Desk) -> None:
    step = await desk.step()

    async def touch_meanwhile() -> None:
        await desk.say(
            CommandKind.LOG_PERSONAL_TOUCH,
            lambda case, now: commands.log_personal_touch(
                case, channel=Channel.CALL, touched_at=now, by="anna", note=None, now=now
            ),
        )

    plain_send = desk.sender.send

    async def slow_send(message: Any) -> Any:
        await touch_meanwhile()
        return await plain_send(message)

    desk.sender.send = slow_send  # type: ignore[method-assign]
    plan = await desk.activities.send_email(step)

    assert list(desk.sender.delivered.values()) == [1]
    assert plan.hold == "personal_touch"
    assert plan.wake is not None
    assert plan.held_until is not None
    assert plan.wake.at >= plan.held_until


async def switched_while_out(desk: Desk, error: SendError) -> Plan:
    """The provider answers after another cadence has taken over."""
    other = next(bundle for bundle in shipped() if bundle.name == "not-now")
    step = await desk.step()

    async def send(message: OutgoingMessage) -> Receipt:
        await desk.say(
            CommandKind.SWITCH_CADENCE,
            lambda case, now: commands.switch_cadence(
                case, cadence=other.cadence, version=other.version, by="mia", now=now
            ),
        )
        raise error

    desk.sender.send = send  # type: ignore[method-assign]
    return await desk.activities.send_email(step)


async def test_an_opt_out_counts_although_the_cadence_was_switched_meanwhile(desk: Desk) -> None:
    plan = await switched_while_out(desk, RecipientOptedOut("on the stop list", "21610"))
    assert plan.ended == "opted_out"


async def test_a_dead_address_counts_although_the_cadence_was_switched_meanwhile(desk: Desk) -> None:
    await switched_while_out(desk, ContactPointDead("no such mailbox", "550"))
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        assert opened.case.lead.email is None


async def test_an_unknown_message_is_somebodys_task_although_the_cadence_was_switched_meanwhile(desk: Desk) -> None:
    await switched_while_out(desk, OutcomeUnknown("read timed out"))
    assert "unknown_send" in await desk.tasks()
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        (task,) = [task for task in opened.case.open_tasks if task.kind == "unknown_send"]
    await desk.say(
        CommandKind.COMPLETE_TASK,
        lambda case, now: complete_task(case, task_id=task.id, outcome=Outcome.SENT, by="anna", note=None, now=now),
    )
    assert (await desk.touch()).state == "sent"


async def test_after_a_no_nobody_is_asked_what_became_of_an_unknown_message(desk: Desk) -> None:
    step = await desk.step()

    async def send(message: OutgoingMessage) -> Receipt:
        await desk.say_no()
        raise OutcomeUnknown("read timed out")

    desk.sender.send = send  # type: ignore[method-assign]
    plan = await desk.activities.send_email(step)
    assert (plan.ended, plan.wake) == ("no", None)
    assert await desk.tasks() == []
    assert (await desk.touch()).state == "unknown"


async def test_many_attempts_at_once_send_once(desk: Desk) -> None:
    step = await desk.step()
    desk.sender.knows = True
    results = await asyncio.gather(*(desk.activities.send_email(step) for _ in range(8)), return_exceptions=True)
    assert any(isinstance(result, Plan) for result in results)
    assert all(isinstance(result, Plan | ApplicationError) for result in results)
    assert (await desk.touch()).state == "sent"
    assert list(desk.sender.delivered.values()) == [1]


async def test_a_claim_in_another_attempts_hands_is_left_alone(desk: Desk) -> None:
    desk.sender.script = ["crash before"]
    step = await desk.step()
    with pytest.raises(Crash):
        await desk.activities.send_email(step)
    desk.clock.move_by(timedelta(seconds=30))
    with pytest.raises(ApplicationError) as refused:
        await desk.activities.send_email(step)
    assert refused.value.next_retry_delay == STEP_TIMEOUT - timedelta(seconds=30)
    assert (await desk.touch()).state == "claimed"


async def test_a_process_that_stood_still_after_its_claim_does_not_send(desk: Desk) -> None:
    step = await desk.step()
    desk.activities = MessageActivities(desk.cases, desk.sender, desk.sender, LINKS, _Stalls(desk.clock))
    with pytest.raises(ApplicationError, match="too late"):
        await desk.activities.send_email(step)
    assert not desk.sender.delivered


class _Stalls:
    """A clock that jumps after the claim was read from it."""

    def __init__(self, clock: SettableClock) -> None:
        self._clock = clock

    def __call__(self) -> datetime:
        now = self._clock()
        self._clock.move_by(SEND_WITHIN + timedelta(seconds=1))
        return now


async def test_an_overdue_call_stands_in_the_managers_list_too(desk: Desk) -> None:
    await desk.activities.send_email(await desk.step())
    tasks = TaskActivities(desk.cases, desk.clock)
    plan = await tasks.create_call_task(await desk.step())
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.SEE_TO_OVERDUE
    reading = Reading(desk.engine)
    assert (await reading.tasks(desk.clock(), owner="mia")).items == []

    desk.clock.move_to(plan.wake.at)
    await tasks.see_to_overdue(await desk.step())

    (task,) = (await reading.tasks(desk.clock(), owner="mia")).items
    assert (task.owner, task.escalated_to, task.escalations) == ("anna", "mia", 1)
    assert [one.id for one in (await reading.tasks(desk.clock(), owner="anna")).items] == [task.id]


async def test_outside_the_hours_a_late_message_waits_for_the_next_opening(desk: Desk) -> None:
    await nobody_waits(desk.engine)
    await desk.activities.send_email(await desk.step())
    await TaskActivities(desk.cases, desk.clock).create_call_task(await desk.step())
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        task = opened.case.open_tasks[0]
    desk.clock.move_to(task.expires_at or desk.clock())
    await TaskActivities(desk.cases, desk.clock).see_to_overdue(await desk.step())
    plan = await desk.plan()
    assert plan.wake is not None
    assert plan.wake.step_id == "checking-in"

    night = plan.wake.at.replace(hour=4) + timedelta(days=1)
    desk.clock.move_to(night)
    deferred = await desk.activities.send_email(await desk.step())

    assert len(desk.sender.messages) == 1
    assert deferred.wake is not None
    assert deferred.wake.at > night

"""Messages that nobody knows about: looked up with the provider for a while, told by its reports, else a person's."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from cadences.hearing import message_reported
from cadences.unknown_sends import LOOK_UPS
from leads.contract import CommandKind, Plan, StepInput, WakeKind
from leads.sending import (
    Finding,
    Found,
    MessageReport,
    OutcomeUnknown,
    OutgoingMessage,
    Receipt,
    RecipientOptedOut,
    SendError,
    SendRefused,
    TouchState,
)
from tests.activities.desk import Desk
from tests.activities.senders import Crash, ScriptedSender
from tests.links import LINKS


class SlowToTell(ScriptedSender):
    """Delivers and loses its answer; it finds the message at the n-th look-up."""

    def __init__(self, *, tells_at: int) -> None:
        super().__init__()
        self.looked = 0
        self._tells_at = tells_at

    async def send(self, message: OutgoingMessage) -> Receipt:
        await super().send(message)
        raise OutcomeUnknown("read timed out")

    async def find(self, message: OutgoingMessage, since: Any) -> Finding:
        self.looked += 1
        return await super().find(message, since) if self.looked >= self._tells_at else Finding(Found.UNKNOWN)


async def looked_up(desk: Desk, plan: Plan) -> Plan:
    """What the workflow does once the plan's look-up is due."""
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.LOOK_UP_SEND
    desk.clock.move_to(plan.wake.at)
    return await desk.activities.look_up_send(await desk.step())


def given(desk: Desk, sender: ScriptedSender) -> None:
    desk.sender = sender
    desk.activities = type(desk.activities)(desk.cases, sender, sender, LINKS, desk.clock)


async def with_the_call_done(desk: Desk) -> Plan:
    """The first email is unknown; the first call's task is created, so that the look-ups are what comes next."""
    await desk.activities.send_email(await desk.step())
    step = await desk.step()
    assert step.kind is WakeKind.CREATE_CALL_TASK, "an unknown message does not keep the first call waiting"
    return await desk.tasks_activities().create_call_task(step)


async def test_a_message_that_the_provider_finds_spares_the_person(desk: Desk) -> None:
    given(desk, SlowToTell(tells_at=2))
    plan = await with_the_call_done(desk)
    assert await desk.tasks() == ["call", "unknown_send"]
    plan = await looked_up(desk, plan)
    assert await desk.tasks() == ["call", "unknown_send"]
    await looked_up(desk, plan)
    assert await desk.tasks() == ["call"]
    touch = await desk.touch()
    assert (touch.state, touch.provider_message_id) == ("sent", f"id-{touch.id}")
    assert list(desk.sender.delivered.values()) == [1]


async def test_after_the_last_look_up_a_person_finds_out(desk: Desk) -> None:
    given(desk, SlowToTell(tells_at=99))
    plan, lost_at = await with_the_call_done(desk), desk.clock()
    for _ in LOOK_UPS:
        plan = await looked_up(desk, plan)
    assert desk.clock() - lost_at == LOOK_UPS[-1]
    assert plan.wake is None or plan.wake.kind is not WakeKind.LOOK_UP_SEND
    assert await desk.tasks() == ["call", "unknown_send"]
    assert (await desk.touch()).state == "unknown"
    assert list(desk.sender.delivered.values()) == [1]


async def test_another_provider_is_not_asked_about_a_message_it_never_had(desk: Desk) -> None:
    given(desk, SlowToTell(tells_at=99))
    plan = await with_the_call_done(desk)
    newer = ScriptedSender()
    newer.provider = "newer"
    given(desk, newer)
    await looked_up(desk, plan)
    assert (await desk.touch()).state == "unknown", "the newer one never had it, which says nothing"


async def test_an_interrupted_message_of_another_provider_is_not_sent_again(desk: Desk) -> None:
    step = await desk.step()
    desk.sender.script = ["crash after"]
    with pytest.raises(Crash):
        await desk.activities.send_email(step)
    newer = ScriptedSender()
    newer.provider = "newer"
    given(desk, newer)
    await desk.retry(step)
    assert list(newer.delivered.values()) == []
    assert (await desk.touch()).state == "unknown"


async def test_a_stale_look_up_does_nothing_but_tell_the_newest_plan(desk: Desk) -> None:
    given(desk, SlowToTell(tells_at=1))
    plan = await with_the_call_done(desk)
    step = await desk.step()
    await desk.say_no()
    assert plan.wake is not None
    desk.clock.move_to(plan.wake.at)
    newest = await desk.activities.look_up_send(step)
    assert newest == await desk.plan()
    assert desk.sender.delivered
    assert isinstance(desk.sender, SlowToTell)
    assert desk.sender.looked == 0


# The provider's own reports.


async def reported(desk: Desk, state: TouchState) -> bool:
    """Commit a report as the webhook does; whether the plan changed."""
    touch_id: UUID = (await desk.touch()).id
    report = MessageReport(touch_id=touch_id, state=state, provider="scripted", message_id="from-the-report")
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        found = await opened.report(report)
        assert found is not None
        assert found.contact == "priya@example.com"
        case = message_reported(opened.case, report, contact=found.contact, now=desk.clock())
        if case == opened.case:
            return False
        await opened.save(case, CommandKind.MESSAGE_REPORTED)
        return True


async def with_a_report_while_it_is_out(desk: Desk, state: TouchState, then: Callable[[], Awaitable[Any]]) -> Plan:
    class Racing(ScriptedSender):
        async def send(self, message: OutgoingMessage) -> Receipt:
            receipt = await super().send(message)
            assert not await reported(desk, state)
            await then()
            return receipt

    given(desk, Racing())
    return await desk.activities.send_email(await desk.step())


async def nothing() -> None:
    pass


async def loses_its_answer() -> None:
    raise OutcomeUnknown("read timed out")


@pytest.mark.parametrize("then", [nothing, loses_its_answer], ids=["answered", "answer lost"])
@pytest.mark.parametrize("state", [TouchState.SENT, TouchState.DELIVERED])
async def test_a_report_that_is_faster_than_the_answer_stands(
    desk: Desk, state: TouchState, then: Callable[[], Awaitable[Any]]
) -> None:
    plan = await with_a_report_while_it_is_out(desk, state, then)
    assert (await desk.touch()).state == state
    assert await desk.tasks() == []
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.CREATE_CALL_TASK


async def test_a_report_heals_what_a_crash_left_claimed(desk: Desk) -> None:
    desk.sender.script = ["crash after"]
    step: StepInput = await desk.step()
    with pytest.raises(Crash):
        await desk.activities.send_email(step)
    assert not await reported(desk, TouchState.DELIVERED)
    desk.clock.move_by(timedelta(seconds=1))
    plan = await desk.activities.send_email(step)
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.CREATE_CALL_TASK
    assert (await desk.touch()).state == "delivered"
    assert list(desk.sender.delivered.values()) == [1]


async def test_a_report_settles_what_nobody_knew(desk: Desk) -> None:
    desk.sender.script = [OutcomeUnknown("read timed out")]
    await desk.activities.send_email(await desk.step())
    assert await desk.tasks() == ["unknown_send"]
    assert await reported(desk, TouchState.DELIVERED)
    assert await desk.tasks() == []
    assert (await desk.touch()).state == "delivered"


@pytest.mark.parametrize(
    ("reports", "at_last"),
    [
        ([TouchState.DELIVERED, TouchState.SENT], "delivered"),
        ([TouchState.FAILED, TouchState.DELIVERED, TouchState.SENT], "failed"),
        ([TouchState.DELIVERED, TouchState.FAILED], "failed"),
        ([TouchState.SENT, TouchState.SENT], "sent"),
    ],
)
async def test_late_and_repeated_reports_take_nothing_back(desk: Desk, reports: list[TouchState], at_last: str) -> None:
    await desk.activities.send_email(await desk.step())
    for state in reports:
        await reported(desk, state)
    assert (await desk.touch()).state == at_last


async def test_what_is_decided_while_a_message_is_out_is_not_overwritten(desk: Desk) -> None:
    """The record takes the case as it was claimed under only if nothing was decided since."""

    async def held() -> None:
        await desk.say_no()

    plan = await with_a_report_while_it_is_out(desk, TouchState.SENT, held)
    assert (plan.ended, plan.wake) == ("no", None)


async def test_what_was_accepted_and_bounced_is_not_sent_again_after_a_crash(desk: Desk) -> None:
    """Failed claims may be tried over another channel; a message that the provider had is not one of them."""
    desk.sender.script = ["crash after"]
    step = await desk.step()
    with pytest.raises(Crash):
        await desk.activities.send_email(step)
    await reported(desk, TouchState.DELIVERED)
    await reported(desk, TouchState.FAILED)
    await desk.retry(step)
    assert list(desk.sender.delivered.values()) == [1]
    assert (await desk.touch()).state == "failed"


async def test_a_failure_that_is_reported_before_our_time_out_is_no_riddle(desk: Desk) -> None:
    await with_a_report_while_it_is_out(desk, TouchState.FAILED, loses_its_answer)
    assert (await desk.touch()).state == "failed"
    assert await desk.tasks() == []


# An attempt that stood still while another took its place: Temporal takes no answer from it any more.


class StandsStill(ScriptedSender):
    """Gets the provider's answer, then stands still until the next attempt has given up on the message."""

    def __init__(self, desk: Desk, step: StepInput, answer: SendError | None) -> None:
        super().__init__(knows=False)
        self._desk, self._step, self._answer = desk, step, answer

    async def send(self, message: OutgoingMessage) -> Receipt:
        receipt = await super().send(message)
        await self._desk.retry(self._step)
        assert (await self._desk.touch()).state == "unknown"
        if self._answer is not None:
            raise self._answer
        return receipt


async def after_standing_still(desk: Desk, answer: SendError | None) -> list[str]:
    """The kinds of the commands that are left for the workflow to be told of."""
    step = await desk.step()
    given(desk, StandsStill(desk, step, answer))
    before = len(await desk.commands())
    await desk.activities.send_email(step)
    return (await desk.commands())[before:]


async def test_a_late_receipt_settles_the_message_and_is_told_as_a_report(desk: Desk) -> None:
    assert await after_standing_still(desk, None) == ["message_reported"]
    assert (await desk.touch()).state == "sent"
    assert await desk.tasks() == []
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        assert len(opened.case.messages) == 1


async def test_a_late_refusal_is_certain_and_tried_again_by_nobody(desk: Desk) -> None:
    assert await after_standing_still(desk, SendRefused("not now")) == ["message_reported"]
    assert (await desk.touch()).state == "failed"
    assert await desk.tasks() == []


async def test_a_late_opt_out_stops_the_lead_and_its_workflow_hears(desk: Desk) -> None:
    assert await after_standing_still(desk, RecipientOptedOut("stopped")) == ["message_reported"]
    assert (await desk.plan()).ended == "opted_out"


async def test_a_late_time_out_adds_nothing(desk: Desk) -> None:
    assert await after_standing_still(desk, OutcomeUnknown("read timed out")) == []
    assert (await desk.touch()).state == "unknown"
    assert await desk.tasks() == ["unknown_send"]


async def test_a_look_up_that_was_overtaken_writes_nothing(desk: Desk) -> None:
    class Overtaken(SlowToTell):
        async def find(self, message: OutgoingMessage, since: Any) -> Finding:
            await desk.say_no()
            return await super().find(message, since)

    given(desk, Overtaken(tells_at=1))
    plan = await with_the_call_done(desk)
    await looked_up(desk, plan)
    newest = await desk.plan()
    assert (newest.ended, newest.wake) == ("no", None)

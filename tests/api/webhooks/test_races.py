"""Reports that come while their message is still being sent, after its sender died, and many at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select

from activities.messages import MessageActivities
from adapters.db.rows import TaskRow, TouchRow
from cadences import commands
from leads.contract import STEP_TIMEOUT, CommandKind, Plan, StepInput, WakeKind
from leads.ids import touch_id
from leads.sending import OutcomeUnknown, OutgoingMessage, Receipt
from tests.activities.senders import Crash, ScriptedSender
from tests.api.fakes import RecordingDelivery
from tests.api.webhooks.conftest import EMAIL, Desk, SendGrid, event
from tests.links import LINKS

DELIVERED = ("delivered", {})
BOUNCED = ("bounce", {"type": "bounce", "status": "5.1.1"})
BLOCKED = ("bounce", {"type": "blocked"})
COMPLAINED = ("spamreport", {})
Said = tuple[str, dict[str, Any]]


class ReportedSender(ScriptedSender):
    """A provider whose report is heard before its own answer is."""

    provider = "sendgrid"

    def __init__(self) -> None:
        super().__init__(knows=False)
        self.then: Exception | BaseException | None = None
        self.report: Callable[[UUID], Awaitable[object]] | None = None

    async def send(self, message: OutgoingMessage) -> Receipt:
        receipt = await super().send(message)
        if self.report is not None:
            await self.report(message.touch_id)
        if self.then is not None:
            raise self.then
        return receipt


class Sending:
    """The first email of a lead on its way, and the webhook of the one who carries it."""

    def __init__(self, desk: Desk, sendgrid: SendGrid) -> None:
        self.desk = desk
        self.sendgrid = sendgrid
        self.sender = ReportedSender()
        self.activities = MessageActivities(desk.cases, self.sender, self.sender, LINKS, desk.clock)

    def reported_meanwhile(self, *said: Said, then: BaseException | None = None) -> None:
        """The provider reports this before it answers."""

        async def report(touch: UUID) -> None:
            await self.report(touch, *said)

        self.sender.report, self.sender.then = report, then

    async def report(self, touch: UUID, *said: Said) -> None:
        response = await self.sendgrid.events(*(event(touch, name, **more) for name, more in said))
        assert response.status_code == 204, response.text

    async def plan(self) -> Plan:
        async with self.desk.cases.open(self.desk.lead_id, self.desk.clock()) as opened:
            return opened.plan

    async def step(self) -> StepInput:
        plan = await self.plan()
        assert plan.wake is not None
        return StepInput(
            lead_id=self.desk.lead_id,
            enrollment_id=plan.enrollment_id,
            revision=plan.revision,
            kind=plan.wake.kind,
            step_id=plan.wake.step_id,
            occurrence=plan.wake.occurrence,
            asked_at=self.desk.clock(),
        )

    async def attempts(self) -> int:
        async with self.desk.cases.open(self.desk.lead_id, self.desk.clock()) as opened:
            return opened.case.enrollment.attempts

    async def task(self) -> Any:
        """The task that asks what became of the message; None when there never was one."""
        wanted = select(TaskRow.__table__).where(TaskRow.kind == "unknown_send")
        async with self.desk.engine.connect() as connection:
            return (await connection.execute(wanted)).one_or_none()

    async def ledger(self) -> list[tuple[str, int]]:
        async with self.desk.engine.connect() as connection:
            found = await connection.execute(select(TouchRow.state, TouchRow.attempt).where(TouchRow.state != "made"))
            return [(state, attempt) for state, attempt in found]


@pytest_asyncio.fixture
async def sending(desk: Desk, sendgrid: SendGrid) -> Sending:
    return Sending(desk, sendgrid)


def reference(step: StepInput) -> UUID:
    return touch_id(step.enrollment_id, step.step_id or "", step.occurrence)


@pytest.mark.parametrize("then", [None, OutcomeUnknown("read timed out")], ids=["answered", "timed out"])
async def test_a_report_is_faster_than_the_record_and_is_not_lowered(sending: Sending, then: Exception | None) -> None:
    sending.reported_meanwhile(("processed", {}), DELIVERED, then=then)
    plan = await sending.activities.send_email(await sending.step())
    assert await sending.ledger() == [("delivered", 1)]
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.CREATE_CALL_TASK
    assert (await sending.attempts(), await sending.task()) == (1, None)
    assert list(sending.sender.delivered.values()) == [1]


@pytest.mark.parametrize("said", [[("processed", {})], [DELIVERED], [("deferred", {}), DELIVERED]])
async def test_a_report_alone_heals_a_send_whose_worker_was_killed(sending: Sending, said: list[Said]) -> None:
    sending.reported_meanwhile(then=Crash())
    step = await sending.step()
    with pytest.raises(Crash):
        await sending.activities.send_email(step)
    assert await sending.ledger() == [("claimed", 1)]
    before = await sending.plan()

    await sending.report(reference(step), *said)

    assert await sending.plan() == before  # the plan goes on by the step's own next attempt, and once
    sending.desk.clock.move_by(STEP_TIMEOUT)
    plan = await sending.activities.send_email(step)
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.CREATE_CALL_TASK
    assert (await sending.attempts(), await sending.task()) == (1, None)
    assert list(sending.sender.delivered.values()) == [1]
    assert await sending.ledger() == [("delivered" if DELIVERED in said else "sent", 1)]


async def test_a_complaint_during_the_send_stops_the_plan_and_the_record_does_not_restart_it(sending: Sending) -> None:
    sending.reported_meanwhile(DELIVERED, COMPLAINED)
    plan = await sending.activities.send_email(await sending.step())
    assert (plan.ended, plan.wake) == ("opted_out", None)
    assert await sending.ledger() == [("delivered", 1)]
    assert (await sending.desk.standing()).suppressions == 2


@pytest.mark.parametrize("then", [None, Crash()], ids=["answered", "killed"])
async def test_a_bounce_during_the_send_costs_the_address_and_no_second_email(
    sending: Sending, then: BaseException | None
) -> None:
    sending.reported_meanwhile(BOUNCED, then=then)
    step = await sending.step()
    if then is None:
        await sending.activities.send_email(step)
    else:
        with pytest.raises(Crash):
            await sending.activities.send_email(step)
        sending.desk.clock.move_by(STEP_TIMEOUT)
        sending.reported_meanwhile()
        await sending.activities.send_email(step)
    standing = await sending.desk.standing()
    assert (standing.lost, standing.ended) == ([EMAIL], None)
    assert await sending.ledger() == [("failed", 1)]
    assert [message.to for message in sending.sender.messages] == [EMAIL]
    plan = await sending.plan()
    assert plan.wake is not None


@pytest.mark.parametrize(
    ("said", "outcome", "state"),
    [(DELIVERED, "sent", "delivered"), (("deferred", {}), "sent", "sent"), (BLOCKED, "not sent", "failed")],
    ids=["delivered", "deferred", "blocked"],
)
async def test_a_late_report_settles_what_nobody_knew(
    sending: Sending, delivery: RecordingDelivery, said: Said, outcome: str, state: str
) -> None:
    sending.reported_meanwhile(then=OutcomeUnknown("read timed out"))
    step = await sending.step()
    await sending.activities.send_email(step)
    assert await sending.ledger() == [("unknown", 1)]
    assert (await sending.task()).state == "open"
    before = await sending.desk.standing()
    delivery.told.clear()

    await sending.report(reference(step), said)

    task, after = await sending.task(), await sending.desk.standing()
    assert (task.state, task.outcome, task.closed_by, task.look_up_at) == ("done", outcome, "followthrough", None)
    assert await sending.ledger() == [(state, 1)]
    assert after.commands == [*before.commands, "message_reported"]
    assert (after.revision, delivery.told) == (before.revision + 1, [sending.desk.lead_id])
    await sending.report(reference(step), said)
    assert (await sending.desk.standing(), len(delivery.told)) == (after, 1)


async def test_the_same_report_many_times_at_once_is_one_revision(sending: Sending, desk: Desk) -> None:
    touch = await desk.message()
    before = await desk.standing()
    await asyncio.gather(*(sending.report(touch, DELIVERED, BOUNCED) for _ in range(8)))
    after = await desk.standing()
    assert (after.revision, after.lost) == (before.revision + 1, [EMAIL])
    assert await desk.state(touch) == "failed"


async def test_reports_and_commands_at_once_all_take_effect(sending: Sending, desk: Desk) -> None:
    touches = [await desk.message() for _ in range(4)]

    async def say_no() -> None:
        async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
            case = commands.record_answer(opened.case, answer="no", by="anna", note=None, now=desk.clock())
            await opened.save(case, CommandKind.RECORD_ANSWER, by="anna")

    await asyncio.gather(*(sending.report(touch, DELIVERED, BOUNCED) for touch in touches), say_no())
    standing = await desk.standing()
    assert (standing.ended, standing.lost) == ("no", [EMAIL])
    assert [await desk.state(touch) for touch in touches] == ["failed"] * 4


async def test_events_are_taken_in_the_order_in_which_they_happened(sending: Sending) -> None:
    sending.reported_meanwhile(then=OutcomeUnknown("read timed out"))
    step = await sending.step()
    await sending.activities.send_email(step)
    await sending.report(
        reference(step), ("bounce", {"type": "blocked", "timestamp": 9}), ("processed", {"timestamp": 8})
    )
    assert ((await sending.task()).outcome, await sending.ledger()) == ("sent", [("failed", 1)])

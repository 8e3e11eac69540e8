"""Invitations: claimed, sent and recorded like any message, with the process dying anywhere; never twice."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, text
from temporalio.exceptions import ApplicationError

from activities.messages import MessageActivities
from adapters.db.outbox import Outbox
from adapters.db.rows import TouchRow
from adapters.providers.local_outbox import LocalOutbox
from cadences import commands
from cadences.case import Case
from cadences.hearing import contact_point_lost, lead_opted_out
from cadences.library import shipped
from cadences.meetings import arrange, cancel, move
from cadences.unknown_sends import unknown_touch
from leads.contract import CommandKind, Plan, StepInput, WakeKind
from leads.meetings import Appointment, Meeting
from leads.model import Channel
from leads.sending import ContactPointDead, OutcomeUnknown, Receipt, RecipientOptedOut, SendRefused
from tests.activities.desk import Desk
from tests.activities.senders import Crash
from tests.links import LINKS
from tests.quiet import nobody_waits

MONDAY_10 = timedelta(days=3)
"""From Friday 10:00, the fixture clock's, until Monday."""


class Host(Desk):
    """A desk whose lead has agreed on a meeting, and may be told of it."""

    async def agree(self, after: timedelta = MONDAY_10) -> None:
        appointment = Appointment(starts_at=self.clock() + after, subject="Two ovens", place="1 Pier Road")
        await self.change(lambda case, now: arrange(case, appointment, organizer=case.lead.owner, by="anna", now=now))

    async def change(self, decide: Callable[[Case, Any], Case]) -> None:
        await self.say(CommandKind.PLAN_CHANGED, decide)

    async def invite(self) -> Plan:
        return await self.activities.send_invitation(await self.step())

    async def invited_again(self, step: StepInput) -> Plan:
        """The next attempt at the same step, once the first one has timed out."""
        self.clock.move_by(timedelta(seconds=45))
        return await self.activities.send_invitation(step)

    async def meeting(self) -> Meeting:
        async with self.cases.open(self.lead_id, self.clock()) as opened:
            (meeting,) = opened.case.meetings
            return meeting

    async def touches(self) -> list[tuple[str, str, int, int]]:
        """Kind of step, state, occurrence and attempt of every message, oldest first."""
        async with self.engine.connect() as connection:
            found = await connection.execute(
                select(TouchRow.step_id, TouchRow.state, TouchRow.occurrence, TouchRow.attempt)
                .where(TouchRow.lead_id == self.lead_id)
                .order_by(TouchRow.happened_at, TouchRow.occurrence)
            )
            return [(row[0].partition(":")[0], *row[1:]) for row in found]


@pytest_asyncio.fixture
async def host(desk: Desk) -> Host:
    """A lead whose first email went out, and that has agreed on a meeting on Monday."""
    host = Host(desk.engine, desk.cases, desk.clock, desk.lead_id)
    await nobody_waits(desk.engine)
    await host.activities.send_email(await host.step())
    host.sender.messages.clear()
    host.sender.delivered.clear()
    await host.agree()
    return host


async def test_an_invitation_goes_out_at_once_with_its_calendar_file(host: Host) -> None:
    step = await host.step()
    assert step.kind is WakeKind.SEND_INVITATION
    plan = await host.activities.send_invitation(step)
    (message,) = host.sender.messages
    assert message.calendar is not None
    assert message.calendar.method == "REQUEST"
    assert message.to == "priya@example.com"
    assert await host.touches() == [("answer-the-question", "sent", 1, 1), ("meeting", "sent", 1, 1)]
    meeting = await host.meeting()
    assert (meeting.told, meeting.told_at) == (0, host.clock())
    assert plan.hold == "meeting"
    assert plan.wake is not None
    # Nobody answers: the nudge would come on Monday 10:00, when the meeting begins; so a person is asked at 07:00.
    assert (plan.wake.kind, plan.wake.at) == (WakeKind.SEE_TO_OVERDUE, meeting.starts_at - timedelta(hours=3))


async def test_it_goes_out_at_night_and_beside_the_limits_of_the_cadence(host: Host) -> None:
    host.clock.move_by(timedelta(hours=13))  # 23:00
    await host.invite()
    assert len(host.sender.messages) == 1
    async with host.cases.open(host.lead_id, host.clock()) as opened:
        assert len(opened.case.messages) == 1, "the first email counts, the invitation does not"


async def test_the_same_request_again_sends_nothing(host: Host) -> None:
    step = await host.step()
    first = await host.activities.send_invitation(step)
    assert await host.activities.send_invitation(step) == first
    assert list(host.sender.delivered.values()) == [1]


async def test_many_attempts_at_once_send_once(host: Host) -> None:
    step = await host.step()
    results = await asyncio.gather(*(host.activities.send_invitation(step) for _ in range(8)), return_exceptions=True)
    assert all(isinstance(result, Plan | ApplicationError) for result in results)
    assert list(host.sender.delivered.values()) == [1]


async def test_a_crash_before_the_provider_got_it_leads_to_one_delivery(host: Host) -> None:
    host.sender.script = ["crash before"]
    step = await host.step()
    with pytest.raises(Crash):
        await host.activities.send_invitation(step)
    assert (await host.touches())[-1] == ("meeting", "claimed", 1, 1)
    await host.invited_again(step)
    assert (await host.touches())[-1] == ("meeting", "refused", 1, 1)
    await host.invite()
    assert (await host.touches())[-1] == ("meeting", "sent", 1, 2)
    assert list(host.sender.delivered.values()) == [1]


async def test_a_crash_after_the_provider_accepted_is_recorded_and_not_sent_again(host: Host) -> None:
    host.sender.script = ["crash after"]
    step = await host.step()
    with pytest.raises(Crash):
        await host.activities.send_invitation(step)
    await host.invited_again(step)
    assert (await host.touches())[-1] == ("meeting", "sent", 1, 1)
    assert list(host.sender.delivered.values()) == [1]
    assert (await host.meeting()).told == 0


async def test_an_interrupted_invitation_is_the_same_one_under_another_cadence(host: Host) -> None:
    host.sender.script = ["crash after"]
    step = await host.step()
    with pytest.raises(Crash):
        await host.activities.send_invitation(step)
    other = next(bundle for bundle in shipped() if bundle.name == "not-now")
    await host.say(
        CommandKind.SWITCH_CADENCE,
        lambda case, now: commands.switch_cadence(
            case, cadence=other.cadence, version=other.version, by="mia", now=now
        ),
    )
    # The workflow heard of the switch, and asks under the new enrollment.
    host.clock.move_by(timedelta(seconds=45))
    await host.invite()
    assert list(host.sender.delivered.values()) == [1]
    assert (await host.touches())[-1] == ("meeting", "sent", 1, 1)


async def test_an_invitation_that_nobody_knows_about_is_looked_up_and_never_sent_again(host: Host) -> None:
    host.sender.knows = False
    host.sender.script = [OutcomeUnknown("read timed out")]
    plan = await host.invite()
    assert (await host.touches())[-1] == ("meeting", "unknown", 1, 1)
    assert await host.tasks() == ["unknown_send"]
    assert (await host.meeting()).told == 0
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.LOOK_UP_SEND
    async with host.cases.open(host.lead_id, host.clock()) as opened:
        (task,) = opened.case.open_tasks
        assert len(opened.case.messages) == 1
    host.sender.knows = True
    reference = unknown_touch(task)
    assert reference is not None
    host.sender.delivered[reference] += 1
    host.clock.move_to(plan.wake.at)
    await host.activities.look_up_send(await host.step())
    assert (await host.touches())[-1] == ("meeting", "sent", 1, 1)
    assert await host.tasks() == []


async def test_a_refused_invitation_is_sent_again_under_the_same_claim(host: Host) -> None:
    host.sender.script = [SendRefused("slow down", "429")]
    plan = await host.invite()
    assert plan.wake is not None
    assert (plan.wake.kind, plan.wake.at) == (WakeKind.SEND_INVITATION, host.clock() + timedelta(minutes=1))
    host.clock.move_to(plan.wake.at)
    await host.invite()
    assert (await host.touches())[-1] == ("meeting", "sent", 1, 2)


async def test_a_moved_meeting_is_told_as_an_update_and_the_old_one_no_more(host: Host) -> None:
    stale = await host.step()
    meeting = await host.meeting()
    later = Appointment(starts_at=meeting.starts_at + timedelta(hours=2), subject="Two ovens", place="1 Pier Road")
    await host.change(lambda case, now: move(case, meeting.id, later, by="anna", now=now))
    await host.activities.send_invitation(stale)
    assert host.sender.messages == []
    await host.invite()
    (message,) = host.sender.messages
    assert message.calendar is not None
    assert "SEQUENCE:1\r\n" in message.calendar.text
    assert (await host.touches())[-1] == ("meeting", "sent", 2, 1)


async def test_a_meeting_called_off_while_its_invitation_is_out_is_cancelled_in_the_leads_calendar(host: Host) -> None:
    plain_send = host.sender.send

    async def slow_send(message: Any) -> Receipt:
        meeting = await host.meeting()
        await host.change(lambda case, now: cancel(case, meeting.id, by="anna", now=now))
        host.sender.send = plain_send  # type: ignore[method-assign]
        return await plain_send(message)

    host.sender.send = slow_send  # type: ignore[method-assign]
    plan = await host.invite()
    assert plan.wake is not None
    assert (plan.wake.kind, plan.wake.occurrence) == (WakeKind.SEND_INVITATION, 2)
    await host.invite()
    assert [message.calendar.method for message in host.sender.messages if message.calendar] == ["REQUEST", "CANCEL"]


async def test_after_an_opt_out_no_invitation_is_sent_and_its_organizer_has_a_task(host: Host) -> None:
    await host.say(CommandKind.LEAD_OPTED_OUT, lambda case, now: lead_opted_out(case, why="STOP", now=now))
    plan = await host.invite()
    assert host.sender.messages == []
    assert await host.tasks() == ["invitation"]
    assert plan.wake is not None  # the task is escalated


async def test_after_a_no_no_invitation_is_sent_and_nobody_has_a_task(host: Host) -> None:
    step = await host.step()
    await host.say_no()
    plan = await host.activities.send_invitation(step)
    assert (plan.ended, plan.wake) == ("no", None)
    assert host.sender.messages == []
    assert await host.tasks() == []


@pytest.mark.parametrize("error", [ContactPointDead("no such mailbox", "550"), RecipientOptedOut("stopped", "x")])
async def test_an_address_that_turns_out_dead_or_closed_becomes_the_organizers_task(
    host: Host, error: Exception
) -> None:
    host.sender.script = [error]  # type: ignore[list-item]
    plan = await host.invite()
    assert plan.wake is not None
    assert plan.wake.kind is WakeKind.SEND_INVITATION
    await host.invite()
    assert host.sender.messages == []
    assert await host.tasks() == ["invitation"]


async def test_a_lead_without_an_address_is_told_by_a_person(host: Host) -> None:
    await host.say(
        CommandKind.CONTACT_POINT_LOST,
        lambda case, now: contact_point_lost(case, contact="priya@example.com", why="bounced", now=now),
    )
    await host.invite()
    assert host.sender.messages == []
    assert await host.tasks() == ["invitation"]


async def test_an_invitation_that_comes_after_the_start_is_given_up(host: Host) -> None:
    host.clock.move_by(MONDAY_10)
    plan = await host.invite()
    assert host.sender.messages == []
    assert plan.wake is not None
    assert (plan.wake.kind, plan.wake.at) == (WakeKind.SEE_TO_OVERDUE, (await host.meeting()).ends_at)


async def test_the_one_nudge_goes_out_in_the_same_thread_and_is_recorded_once(host: Host) -> None:
    meeting = await host.meeting()
    later = Appointment(starts_at=meeting.starts_at + timedelta(days=7), subject="Two ovens")
    await host.change(lambda case, now: move(case, meeting.id, later, by="anna", now=now))
    plan = await host.invite()
    assert plan.wake is not None
    assert plan.wake.step_id == meeting.nudge_step
    host.clock.move_to(plan.wake.at)
    step = await host.step()
    await host.activities.send_invitation(step)
    await host.activities.send_invitation(step)
    invitation, nudge = host.sender.messages
    assert nudge.calendar == invitation.calendar
    assert (await host.touches())[-1] == ("meeting-nudge", "sent", 2, 1)
    assert (await host.meeting()).nudged_at == host.clock()


async def test_the_local_outbox_shows_the_calendar_file(host: Host) -> None:
    outbox = LocalOutbox(host.engine, host.clock)
    host.activities = MessageActivities(host.cases, outbox, outbox, LINKS, host.clock)
    await host.invite()
    (newest,) = (await Outbox(host.engine).page(lead_id=host.lead_id)).items
    assert newest.channel == Channel.EMAIL
    assert newest.calendar is not None
    assert newest.calendar.startswith("BEGIN:VCALENDAR")


async def test_in_reports_all_invitations_are_one_step(host: Host) -> None:
    await host.invite()
    await host.agree(MONDAY_10 + timedelta(days=1))
    await host.invite()
    async with host.engine.connect() as connection:
        found = await connection.execute(
            text("select step_id, count(*) from measured_contacts('-infinity') group by 1 order by 1")
        )
        assert [tuple(row) for row in found] == [("answer-the-question", 1), ("meeting", 2)]

"""Every way a lead can go, as short scripts: what the golden histories are recorded from."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cadences import commands, hearing
from cadences.case import Case
from cadences.library import shipped
from cadences.meetings import answered
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome
from leads.capture import NewConsent, NewLead
from leads.contract import CommandKind
from leads.invitations import InvitationReply, Method, Participation
from leads.meetings import Appointment
from leads.model import Channel, Colleague
from tests.workflows.lives import Life

START = datetime(2035, 1, 8, 15, tzinfo=UTC)
"""Monday, 10:00 in New York; far enough ahead that the test server's clock can jump to it."""
PHONE = "+12125550111"
PRIYA = NewLead(
    name="Priya Raman",
    email="priya@example.com",
    phone=PHONE,
    zone="America/New_York",
    question="What would two ovens cost?",
    owner="anna",
    consents=(NewConsent(Channel.SMS, PHONE, "You may text me.", "checkbox", "web form"),),
)
NOT_NOW = next(bundle for bundle in shipped() if bundle.name == "not-now")

Scenario = Callable[[Life], Awaitable[None]]


async def finish(
    life: Life, outcome: Outcome, until: datetime | None = None, meeting: Appointment | None = None
) -> None:
    """A rep completes the oldest open task now."""
    task = (await life.open_tasks())[0]

    def decide(case: Case, now: datetime) -> Case:
        later = (NOT_NOW.cadence, NOT_NOW.version) if outcome is Outcome.NOT_NOW else None
        return complete_task(
            case,
            task_id=task.id,
            outcome=outcome,
            by="anna",
            note=None,
            now=now,
            until=until,
            later=later,
            meeting=meeting,
        )

    await life.say(CommandKind.COMPLETE_TASK, decide, task_id=task.id, until=until)


async def answer(life: Life, word: str) -> None:
    await life.say(
        CommandKind.RECORD_ANSWER,
        lambda case, now: commands.record_answer(case, answer=word, by="anna", note=None, now=now),
        answer=word,
    )


async def begin(life: Life) -> None:
    await life.capture(PRIYA, START)


async def silent_for_a_year(life: Life) -> None:
    """Nobody answers and nobody calls: calls expire, runs continue as new."""
    await begin(life)
    await life.until(START + timedelta(days=380))


async def says_yes_and_is_won(life: Life) -> None:
    await begin(life)
    await finish(life, Outcome.YES)
    await life.until(START + timedelta(days=3))
    await finish(life, Outcome.WON)


async def says_no(life: Life) -> None:
    await begin(life)
    await life.until(START + timedelta(days=4))
    await answer(life, "no")


async def says_no_after_yes(life: Life) -> None:
    await begin(life)
    await answer(life, "yes")
    await life.until(START + timedelta(days=2))
    await answer(life, "no")


async def not_now_and_back(life: Life) -> None:
    await begin(life)
    back = START + timedelta(days=400)
    await finish(life, Outcome.NOT_NOW, until=back)
    await life.until(back + timedelta(days=30))


async def not_now_by_command(life: Life) -> None:
    await begin(life)
    back = START + timedelta(days=90)
    await life.say(
        CommandKind.NOT_NOW,
        lambda case, now: commands.not_now(
            case, until=back, cadence=NOT_NOW.cadence, version=NOT_NOW.version, by="anna", note=None, now=now
        ),
        until=back,
    )
    await life.until(back + timedelta(days=5))


async def rep_calls_every_time(life: Life) -> None:
    await begin(life)
    for outcome in (Outcome.VOICEMAIL, Outcome.NO_ANSWER, Outcome.CONNECTED):
        if not await life.open_tasks():
            await life.until(START + timedelta(days=14, hours=1))
        if await life.open_tasks():
            await finish(life, outcome)
    await life.until(START + timedelta(days=40))


async def asks_to_be_called_back(life: Life) -> None:
    await begin(life)
    at = START + timedelta(days=2, hours=3)
    await finish(life, Outcome.CALL_BACK, until=at)
    await life.until(at)
    await finish(life, Outcome.CONNECTED)
    await life.until(START + timedelta(days=20))


async def personal_touches(life: Life) -> None:
    await begin(life)
    for days in (1, 3):
        await life.until(START + timedelta(days=days))
        at = life.clock()
        await life.say(
            CommandKind.LOG_PERSONAL_TOUCH,
            lambda case, now: commands.log_personal_touch(
                case, channel=Channel.CALL, touched_at=now, by="anna", note=None, now=now
            ),
            touched_at=at,
        )
    await life.until(START + timedelta(days=20))


async def held_and_resumed(life: Life) -> None:
    await begin(life)
    until = START + timedelta(days=60)
    await life.say(
        CommandKind.HOLD,
        lambda case, now: commands.hold(case, until=until, reason="on holiday", by="anna", now=now),
        until=until,
    )
    await life.until(START + timedelta(days=10))
    await life.say(CommandKind.RESUME, lambda case, now: commands.resume(case, by="anna", now=now))
    await life.until(START + timedelta(days=25))


async def skipped_switched_and_reassigned(life: Life) -> None:
    await begin(life)
    await finish(life, Outcome.NO_ANSWER)
    await life.say(
        CommandKind.SKIP_STEP,
        lambda case, now: commands.skip_step(case, step_id="checking-in", by="anna", now=now),
        step_id="checking-in",
    )
    await life.say(
        CommandKind.REASSIGN,
        lambda case, now: commands.reassign(case, owner=Colleague("ben", "Ben Okafor"), by="mia", now=now),
        owner="ben",
    )
    await life.say(
        CommandKind.SWITCH_CADENCE,
        lambda case, now: commands.switch_cadence(
            case, cadence=NOT_NOW.cadence, version=NOT_NOW.version, by="mia", now=now
        ),
        cadence="not-now",
    )
    await life.until(START + timedelta(days=30))


async def replies_and_is_answered(life: Life) -> None:
    await begin(life)
    await finish(life, Outcome.NO_ANSWER)
    await life.say(
        CommandKind.LEAD_REPLIED,
        lambda case, now: hearing.lead_replied(case, text="One more thing", channel=Channel.EMAIL, now=now),
    )
    await life.until(START + timedelta(days=6))
    await finish(life, Outcome.ANSWERED)
    await life.until(START + timedelta(days=30))


async def loses_its_contact_points(life: Life) -> None:
    await begin(life)
    await life.say(
        CommandKind.CONTACT_POINT_LOST,
        lambda case, now: hearing.contact_point_lost(case, contact=PHONE, why="wrong number", now=now),
    )
    await life.until(START + timedelta(days=5))
    await life.say(
        CommandKind.CONTACT_POINT_LOST,
        lambda case, now: hearing.contact_point_lost(case, contact="priya@example.com", why="bounced", now=now),
    )
    await life.until(START + timedelta(days=10))


async def opts_out(life: Life) -> None:
    await begin(life)
    await life.until(START + timedelta(days=1))
    await life.say(
        CommandKind.LEAD_OPTED_OUT,
        lambda case, now: hearing.lead_opted_out(case, why="STOP", now=now),
    )


async def message_is_reported(life: Life) -> None:
    await begin(life)
    await life.say(CommandKind.MESSAGE_REPORTED, lambda case, now: case)
    await life.until(START + timedelta(days=4))


async def asks_again_after_a_no(life: Life) -> None:
    await begin(life)
    await answer(life, "no")
    await life.handle.result()
    await life.say(
        CommandKind.LEAD_ASKED_AGAIN,
        lambda case, now: hearing.came_again(
            case, cadence=case.cadence, version=case.enrollment.version, question="Still there?", now=now
        ),
    )
    await life.until(START + timedelta(days=2))
    await finish(life, Outcome.ANSWERED)


async def accepts(life: Life) -> None:
    """The lead's calendar accepts the invitation now."""

    def decide(case: Case, now: datetime) -> Case:
        (meeting,) = case.meetings
        return answered(
            case,
            InvitationReply(
                uid=str(meeting.id),
                method=Method.REPLY,
                attendee="priya@example.com",
                says=Participation.ACCEPTED,
                sequence=meeting.sequence,
                stamped_at=now,
            ),
            now,
        )

    await life.say(CommandKind.PLAN_CHANGED, decide)


async def agrees_on_a_meeting(life: Life) -> None:
    """Invited, nudged, called, moved, accepted, held; and then the plan goes on."""
    await begin(life)
    appointment = Appointment(starts_at=START + timedelta(days=10), subject="Two ovens", place="1 Pier Road")
    await finish(life, Outcome.MEETING, meeting=appointment)
    await life.until(START + timedelta(days=3))
    later = replace(appointment, starts_at=START + timedelta(days=11))
    await finish(life, Outcome.MEETING, meeting=later)
    await life.until(START + timedelta(days=3, hours=4))
    await accepts(life)
    await life.until(START + timedelta(days=11, hours=1))
    await finish(life, Outcome.HELD)
    await life.until(START + timedelta(days=40))


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        silent_for_a_year,
        says_yes_and_is_won,
        says_no,
        says_no_after_yes,
        not_now_and_back,
        not_now_by_command,
        rep_calls_every_time,
        asks_to_be_called_back,
        personal_touches,
        held_and_resumed,
        skipped_switched_and_reassigned,
        replies_and_is_answered,
        loses_its_contact_points,
        opts_out,
        message_is_reported,
        asks_again_after_a_no,
        agrees_on_a_meeting,
    )
}

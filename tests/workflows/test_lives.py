"""Whole lives of leads under the shipped cadence: what happens, and when on the lead's own clock."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from cadences import commands
from cadences.case import Case
from cadences.enrollment import Enrollment
from cadences.hearing import lead_replied
from cadences.library import shipped
from cadences.preview import preview
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind
from leads.capture import NewLead
from leads.contract import CommandKind
from leads.model import Channel
from tests.clocks import SettableClock
from tests.workflows.lives import Happened, Life, a_life
from tests.workflows.scenarios import PHONE, PRIYA, START

MONDAY = START


@pytest_asyncio.fixture
async def life(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> AsyncIterator[Life]:
    async with a_life(engine, cases, intake, clock) as life:
        yield life


def told(touches: list[Happened]) -> list[str]:
    """The touches in one line each."""
    return [f"{touch.at} {touch.channel} {touch.step} {touch.occurrence}" for touch in touches]


def unlived(case: Case) -> Case:
    """The case as it was enrolled, before anything happened."""
    begun = case.enrollment
    fresh = Enrollment(
        id=begun.id,
        cadence=begun.cadence,
        version=begun.version,
        started_at=begun.started_at,
        answers_question=begun.answers_question,
    )
    return replace(case, enrollment=fresh, tasks=(), messages=(), first_response_due_at=None)


async def finish(life: Life, task_id: UUID, outcome: Outcome, until: datetime | None = None) -> None:
    """A rep completes a task now."""
    later = next(bundle for bundle in shipped() if bundle.name == "not-now")

    def decide(case: Case, now: datetime) -> Case:
        return complete_task(
            case,
            task_id=task_id,
            outcome=outcome,
            by="anna",
            note=None,
            now=now,
            until=until,
            later=(later.cadence, later.version) if outcome is Outcome.NOT_NOW else None,
        )

    await life.say(CommandKind.COMPLETE_TASK, decide, task_id=task_id)


async def log_touch(life: Life) -> None:
    """A rep logs a call outside the plan, made just now."""
    now = life.clock()
    await life.say(
        CommandKind.LOG_PERSONAL_TOUCH,
        lambda case, now: commands.log_personal_touch(
            case, channel=Channel.CALL, touched_at=now, by="anna", note="met at the fair", now=now
        ),
        touched_at=now,
    )


async def next_minute(life: Life) -> datetime | None:
    """When the next touch happens, to the minute: the test server's clock drifts by milliseconds."""
    at = await life.next_at()
    return at.replace(second=0, microsecond=0) if at else None


async def live_with_a_diligent_rep(life: Life, end: datetime) -> None:
    """Until `end` every call is made when it opens, and nobody ever answers."""
    while True:
        calls = [task for task in await life.open_tasks() if task.kind == "call"]
        if calls:
            await life.until(max(calls[0].opens_at, life.clock()))
            await finish(life, calls[0].id, Outcome.NO_ANSWER)
            continue
        case = await life.case()
        planned = case.enrollment.next
        if planned is None or planned.act_at > end:
            break
        await life.until(planned.act_at)
    await life.until(end)


SILENT = [
    "Mon 2035-01-08 10:00 email answer-the-question 1",
    "Mon 2035-01-08 10:00 call first-call 1",
    "Thu 2035-01-11 10:00 email checking-in 1",
    # Seven business days, and Monday the 15th is Martin Luther King Jr. Day.
    "Thu 2035-01-18 10:00 sms quick-note 1",
    "Mon 2035-01-22 10:00 call second-call 1",
    "Mon 2035-02-05 10:00 email case-study 1",
    "Thu 2035-03-08 10:00 sms still-here 1",
    "Tue 2035-05-08 10:00 sms still-here-2 1",
    "Fri 2035-06-08 10:00 call month-of-calls 1",
    "Thu 2035-06-14 10:00 call month-of-calls 2",
    "Wed 2035-06-20 10:00 call month-of-calls 3",
    "Tue 2035-06-26 10:00 call month-of-calls 4",
    "Mon 2035-07-02 10:00 call month-of-calls 5",
    "Tue 2035-10-02 10:00 email quarterly 1",
    "Wed 2036-01-02 10:00 email quarterly 2",
    "Wed 2036-04-02 10:00 email quarterly 3",
    "Wed 2036-07-02 10:00 email quarterly 4",
    "Thu 2036-10-02 10:00 email quarterly 5",
    "Fri 2037-01-02 10:00 email quarterly 6",
    "Thu 2037-04-02 10:00 email quarterly 7",
    "Thu 2037-07-02 10:00 email quarterly 8",
    "Fri 2037-10-02 10:00 email quarterly 9",
    "Mon 2038-01-04 09:00 email quarterly 10",
]


async def test_a_silent_lead_is_followed_up_for_three_years_as_previewed(life: Life) -> None:
    await life.capture(PRIYA, MONDAY)
    start = unlived(await life.case())
    await live_with_a_diligent_rep(life, MONDAY + timedelta(days=3 * 365))

    happened = told(await life.happened())

    assert happened == SILENT
    promised = preview(start, MONDAY, touches=len(SILENT), calls="made")
    assert [
        f"{touch.local:%a %Y-%m-%d %H:%M} {touch.channel.value} {touch.step_id} {touch.occurrence}"
        for touch in promised
    ] == happened
    assert await life.is_running()


async def test_calls_that_nobody_makes_expire_and_block_nothing(life: Life) -> None:
    await life.capture(PRIYA, MONDAY)
    start = unlived(await life.case())
    for days in range(30, 3 * 365 + 1, 30):  # Month by month: whoever waits for an answer is seen to on each day.
        await life.until(MONDAY + timedelta(days=days))

    happened = [line for line in told(await life.happened())]

    promised = [
        f"{touch.local:%a %Y-%m-%d %H:%M} {touch.channel.value} {touch.step_id} {touch.occurrence}"
        for touch in preview(start, MONDAY, touches=40, calls="missed")
        if touch.channel in (Channel.EMAIL, Channel.SMS)
    ]
    assert len(happened) >= 15
    assert happened == promised[: len(happened)]
    (answer,) = [task for task in await life.open_tasks() if task.kind == TaskKind.QUESTION]
    assert (answer.owner, answer.escalations > 500) == ("anna", True), "the first answer is still somebody's to give"


async def test_a_lead_that_says_yes_on_day_four_is_handed_over_and_left_alone(life: Life) -> None:
    await life.capture(PRIYA, MONDAY)
    call = (await life.open_tasks())[0]
    await life.until(MONDAY + timedelta(minutes=20))
    await finish(life, call.id, Outcome.VOICEMAIL)
    await life.until(MONDAY + timedelta(days=4))
    await life.say(
        CommandKind.RECORD_ANSWER,
        lambda case, now: commands.record_answer(case, answer="yes", by="anna", note="wants two", now=now),
        answer="yes",
    )

    tasks = await life.open_tasks()
    assert [(task.kind, task.owner) for task in tasks] == [("hand_over", "anna")]
    assert tasks[0].due_at == MONDAY + timedelta(days=4, minutes=30)

    await life.until(MONDAY + timedelta(days=60))
    assert [touch.step for touch in await life.happened()] == ["answer-the-question", "first-call", "checking-in"]
    escalated = (await life.open_tasks())[0]
    assert escalated.escalations > 20
    assert await life.is_running()

    await finish(life, escalated.id, Outcome.WON)
    assert await life.open_tasks() == []
    await life.handle.result()
    assert (await life.case()).lead.stage.value == "won"


async def test_not_now_for_fourteen_months_sleeps_and_comes_back_and_then_yes(life: Life) -> None:
    await life.capture(PRIYA, MONDAY)
    call = (await life.open_tasks())[0]
    await life.until(MONDAY + timedelta(minutes=10))
    back = datetime(2036, 3, 8, 17, tzinfo=UTC)  # a Saturday
    await finish(life, call.id, Outcome.NOT_NOW, until=back)

    await life.until(back - timedelta(days=1))
    assert told(await life.happened()) == [
        "Mon 2035-01-08 10:00 email answer-the-question 1",
        "Mon 2035-01-08 10:10 call first-call 1",
    ]

    await life.until(back + timedelta(days=3))
    calls = await life.open_tasks()
    assert [(task.kind, task.step_id) for task in calls] == [("call", "as-agreed-call")]
    assert calls[0].opens_at == datetime(2036, 3, 10, 13, tzinfo=UTC)  # Monday 9:00, after the clocks changed
    await finish(life, calls[0].id, Outcome.YES)
    assert [task.kind for task in await life.open_tasks()] == ["hand_over"]


async def test_personal_touches_pause_the_machine_and_move_all_that_is_left(life: Life) -> None:
    await life.capture(PRIYA, MONDAY)
    assert [task.kind for task in await life.open_tasks()] == ["call"]
    await life.until(MONDAY + timedelta(minutes=5))

    await log_touch(life)
    assert await life.open_tasks() == []  # the call it made needless
    # Five business days across Martin Luther King Jr. Day are eight days on the wall; all that is left moves so far.
    assert await next_minute(life) == datetime(2035, 1, 19, 15, tzinfo=UTC)

    await life.until(MONDAY + timedelta(days=2))
    await log_touch(life)
    # The second touch extends the pause by 1 day 23:55, to Sunday the 21st; that goes on to Monday at nine.
    assert await next_minute(life) == datetime(2035, 1, 22, 14, tzinfo=UTC)

    await live_with_a_diligent_rep(life, MONDAY + timedelta(days=100))
    steps = [line for line in told(await life.happened()) if "personal" not in line]
    assert steps[:5] == [
        "Mon 2035-01-08 10:00 email answer-the-question 1",
        "Mon 2035-01-22 09:00 email checking-in 1",
        "Mon 2035-01-29 09:00 sms quick-note 1",
        "Thu 2035-02-01 09:55 call second-call 1",
        "Thu 2035-02-15 09:55 email case-study 1",
    ]


async def test_a_lead_with_only_a_phone_gets_calls_where_emails_would_be(life: Life) -> None:
    await life.capture(NewLead(name="George", phone=PHONE, question="Call me", owner="anna"), MONDAY)
    await live_with_a_diligent_rep(life, MONDAY + timedelta(days=60))

    assert told(await life.happened()) == [
        "Mon 2035-01-08 10:00 call first-call 1",
        "Thu 2035-01-11 10:00 call checking-in 1",
        "Mon 2035-01-22 10:00 call second-call 1",
        "Mon 2035-02-05 10:00 call case-study 1",
    ]


async def test_without_consent_no_text_is_ever_sent(life: Life) -> None:
    await life.capture(
        NewLead(name="Tom", email="tom@example.com", phone=PHONE, question="How long?", owner="anna"), MONDAY
    )
    await live_with_a_diligent_rep(life, MONDAY + timedelta(days=400))

    happened = await life.happened()
    assert "sms" not in {touch.channel for touch in happened}
    assert [touch.step for touch in happened][:5] == [
        "answer-the-question",
        "first-call",
        "checking-in",
        "second-call",
        "case-study",
    ]


async def test_a_no_ends_everything_for_ever(life: Life) -> None:
    await life.capture(PRIYA, MONDAY)
    await life.until(MONDAY + timedelta(days=3))
    before = told(await life.happened())
    await life.say(
        CommandKind.RECORD_ANSWER,
        lambda case, now: commands.record_answer(case, answer="no", by="anna", note=None, now=now),
        answer="no",
    )
    await life.handle.result()
    assert await life.open_tasks() == []
    await life.until(MONDAY + timedelta(days=2000))
    assert told(await life.happened()) == before


async def test_an_unanswered_reply_holds_and_escalates_until_somebody_answers(life: Life) -> None:
    await life.capture(PRIYA, MONDAY)
    await finish(life, (await life.open_tasks())[0].id, Outcome.NO_ANSWER)
    await life.until(MONDAY + timedelta(days=1))
    await life.say(
        CommandKind.LEAD_REPLIED,
        lambda case, now: lead_replied(case, text="Thanks, one more thing …", channel=Channel.EMAIL, now=now),
    )
    await life.until(MONDAY + timedelta(days=30))
    assert [touch.step for touch in await life.happened()] == ["answer-the-question", "first-call"]
    (reply,) = [task for task in await life.open_tasks() if task.kind == TaskKind.REPLY]
    assert reply.escalations >= 15

    await finish(life, reply.id, Outcome.ANSWERED)
    await life.until(MONDAY + timedelta(days=60))
    assert "checking-in" in {touch.step for touch in await life.happened()}

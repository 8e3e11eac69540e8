"""The ledger says which variant a lead got, of a message and of a call."""

from sqlalchemy import select

from adapters.db.cadences import CadenceShelf
from adapters.db.rows import TouchRow
from cadences import commands
from cadences.bundle import CadenceBundle
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome
from cadences.variants import variant_for
from leads.contract import CommandKind
from leads.sending import SendRefused
from tests.activities.desk import Desk

TRYING = CadenceBundle(
    "trying",
    """
cadence: trying
hours: {days: mon-sun, from: "00:00", to: "24:00"}
limits: {per_day: 20, per_week: 100}
on_silence: {return_to: owner}
steps:
  - {email: hello, variants: {short: hello-short}}
  - {call: ring, variants: {brisk: ring-brisk}}
""",
    {
        "email/hello.md": "---\nsubject: The long one\n---\nHello\n",
        "email/hello-short.md": "---\nsubject: The short one\n---\nHi\n",
        "call/ring.md": "The long talk",
        "call/ring-brisk.md": "The brisk talk",
    },
)
WORDS = {"original": "The long one", "short": "The short one"}


async def switch(desk: Desk) -> None:
    await CadenceShelf(desk.engine).publish(TRYING, desk.clock())
    await desk.say(
        CommandKind.SWITCH_CADENCE,
        lambda case, now: commands.switch_cadence(
            case, cadence=TRYING.cadence, version=TRYING.version, by="anna", now=now
        ),
    )


async def test_the_claim_says_which_variant_went_out(desk: Desk) -> None:
    await switch(desk)
    await desk.activities.send_email(await desk.step())

    chosen = variant_for(desk.lead_id, "trying", TRYING.cadence.steps[0])
    touch = await desk.touch()
    assert chosen is not None
    assert (touch.variant, touch.subject) == (chosen.name, WORDS[chosen.name])
    assert desk.sender.messages[0].subject == WORDS[chosen.name]


async def test_the_next_attempt_is_the_same_variant(desk: Desk) -> None:
    await switch(desk)
    desk.sender.script = [SendRefused("slow down", "429")]
    plan = await desk.activities.send_email(await desk.step())
    first = await desk.touch()
    assert plan.wake is not None
    desk.clock.move_by(plan.wake.at - desk.clock())
    await desk.activities.send_email(await desk.step())
    second = await desk.touch()
    assert (second.attempt, second.state) == (2, "sent")
    assert (second.variant, second.subject) == (first.variant, first.subject)


async def test_the_call_that_was_made_says_which_talk_track_it_had(desk: Desk) -> None:
    await switch(desk)
    await desk.activities.send_email(await desk.step())
    await desk.tasks_activities().create_call_task(await desk.step())
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        (task,) = opened.case.open_tasks
    chosen = variant_for(desk.lead_id, "trying", TRYING.cadence.steps[1])
    assert chosen is not None
    assert ("brisk" in task.text) == (chosen.name == "brisk")

    await desk.say(
        CommandKind.COMPLETE_TASK,
        lambda case, now: complete_task(
            case, task_id=task.id, outcome=Outcome.VOICEMAIL, by="anna", note=None, now=now
        ),
    )
    async with desk.engine.connect() as connection:
        query = select(TouchRow.variant).where(TouchRow.lead_id == desk.lead_id, TouchRow.channel == "call")
        assert (await connection.scalars(query)).all() == [chosen.name]

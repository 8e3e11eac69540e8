"""Why a lead's messages ended, what proves it, and how its stages went, as its page shows them."""

from datetime import timedelta

from adapters.db.reading import Reading
from cadences.commands import record_answer
from cadences.hearing import lead_opted_out
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome
from leads.contract import CommandKind
from tests.activities.desk import Desk
from tests.sample import COMPANY


async def _seen(desk: Desk):  # type: ignore[no-untyped-def]
    lead = await Reading(desk.engine).lead(desk.lead_id, COMPANY, desk.clock())
    assert lead is not None
    return lead


async def test_a_no_ends_with_who_recorded_it_and_what_was_said(desk: Desk) -> None:
    assert (await _seen(desk)).ending is None
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        case = record_answer(opened.case, answer="no", by="anna", note="buys elsewhere", now=desk.clock())
        await opened.save(case, CommandKind.RECORD_ANSWER, by="anna", details={"answer": "no"})
    lead = await _seen(desk)
    assert (lead.ending.reason, lead.ending.why, lead.ending.at) == ("no", "said no, recorded by anna", desk.clock())
    assert [(one.kind, one.by, one.text) for one in lead.ending.evidence] == [
        ("answer", "anna", "Said no"),
        ("command", "anna", "Record answer: no"),
    ]
    assert [(one.stage, one.by, one.why) for one in lead.stages] == [("lost", "anna", "no"), ("new", "test", None)]


async def test_an_opt_out_ends_with_the_words_that_came(desk: Desk) -> None:
    async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
        case = lead_opted_out(opened.case, why="wrote STOP by text", now=desk.clock())
        await opened.save(case, CommandKind.LEAD_OPTED_OUT, by="the lead", details={"text": "STOP"})
    ending = (await _seen(desk)).ending
    assert (ending.reason, ending.why) == ("opted_out", "wrote STOP by text")
    assert [(one.kind, one.text) for one in ending.evidence] == [("command", "Opted out: STOP")]


async def test_the_hand_over_is_seen_from_marketing_to_sales_to_the_order(desk: Desk) -> None:
    start = desk.clock()
    for outcome, after in ((Outcome.YES, 0), (Outcome.ACCEPTED, 1), (Outcome.WON, 2)):
        desk.clock.move_to(start + timedelta(hours=after))
        async with desk.cases.open(desk.lead_id, desk.clock()) as opened:
            if outcome is Outcome.YES:
                case = record_answer(opened.case, answer="yes", by="the lead", note=None, now=desk.clock())
            else:
                task = opened.case.open_tasks[0]
                case = complete_task(
                    opened.case, task_id=task.id, outcome=outcome, by="anna", note=None, now=desk.clock()
                )
            await opened.save(case, CommandKind.COMPLETE_TASK, by="anna", details={"outcome": outcome.value})
    stages = [(one.stage, (one.at - start) // timedelta(hours=1)) for one in reversed((await _seen(desk)).stages)]
    assert stages == [("new", 0), ("qualified", 0), ("accepted", 1), ("won", 2)]

"""After silence the activity gives the lead back to who found it, on the real database."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.tasks import TaskActivities
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.rows import AssignmentRow, InboundMessageRow, LeadRow, TaskRow, TouchRow
from cadences.planning import wake
from cadences.progress import message_sent, see_to_overdue, task_created
from leads.capture import NewLead
from leads.contract import StepInput, WakeKind
from leads.model import LeadKind
from tests.clocks import SettableClock


async def silence(cases: CaseStore, clock: SettableClock, lead_id: UUID) -> StepInput:
    """Go through the cadence without an answer, to the return to a person."""
    while True:
        async with cases.open(lead_id, clock()) as opened:
            due = wake(opened.case)
        assert due is not None
        clock.move_to(max(clock(), due.at))
        if due.step_id == "on-silence":
            return StepInput(
                lead_id=lead_id,
                enrollment_id=opened.plan.enrollment_id,
                revision=opened.plan.revision,
                kind=due.kind,
                step_id=due.step_id,
                occurrence=due.occurrence,
                asked_at=clock(),
            )
        async with cases.open(lead_id, clock()) as opened:
            touch = opened.case.enrollment.next
            if due.kind is WakeKind.SEE_TO_OVERDUE:
                await opened.save(see_to_overdue(opened.case, clock()))
            elif due.kind is WakeKind.SEND_EMAIL:
                assert touch is not None
                await opened.save(message_sent(opened.case, touch.step, clock()))
            else:
                await opened.save(task_created(opened.case, clock()))


async def test_the_finder_owns_the_lead_again_and_is_told_everything(
    engine: AsyncEngine, intake: LeadIntake, cases: CaseStore, clock: SettableClock
) -> None:
    found = NewLead(
        kind=LeadKind.OUTBOUND,
        email="ann@harbor.com",
        phone="+12125550187",
        name="Ann Lee",
        zone="America/New_York",
        owner="anna",
        generated_by="ben",
        source="prospecting",
    )
    lead_id = (await intake.capture(found, by="test", now=clock())).lead_id
    begun_at = clock()
    async with engine.begin() as connection:
        touch = {"id": uuid4(), "lead_id": lead_id, "channel": "email", "state": "delivered", "happened_at": begun_at}
        await connection.execute(insert(TouchRow).values(**touch, step_id="introduction", occurrence=1))
        heard = {"id": uuid4(), "lead_id": lead_id, "channel": "email", "provider": "test", "external_id": "1"}
        heard |= {"sender": "ann@harbor.com", "recipient": "hello@example.com", "text": "Perhaps.", "kind": "reply"}
        await connection.execute(insert(InboundMessageRow).values(**heard, received_at=begun_at + timedelta(hours=1)))
    step = await silence(cases, clock, lead_id)
    plan = await TaskActivities(cases, clock).create_task(step)
    assert plan.owner == "ben"
    async with engine.connect() as connection:
        assert await connection.scalar(select(LeadRow.owner_id).where(LeadRow.id == lead_id)) == "ben"
        task = (
            await connection.execute(select(TaskRow).where(TaskRow.lead_id == lead_id, TaskRow.state == "open"))
        ).one()
        given = select(AssignmentRow.owner_id, AssignmentRow.why).where(AssignmentRow.lead_id == lead_id)
        assignments = (await connection.execute(given.order_by(AssignmentRow.id))).all()
    assert (task.kind, task.owner) == ("kick_back", "ben")
    # Three emails went out; the two calls were made by nobody.
    assert task.text.startswith(
        "No answer after 3 contacts: back to Ben Okafor, who found the lead; Anna Keller followed"
    )
    assert "Fri 20 Nov 2026 10:00 email introduction, delivered" in task.text
    assert "call introduction-call: nobody made it in time" in task.text
    assert "email: Perhaps." in task.text
    assert [tuple(one) for one in assignments] == [
        ("anna", "named when the lead came in"),
        ("ben", "no answer after 3 contacts"),
    ]

"""Messages for the outbox: a lead's first email as the real code writes it, and others word for word."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from activities.messages import MessageActivities
from adapters.db.rows import LeadRow
from adapters.providers.local_outbox import LocalOutbox
from leads.capture import NewLead
from leads.contract import Plan, StepInput
from leads.model import Channel
from leads.sending import OutgoingMessage
from tests.console.stage import Stage


async def first_email(stage: Stage, name: str = "Priya Raman", email: str = "priya@bakery.example.com") -> UUID:
    """A lead that just asked us something, and was answered; the links lead to the stage."""
    services = stage.services
    new = NewLead(email=email, name=name, question="Do your ovens run on single-phase power?", owner="anna")
    lead_id = (await services.intake.capture(new, "test", stage.clock())).lead_id
    async with stage.engine.connect() as connection:
        plan = Plan.model_validate(await connection.scalar(select(LeadRow.plan).where(LeadRow.id == lead_id)))
    assert plan.wake is not None
    outbox = LocalOutbox(stage.engine, stage.clock)
    step = StepInput(
        lead_id=lead_id,
        enrollment_id=plan.enrollment_id,
        revision=plan.revision,
        kind=plan.wake.kind,
        step_id=plan.wake.step_id,
        occurrence=plan.wake.occurrence,
        asked_at=stage.clock(),
    )
    await MessageActivities(services.cases, outbox, outbox, services.links, stage.clock).send_email(step)
    return lead_id


async def written(stage: Stage, to: str, **more: Any) -> UUID:
    """A message in the outbox, word for word."""
    channel = Channel.SMS if to.startswith("+") else Channel.EMAIL
    values = {"text": "Hello", "subject": None if channel is Channel.SMS else "A message", "lead_id": None}
    message = OutgoingMessage(touch_id=uuid4(), channel=channel, to=to, **{**values, **more})
    await LocalOutbox(stage.engine, stage.clock).send(message)
    return message.touch_id

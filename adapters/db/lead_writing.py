"""Writing a lead that has just come in: its row, contact points, consents, question, enrollment and first tasks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.contact_points import contact_point_values
from adapters.db.documents import enrollment_document, inquiry_values, response_values, task_values
from adapters.db.fact_writing import stage_values
from adapters.db.rows import (
    ConsentRow,
    ContactPointRow,
    EnrollmentRow,
    FirstResponseRow,
    InquiryRow,
    LeadRow,
    StageChangeRow,
    TaskRow,
    table_of,
)
from cadences.case import Case
from leads.company_domains import company_domain
from leads.contract import Plan
from leads.inquiries import Inquiry
from leads.model import Consent

# Statements are built once: building one anew costs several times what running it does.
_INSERT_LEAD, _INSERT_CONTACT_POINTS = insert(table_of(LeadRow)), insert(table_of(ContactPointRow))
_INSERT_CONSENTS, _INSERT_INQUIRY = insert(table_of(ConsentRow)), insert(table_of(InquiryRow))
_INSERT_STAGE, _INSERT_RESPONSE = insert(table_of(StageChangeRow)), insert(table_of(FirstResponseRow))
_INSERT_ENROLLMENT, _INSERT_TASK = insert(table_of(EnrollmentRow)), insert(table_of(TaskRow))


async def insert_lead(
    connection: AsyncConnection, case: Case, plan: Plan, now: datetime, by: str, words_digest: str | None = None
) -> None:
    """Write a lead, what belongs to it, and its first plan.

    Args:
        words_digest: by what a lead without a contact point is known again.
    """
    lead, enrollment, touch = case.lead, case.enrollment, case.enrollment.next
    await connection.execute(
        _INSERT_LEAD,
        {
            "id": lead.id,
            "kind": lead.kind.value,
            "name": lead.name,
            "company": lead.company,
            "company_domain": company_domain(lead.emails),
            "question": lead.question,
            "source": lead.source,
            "zone": lead.zone,
            "country": lead.country,
            "region": lead.region,
            "reach": str(lead.reach) if lead.reach else None,
            "inquired_at": lead.inquired_at,
            "purchased_at": lead.purchased_at,
            "attributes": dict(lead.attributes),
            "cost": lead.cost,
            "owner_id": lead.owner.id,
            "generated_by_id": lead.generated_by.id if lead.generated_by else None,
            "stage": lead.stage.value,
            "backlog_id": lead.backlog_id,
            "created_at": now,
            "revision": plan.revision,
            "enrollment_id": enrollment.id,
            "cadence": enrollment.cadence,
            "plan": plan.model_dump(mode="json"),
            "next_at": touch.opens_at if touch else None,
            "wake_at": plan.wake.at if plan.wake else None,
            "ended": plan.ended,
            "ended_at": enrollment.ended_at,
            "first_response_due_at": case.first_response_due_at,
            "words_digest": words_digest,
        },
    )
    if lead.contacts:
        points = [contact_point_values(lead.id, point, now) for point in lead.contacts]
        await connection.execute(_INSERT_CONTACT_POINTS, points)
    await insert_consents(connection, lead.id, lead.consents)
    if lead.question:
        await insert_inquiry(connection, lead.id, lead.question, lead.source, lead.inquiry, lead.inquired_at or now)
    await connection.execute(
        _INSERT_ENROLLMENT,
        {
            "id": enrollment.id,
            "lead_id": lead.id,
            "cadence": enrollment.cadence,
            "version": enrollment.version,
            "started_at": enrollment.started_at,
            "ended": plan.ended,
            "ended_at": enrollment.ended_at,
            "progress": enrollment_document(enrollment),
        },
    )
    await connection.execute(_INSERT_STAGE, stage_values(lead, now, by))
    if case.response is not None:
        await connection.execute(_INSERT_RESPONSE, response_values(case.response, lead.id, lead.owner.id))
    for task in case.tasks:
        await connection.execute(_INSERT_TASK, task_values(task, lead.id))


async def insert_consents(connection: AsyncConnection, lead_id: UUID, consents: Sequence[Consent]) -> None:
    """Write permissions as they were given."""
    if consents:
        await connection.execute(
            _INSERT_CONSENTS,
            [
                {
                    "lead_id": lead_id,
                    "channel": given.channel.value,
                    "contact": given.contact,
                    "seller": given.seller,
                    "wording": given.wording,
                    "method": given.method,
                    "source": given.source,
                    "address": given.address,
                    "given_at": given.given_at,
                }
                for given in consents
            ],
        )


async def insert_inquiry(
    connection: AsyncConnection,
    lead_id: UUID,
    question: str,
    source: str | None,
    inquiry: Inquiry | None,
    asked_at: datetime,
) -> None:
    """Write a question as it was asked, and what the library said to it."""
    values = {
        "lead_id": lead_id,
        "question": question,
        "source": source,
        "asked_at": asked_at,
        **inquiry_values(inquiry or Inquiry()),
    }
    await connection.execute(_INSERT_INQUIRY, values)

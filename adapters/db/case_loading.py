"""Loading a case: everything that a decision about one lead needs, in one round trip."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Date, DateTime, RowMapping, Select, String, Uuid, bindparam, exists, func, or_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.colleague_documents import absent_since, colleague_document
from adapters.db.deliverability import domain_of
from adapters.db.documents import (
    MESSAGE_CHANNELS,
)
from adapters.db.rows import (
    AbsenceRow,
    AlertRow,
    ColleagueRow,
    ConsentRow,
    ContactPointRow,
    EnrollmentRow,
    FirstResponseRow,
    InboundMessageRow,
    InquiryRow,
    LeadRow,
    MeetingRow,
    PersonalEmailRow,
    SenderRow,
    SendingDomainRow,
    TaskRow,
    TouchRow,
    table_of,
)
from cadences.tasks import TALKED_TO
from leads.model import Channel, Company
from leads.personal_emails import EmailState
from leads.replies import InboundKind
from leads.sending import TouchState

_LIMITS_LOOK_BACK = timedelta(days=14)
_DAY = timedelta(days=1)
_WENT_OUT = (TouchState.SENT, TouchState.DELIVERED, TouchState.UNKNOWN)
_OPEN = "open"
_UNSETTLED = (EmailState.WAITING.value, EmailState.UNKNOWN.value)


def _case_query() -> Select[Any]:
    """Everything a case needs in one round trip; what belongs to the lead comes as JSON arrays."""
    lead_id = bindparam("lead_id", type_=Uuid())

    def rows_of(table: Any, *conditions: Any, order: Column[Any] | Any) -> Any:
        return (
            select(func.jsonb_agg(postgresql.aggregate_order_by(func.to_jsonb(table_of(table).table_valued()), order)))
            .where(table.lead_id == lead_id, *conditions)
            .scalar_subquery()
        )

    def colleague(column: Any) -> Any:
        people = table_of(ColleagueRow).alias()
        return select(colleague_document(people)).where(people.c.id == column).scalar_subquery()

    messages = (
        select(func.jsonb_agg(TouchRow.happened_at))
        .where(
            TouchRow.lead_id == lead_id,
            TouchRow.happened_at > bindparam("since", type_=DateTime(timezone=True)),
            TouchRow.channel.in_(MESSAGE_CHANNELS),
            TouchRow.personal.is_(False),
            # A claim that is still out is counted by the decision that settles it.
            TouchRow.state.in_(_WENT_OUT),
            # What both agreed on is no marketing, and takes nothing from its limits. No cadence's step has a colon.
            func.coalesce(func.strpos(TouchRow.step_id, ":"), 0) == 0,
        )
        .scalar_subquery()
    )
    phone_contacts = (
        select(func.jsonb_agg(TouchRow.happened_at))
        .where(
            TouchRow.lead_id == lead_id,
            TouchRow.happened_at > bindparam("day_ago", type_=DateTime(timezone=True)),
            TouchRow.channel.in_([Channel.CALL.value, Channel.SMS.value]),
            TouchRow.state.in_([*_WENT_OUT, TouchState.MADE]),
        )
        .scalar_subquery()
    )
    last_email = (
        select(func.jsonb_build_object("last_subject", TouchRow.subject, "last_message_id", TouchRow.message_id))
        .where(
            TouchRow.lead_id == lead_id,
            TouchRow.channel == Channel.EMAIL.value,
            TouchRow.state.in_([TouchState.SENT, TouchState.DELIVERED]),
        )
        .order_by(TouchRow.happened_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    inquiry = (
        select(
            func.jsonb_build_object(
                *("answers", InquiryRow.answers, "unanswered", InquiryRow.unanswered),
                *("topic", InquiryRow.topic, "expert", InquiryRow.expert_id),
            )
        )
        .where(InquiryRow.lead_id == lead_id)
        .order_by(InquiryRow.asked_at.desc(), InquiryRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    texted = (
        select(func.jsonb_agg(TouchRow.contact.distinct()))
        .where(TouchRow.lead_id == lead_id, TouchRow.channel == Channel.SMS.value, TouchRow.state.in_(_WENT_OUT))
        .scalar_subquery()
    )
    calls = (
        select(
            func.jsonb_agg(
                func.jsonb_build_object(*("at", TouchRow.happened_at, "connected", TouchRow.outcome.in_(TALKED_TO)))
            )
        )
        .where(
            TouchRow.lead_id == lead_id,
            TouchRow.channel == Channel.CALL.value,
            TouchRow.state == TouchState.MADE,
            TouchRow.personal.is_(False),
            TouchRow.outcome.is_not(None),
        )
        .scalar_subquery()
    )
    replies = (
        select(func.jsonb_agg(InboundMessageRow.received_at))
        .where(InboundMessageRow.lead_id == lead_id, InboundMessageRow.kind == InboundKind.REPLY)
        .scalar_subquery()
    )
    today = bindparam("today", type_=Date())
    is_away = exists().where(
        AbsenceRow.colleague_id == ColleagueRow.id, AbsenceRow.first_day <= today, AbsenceRow.last_day >= today
    )
    manager = (
        select(ColleagueRow.id)
        .where(ColleagueRow.role == "manager", ColleagueRow.active)
        .order_by(is_away, ColleagueRow.created_at, ColleagueRow.id)
        .limit(1)
        .scalar_subquery()
    )
    response = (
        select(func.to_jsonb(table_of(FirstResponseRow).table_valued()))
        .where(FirstResponseRow.lead_id == lead_id)
        .order_by(FirstResponseRow.asked_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    claim = (
        select(func.to_jsonb(table_of(TouchRow).table_valued()))
        .where(TouchRow.id == bindparam("touch_id", type_=Uuid()))
        .scalar_subquery()
    )
    domain_of_sender = func.split_part(SenderRow.address, "@", 2)
    last_used = (
        select(func.max(TouchRow.happened_at))
        .where(TouchRow.lead_id == lead_id, TouchRow.sender == SenderRow.address)
        .scalar_subquery()
    )
    offers = (
        select(
            func.jsonb_agg(
                func.jsonb_build_object(
                    *("address", SenderRow.address, "channel", SenderRow.channel, "name", SenderRow.name),
                    *("own", SenderRow.colleague_id.is_not(None), "used_at", last_used),
                    *("limited", or_(SenderRow.daily_cap.is_not(None), SenderRow.gap_seconds > 0)),
                    *("paused_until", SendingDomainRow.paused_until),
                    *("why", func.coalesce(SendingDomainRow.why, "")),
                )
            )
        )
        .select_from(SenderRow)
        .outerjoin(SendingDomainRow, SendingDomainRow.domain == domain_of_sender)
        .where(SenderRow.active, or_(SenderRow.colleague_id == LeadRow.owner_id, SenderRow.colleague_id.is_(None)))
        .scalar_subquery()
    )
    own_domain = (
        select(func.to_jsonb(table_of(SendingDomainRow).table_valued()))
        .where(SendingDomainRow.domain == bindparam("own_domain", type_=String()))
        .scalar_subquery()
    )
    alerts = (
        select(func.jsonb_agg(func.jsonb_build_object("kind", AlertRow.kind, "subject", AlertRow.subject)))
        .where(AlertRow.resolved_at.is_(None))
        .scalar_subquery()
    )
    return select(
        LeadRow.__table__,
        select(EnrollmentRow.progress)
        .where(EnrollmentRow.id == LeadRow.enrollment_id)
        .scalar_subquery()
        .label("enrollment"),
        colleague(LeadRow.owner_id).label("owner"),
        colleague(LeadRow.generated_by_id).label("generator"),
        manager.label("manager"),
        rows_of(ContactPointRow, order=ContactPointRow.id).label("contacts"),
        rows_of(ConsentRow, order=ConsentRow.id).label("consents"),
        rows_of(TaskRow, TaskRow.state == _OPEN, order=TaskRow.created_at).label("tasks"),
        rows_of(MeetingRow, order=MeetingRow.starts_at).label("meetings"),
        rows_of(PersonalEmailRow, PersonalEmailRow.state.in_(_UNSETTLED), order=PersonalEmailRow.written_at).label(
            "emails"
        ),
        messages.label("messages"),
        phone_contacts.label("phone_contacts"),
        last_email.label("last_email"),
        inquiry.label("inquiry"),
        texted.label("texted"),
        response.label("response"),
        calls.label("calls"),
        replies.label("replies"),
        claim.label("claim"),
        offers.label("senders"),
        own_domain.label("own_domain"),
        alerts.label("alerts"),
    ).where(LeadRow.id == lead_id)


_CASE = _case_query()
"""Built once: building it anew costs ten times what running it does."""


async def load_case(
    connection: AsyncConnection, lead_id: UUID, now: datetime, touch_id: UUID | None, company: Company
) -> RowMapping:
    """The row of everything that a decision about one lead needs.

    Args:
        touch_id: the step occurrence whose claim comes along, if it has one.
        company: us, for the address that emails come from, and the day it is.
    """
    values = {
        "lead_id": lead_id,
        "since": now - _LIMITS_LOOK_BACK,
        "day_ago": now - _DAY,
        "touch_id": touch_id,
        "own_domain": domain_of(company.sender_email),
        "today": now.astimezone(ZoneInfo(company.zone)).date(),
        "absent_since": absent_since(now),
    }
    row: RowMapping = (await connection.execute(_CASE, values)).mappings().one()
    return row

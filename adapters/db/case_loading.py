"""Loading a case: everything that a decision about one lead needs, in one round trip."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Select, func, select
from sqlalchemy.dialects import postgresql

from adapters.db.documents import (
    MESSAGE_CHANNELS,
)
from adapters.db.rows import (
    ColleagueRow,
    ConsentRow,
    ContactPointRow,
    EnrollmentRow,
    LeadRow,
    TaskRow,
    TouchRow,
)
from leads.sending import TouchState

_LIMITS_LOOK_BACK = timedelta(days=14)
_OPEN = "open"


def case_query(lead_id: UUID, now: datetime) -> Select[Any]:
    """Everything a case needs in one round trip; what belongs to the lead comes as JSON arrays."""

    def rows_of(table: Any, *conditions: Any, order: Column[Any] | Any) -> Any:
        return (
            select(func.jsonb_agg(postgresql.aggregate_order_by(func.to_jsonb(table.__table__.table_valued()), order)))
            .where(table.lead_id == lead_id, *conditions)
            .scalar_subquery()
        )

    def colleague(column: Any) -> Any:
        people = ColleagueRow.__table__.alias()
        return select(func.to_jsonb(people.table_valued())).where(people.c.id == column).scalar_subquery()

    messages = (
        select(func.jsonb_agg(TouchRow.happened_at))
        .where(
            TouchRow.lead_id == lead_id,
            TouchRow.happened_at > now - _LIMITS_LOOK_BACK,
            TouchRow.channel.in_(MESSAGE_CHANNELS),
            TouchRow.personal.is_(False),
            # A claim that is still out is counted by the decision that settles it.
            TouchRow.state.in_([TouchState.SENT, TouchState.DELIVERED, TouchState.UNKNOWN]),
        )
        .scalar_subquery()
    )
    manager = (
        select(ColleagueRow.id)
        .where(ColleagueRow.role == "manager", ColleagueRow.active)
        .order_by(ColleagueRow.created_at, ColleagueRow.id)
        .limit(1)
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
        messages.label("messages"),
    ).where(LeadRow.id == lead_id)

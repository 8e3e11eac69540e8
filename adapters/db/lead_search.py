"""How leads are found by words, and which of their contact points lists show."""

from typing import Any

from sqlalchemy import ColumnElement, or_, select

from adapters.db.rows import ContactPointRow, LeadRow
from leads.model import ContactKind


def matching(q: str) -> ColumnElement[bool]:
    """Whether the text occurs in a lead's name, company or contact points."""
    points = select(ContactPointRow.lead_id).where(_contains(ContactPointRow.value, q))
    return or_(_contains(LeadRow.name, q), _contains(LeadRow.company, q), LeadRow.id.in_(points))


def first_contact(kind: ContactKind) -> Any:
    """The lead's first contact point of a kind, a usable one if there is one."""
    unusable = or_(ContactPointRow.lost.is_not(None), ContactPointRow.suppressed)
    return (
        select(ContactPointRow.value)
        .where(ContactPointRow.lead_id == LeadRow.id, ContactPointRow.kind == kind.value)
        .order_by(unusable, ContactPointRow.id)
        .limit(1)
        .correlate(LeadRow)
        .scalar_subquery()
    )


def _contains(column: Any, q: str) -> ColumnElement[bool]:
    literally = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    condition: ColumnElement[bool] = column.ilike(f"%{literally}%", escape="\\")
    return condition

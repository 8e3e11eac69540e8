"""A colleague as one JSON value, with the days away that matter, for statements that read it along with something."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, FromClause, bindparam, func, select
from sqlalchemy.dialects import postgresql

from adapters.db.rows import AbsenceRow, table_of
from leads.routing import LATELY

_LONGEST_DAY = timedelta(days=2)
"""Days begin and end up to a day earlier or later elsewhere."""


def absent_since(now: datetime) -> date:
    """Absences whose last day lies before it say nothing any more, not even of whose turn it is."""
    return (now - LATELY - _LONGEST_DAY).date()


def colleague_document(people: FromClause) -> Any:
    """The row of a colleague as JSON, `absences` among it; the statement takes `absent_since`."""
    absences = table_of(AbsenceRow).alias()
    one = func.jsonb_build_object(
        *("first_day", absences.c.first_day, "last_day", absences.c.last_day, "policy", absences.c.policy),
        *("cover", absences.c.cover_id, "reason", absences.c.reason),
    )
    away = (
        select(func.jsonb_agg(postgresql.aggregate_order_by(one, absences.c.first_day, absences.c.id)))
        .where(absences.c.colleague_id == people.c.id, absences.c.last_day >= bindparam("absent_since", type_=Date()))
        .scalar_subquery()
    )
    row: Any = func.to_jsonb(people.table_valued())  # type: ignore[attr-defined]
    return row.op("||")(func.jsonb_build_object("absences", away))

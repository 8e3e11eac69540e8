"""What whoever talks with a lead has at hand beside its whole history: may one call now, and what may be answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Select, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.callees import OF_ENROLLMENT, callee_columns, callee_values, read_callee
from adapters.db.engine import statement_by_statement
from adapters.db.rows import EnrollmentRow, InquiryRow, LeadRow, table_of
from cadences.calling import Calling, calling
from leads.inquiries import AnswerFound
from leads.model import Company

_LEADS = table_of(LeadRow)
_ANSWERS: TypeAdapter[tuple[AnswerFound, ...]] = TypeAdapter(tuple[AnswerFound, ...])


@dataclass(frozen=True, slots=True)
class AtHand:
    """What helps to talk with a lead now."""

    calling: Calling
    suggested: tuple[AnswerFound, ...]
    """The library's answers to the newest question, as they stood when it came in."""
    unanswered: tuple[str, ...]
    """What of that question no answer covers."""


def _at_hand() -> Select[Any]:
    newest = (
        select(InquiryRow.answers, InquiryRow.unanswered)
        .where(InquiryRow.lead_id == _LEADS.c.id)
        .order_by(InquiryRow.asked_at.desc(), InquiryRow.id.desc())
        .limit(1)
        .lateral("newest")
    )
    return (
        select(*callee_columns(), newest.c.answers, newest.c.unanswered)
        .select_from(_LEADS)
        .join(EnrollmentRow, OF_ENROLLMENT)
        .outerjoin(newest, _LEADS.c.id.is_not(None))
        .where(_LEADS.c.id == bindparam("lead_id", type_=Uuid()))
    )


_AT_HAND = _at_hand()


class LeadDesks:
    """Lays out what is needed for one lead."""

    def __init__(self, engine: AsyncEngine, shelf: CadenceShelf, company: Company) -> None:
        self._engine = statement_by_statement(engine)
        self._shelf = shelf
        self._company = company

    async def of(self, lead_id: UUID, now: datetime) -> AtHand | None:
        """What is at hand for a lead; None when there is none."""
        async with self._engine.connect() as connection:
            found = await connection.execute(_AT_HAND, {"lead_id": lead_id, **callee_values(now)})
            row = found.mappings().one_or_none()
            if row is None:
                return None
            callee = await read_callee(connection, self._shelf, self._company, row)
        return AtHand(
            calling(callee, now), _ANSWERS.validate_python(row["answers"] or ()), tuple(row["unanswered"] or ())
        )

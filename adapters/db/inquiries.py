"""What leads ask, what the library says to it, and what nobody has an answer to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import column, func, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.colleague_documents import absent_since, colleague_document
from adapters.db.documents import read_colleague
from adapters.db.rows import ColleagueRow, InquiryRow, table_of
from leads.answering import AnswerDesk
from leads.inquiries import Inquiry
from leads.model import Company
from leads.presence import absence_at
from leads.unanswered import AskedAlike, OpenQuestion, asked_alike

_COLLEAGUES = table_of(ColleagueRow)
LOOKED_AT = 500
"""So many messages with a question that no answer fitted are looked at, the newest."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The questions that no answer fitted."""

    groups: list[AskedAlike]
    messages: int
    """In how many messages they were asked."""
    left_out: int
    """Older messages that were not looked at."""


@dataclass(frozen=True, slots=True)
class Used:
    """How often an answer was found."""

    times: int
    last_at: datetime


class Inquiries:
    """Reads what was asked."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def unanswered(self) -> Unanswered:
        """What nobody had an answer to, those that ask the same put together."""
        open_ones = InquiryRow.unanswered != []
        async with self._engine.connect() as connection:
            total = await connection.scalar(select(func.count()).select_from(InquiryRow).where(open_ones)) or 0
            newest = select(InquiryRow.__table__).where(open_ones).order_by(InquiryRow.asked_at.desc()).limit(LOOKED_AT)
            rows = (await connection.execute(newest)).mappings().all()
        questions = [
            OpenQuestion(
                question=question,
                lead_id=row["lead_id"],
                asked_at=row["asked_at"],
                topic=row["topic"],
                answered_by=row["answered_by"],
                answered_at=row["answered_at"],
                answered_note=row["answered_note"],
            )
            for row in rows
            for question in row["unanswered"]
        ]
        return Unanswered(asked_alike(questions), len(rows), total - len(rows))

    async def uses(self) -> dict[str, Used]:
        """How often each answer was found, and when last; by its id."""
        each = func.jsonb_array_elements(InquiryRow.answers).table_valued(column("value", JSONB), name="answer")
        found_ones = (
            select(each.c.value["id"].astext.label("answer_id"), InquiryRow.asked_at)
            .select_from(InquiryRow)
            .join(each, true())
            .subquery()
        )
        counted = select(found_ones.c.answer_id, func.count(), func.max(found_ones.c.asked_at))
        counted = counted.group_by(found_ones.c.answer_id)
        async with self._engine.connect() as connection:
            found = await connection.execute(counted)
            return {answer: Used(times, last_at) for answer, times, last_at in found}


async def look_up(
    connection: AsyncConnection, desk: AnswerDesk, question: str, company: Company, now: datetime
) -> Inquiry:
    """What the library says to a question, and who of those named as experts is there to answer the rest."""
    looked = desk.look_up(question)
    return Inquiry(
        answers=looked.answers,
        unanswered=looked.unanswered,
        topic=looked.topic,
        expert=await _first_there(connection, looked.experts, company, now),
    )


async def _first_there(
    connection: AsyncConnection, colleagues: Sequence[str], company: Company, now: datetime
) -> str | None:
    """The first of them who works here and is not away now."""
    if not colleagues:
        return None
    asked = select(colleague_document(_COLLEAGUES)).where(_COLLEAGUES.c.id.in_(colleagues), _COLLEAGUES.c.active)
    found = await connection.execute(asked, {"absent_since": absent_since(now)})
    people = [read_colleague(document) for document in found.scalars()]
    there = {one.id for one in people if absence_at(one, company, now) is None}
    return next((colleague for colleague in colleagues if colleague in there), None)

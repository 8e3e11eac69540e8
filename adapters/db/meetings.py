"""Meetings in the database: written with their lead's case, and looked at across leads."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.documents import meeting_values
from adapters.db.engine import driver_error
from adapters.db.rows import MeetingRow, table_of
from adapters.db.rows.meetings import ONE_AT_A_TIME
from cadences.refusals import CommandRefused
from leads.meetings import AGREED, Meeting
from leads.spans import Stretch

_MEETINGS = table_of(MeetingRow)
_NEW = postgresql.insert(_MEETINGS)
_UPSERT = _NEW.on_conflict_do_update(
    index_elements=[_MEETINGS.c.id],
    set_={
        column.name: _NEW.excluded[column.name]
        for column in _MEETINGS.columns
        if column.name not in ("id", "lead_id", "enrollment_id", "agreed_at")
    },
)


class TimeTaken(CommandRefused):
    """Somebody else got this time of the organizer's, perhaps in the same instant."""

    def __init__(self, organizer: str) -> None:
        super().__init__("meeting", f"{organizer} has another meeting at that time")


async def write_meeting(connection: AsyncConnection, meeting: Meeting, lead_id: UUID) -> None:
    """Write a meeting as it is now.

    Raises:
        TimeTaken: its organizer is in another meeting then; the transaction is lost.
    """
    with _one_at_a_time(meeting):
        await connection.execute(_UPSERT, meeting_values(meeting, lead_id))


@contextmanager
def _one_at_a_time(meeting: Meeting) -> Iterator[None]:
    taken: TimeTaken
    try:
        yield
        return
    except IntegrityError as error:
        if getattr(driver_error(error), "constraint_name", None) != ONE_AT_A_TIME:
            raise
        taken = TimeTaken(meeting.organizer)
    # Outside of the block, so that no values of the statement hang on it.
    raise taken


async def taken_times(
    connection: AsyncConnection, organizer: str, start: datetime, end: datetime, *, but: UUID | None = None
) -> list[Stretch]:
    """When a colleague is in a meeting between two instants.

    Args:
        but: a meeting that is about to be moved takes no time.
    """
    # In the words of the constraint, whose index answers it.
    theirs = func.textrange(_MEETINGS.c.organizer, _MEETINGS.c.organizer, "[]").op("&&")(
        func.textrange(organizer, organizer, "[]")
    )
    then = func.tstzrange(_MEETINGS.c.starts_at, _MEETINGS.c.ends_at).op("&&")(func.tstzrange(start, end))
    agreed = _MEETINGS.c.state.in_([state.value for state in AGREED])
    found = await connection.execute(
        select(_MEETINGS.c.starts_at, _MEETINGS.c.ends_at).where(
            theirs, then, agreed, _MEETINGS.c.id.is_distinct_from(but)
        )
    )
    return [(row.starts_at, row.ends_at) for row in found]

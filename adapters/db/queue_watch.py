"""What changed in the queues since one last looked: one cheap query, whatever number of queues and pages there is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Select, Uuid, any_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.rows import ColleagueRow, LeadRow, SessionRow, TaskRow, table_of
from adapters.db.sessions import living
from leads.model import Role

LOOKS_BACK = timedelta(seconds=10)
"""A row is marked when it is written and seen when that is committed: so much later it may still come to light."""
_TASKS, _LEADS = table_of(TaskRow), table_of(LeadRow)


@dataclass(frozen=True, slots=True)
class ChangedTask:
    """A task that was made, done, given to somebody else, or changed in another way."""

    id: UUID
    lead_id: UUID
    owner: str
    escalated_to: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to see at a glance."""

    tasks: tuple[ChangedTask, ...]
    revisions: dict[UUID, int]
    """Of the leads that were asked about; who was erased or merged away is missing."""
    roles: dict[UUID, Role]
    """Of the sessions asked about that are not over: which role their owners have now."""


def _glance(now: datetime) -> Select[Any]:
    since, leads, sessions = (
        bindparam("since", type_=DateTime(timezone=True)),
        bindparam("leads", type_=ARRAY(Uuid)),
        bindparam("sessions", type_=ARRAY(Uuid)),
    )
    columns = (_TASKS.c.id, _TASKS.c.lead_id, _TASKS.c.owner, _TASKS.c.escalated_to, _TASKS.c.changed_at)
    oldest = func.coalesce(since, func.clock_timestamp()) - LOOKS_BACK
    changed = select(func.jsonb_agg(func.jsonb_build_array(*columns))).where(_TASKS.c.changed_at > oldest)
    looked_at = select(func.jsonb_object_agg(_LEADS.c.id, _LEADS.c.revision)).where(_LEADS.c.id == any_(leads))
    whose = (SessionRow.id.label("id"), ColleagueRow.role.label("role"))
    asked = living(now).with_only_columns(*whose).where(SessionRow.id == any_(sessions)).subquery()
    return select(
        func.clock_timestamp().label("seen_at"),
        changed.scalar_subquery().label("tasks"),
        looked_at.scalar_subquery().label("revisions"),
        select(func.jsonb_object_agg(asked.c.id, asked.c.role)).scalar_subquery().label("roles"),
    )


class QueueWatch:
    """Looks at all queues at once, and tells what is new since it last looked."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = statement_by_statement(engine)
        self._since: datetime | None = None
        """By the database's clock."""
        self._told: dict[UUID, datetime] = {}
        """When the tasks that were told of lately were written."""

    async def look(self, leads: Collection[UUID], sessions: Collection[UUID], now: datetime) -> Seen:
        """Everything that changed since the last look; at the first one, since a moment ago.

        Args:
            leads: whose revisions are wanted.
            sessions: whose roles are wanted, as far as they are not over.
        """
        asked = {"since": self._since, "leads": list(leads), "sessions": list(sessions)}
        async with self._engine.connect() as connection:
            row = (await connection.execute(_glance(now), asked)).mappings().one()
        written = {UUID(one[0]): (datetime.fromisoformat(one[4]), one) for one in row["tasks"] or ()}
        news = [one for task_id, (at, one) in written.items() if self._told.get(task_id) != at]
        self._since, self._told = row["seen_at"], {task_id: at for task_id, (at, _) in written.items()}
        return Seen(
            tuple(ChangedTask(UUID(one[0]), UUID(one[1]), one[2], one[3]) for one in news),
            {UUID(lead_id): revision for lead_id, revision in (row["revisions"] or {}).items()},
            {UUID(session_id): Role(role) for session_id, role in (row["roles"] or {}).items()},
        )

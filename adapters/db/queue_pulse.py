"""Whether somebody's queue has changed: one short digest for each colleague who looks at a queue, in one query."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, Select, Text, any_, bindparam, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.engine import statement_by_statement
from adapters.db.rows import FirstResponseRow, TaskRow, table_of
from cadences.tasks import TaskState

_TASKS, _CLOCKS = table_of(TaskRow), table_of(FirstResponseRow)
_WHO = bindparam("who", type_=ARRAY(Text))


def _digests() -> Select[Any]:
    """How many open tasks and running clocks each colleague has, and a sum that changes with any of them."""
    told = func.concat_ws("|", _TASKS.c.id, _TASKS.c.owner, _TASKS.c.escalated_to, _TASKS.c.opens_at, _TASKS.c.due_at)
    clock = func.concat_ws("|", _CLOCKS.c.lead_id, _CLOCKS.c.asked_at, _CLOCKS.c.due_at)
    is_open = _TASKS.c.state == TaskState.OPEN.value
    parts = union_all(
        *(
            select(column.label("who"), func.hashtextextended(told, 0).label("digest")).where(
                is_open, column == any_(_WHO)
            )
            for column in (_TASKS.c.owner, _TASKS.c.escalated_to)
        ),
        select(_CLOCKS.c.owner_id.label("who"), func.hashtextextended(clock, 0).label("digest")).where(
            _CLOCKS.c.owner_id == any_(_WHO), _CLOCKS.c.answered_at.is_(None), _CLOCKS.c.moot_at.is_(None)
        ),
    ).subquery()
    return select(parts.c.who, func.count(), func.sum(parts.c.digest)).group_by(parts.c.who)


class QueuePulse:
    """Tells whose queue has changed since somebody looked."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._reading = statement_by_statement(engine)
        self._digests = _digests()

    async def of(self, colleagues: Collection[str]) -> dict[str, tuple[int, ...]]:
        """A digest of each colleague's queue; whoever has nothing to do has none."""
        async with self._reading.connect() as connection:
            found = await connection.execute(self._digests, {"who": list(colleagues)})
            return {row[0]: tuple(int(part) for part in row[1:]) for row in found}

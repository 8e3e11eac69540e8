"""An engine that has heard all that the database decided, as the stage has no Temporal."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.engine_state import EngineStates
from leads.contract import Progress
from leads.engine import EngineSide

_RUNS = UUID("0f5c4a7e-3f0e-4f6c-8f35-0f6c3e6d9a55")
_RAN_FOR = timedelta(days=6)


class EngineThatHears(EngineStates):
    """Each lead's workflow holds the newest plan, and waits."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        nobody: Any = None
        super().__init__(engine, cast(Any, nobody), clock)

    async def _describe(self, lead_id: UUID) -> EngineSide | None:
        database = await self._database(lead_id)
        if database is None:
            return None
        plan, now = database.plan, self._clock()
        runs = plan.wake is not None
        return EngineSide(
            run_id=str(uuid5(_RUNS, str(lead_id))),
            status="running" if runs else "completed",
            first_started_at=now - _RAN_FOR,
            started_at=now - _RAN_FOR,
            closed_at=None if runs else now - timedelta(days=1),
            history_length=11 + 5 * plan.revision,
            has_workers=True,
            last_polled_at=now - timedelta(seconds=20),
            progress=Progress(lead_id=lead_id, plan=plan, waiting=True) if runs else None,
        )

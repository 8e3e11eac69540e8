"""Promise 1 as conditions in SQL: which leads need nothing ahead of them, and which have it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, true

from adapters.db.rows import HoldRow, TaskRow
from cadences.tasks import TaskState
from leads.liveness import CLOSED, ENDS_IN_REST, ENDS_IN_WORK, STUCK_AFTER


def terminal(ended: Any, stage: Any) -> ColumnElement[bool]:
    """As `leads.liveness.is_terminal` has it."""
    return func.coalesce(
        or_(
            ended.in_([ending.value for ending in ENDS_IN_REST]),
            and_(
                ended.in_([ending.value for ending in ENDS_IN_WORK]),
                stage.in_([stage.value for stage in CLOSED]),
            ),
        ),
        False,
    )


def followed_up(lead_id: Any, ended: Any, stage: Any, wake_at: Any, now: datetime) -> ColumnElement[bool]:
    """Whether a lead is done or has something ahead of it: a wake, an open task that somebody owns, or a hold."""
    has_task = exists(
        select(TaskRow.id).where(
            TaskRow.lead_id == lead_id, TaskRow.state == TaskState.OPEN.value, func.coalesce(TaskRow.owner, "") != ""
        )
    )
    has_hold = exists(
        select(HoldRow.id).where(HoldRow.lead_id == lead_id, HoldRow.until > now, HoldRow.lifted_at.is_(None))
    )
    # In this order, so that tasks and holds are looked for only where nothing else is ahead.
    return case((terminal(ended, stage), true()), (wake_at > now - STUCK_AFTER, true()), else_=or_(has_task, has_hold))

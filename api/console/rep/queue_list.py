"""The queue at the left of "Today", as the browser draws it."""

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from api.console import kit
from api.console.names import who_is
from api.console.rep.ticking import milliseconds
from cadences.calling import MayCall
from cadences.work_queue import Haste, QueuedTask, Section, WorkQueue

SHOWN = 60
"""So many rows are shown; nobody looks further ahead."""
_TITLES = {
    Section.FIRST_RESPONSE: "First answers",
    Section.REPLY: "Replies",
    Section.HAND_OVER: "Said yes",
    Section.OVERDUE: "Overdue",
    Section.NOW: "Now",
    Section.LATER: "Later today",
}
_MAY = {
    MayCall.YES: ("yes", "may be called now"),
    MayCall.OUT_OF_HOURS: ("maybe", "out of hours there"),
    MayCall.NOT_NOW: ("no", "must not be called now"),
    MayCall.NEVER: ("never", "can't be called"),
}


class QueueList(Element, component=Path(__file__).parent / "queue_list.js"):
    """Rows to pick from."""

    def __init__(self, zone: ZoneInfo, on_pick: Callable[[UUID], Any]) -> None:
        """
        Args:
            zone: of whoever looks.
            on_pick: called with the id of the task that was picked.
        """
        super().__init__()
        self.props["zone"] = zone.key
        self._zone = zone

        async def picked(event: GenericEventArguments) -> None:
            await on_pick(UUID(str(event.args)))

        self.on("pick", picked)

    def show(self, queue: WorkQueue, current: UUID | None, me: str, now: datetime) -> None:
        """Show the queue, with the current task marked."""
        shown = queue.tasks[:SHOWN]
        self.props["groups"] = [
            {"name": _TITLES[section], "rows": [_row(section, task, me, now, self._zone) for _, task in some]}
            for section, some in groupby(shown, key=lambda one: one[0])
        ]
        self.props["current"] = str(current) if current is not None else ""
        self.props["now"] = milliseconds(now)
        self.props["total"] = sum(section is not Section.LATER for section, _ in queue.tasks)
        self.update()


def _row(section: Section, task: QueuedTask, me: str, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    may, may_words = _MAY[task.calling.may]
    whose = "" if task.owner == me else f"{task.owner_name}: "
    at, mode = task.due_at, "due"
    if section is Section.FIRST_RESPONSE and task.clock is not None:
        at, mode = task.clock.due_at, "countdown"
    if section is Section.LATER:
        at, mode = task.starts_at, "opens"
    warned = task.clock is not None and section is Section.FIRST_RESPONSE and task.clock.haste(now) is not Haste.RUNNING
    return {
        "id": str(task.id),
        "who": who_is(task.lead_name, task.lead_company),
        "what": f"{whose}{task.title}",
        "at": milliseconds(at),
        "mode": mode,
        "zone": task.calling.zone.key,
        "may": may,
        "may_words": may_words,
        "tone": "ft-warned" if warned else "",
        "note": _no_call_yet(task, now, zone) if section is Section.FIRST_RESPONSE else "",
    }


def _no_call_yet(task: QueuedTask, now: datetime, zone: ZoneInfo) -> str:
    """That the first answer can't be a call now, and from when on it can: one may write before that."""
    if not task.is_call:
        return ""
    opens = [at for at in (task.calling.opens_at, task.starts_at) if at is not None and at > now]
    if opens:
        return f"no call before {kit.moment(max(opens), zone, now)}"
    return "no call now" if task.calling.may is not MayCall.YES else ""

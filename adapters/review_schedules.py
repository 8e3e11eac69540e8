"""The schedules of the daily reviews in Temporal: one for each manager, kept in step with the people."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import time

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from leads.contract import (
    REVIEW_CATCH_UP,
    REVIEW_SCHEDULES,
    REVIEW_WORKFLOW,
    WORKFLOW_QUEUE,
    SchedulesResult,
    review_schedule_id,
)
from leads.model import Colleague, Company
from leads.presence import clock_of, hours_of

Managers = Callable[[], Awaitable[Sequence[Colleague]]]


class ReviewSchedules:
    """Has Temporal start each manager's review at the manager's own end of day."""

    def __init__(self, client: Client, managers: Managers, company: Company) -> None:
        self._client = client
        self._managers = managers
        self._company = company

    async def ensure(self) -> SchedulesResult:
        """Have one schedule for each manager, at the close of business on the manager's clock, and no other.

        One that somebody paused stays paused.

        Raises:
            temporalio.service.RPCError: Temporal can't be reached or refuses.
        """
        wanted = {review_schedule_id(one.id): one for one in await self._managers()}
        found = [one.id async for one in await self._client.list_schedules() if one.id.startswith(REVIEW_SCHEDULES)]
        created = changed = removed = 0
        for schedule_id, manager in wanted.items():
            match await self._have(schedule_id, manager):
                case "created":
                    created += 1
                case "changed":
                    changed += 1
        for schedule_id in found:
            if schedule_id not in wanted:
                removed += await self._remove(schedule_id)
        return SchedulesResult(created=created, changed=changed, removed=removed)

    async def _have(self, schedule_id: str, manager: Colleague) -> str:
        """Have this very schedule; the list of them may lag behind, so each is asked by its id."""
        spec = review_spec(manager, self._company)
        handle = self._client.get_schedule_handle(schedule_id)
        try:
            described = await handle.describe()
        except RPCError as missing:
            if missing.status is not RPCStatusCode.NOT_FOUND:
                raise
        else:
            if _same(described.schedule.spec, spec):
                return "there"
            await handle.update(lambda given: _with_spec(given, spec))
            return "changed"
        schedule = Schedule(
            action=ScheduleActionStartWorkflow(REVIEW_WORKFLOW, manager.id, id=schedule_id, task_queue=WORKFLOW_QUEUE),
            spec=spec,
            # Each missed day gets its own review, one after the other.
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ALL, catchup_window=REVIEW_CATCH_UP),
        )
        try:
            await self._client.create_schedule(schedule_id, schedule)
        except ScheduleAlreadyRunningError:  # Another process of ours was faster.
            return "there"
        return "created"

    async def _remove(self, schedule_id: str) -> int:
        try:
            await self._client.get_schedule_handle(schedule_id).delete()
        except RPCError as missing:
            if missing.status is not RPCStatusCode.NOT_FOUND:
                raise
            return 0
        return 1


def review_spec(manager: Colleague, company: Company) -> ScheduleSpec:
    """At the close of each of the manager's weekly working days; holidays and days off are the activity's to tell."""
    hours = hours_of(manager, company)
    closes, later = hours.closes, 0
    if closes == time.max:  # The end of a day is the first moment of the next.
        closes, later = time.min, 1
    # Temporal counts weekdays from Sunday.
    days = sorted({(day + 1 + later) % 7 for day in hours.days})
    calendar = ScheduleCalendarSpec(
        second=_at(closes.second), minute=_at(closes.minute), hour=_at(closes.hour), day_of_week=[*map(_range, days)]
    )
    return ScheduleSpec(calendars=[calendar], time_zone_name=clock_of(manager, company).key)


def _at(value: int) -> list[ScheduleRange]:
    return [_range(value)]


def _range(value: int) -> ScheduleRange:
    return ScheduleRange(value, value, 1)


def _same(found: ScheduleSpec, wanted: ScheduleSpec) -> bool:
    """Whether two specs mean the same; the server joins neighbouring ranges into one."""
    return found.time_zone_name == wanted.time_zone_name and _moments(found) == _moments(wanted)


def _moments(spec: ScheduleSpec) -> set[tuple[int, int, int, int]]:
    """Every weekday and clock time at which it fires."""
    return {
        (day, hour, minute, second)
        for calendar in spec.calendars
        for day in _values(calendar.day_of_week)
        for hour in _values(calendar.hour)
        for minute in _values(calendar.minute)
        for second in _values(calendar.second)
    }


def _values(ranges: Sequence[ScheduleRange]) -> list[int]:
    return [value for one in ranges for value in range(one.start, max(one.start, one.end) + 1, max(1, one.step))]


def _with_spec(given: ScheduleUpdateInput, spec: ScheduleSpec) -> ScheduleUpdate:
    schedule = given.description.schedule
    schedule.spec = spec
    return ScheduleUpdate(schedule)

"""Telling workflows what was committed, in order, and remembering what they have heard."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import DateTime, Uuid, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import WorkflowUpdateFailedError

from adapters.db.case_writing import add_command
from adapters.db.engine import statement_by_statement
from adapters.db.rows import CommandRow, LeadRow, table_of
from leads.contract import CommandKind, DeliveryResult, Plan, Told

log = structlog.get_logger()

_ROUND = 200
"""So many leads are told in one round of the schedule."""
_AT_ONCE = 16
_STARTING_AT_ONCE = 2
"""So many new leads' workflows are started at the same time by one web process."""
_WAITING = 1000
"""Where so many new leads wait for their turn, the schedule starts the next."""
_TELL_WITHIN = timedelta(seconds=10)
"""A workflow that does not answer by then is told later, so that it holds nobody else up."""
_SETTLE = timedelta(seconds=10)
"""A command younger than this is still its caller's to deliver."""


_COMMANDS, _LEADS = table_of(CommandRow), table_of(LeadRow)
_UNDELIVERED = (
    select(_COMMANDS.c.id, _COMMANDS.c.kind, _COMMANDS.c.told, _LEADS.c.plan)
    .join(_LEADS, _LEADS.c.id == _COMMANDS.c.lead_id)
    .where(_COMMANDS.c.lead_id == bindparam("lead_id", type_=Uuid()), _COMMANDS.c.delivered_at.is_(None))
    .order_by(_COMMANDS.c.revision)
)
_MARK = (
    update(_COMMANDS)
    .where(_COMMANDS.c.id == bindparam("command_id", type_=Uuid()))
    .values(
        attempts=_COMMANDS.c.attempts + 1,
        delivered_at=func.coalesce(bindparam("heard_at", type_=DateTime(timezone=True)), _COMMANDS.c.delivered_at),
        error=bindparam("failure"),
    )
)


class Clock(Protocol):
    """The time."""

    def __call__(self) -> datetime: ...


class Workflows(Protocol):
    """Whom to tell."""

    async def tell(self, kind: CommandKind, told: Told, newest: Plan) -> None: ...


class CommandDelivery:
    """Delivers committed commands; callers do it after their commit, and a schedule does what a crash left."""

    def __init__(self, engine: AsyncEngine, workflows: Workflows, clock: Clock) -> None:
        self._engine = engine
        self._each = statement_by_statement(engine)
        self._workflows = workflows
        self._clock = clock
        self._starting = asyncio.Semaphore(_STARTING_AT_ONCE)
        self._waiting = 0
        self._telling: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def deliver(self, lead_id: UUID) -> bool:
        """Tell one lead's workflow what it has not heard yet, oldest first.

        Returns:
            False when Temporal could not be told; the schedule tells it later.
        """
        # One caller at a time tells a lead's workflow; those who waited mostly find their command told.
        async with self._telling.setdefault(lead_id, asyncio.Lock()):
            return await self._deliver(lead_id)

    async def begin(self, lead_id: UUID) -> bool:
        """Tell the workflow of a lead that has just come in, in its turn.

        Leads come in numbers, and storing them goes before starting their workflows: only few are started at a time.

        Returns:
            False when Temporal could not be told, or too many are waiting; the schedule tells it later.
        """
        if self._waiting >= _WAITING:
            return False
        self._waiting += 1
        try:
            async with self._starting:
                return await self.deliver(lead_id)
        finally:
            self._waiting -= 1

    async def _deliver(self, lead_id: UUID) -> bool:
        for command in await self._undelivered(lead_id):
            try:
                async with asyncio.timeout(_TELL_WITHIN.total_seconds()):
                    await self._tell(lead_id, command)
            except Exception as failed:  # whatever is wrong with one lead must not keep the others from being told
                log.warning(
                    "the workflow could not be told",
                    lead_id=str(lead_id),
                    command_id=str(command.id),
                    error=type(failed).__name__,
                )
                await self._mark(command.id, delivered=False, error=type(failed).__name__)
                return False
        return True

    async def _tell(self, lead_id: UUID, command: Any) -> None:
        told, newest = Told.model_validate(command.told), Plan.model_validate(command.plan)
        if told.lead_id != lead_id:
            newest = told.plan  # It is for the workflow of a lead that was merged into this one.
        try:
            await self._workflows.tell(CommandKind(command.kind), told, newest)
            await self._mark(command.id, delivered=True, error=None)
        except WorkflowUpdateFailedError as refused:
            # The database had accepted it, so its plan counts all the same, and is told as news, not as a command.
            log.error("the workflow refused a command", lead_id=str(lead_id), command_id=str(command.id))
            await self._workflows.tell(CommandKind.MESSAGE_REPORTED, told, newest)
            await self._mark(command.id, delivered=True, error=str(refused.cause))

    async def announce_all(self) -> int:
        """Have every lead that the machine has something to do for started again, by the next rounds.

        For a Temporal that lost its memory, or never had one; where a workflow runs, starting it changes nothing.

        Returns:
            How many leads that are.
        """
        now, leads = self._clock(), 0
        wanted = select(LeadRow.id, LeadRow.plan).where(LeadRow.wake_at.is_not(None))
        async with self._engine.connect() as reading, self._engine.begin() as writing:
            async for lead_id, plan in await reading.stream(wanted):
                newest = Plan.model_validate(plan)
                await add_command(writing, lead_id, CommandKind.START, "followthrough", {}, {}, newest, now)
                leads += 1
        return leads

    async def deliver_all(self, progress: Callable[[], object] = lambda: None) -> DeliveryResult:
        """Tell every workflow what a crash left untold, as many leads as fit in a round.

        Args:
            progress: called after each lead.
        """
        before = self._clock() - _SETTLE
        async with self._engine.connect() as connection:
            waiting = (
                (
                    await connection.execute(
                        select(CommandRow.lead_id)
                        .where(CommandRow.delivered_at.is_(None), CommandRow.created_at < before)
                        .order_by(CommandRow.attempts, CommandRow.created_at)
                        .limit(_ROUND)
                    )
                )
                .scalars()
                .all()
            )
        leads = list(dict.fromkeys(waiting))
        some = asyncio.Semaphore(_AT_ONCE)

        async def one(lead_id: UUID) -> bool:
            async with some:
                told = await self.deliver(lead_id)
            progress()
            return told

        told = await asyncio.gather(*(one(lead_id) for lead_id in leads))
        return DeliveryResult(delivered=sum(told), failed=len(told) - sum(told))

    async def _undelivered(self, lead_id: UUID) -> Sequence[Any]:
        async with self._each.connect() as connection:
            return (await connection.execute(_UNDELIVERED, {"lead_id": lead_id})).all()

    async def _mark(self, command_id: UUID, *, delivered: bool, error: str | None) -> None:
        values = {"command_id": command_id, "heard_at": self._clock() if delivered else None, "failure": error}
        async with self._each.connect() as connection:
            await connection.execute(_MARK, values)

"""One lead's life as the harness leads it: captured, commanded, and waited for until it has come to rest."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError

from leads.contract import CommandKind, workflow_id
from tests.faults.cadence import awake
from tests.faults.seeds import Given, Order, Trial

if TYPE_CHECKING:
    from tests.faults.lane import Lane

_FAR = timedelta(seconds=20)
"""A wake that lies further ahead is none that this life waits for."""
_LOOK = 0.1
_SOON = 0.02
_REPEAT = 0.1
_ORDER_AFTER_FAULT_WITHIN = 5.0
"""s; a command that waits for the fault is given then, whether it has happened or not."""
_PATHS = {
    CommandKind.LOG_PERSONAL_TOUCH: "touches",
    CommandKind.RECORD_ANSWER: "answer",
    CommandKind.NOT_NOW: "not-now",
    CommandKind.HOLD: "hold",
    CommandKind.RESUME: "resume",
    CommandKind.SKIP_STEP: "skip",
    CommandKind.SWITCH_CADENCE: "cadence",
    CommandKind.REASSIGN: "owner",
}

_STANDING = text("""
select wake_at,
    (select count(*) from commands where lead_id = leads.id and delivered_at is null) as undelivered,
    (select count(*) from touches where lead_id = leads.id and state = 'claimed') as claimed,
    (select count(*) from tasks where lead_id = leads.id and look_up_at is not null) as looked_up,
    revision
from leads where id = :lead_id
""")


class Life:
    """The life of a trial's lead."""

    def __init__(self, lane: "Lane", trial: Trial) -> None:
        self.lane = lane
        self.trial = trial
        self.lead_id: UUID | None = None
        self.given: list[Given] = []
        self.stuck: str | None = None
        """What it still waited for when its time was over."""
        self.failures: list[str] = []
        """Answers of the web that are nobody's fault but ours."""
        self._callbacks_before = len(lane.provider.callbacks)
        self.email = f"lead-{trial.seed}@example.com"
        self.phone = awake(datetime.now(UTC)).number(trial.seed)

    async def live(self) -> None:
        """Be captured, be commanded, come to rest."""
        await self._capture()
        for order in self.trial.orders:
            await self._give(order)
        await self._rest()
        await self.lane.until_fault_is_over()
        await self._rest()
        self.look_at_callbacks()

    def look_at_callbacks(self) -> None:
        """Every callback of the provider's must be taken in the end, and none may run into a mistake of ours."""
        for callback in self.lane.provider.callbacks[self._callbacks_before :]:
            if 500 in callback.statuses or not callback.taken:
                self.failures.append(f"a callback was answered {callback.statuses}")

    async def _rest(self) -> None:
        while await self.missing() is not None:
            await asyncio.sleep(_LOOK)

    async def missing(self) -> str | None:
        """What keeps it from resting; None when nothing does."""
        lane = self.lane
        if self.lead_id is None:
            return "the capture was not answered"
        if len(self.given) < len(self.trial.orders) or any(not given.status for given in self.given):
            return f"a command was not answered: {self.trial.orders}"
        if not lane.provider.wait_until_reported(timedelta(0)):
            return "the provider still reports"
        try:
            async with lane.foundation.engine.connect() as connection:
                row = (await connection.execute(_STANDING, {"lead_id": self.lead_id})).mappings().one()
        except (SQLAlchemyError, OSError) as away:
            return f"the database is away ({type(away).__name__})"
        if row["wake_at"] is not None and row["wake_at"] < datetime.now(UTC) + _FAR:
            return f"the machine wanted to act at {row['wake_at']}"
        for what in ("undelivered", "claimed", "looked_up"):
            if row[what]:
                return f"{what}: {row[what]}"
        try:
            return await self._workflow_missing(row["revision"], row["wake_at"] is not None)
        except (TimeoutError, RPCError) as away:
            return f"the workflow does not answer ({away})"

    async def _workflow_missing(self, revision: int, runs: bool) -> str | None:
        lane = self.lane
        assert self.lead_id is not None
        if not runs:
            described = await lane.client.get_workflow_handle(workflow_id(self.lead_id)).describe()
            over = described.status is WorkflowExecutionStatus.COMPLETED
            return None if over else f"nothing is left to do, and its workflow is {described.status}"
        async with asyncio.timeout(5):
            progress = await lane.workflows.progress(self.lead_id)
        if progress.plan.revision != revision:
            return f"the workflow has heard of revision {progress.plan.revision}, the database has {revision}"
        return None if progress.waiting else "an activity is at work"

    async def _capture(self) -> None:
        consent = {"channel": "sms", "wording": "Yes, text me.", "method": "checkbox", "source": "the harness"}
        body = {
            "email": self.email,
            "phone": self.phone,
            "name": f"Jane {self.trial.seed}",
            "question": "How does it work?",
            "cadence": self.trial.cadence,
            "owner": "anna",
            "consents": [consent],
        }
        answer = await self._call("/api/leads", body, f"capture-{self.trial.seed}")
        if answer.status_code not in (200, 201):
            raise AssertionError(f"the capture was refused: {answer.text}")
        self.lead_id = UUID(answer.json()["id"])

    async def _give(self, order: Order) -> None:
        await self._until_due(order)
        number = len(self.given)
        given = Given(order, f"{self.trial.seed}-{number}-{order.kind.value}")
        self.given.append(given)
        body = dict(order.body)
        if order.kind in (CommandKind.LOG_PERSONAL_TOUCH, CommandKind.RECORD_ANSWER, CommandKind.COMPLETE_TASK):
            body["note"] = given.key
        if order.kind is CommandKind.HOLD:
            body["reason"] = given.key
        if order.kind is CommandKind.LEAD_ASKED_AGAIN:
            path = "/api/leads"
            body |= {"email": self.email, "question": given.key}
        elif order.kind is CommandKind.COMPLETE_TASK:
            given.task_id = await self._open_call()
            path = f"/api/tasks/{given.task_id}/complete"
        else:
            path = f"/api/leads/{self.lead_id}/{_PATHS[order.kind]}"
        answer = await self._call(path, body, given.key)
        given.answer = answer.json()
        given.status = answer.status_code

    async def _until_due(self, order: Order) -> None:
        lane = self.lane
        if order.after is None:
            happened = asyncio.create_task(lane.fault_happened.wait())
            await asyncio.wait({happened}, timeout=_ORDER_AFTER_FAULT_WITHIN)
            happened.cancel()
            return
        while len(lane.made) < order.after:
            # A plan that rests earlier (a call waits, the fault has stopped it) makes no further delivery.
            if await self._rests():
                return
            await asyncio.sleep(_SOON)

    async def _rests(self) -> bool:
        try:
            async with self.lane.foundation.engine.connect() as connection:
                row = (await connection.execute(_STANDING, {"lead_id": self.lead_id})).mappings().one()
        except (SQLAlchemyError, OSError):
            return False
        return row["wake_at"] is None or row["wake_at"] > datetime.now(UTC) + _FAR

    async def _open_call(self) -> str:
        wanted = text("select id from tasks where lead_id = :lead_id and kind = 'call' and state = 'open'")
        while True:
            try:
                async with self.lane.foundation.engine.connect() as connection:
                    found = (await connection.execute(wanted, {"lead_id": self.lead_id})).scalar_one_or_none()
            except (SQLAlchemyError, OSError):
                found = None
            if found is not None:
                return str(found)
            await asyncio.sleep(_LOOK)

    async def _call(self, path: str, body: dict[str, Any], key: str) -> httpx.Response:
        """One write, repeated under the same key for as long as nobody knows what became of it."""
        while True:
            try:
                answer = await self.lane.http.post(path, json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                await asyncio.sleep(_REPEAT)
                continue
            still_running = answer.status_code == 409 and "Retry-After" in answer.headers
            if answer.status_code < 500 and not still_running:
                return answer
            if answer.status_code == 500:
                self.failures.append(f"{path} was answered 500: {answer.text}")
            await asyncio.sleep(_REPEAT)

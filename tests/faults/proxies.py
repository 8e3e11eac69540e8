"""Thin proxies of the ports, which pull the trigger at the named points and change nothing else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio import activity

from activities.ports import MessageSender
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.delivery import CommandDelivery
from adapters.temporal import LeadWorkflows
from cadences.case import Case
from leads.capture import Captured, NewLead
from leads.contract import CommandKind, Plan, Told
from leads.sending import Claim, Finding, Found, OutgoingMessage, Receipt, TouchState
from tests.faults.trigger import Trigger


class WatchedCases:
    """A case store with triggers before and after each commit."""

    def __init__(self, cases: CaseStore, trigger: Trigger) -> None:
        self._cases = cases
        self._trigger = trigger

    @asynccontextmanager
    async def open(
        self, lead_id: UUID, now: datetime, *, known: "WatchedCase | None" = None, **asked: Any
    ) -> AsyncIterator["WatchedCase"]:
        """The lead's case; what its transaction did names the points around its commit."""
        own = known.opened if known is not None else None
        async with self._cases.open(lead_id, now, known=own, **asked) as opened:
            watched = WatchedCase(opened, self._trigger)
            yield watched
            before, after = watched.points
            self._trigger.reached(before)
        if watched.settled is not None:
            self._trigger.note(f"recorded {watched.settled}")
        self._trigger.reached(after)

    async def load(self, connection: AsyncConnection, lead_id: UUID, plan: Plan, now: datetime) -> Any:
        """As the store does."""
        return await self._cases.load(connection, lead_id, plan, now)


class WatchedCase:
    """One open case."""

    def __init__(self, opened: Any, trigger: Trigger) -> None:
        self.opened = opened
        self._trigger = trigger
        self._did = "read"
        self.settled: UUID | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.opened, name)

    @property
    def points(self) -> tuple[str, str]:
        """What the points before and after the commit are called."""
        match self._did:
            case "claim":
                return "claim written", "after claim"
            case "settle":
                return "record written", "after record"
        return f"{self._did}: written", f"{self._did}: committed"

    async def claim(self, claim: Claim) -> None:
        """Write a claim."""
        self._trigger.reached("before claim")
        await self.opened.claim(claim)
        self._did = "claim"

    async def settle(
        self, touch_id: UUID, state: TouchState, receipt: Receipt | None = None, error: str | None = None
    ) -> TouchState:
        """Record what became of a claim."""
        looking_up = _activity() == "look_up_send"
        if not looking_up:
            self._trigger.reached("before record")
            self._did = "settle"
            self.settled = touch_id
        found: TouchState = await self.opened.settle(touch_id, state, receipt, error)
        return found

    async def save(self, case: Case, kind: CommandKind | None = None, *said: Any, **details: Any) -> Plan:
        """Write the case."""
        plan: Plan = await self.opened.save(case, kind, *said, **details)
        if kind is not None:
            self._did = kind.value
        elif self._did == "read":
            self._did = _activity() or "save"
        return plan


class WatchedSender:
    """A provider's client with a trigger behind each answer."""

    def __init__(self, sender: MessageSender, trigger: Trigger) -> None:
        self._sender = sender
        self._trigger = trigger

    @property
    def provider(self) -> str:
        """Its name in the ledger."""
        return self._sender.provider

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the message over."""
        try:
            return await self._sender.send(message)
        finally:
            self._trigger.reached("provider answered")

    async def find(self, message: OutgoingMessage, since: datetime) -> Finding:
        """Ask what became of a message."""
        finding = await self._sender.find(message, since)
        if finding.found is Found.SENT:
            self._trigger.note(f"found {message.touch_id}")
        self._trigger.reached("look_up_send: answered" if _activity() == "look_up_send" else "reconciling: answered")
        return finding


class WatchedTelling:
    """Temporal with a trigger between what it was told and our note of it."""

    def __init__(self, workflows: LeadWorkflows, trigger: Trigger) -> None:
        self._workflows = workflows
        self._trigger = trigger
        self.last: CommandKind | None = None
        """What was told last."""

    async def tell(self, kind: CommandKind, told: Told, newest: Plan) -> None:
        """Tell the workflow."""
        await self._workflows.tell(kind, told, newest)
        self.last = kind
        self._trigger.reached(f"{kind.value}: told")


class WatchedDelivery:
    """Delivery as the web calls it, with a trigger before the caller gets its answer."""

    def __init__(self, delivery: CommandDelivery, telling: WatchedTelling, trigger: Trigger) -> None:
        self._delivery = delivery
        self._telling = telling
        self._trigger = trigger

    async def deliver(self, lead_id: UUID) -> bool:
        """Tell one lead's workflow what it has not heard yet."""
        return self._delivered(await self._delivery.deliver(lead_id))

    async def begin(self, lead_id: UUID) -> bool:
        """The same for a lead that has just come in."""
        return self._delivered(await self._delivery.begin(lead_id))

    def _delivered(self, told: bool) -> bool:
        if told and self._telling.last is not None:
            self._trigger.reached(f"{self._telling.last.value}: delivered")
        return told


class WatchedIntake:
    """The intake with triggers around its commit."""

    def __init__(self, intake: LeadIntake, trigger: Trigger) -> None:
        self._intake = intake
        self._trigger = trigger

    async def capture(
        self,
        new: NewLead,
        by: str,
        now: datetime,
        *,
        first: Callable[[AsyncConnection], Awaitable[None]] | None = None,
        last: Callable[[AsyncConnection, Captured], Awaitable[None]] | None = None,
    ) -> Captured:
        """Take a lead in."""

        async def last_of_all(connection: AsyncConnection, captured: Captured) -> None:
            if last is not None:
                await last(connection, captured)
            self._trigger.reached(f"{_capture_kind(captured)}: written")

        captured = await self._intake.capture(new, by, now, first=first, last=last_of_all)
        self._trigger.reached(f"{_capture_kind(captured)}: committed")
        return captured


def _capture_kind(captured: Captured) -> str:
    return (CommandKind.START if captured.created else CommandKind.LEAD_ASKED_AGAIN).value


def _activity() -> str | None:
    return activity.info().activity_type if activity.in_activity() else None

"""Our engine, broken on purpose: what the harness must report, so that it is known to be able to."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from activities.messages import MessageActivities
from activities.ports import MessageSender
from leads.contract import Plan, StepInput
from leads.sending import Claim, Finding, Found, OutgoingMessage, Receipt


def _same(part: Any) -> Any:
    return part


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts of the worker, and of the web, are replaced."""

    cases: Callable[[Any], Any] = _same
    sender: Callable[[MessageSender], Any] = _same
    messages: type[MessageActivities] = MessageActivities
    cases_of_web: Callable[[Any], Any] = _same


class _NoClaim:
    """A ledger that learns of a message only when its sending is recorded."""

    def __init__(self, cases: Any) -> None:
        self._cases = cases
        self._kept_back: dict[UUID, Claim] = {}

    @asynccontextmanager
    async def open(
        self, lead_id: UUID, now: datetime, *, known: "_Unclaimed | None" = None, **asked: Any
    ) -> AsyncIterator["_Unclaimed"]:
        own = known.opened if known is not None else None
        async with self._cases.open(lead_id, now, known=own, **asked) as opened:
            yield _Unclaimed(opened, self._kept_back)


class _Unclaimed:
    def __init__(self, opened: Any, kept_back: dict[UUID, Claim]) -> None:
        self.opened = opened
        self._kept_back = kept_back

    def __getattr__(self, name: str) -> Any:
        return getattr(self.opened, name)

    async def claim(self, claim: Claim) -> None:
        self._kept_back[claim.touch_id] = claim

    async def settle(self, touch_id: UUID, *result: Any) -> Any:
        claim = self._kept_back.pop(touch_id, None)
        if claim is not None:
            await self.opened.claim(claim)
        return await self.opened.settle(touch_id, *result)


class _RecordsFirst(MessageActivities):
    """Writes "sent" into the ledger, and sends then."""

    async def _send(self, step: StepInput, sender: MessageSender) -> Plan:
        claimed = await self._claim(step, sender.provider)
        if isinstance(claimed, Plan):
            return claimed
        plan = await self._record(step, claimed, Receipt(sender.provider, "not sent yet"))
        await sender.send(claimed.message)
        return plan


class _Forgetful:
    """A store that does not keep a caller's key and answer in the transaction of the work."""

    def __init__(self, cases: Any) -> None:
        self._cases = cases

    @asynccontextmanager
    async def open(self, lead_id: UUID, now: datetime, **asked: Any) -> AsyncIterator["_Forgotten"]:
        async with self._cases.open(lead_id, now, **asked) as opened:
            yield _Forgotten(opened)


class _Forgotten:
    def __init__(self, opened: Any) -> None:
        self._opened = opened

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opened, name)

    async def beside(self, write: Any) -> None:
        return None


class _CertainlyNotSent:
    """A provider that says of every interrupted message that it never had it."""

    def __init__(self, sender: MessageSender) -> None:
        self._sender = sender

    @property
    def provider(self) -> str:
        return self._sender.provider

    async def send(self, message: OutgoingMessage) -> Receipt:
        return await self._sender.send(message)

    async def find(self, message: OutgoingMessage, since: datetime) -> Finding:
        return Finding(Found.NOT_SENT)


BROKEN = {
    "nothing": Parts(),
    "no claim": Parts(cases=_NoClaim),
    "record before send": Parts(messages=_RecordsFirst),
    "unknown is sent again": Parts(sender=_CertainlyNotSent),
    "callers are forgotten": Parts(cases_of_web=_Forgetful),
}
"""Each way to break it, by its name."""

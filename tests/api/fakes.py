"""A delivery that only remembers, or that finds nobody to tell; and a Temporal that forgets when it is told to."""

import asyncio
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from leads.contract import LivenessResult
from leads.engine import EngineState
from leads.liveness import Finding


class _Delivery:
    """New leads are told of as all others are."""

    async def deliver(self, lead_id: UUID) -> bool:
        raise NotImplementedError

    async def begin(self, lead_id: UUID) -> bool:
        return await self.deliver(lead_id)


class RecordingDelivery(_Delivery):
    """Remembers which leads' workflows were told."""

    def __init__(self) -> None:
        self.told: list[UUID] = []

    async def deliver(self, lead_id: UUID) -> bool:
        self.told.append(lead_id)
        return True


class UnreachableDelivery(_Delivery):
    """Temporal is away."""

    async def deliver(self, lead_id: UUID) -> bool:
        return False


class BrokenDelivery(_Delivery):
    """Telling fails in a way that nobody expected."""

    async def deliver(self, lead_id: UUID) -> bool:
        raise RuntimeError("no route to Temporal")


class Engine(Protocol):
    """Shows what the engine does for a lead."""

    async def of(self, lead_id: UUID) -> EngineState | None: ...


class NoEngine:
    """Shows nothing of any lead, unless a real one is lent to it."""

    def __init__(self) -> None:
        self.lent: Engine | None = None

    async def of(self, lead_id: UUID) -> EngineState | None:
        return await self.lent.of(lead_id) if self.lent is not None else None


class RecordingHistories:
    """Remembers which leads' workflows it was to forget."""

    def __init__(self) -> None:
        self.forgotten: list[UUID] = []

    async def forget(self, lead_id: UUID) -> None:
        self.forgotten.append(lead_id)


class HealthyChecker:
    """Finds nothing wrong with anybody."""

    async def check(
        self,
        report: Callable[[Finding], object],
        progress: Callable[[str, int, int | None], object],
        *,
        repair: bool,
        by: str,
    ) -> LivenessResult:
        return LivenessResult(leads=0, workflows=0, found=0, mended=0)

    async def mend(self, finding: Finding) -> list[Finding]:
        return []


class HangingDelivery(_Delivery):
    """Temporal takes the call and never answers."""

    async def deliver(self, lead_id: UUID) -> bool:
        await asyncio.sleep(3600)
        return True

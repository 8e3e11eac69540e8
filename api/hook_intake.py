"""What other programs deliver: each delivery once, made a lead, or kept with what to do so that it can be replayed."""

import hashlib
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.cadences import UnknownCadence
from adapters.db.hook_deliveries import (
    DeliveredBefore,
    DeliveryState,
    HookDeliveries,
    HookDelivery,
    NotReplayable,
    brought,
    claim,
    claim_replay,
)
from api.services import Services
from api.telling import TELL_OF_CAPTURE_WITHIN, tell
from leads.capture import Captured, CaptureRefused
from leads.hook_bodies import Delivered, Unreadable, lead_of, read_body
from leads.hook_sheets import HookSheet
from leads.named_sheets import SheetBroken
from leads.normalising import MAX_LINE

log = structlog.get_logger()


class HookIntake:
    """Takes deliveries in."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def _deliveries(self) -> HookDeliveries:
        return self._services.doors.deliveries

    async def take(self, sheet: HookSheet, body: bytes) -> DeliveryState:
        """Take a delivery whose signature was checked; the same again changes nothing."""
        text = body.decode("utf-8", "replace").replace("\0", "")
        try:
            delivered = read_body(sheet, text)
        except Unreadable as why:
            return await self._failed(sheet, _digest(text), text, str(why))
        external_id = _external_id(sheet, delivered, text)
        now, delivery_id = self._services.clock(), UUID(int=0)

        async def once(connection: AsyncConnection) -> None:
            nonlocal delivery_id
            delivery_id = await claim(connection, sheet.hook, external_id, text, now)

        async def whose(connection: AsyncConnection, captured: Captured) -> None:
            await brought(connection, delivery_id, captured.lead_id)

        try:
            await self._capture(sheet, delivered, first=once, last=whose)
        except Unreadable as why:
            return await self._failed(sheet, external_id, text, str(why))
        except DeliveredBefore:
            pass
        return DeliveryState.TAKEN

    async def replay(self, delivery_id: UUID) -> UUID:
        """Make a lead of a delivery that failed, as its hook reads it now.

        Returns:
            The lead.

        Raises:
            NotReplayable: it can't be.
            Unreadable: no lead can be made of it still; it says what to do.
        """
        delivery, now = await self._deliveries.failed(delivery_id), self._services.clock()
        sheet = self._sheet_of(delivery)

        async def once(connection: AsyncConnection) -> None:
            await claim_replay(connection, delivery, now)

        async def whose(connection: AsyncConnection, captured: Captured) -> None:
            await brought(connection, delivery.id, captured.lead_id)

        try:
            return await self._capture(sheet, read_body(sheet, delivery.body or ""), first=once, last=whose)
        except Unreadable as why:
            await self._deliveries.fail_again(delivery, str(why), now)
            raise

    def _sheet_of(self, delivery: HookDelivery) -> HookSheet:
        try:
            sheet = self._services.doors.hooks.get(delivery.hook)
        except SheetBroken as broken:
            raise NotReplayable(f"its hook can't be used: {broken}") from broken
        if sheet is None:
            raise NotReplayable(f"there is no hook {delivery.hook!r} any more")
        return sheet

    async def _capture(
        self,
        sheet: HookSheet,
        delivered: Delivered,
        *,
        first: Callable[[AsyncConnection], Awaitable[None]],
        last: Callable[[AsyncConnection, Captured], Awaitable[None]],
    ) -> UUID:
        """Store the lead of a delivery, and tell its workflow.

        Raises:
            Unreadable: none can be made of it.
        """
        services, by = self._services, f"hook {sheet.hook}"
        new = lead_of(sheet, delivered, services.company)
        try:
            captured = await services.intake.capture(new, by, services.clock(), first=first, last=last)
        except UnknownCadence as unknown:
            raise Unreadable(f"no cadence {str(unknown)!r} was published: publish it, or mend `cadence`") from unknown
        except CaptureRefused as refused:
            raise Unreadable(str(refused)) from refused
        log.info("a delivery was taken", hook=sheet.hook, lead_id=str(captured.lead_id), created=captured.created)
        await tell(services.delivery.begin, captured.lead_id, TELL_OF_CAPTURE_WITHIN)
        return captured.lead_id

    async def _failed(self, sheet: HookSheet, external_id: str, text: str, why: str) -> DeliveryState:
        try:
            await self._deliveries.fail(sheet.hook, external_id, text, why, self._services.clock())
        except DeliveredBefore:
            return DeliveryState.TAKEN
        log.warning("a delivery could not be made a lead", hook=sheet.hook)
        return DeliveryState.FAILED


def _external_id(sheet: HookSheet, delivered: Delivered, text: str) -> str:
    """The other program's own id of the delivery; the body's where it names none."""
    named = " ".join(delivered.text(sheet.id).encode("utf-8", "replace").decode().replace("\0", "").split())
    return named if 0 < len(named) <= MAX_LINE else _digest(text)


def _digest(text: str) -> str:
    return f"sha256 {hashlib.sha256(text.encode()).hexdigest()}"

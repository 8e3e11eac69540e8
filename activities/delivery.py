"""Telling workflows what a crash left untold."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.ports import CommandDelivery
from leads.contract import DELIVERY_WATCH, DeliveryResult


class DeliveryActivities:
    """What the delivery schedule asks for."""

    def __init__(self, delivery: CommandDelivery, every: timedelta, watch: timedelta = DELIVERY_WATCH) -> None:
        self._delivery = delivery
        self._every = every
        self._rounds = max(1, int(watch / every))

    @activity.defn
    async def deliver_commands(self) -> DeliveryResult:
        """Keep watch: tell workflows what they have not heard, oldest first, look again after a while, and so on.

        One long watch instead of many short ones, because each closed run stays in Temporal's database for weeks.
        A worker that stops hands the watch to the next.
        """
        delivered = failed = 0
        for _ in range(self._rounds):
            result = await self._delivery.deliver_all(activity.heartbeat)
            delivered, failed = delivered + result.delivered, failed + result.failed
            activity.heartbeat()
            with suppress(TimeoutError):
                await asyncio.wait_for(activity.wait_for_worker_shutdown(), self._every.total_seconds())
                raise ApplicationError("this worker stops; another one goes on")
        return DeliveryResult(delivered=delivered, failed=failed)

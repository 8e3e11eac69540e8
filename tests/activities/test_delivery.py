"""The watch over what was left untold: it looks again and again, and hands over when its worker stops."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.delivery import DeliveryActivities
from leads.contract import DeliveryResult


class CountingDelivery:
    """Delivers one command in each round."""

    def __init__(self) -> None:
        self.rounds = 0

    async def deliver_all(self, progress: Callable[[], object]) -> DeliveryResult:
        self.rounds += 1
        progress()
        return DeliveryResult(delivered=1, failed=0)


MOMENT = timedelta(milliseconds=1)


async def test_it_looks_again_and_again_until_its_watch_is_over() -> None:
    delivery, environment = CountingDelivery(), ActivityEnvironment()
    beats: list[tuple[object, ...]] = []
    environment.on_heartbeat = lambda *details: beats.append(details)

    result = await environment.run(DeliveryActivities(delivery, MOMENT, 5 * MOMENT).deliver_commands)

    assert (result.delivered, result.failed) == (5, 0)
    assert len(beats) == 10


async def test_a_worker_that_stops_hands_the_watch_over_at_once() -> None:
    delivery, environment = CountingDelivery(), ActivityEnvironment()
    watch = asyncio.create_task(environment.run(DeliveryActivities(delivery, timedelta(minutes=10)).deliver_commands))
    await asyncio.sleep(0.05)
    environment.worker_shutdown()
    with pytest.raises(ApplicationError, match="another one goes on"):
        await asyncio.wait_for(watch, 5)
    assert delivery.rounds == 1

"""Telling workflows what a crash left untold."""

from temporalio import activity

from activities.ports import CommandDelivery
from leads.contract import DeliveryResult


class DeliveryActivities:
    """What the delivery schedule asks for."""

    def __init__(self, delivery: CommandDelivery) -> None:
        self._delivery = delivery

    @activity.defn
    async def deliver_commands(self) -> DeliveryResult:
        """Tell every workflow of each committed command it has not heard of, oldest first."""
        return await self._delivery.deliver_all()

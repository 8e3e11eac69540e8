"""What is left of a life in the database and at the provider: all that a verdict is made of."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import text

from tests.faults.provider_messages import Delivery

if TYPE_CHECKING:
    from tests.faults.life import Life

Row = dict[str, Any]
_QUERIES = {
    "touches": "select * from touches where lead_id = :lead_id order by happened_at",
    "tasks": "select * from tasks where lead_id = :lead_id order by created_at",
    "enrollments": "select * from enrollments where lead_id = :lead_id order by started_at",
    "commands": "select * from commands where lead_id = :lead_id order by revision",
    "answers": "select * from answers where lead_id = :lead_id",
    "holds": "select * from holds where lead_id = :lead_id",
    "inquiries": "select * from inquiries where lead_id = :lead_id",
    "order": "select * from faults_order where lead_id = :lead_id order by seq",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The rows of one lead, and what the provider delivered to it."""

    lead: Row
    touches: list[Row]
    tasks: list[Row]
    enrollments: list[Row]
    commands: list[Row]
    answers: list[Row]
    holds: list[Row]
    inquiries: list[Row]
    order: list[Row]
    """Claims, states and commands in the order in which they were decided."""
    delivered: list[Delivery]
    notes: list[str]
    """What the worker left: which interrupted messages it found at the provider."""

    @property
    def messages(self) -> list[Row]:
        """The touches that a provider carries."""
        return [touch for touch in self.touches if touch["state"] != "made"]

    def arrivals(self, touch: Row) -> int:
        """How often a touch was delivered; by its id or, where the request has none, by recipient and text."""
        by_id = sum(each.touch == str(touch["id"]) for each in self.delivered)
        return by_id + self._anonymous[touch["contact"], touch["text"]]

    @property
    def _anonymous(self) -> Counter[tuple[str, str]]:
        return Counter((each.to, each.draft.body) for each in self.delivered if each.draft.touch is None)

    @property
    def unclaimed(self) -> list[Delivery]:
        """Deliveries that no row of the ledger speaks of."""
        ids = {str(touch["id"]) for touch in self.touches}
        texts = {(touch["contact"], touch["text"]) for touch in self.touches}
        return [each for each in self.delivered if each.touch not in ids and (each.to, each.draft.body) not in texts]

    def twins(self, touch: Row) -> int:
        """How many touches have the same recipient and text: with listing they can't be told apart."""
        same = (touch["contact"], touch["text"])
        return sum((other["contact"], other["text"]) == same for other in self.messages)

    def task(self, task_id: UUID) -> Row | None:
        """A task by id."""
        return next((task for task in self.tasks if task["id"] == task_id), None)


async def evidence_of(life: "Life") -> Evidence:
    """Read everything."""
    lane = life.lane
    recipients = {life.email, life.phone}
    async with lane.foundation.engine.connect() as connection:

        async def rows(query: str) -> list[Row]:
            found = await connection.execute(text(query), {"lead_id": life.lead_id})
            return [dict(row) for row in found.mappings()]

        return Evidence(
            lead=(await rows("select * from leads where id = :lead_id"))[0],
            **{name: await rows(query) for name, query in _QUERIES.items()},
            delivered=[each for each in lane.provider.messages if each.to in recipients],
            notes=lane.trigger.notes,
        )

"""What the tests of a rep's pages share: leads whose calls wait, and what became of them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from adapters.db.rows import CommandRow, TaskRow
from cadences.progress import message_sent, task_created
from leads.capture import NewLead
from leads.contract import CommandKind
from tests.console.stage import Stage


@dataclass(frozen=True, slots=True)
class Bench:
    """Puts leads on people's lists, and looks what they recorded."""

    stage: Stage

    async def lead(self, name: str, owner: str = "anna", **values: Any) -> UUID:
        """A lead that just came in; it asks nothing, so that only its call waits."""
        services, now = self.stage.services, self.stage.clock()
        given = {"company": f"{name.split()[-1]} Bakery", "source": "web form"}
        number = 100 + sum(ord(letter) for letter in name) % 900
        reached = {"email": f"{name.split()[0].lower()}@example.com", "phone": f"+12125550{number}"}
        new = NewLead(name=name, owner=owner, **{**given, **reached, **values})
        return (await services.intake.capture(new, "test", now)).lead_id

    async def call(self, name: str, owner: str = "anna", **values: Any) -> UUID:
        """The task to call such a lead; each is due a minute after the one before."""
        lead_id = await self.lead(name, owner, **values)
        self.stage.clock.move_by(timedelta(minutes=1))
        now = self.stage.clock()
        async with self.stage.services.cases.open(lead_id, now) as file:
            case = file.case
            while case.enrollment.next is not None and case.enrollment.next.channel.value != "call":
                case = message_sent(case, case.enrollment.next.step, now)
            await file.save(task_created(case, now, f"Opener\n\nHello {name}."))
        return lead_id

    async def calls(self, *names: str) -> dict[str, UUID]:
        return {name: await self.call(name) for name in names}

    async def outcomes(self, lead_ids: dict[str, UUID]) -> dict[str, tuple[str | None, str | None, str | None]]:
        """How each lead's first call ended: the outcome, the note, and who said so."""
        columns = (TaskRow.lead_id, TaskRow.outcome, TaskRow.note, TaskRow.closed_by)
        asked = select(*columns).where(TaskRow.kind == "call", TaskRow.state == "done")
        async with self.stage.engine.connect() as connection:
            found = {row.lead_id: tuple(row[1:]) for row in await connection.execute(asked)}
        return {name: found.get(lead_id, (None, None, None)) for name, lead_id in lead_ids.items()}

    async def completions(self) -> list[UUID]:
        """Of which leads tasks were completed by commands, one entry for each command."""
        asked = select(CommandRow.lead_id).where(CommandRow.kind == CommandKind.COMPLETE_TASK.value)
        async with self.stage.engine.connect() as connection:
            return list((await connection.execute(asked)).scalars())


@pytest.fixture
def bench(stage: Stage) -> Bench:
    return Bench(stage)

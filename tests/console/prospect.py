"""A prospect before a screen: the email that came, the links under it, and what became of the lead."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from adapters.db.rows import LeadRow, OutboxRow, TouchRow
from adapters.providers.local_outbox import LocalOutbox
from api.commands import LeadCommands
from api.writes import ourselves
from cadences.case import Case
from leads.capture import NewLead
from leads.contract import Plan
from tests.console.clockwork import Clockwork
from tests.console.stage import Stage

READING_TIME = timedelta(seconds=4)
KENJI = NewLead(
    name="Kenji Mori",
    company="Mori Tea House",
    email="kenji@mori-tea.example.com",
    phone="+18085550115",
    zone="Pacific/Honolulu",
    question="Do you ship to Hawaii?",
    source="web form",
)


@dataclass(slots=True)
class Prospect:
    """A lead that got its first email, and the machine that would send more."""

    stage: Stage
    machine: Clockwork
    lead_id: UUID
    email: str
    """The text of the email."""
    touch_id: UUID

    @classmethod
    async def of(cls, stage: Stage, new: NewLead = KENJI) -> "Prospect":
        """Capture a lead, and let its first email go out."""
        services, clock = stage.services, stage.clock
        outbox = LocalOutbox(stage.engine, clock)
        machine = Clockwork(services.cases, outbox, services.links, clock)
        lead_id = (await LeadCommands(services).capture(new, ourselves("website"))).id
        prospect = cls(stage, machine, lead_id, "", lead_id)
        await prospect.lets_pass(clock())
        async with stage.engine.connect() as connection:
            wanted = select(OutboxRow.text, OutboxRow.touch_id).where(OutboxRow.lead_id == lead_id)
            prospect.email, prospect.touch_id = (await connection.execute(wanted)).one()
        return prospect

    def link(self, part: str) -> str:
        """The link in the email whose address has this part."""
        found = [url for url in re.findall(r"https?://[^\s)>\]]+", self.email) if part in url]
        assert len(found) == 1, self.email
        return found[0]

    @property
    def meeting_link(self) -> str:
        """The page of free times, which templates may link to."""
        return self.stage.services.links.meeting(self.lead_id, self.touch_id)

    def read(self) -> None:
        """Take the time that reading a page takes."""
        self.stage.clock.move_by(READING_TIME)

    async def case(self) -> Case:
        async with self.stage.services.cases.open(self.lead_id, self.stage.clock()) as opened:
            return opened.case

    async def lets_pass(self, until: datetime) -> None:
        """Let time pass; whatever the machine would do for the lead it does."""
        await self._look()
        while (due := self.machine.next()) is not None and due[0] <= until:
            self.stage.clock.move_to(max(due[0], self.stage.clock()))
            await self.machine.act(self.lead_id)
            await self._look()
        self.stage.clock.move_to(until)

    async def claims(self) -> list[str]:
        """Every step that was claimed, oldest first."""
        async with self.stage.engine.connect() as connection:
            wanted = select(TouchRow.step_id).where(TouchRow.lead_id == self.lead_id).order_by(TouchRow.happened_at)
            return [step or "" for step in (await connection.execute(wanted)).scalars()]

    async def _look(self) -> None:
        async with self.stage.engine.connect() as connection:
            plan = await connection.scalar(select(LeadRow.plan).where(LeadRow.id == self.lead_id))
        self.machine.adopt(self.lead_id, Plan.model_validate(plan))

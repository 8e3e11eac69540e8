"""A lead, what people record for it over REST, and the machine that works at it meanwhile."""

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.messages import MessageActivities
from activities.tasks import TaskActivities
from adapters.db.cases import CaseStore
from adapters.db.rows import LeadRow, TaskRow
from api.news import LeadNews
from api.services import Services
from cadences.hearing import lead_replied
from leads.contract import CommandKind, Plan, StepInput, WakeKind
from leads.model import Channel
from leads.sending import OutcomeUnknown, SendRefused
from tests.activities.senders import ScriptedSender
from tests.api.counted import what_counts
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.quiet import nobody_is_warned

IN_MARCH = {"until": "2027-03-01"}
AT_TEN = {"at": "2026-11-24T10:00:00-05:00", "minutes": 45, "subject": "Two ovens"}
COMMANDS: dict[str, dict[str, Any]] = {
    "touches": {"channel": "call", "note": "Met her at the fair."},
    "answer": {"answer": "yes", "note": "Wants two."},
    "not-now": IN_MARCH,
    "hold": {"until": "2026-12-01", "reason": "trade fair"},
    "resume": {},
    "skip": {},
    "cadence": {"cadence": "outbound-qualified"},
    "owner": {"owner": "ben"},
}
OUTCOMES: dict[str, dict[str, Any]] = {
    "call back": {"until": "2026-11-24T10:00:00-05:00"},
    "not now": IN_MARCH,
    "meeting": {"meeting": AT_TEN},
}
"""What an outcome needs beside its name."""


async def post(client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    response = await client.post(path, json=body)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


class House:
    """A lead, what people record for it over REST, and the machine that works at it meanwhile."""

    def __init__(
        self, client: httpx.AsyncClient, engine: AsyncEngine, cases: CaseStore, services: Services, clock: SettableClock
    ) -> None:
        self.client = client
        self.engine = engine
        self.clock = clock
        self.services = services
        self.sender = ScriptedSender(knows=False)
        self._messages = MessageActivities(cases, self.sender, self.sender, LINKS, clock)
        self._tasks = TaskActivities(cases, clock)
        self.lead = ""

    async def captured(self, **values: Any) -> None:
        body = {"email": "priya@example.com", "phone": "+12125550111", "question": "How much?", "owner": "anna"}
        consent = {"channel": "sms", "wording": "You may text me.", "method": "checkbox"}
        made = await self.client.post("/api/leads", json={**body, "consents": [consent], **values})
        assert made.status_code == 201, made.text
        self.lead = made.json()["id"]
        await nobody_is_warned(self.engine)

    async def waiting_for_a_call(self) -> None:
        await self.captured()
        await self.act()
        await self.act()

    async def replied(self) -> None:
        await self.waiting_for_a_call()
        await self.news(
            CommandKind.LEAD_REPLIED,
            lambda case, now: lead_replied(case, text="And in blue?", channel=Channel.EMAIL, now=now),
        )

    async def asked_again(self) -> None:
        await self.waiting_for_a_call()
        again = {"email": "priya@example.com", "question": "And in blue?"}
        assert (await self.client.post("/api/leads", json=again)).status_code == 200
        assert await self.tasks("question")

    async def said_yes(self) -> None:
        await self.waiting_for_a_call()
        await self.record("answer", answer="yes")

    async def on_hold(self) -> None:
        await self.waiting_for_a_call()
        await self.record("hold", **COMMANDS["hold"])

    async def refused(self) -> None:
        """The provider did not take the first email; it is tried again."""
        await self.captured()
        self.sender.script = [SendRefused("busy")]
        await self.act()

    async def unknown(self) -> None:
        """Nobody knows whether the first email went out; a person finds out."""
        await self.captured()
        self.sender.script = [OutcomeUnknown("timed out")]
        await self.act()
        while (await self.plan()).wake is not None and not await self.tasks("unknown_send"):
            await self.act()

    async def meeting_agreed(self) -> None:
        await self.waiting_for_a_call()
        await post(self.client, f"/api/leads/{self.lead}/meetings", AT_TEN)

    async def news(self, kind: CommandKind, decide: Any) -> None:
        await LeadNews(self.services).take(UUID(self.lead), kind, decide, by="test")

    async def record(self, command: str, **body: Any) -> dict[str, Any]:
        return await post(self.client, f"/api/leads/{self.lead}/{command}", {"by": "anna", **body})

    async def undo(self, status: int = 200, **body: Any) -> dict[str, Any]:
        return await post(self.client, f"/api/leads/{self.lead}/undo", {"by": "anna", **body}, status)

    async def complete(self, task: UUID, outcome: str, **body: Any) -> dict[str, Any]:
        sent = {"outcome": outcome, "by": "anna", "note": "so it was", **OUTCOMES.get(outcome, {}), **body}
        return await post(self.client, f"/api/tasks/{task}/complete", sent)

    async def counts(self) -> dict[str, list[str]]:
        return await what_counts(self.engine, self.lead)

    async def shown(self) -> dict[str, Any]:
        shown: dict[str, Any] = (await self.client.get(f"/api/leads/{self.lead}")).json()
        return shown

    async def tasks(self, *kinds: str) -> list[UUID]:
        """The open ones, of these kinds or of all."""
        wanted = select(TaskRow.id).where(TaskRow.lead_id == UUID(self.lead), TaskRow.state == "open")
        if kinds:
            wanted = wanted.where(TaskRow.kind.in_(kinds))
        return await self.rows(wanted)

    async def rows(self, wanted: Any) -> list[Any]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(wanted)).scalars())

    async def plan(self) -> Plan:
        return Plan.model_validate((await self.rows(select(LeadRow.plan).where(LeadRow.id == UUID(self.lead))))[0])

    async def step(self) -> StepInput:
        """What the workflow asks for when the plan's wake is due."""
        plan = await self.plan()
        assert plan.wake is not None
        self.clock.move_to(max(plan.wake.at, self.clock()))
        return StepInput(
            lead_id=UUID(self.lead),
            enrollment_id=plan.enrollment_id,
            revision=plan.revision,
            kind=plan.wake.kind,
            step_id=plan.wake.step_id,
            occurrence=plan.wake.occurrence,
            asked_at=self.clock(),
        )

    async def act(self, step: StepInput | None = None) -> Plan:
        """The machine does what is due next, or what it is asked for."""
        step = step or await self.step()
        match step.kind:
            case WakeKind.SEND_EMAIL:
                return await self._messages.send_email(step)
            case WakeKind.SEND_SMS:
                return await self._messages.send_sms(step)
            case WakeKind.SEND_INVITATION:
                return await self._messages.send_invitation(step)
            case WakeKind.SEND_PERSONAL_EMAIL:
                return await self._messages.send_personal_email(step)
            case WakeKind.LOOK_UP_SEND:
                return await self._messages.look_up_send(step)
            case WakeKind.CREATE_CALL_TASK:
                return await self._tasks.create_call_task(step)
            case WakeKind.CREATE_TASK:
                return await self._tasks.create_task(step)
        return await self._tasks.see_to_overdue(step)

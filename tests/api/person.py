"""One person of whom every table has something to tell, all of it by the ways that things really come in."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.messages import MessageActivities
from adapters.db.rows import InboundMessageRow, LeadRow, OutboxRow, TaskRow, table_of
from adapters.providers.local_outbox import LocalOutbox
from api.bulk import BulkCommands
from api.bulk_wishes import Reassign
from api.news import LeadNews
from api.services import Services
from cadences.facts import Notice
from cadences.hearing import lead_opted_out, lead_replied
from cadences.progress import see_to_overdue
from leads.contract import CommandKind, Plan, StepInput
from leads.form_tokens import FormKeys, FormToken
from leads.hook_signatures import HookKeys
from leads.model import Channel
from tests.links import LINKS

MARK = "zanzibarine"
EMAIL, PHONE = f"{MARK}@example.com", "+12125550187"


class Person:
    """A lead, and what is done with it."""

    def __init__(self, services: Services, engine: AsyncEngine, client: httpx.AsyncClient) -> None:
        self.services = services
        self.engine = engine
        self.client = client
        self.lead_id = UUID(int=0)
        self.touch_id = UUID(int=0)
        self.captured = {
            "email": EMAIL,
            "phone": PHONE,
            "name": f"{MARK} Raman",
            "company": f"{MARK} Bakery",
            "question": f"Does {MARK} fit?",
            "source": MARK,
            "attributes": {"hint": MARK},
            "consents": [{"channel": "sms", "wording": f"You may text {MARK}.", "method": MARK}],
        }

    async def live(self) -> None:
        answer = await self.post("/api/leads", self.captured, key="capture")
        self.lead_id = UUID(answer.json()["id"])
        await self.filled_in_forms()
        await self.delivered()
        await self.send()
        await self.kept_waiting()
        lead = f"/api/leads/{self.lead_id}"
        await self.post(f"{lead}/hold", {"until": "2027-03-01", "reason": f"{MARK} is away"}, key="hold")
        await self.post(f"{lead}/touches", {"channel": "call", "note": f"{MARK} was nice"}, key="touch")
        written = {"subject": f"For {MARK}", "text": f"Dear {MARK}", "by": "anna"}
        await self.post(f"{lead}/emails", written, key="email")
        await self.post(f"{lead}/notes", {"text": f"{MARK} likes rye"}, key="note")
        await self.replied()
        task_id = await self.value(select(TaskRow.id).where(TaskRow.state == "open"))
        done = {"outcome": "answered", "note": f"told {MARK}"}
        await self.post(f"/api/tasks/{task_id}/complete", done, key="task")
        await self.post(f"{lead}/owner", {"owner": "mia", "note": f"{MARK} knows Mia"}, key="owner")
        await self.post(f"{lead}/answer", {"answer": "yes", "note": f"{MARK} wants it"}, key="answer")
        at = self.services.clock() + timedelta(days=4)
        agreed = {"at": at.isoformat(), "subject": f"{MARK}'s ovens", "place": f"at {MARK}'s"}
        await self.post(f"{lead}/meetings", agreed, key="meeting")
        await self.was_one_of_many()
        await self.told_a_colleague()
        await self.wrote(self.lead_id)
        await self.wrote(None)
        await LeadNews(self.services).take(
            self.lead_id,
            CommandKind.LEAD_OPTED_OUT,
            lambda case, now: lead_opted_out(case, why=f"{MARK} wrote: stop", now=now),
            by="test",
        )

    async def post(self, path: str, body: dict[str, Any], *, key: str) -> httpx.Response:
        response = await self.client.post(path, json=body, headers={"Idempotency-Key": key})
        assert response.is_success, response.text
        return response

    async def filled_in_forms(self) -> None:
        """One with what is known already, and one that looks like a program's."""
        keys, now = FormKeys(self.services.links.key.secret), self.services.clock()
        written = {"name": f"{MARK} Raman", "email": EMAIL, "question": f"Does {MARK} fit?"}
        for homepage in ("", MARK):
            token = keys.token("contact", FormToken(uuid4(), now - timedelta(minutes=1)))
            form = {**written, "homepage": homepage, "form_key": keys.key("contact"), "form_token": token}
            assert (await self.client.post("/forms/contact", data=form)).is_success

    async def delivered(self) -> None:
        """By another program: with what is known already, and in a way that no hook understands."""
        secret = HookKeys(self.services.links.key.secret).of("example")
        for body in (
            {"event": {"id": "1"}, "data": {"email": EMAIL, "message": f"Does {MARK} fit?"}},
            {"event": {"id": "2"}, "person": {"email": EMAIL}},
        ):
            data = json.dumps(body).encode()
            signature = hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
            headers = {"X-Signature": f"sha256={signature}", "Content-Type": "application/json"}
            assert (await self.client.post("/hooks/example", content=data, headers=headers)).is_success

    async def send(self) -> None:
        """The first email, into the local outbox."""
        step = await self.step()
        outbox = LocalOutbox(self.engine, self.services.clock)
        await MessageActivities(self.services.cases, outbox, outbox, LINKS, self.services.clock).send_email(step)
        self.touch_id = await self.value(select(OutboxRow.touch_id))

    async def kept_waiting(self) -> None:
        """The owner is warned, by an email that names the person."""
        later = self.services.clock() + timedelta(minutes=15)
        async with self.services.cases.open(self.lead_id, self.services.clock()) as opened:
            await opened.save(see_to_overdue(opened.case, later))

    async def step(self) -> StepInput:
        plan = Plan.model_validate(await self.value(select(LeadRow.plan).where(LeadRow.id == self.lead_id)))
        assert plan.wake is not None
        return StepInput(
            lead_id=self.lead_id,
            enrollment_id=plan.enrollment_id,
            revision=plan.revision,
            kind=plan.wake.kind,
            step_id=plan.wake.step_id,
            occurrence=plan.wake.occurrence,
            asked_at=self.services.clock(),
        )

    async def replied(self) -> None:
        await LeadNews(self.services).take(
            self.lead_id,
            CommandKind.LEAD_REPLIED,
            lambda case, now: lead_replied(case, text=f"Yours, {MARK}", channel=Channel.EMAIL, now=now),
            by="test",
            details={"text": f"Yours, {MARK}"},
        )

    async def was_one_of_many(self) -> None:
        bulk = BulkCommands(self.services)
        wish = Reassign(owner="ben", note=f"{MARK} knows Ben")
        await bulk.work_off(await bulk.begin(wish, [self.lead_id], chosen="stage new", by="mia", via="console"))

    async def told_a_colleague(self) -> None:
        async with self.services.cases.open(self.lead_id, self.services.clock()) as opened:
            await opened.save(opened.case.with_fact(Notice("anna", "news", f"Of {MARK}", f"{MARK} said yes.")))

    async def wrote(self, lead_id: UUID | None) -> None:
        values = {
            "id": uuid4(),
            "lead_id": lead_id,
            "channel": "email",
            "provider": "test",
            "external_id": f"{uuid4()}@mail.example.com",
            "sender": EMAIL,
            "recipient": "hello@example.com",
            "subject": f"Re: {MARK}",
            "text": f"Yours, {MARK}",
            "kind": "reply",
            "received_at": self.services.clock(),
        }
        async with self.engine.begin() as connection:
            await connection.execute(table_of(InboundMessageRow).insert().values(values))

    async def value(self, wanted: Any) -> Any:
        async with self.engine.connect() as connection:
            return await connection.scalar(wanted)

    async def erase(self) -> None:
        erased = await self.services.erasing.erase(self.lead_id, "test", self.services.clock())
        assert erased.forgotten

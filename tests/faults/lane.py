"""A lane: its own database, namespace, provider, worker and web, in which trials run one after the other."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from temporalio.client import Client

from adapters.temporal import LeadWorkflows, ensure_delivery_schedule
from leads.liveness import Finding
from runtime.bootstrap import Foundation, connect_temporal, doctor_of, open_foundation
from runtime.settings import load_settings
from tests.faults.hurry import WENT_TO_ITS_END
from tests.faults.life import Life
from tests.faults.pace import STEP_TIMEOUT
from tests.faults.points import Fault
from tests.faults.processes import Kept, Zygote
from tests.faults.provider import FakeProvider
from tests.faults.provider_messages import Delivery
from tests.faults.seeds import Trial
from tests.faults.stage import Stage, free_port
from tests.faults.trigger import Trigger
from tests.faults.verdict import Verdict, judge

_SENDER = "+12125550100"
_LIFE_WITHIN = timedelta(seconds=90)
"""A life of a few seconds that has not come to rest by then is stuck."""
_READY_WITHIN = timedelta(seconds=30)
_LOOK = 0.03
"""s between two looks at what another process does."""
_CALL_AGAIN_AFTER = tuple(timedelta(seconds=pause) for pause in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4))
"""The provider's pauses between the attempts of a callback that nobody takes."""


@dataclass
class _Stroke:
    """The fault of the trial that runs."""

    trial: Trial
    at_delivery: int | None = None
    """The worker dies when this delivery of the lead is made; None: at none."""
    recipients: frozenset[str] = frozenset()
    made: list[Delivery] = field(default_factory=list)
    happened: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """What was away is back, and who stood still has come to an end."""


class Lane:
    """One lane.

    Args:
        stage: the servers; started.
        name: of its database and its namespace.
        broken: how our engine is broken on purpose, see `tests.faults.broken`.
    """

    def __init__(self, stage: Stage, name: str, zygote: Zygote, *, broken: str = "nothing") -> None:
        self.stage = stage
        self.name = name
        self.log = stage.folder / "logs" / f"{name}.log"
        self.provider = FakeProvider(retry_pauses=_CALL_AGAIN_AFTER)
        self.trigger_path = stage.folder / f"{name}.trigger"
        self.trigger = Trigger(self.trigger_path)
        self.web_url = f"http://127.0.0.1:{free_port()}"
        self.http = httpx.AsyncClient(
            base_url=self.web_url, timeout=5, headers={"Authorization": f"Bearer {stage.token}"}
        )
        self.foundation: Foundation
        self.client: Client
        self.mistakes: list[str] = []
        self._led: dict[UUID, int] = {}
        """The seed of each lead."""
        self._broken = broken
        self._calls_back = True
        self._stroke: _Stroke
        self.worker = Kept(zygote, self._order("worker"), say=self.mistakes.append)
        self.second = Kept(zygote, self._order("worker"), say=self.mistakes.append)
        self.web = Kept(zygote, self._order("web"), say=self.mistakes.append)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Lane"]:
        """With its processes at work."""
        self.provider.events_to = f"{self.web_url}/webhooks/sendgrid/events"
        self.provider.on_delivery = self._on_delivery
        loop = asyncio.get_running_loop()
        self._loop = loop
        settings = load_settings(env_file=None, **self._settings())
        try:
            async with open_foundation(settings) as self.foundation:
                self.client = await connect_temporal(settings)
                await ensure_delivery_schedule(self.client)
                await self.web.start()
                await self.worker.start()
                await self._web_answers()
                yield self
        finally:
            for process in (self.web, self.worker, self.second):
                await process.stop()
            await self.http.aclose()
            self.provider.close()
            self.trigger.close()

    @property
    def workflows(self) -> LeadWorkflows:
        """Temporal, as the harness asks it."""
        return LeadWorkflows(self.client)

    async def run(self, trial: Trial) -> Verdict:
        """Let one life happen with its fault, and judge it once it has come to rest."""
        begun = time.monotonic()
        await self._set_up(trial)
        life = Life(self, trial)
        self.provider.script(life.email, *trial.emails)
        self.provider.script(life.phone, *trial.texts)
        at = trial.at_delivery if trial.point.fault is Fault.AT_PROVIDER else None
        self._stroke = _Stroke(trial, at, frozenset({life.email, life.phone}))
        self.trigger.arm(*trial.shots)
        striking = asyncio.create_task(self._strike(trial))
        living = asyncio.create_task(life.live())
        try:
            await asyncio.wait_for(living, _LIFE_WITHIN.total_seconds())
        except TimeoutError:
            life.stuck = await life.missing()
        finally:
            self.trigger.disarm()
            striking.cancel()
            await asyncio.gather(striking, return_exceptions=True)
            self.second.go_on()
            self.worker.go_on()
        if life.lead_id is not None:
            self._led[life.lead_id] = trial.seed
        verdict = await judge(life)
        verdict.broken += self._unexpected(trial)
        verdict.happened = self._stroke.happened.is_set() or bool(self.trigger.fired)
        verdict.took = timedelta(seconds=time.monotonic() - begun)
        await self.second.stop()
        return verdict

    def _unexpected(self, trial: Trial) -> list[str]:
        """What went wrong beside the fault: in our processes, or in the fake provider itself."""
        # Without its servers a process may end by itself, and is started again.
        ended = [] if trial.point.on_servers else self.mistakes.copy()
        self.mistakes.clear()
        return [*ended, *(f"the fake provider made a mistake: {error!r}" for error in self.provider.mistakes)]

    async def examined(self) -> list[str]:
        """What `follow doctor` finds in the lane's whole database and namespace."""
        found: list[str] = []

        def note(finding: Finding) -> None:
            seed = self._led.get(finding.lead_id) if finding.lead_id else None
            found.append(f"seed {seed}: {finding.kind.value}: {finding.wrong}; {finding.to_do}")

        await doctor_of(self.foundation, self.client).check(note)
        return found

    @property
    def fault_happened(self) -> asyncio.Event:
        """Set once the trial's fault has happened."""
        return self._stroke.happened

    async def until_fault_is_over(self) -> None:
        """Wait for what follows from the fault by the harness's own hand; not for a fault that does not happen."""
        fault = self._stroke.trial.point.fault
        unfailing = fault not in (Fault.TRIGGER, Fault.STAND_STILL, Fault.AT_PROVIDER)
        if unfailing or self.fault_happened.is_set() or self.trigger.fired:
            await self._stroke.over.wait()

    @property
    def made(self) -> list[Delivery]:
        """What the provider has delivered to the lead of the trial."""
        return list(self._stroke.made)

    async def _set_up(self, trial: Trial) -> None:
        """Every process alive, as the trial wants them."""
        if trial.calls_back != self._calls_back:
            self._calls_back = trial.calls_back
            for process, role in ((self.worker, "worker"), (self.second, "worker")):
                process.order = self._order(role)
            await self.worker.stop()
        if not self.worker.is_kept:
            await self.worker.start()
        if "two workers" in trial.point.group and not self.second.is_kept:
            await self.second.start()
        self.worker.stays_dead = trial.point.group == "two workers, one killed"
        self.second.stays_dead = self.worker.stays_dead
        await self._web_answers()

    async def _strike(self, trial: Trial) -> None:
        """Do what the trial does at its point."""
        stroke = self._stroke
        match trial.point.fault:
            case Fault.TRIGGER | Fault.STAND_STILL:
                while not self.trigger.fired:
                    await asyncio.sleep(_LOOK)
                stroke.happened.set()
                if trial.point.fault is Fault.STAND_STILL:
                    await asyncio.sleep(1.3 * STEP_TIMEOUT.total_seconds())
                    self.worker.go_on()
                    self.second.go_on()
                    while WENT_TO_ITS_END not in self.trigger.notes:
                        await asyncio.sleep(_LOOK)
            case Fault.AT_PROVIDER:
                await stroke.happened.wait()
            case Fault.RANDOM_WORKER | Fault.RANDOM_WEB:
                await asyncio.sleep(trial.after.total_seconds())
                (self.worker if trial.point.fault is Fault.RANDOM_WORKER else self.web).kill()
                stroke.happened.set()
            case Fault.POSTGRES | Fault.TEMPORAL:
                await asyncio.sleep(trial.after.total_seconds())
                stroke.happened.set()
                kill = self.stage.kill_postgres if trial.point.fault is Fault.POSTGRES else self.stage.kill_temporal
                await kill(trial.outage)
            case Fault.PROVIDER | Fault.RACE:
                stroke.happened.set()
        stroke.over.set()

    def _on_delivery(self, delivery: Delivery) -> None:
        """In a thread of the provider's: it has the message, and has not answered."""
        stroke = self._stroke
        if delivery.to not in stroke.recipients:
            return
        stroke.made.append(delivery)
        if len(stroke.made) - 1 == stroke.at_delivery:
            self.worker.kill()
            self._loop.call_soon_threadsafe(stroke.happened.set)

    async def _web_answers(self) -> None:
        async with asyncio.timeout(_READY_WITHIN.total_seconds()):
            while True:
                try:
                    if (await self.http.get("/healthz")).is_success:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(_LOOK)

    def _settings(self) -> dict[str, Any]:
        provider = self.provider
        port = int(self.web_url.rpartition(":")[2])
        return {
            "data_dir": str(self.stage.folder / self.name),
            "database_url": self.stage.postgres.url(self.name),
            "temporal_address": self.stage.temporal.address,
            "temporal_namespace": self.name,
            "web_port": port,
            "secret": "a secret for the fault harness only",
            "sendgrid_api_key": provider.api_key,
            "sendgrid_url": provider.url,
            "sendgrid_event_key": provider.event_public_key,
            "twilio_account_sid": provider.account_sid,
            "twilio_auth_token": provider.auth_token,
            "twilio_sender": _SENDER,
            "twilio_url": provider.url,
            **({"public_url": self.web_url} if self._calls_back else {}),
        }

    def _order(self, role: str) -> dict[str, Any]:
        return {
            "role": role,
            "settings": self._settings(),
            "trigger": str(self.trigger_path),
            "log": str(self.log),
            "broken": self._broken,
        }

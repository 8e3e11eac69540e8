"""The lives whose actions are counted: twenty touches over weeks, in the time-skipping environment."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.engine import connect
from adapters.db.migrate import migrate
from adapters.db.people import People
from cadences.library import shipped
from cadences.tasks import Outcome
from leads.capture import NewConsent, NewLead
from leads.model import Channel
from runtime.embedded.postgres import EmbeddedPostgres
from tests.bench.actions import Cost, cost_of
from tests.bench.options import Options
from tests.bench.plans import MESSAGES, MESSAGES_AND_CALLS, bundles
from tests.clocks import SettableClock
from tests.sample import COLLEAGUES, COMPANY, KEY
from tests.workflows.lives import Life, a_life
from tests.workflows.record import runs_of
from tests.workflows.scenarios import START, finish

TOUCHES = 20
_PHONE = "+12125550111"
_REP_CALLS_AFTER = timedelta(hours=1)


async def lived(life: Life, cadence: str) -> Cost:
    """Live through twenty touches; a rep makes each call an hour after it was asked for, and completes it."""
    consent = NewConsent(Channel.SMS, _PHONE, "You may text me.", "checkbox", "web form")
    new = NewLead(
        name="Priya Raman",
        email="priya@example.com",
        phone=_PHONE,
        zone="America/New_York",
        question="What would two ovens cost?",
        owner="anna",
        consents=(consent,),
        cadence=cadence,
    )
    await life.capture(new, START)
    while (made := len(await life.happened())) < TOUCHES:
        if await life.open_tasks():
            await life.until(life.clock() + _REP_CALLS_AFTER)
            await finish(life, Outcome.CONNECTED)
        else:
            at = await life.next_at()
            assert at is not None, f"the life ended after {made} touches"
            await life.until(at)
    return cost_of(await runs_of(life))


async def actions(options: Options) -> dict[str, Any]:
    """Actions and events per touch; exact, so one life of each kind is enough."""
    costs: dict[str, Cost] = {}
    with tempfile.TemporaryDirectory(prefix="follow-bench-") as folder:
        postgres = EmbeddedPostgres(Path(folder), durable=False)
        postgres.start()
        try:
            for number, cadence in enumerate((MESSAGES, MESSAGES_AND_CALLS)):
                postgres.create_database(f"life{number}")
                engine = connect(postgres.url(f"life{number}"))
                await migrate(engine)
                clock, shelf = SettableClock(datetime.now(UTC)), CadenceShelf(engine)
                for bundle in [*shipped(), *bundles()]:
                    await shelf.publish(bundle, clock())
                await People(engine).add(COLLEAGUES, clock())
                cases = CaseStore(engine, shelf, COMPANY, KEY)
                intake = LeadIntake(engine, shelf, cases, COMPANY, KEY)
                async with a_life(engine, cases, intake, clock) as life:
                    costs[cadence] = await lived(life, cadence)
                options.say(f"{cadence}: {costs[cadence].total} actions, {costs[cadence].events} events")
                await engine.dispose()
        finally:
            postgres.stop()
    messages, calls = costs[MESSAGES], costs[MESSAGES_AND_CALLS]
    return {
        "actions_per_touch": messages.total / TOUCHES,
        "actions_per_touch_with_calls": calls.total / TOUCHES,
        "events_per_touch": messages.events / TOUCHES,
        "details": {
            name: {"actions": dict(cost.actions), "events": cost.events, "touches": TOUCHES}
            for name, cost in costs.items()
        },
    }

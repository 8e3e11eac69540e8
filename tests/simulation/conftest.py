"""The business, lived once for all tests that look at it, in a database of its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.absences import Absences
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.engine import connect
from adapters.db.migrate import migrate
from adapters.db.people import People
from cadences.library import shipped
from leads.absences import Absence, WhileAway
from runtime.embedded.postgres import EmbeddedPostgres
from tests.clocks import SettableClock
from tests.sample import KEY
from tests.simulation.journal import LeadStory
from tests.simulation.leads_to_come import prospects
from tests.simulation.living import Person
from tests.simulation.people import ABSENCES, COMPANY, MANAGERS, REPS, START, WEEKS
from tests.workflows.lives import a_life

SEED = "followthrough"
LEADS = 240
END = START + timedelta(weeks=WEEKS)


@dataclass(frozen=True, slots=True)
class Business:
    """Twelve weeks of it, and everybody's story."""

    engine: AsyncEngine
    stories: list[LeadStory]
    end: datetime


@pytest_asyncio.fixture(scope="session")
async def business(postgres: EmbeddedPostgres) -> AsyncIterator[Business]:
    """240 leads, each lived to the end before the next one comes; what they share is the database."""
    postgres.create_database("business")
    engine = connect(postgres.url("business"))
    await migrate(engine)
    clock = SettableClock(START)
    shelf = CadenceShelf(engine)
    for bundle in shipped():
        await shelf.publish(bundle, clock())
    await People(engine).add([*REPS, *MANAGERS], clock())
    for off in ABSENCES:
        policy = WhileAway.COVER if off.cover else WhileAway.HOLD
        await Absences(engine, COMPANY).add(
            off.rep, Absence(first_day=off.first, last_day=off.last, policy=policy, cover=off.cover), clock()
        )
    cases = CaseStore(engine, shelf, COMPANY, KEY)
    intake = LeadIntake(engine, shelf, cases, COMPANY, KEY)
    stories = []
    for prospect in prospects(SEED, LEADS):
        async with a_life(engine, cases, intake, SettableClock(prospect.captured_at)) as life:
            stories.append(await Person(life, engine, prospect).live(END))
    yield Business(engine, stories, END)
    await engine.dispose()

"""Claims against opt-outs on a real PostgreSQL: many connections, in any order, and no claim after an opt-out's commit.

The database keeps the commit time of each transaction; triggers note which transaction wrote which claim and which
opt-out. Both hold the lead's row lock until they have committed, so these times have the order of their commits. A
claim is made to dawdle between its gate and its commit, which is where an opt-out could come in between.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError

from activities.messages import MessageActivities
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.engine import connect
from adapters.db.migrate import migrate
from adapters.db.people import People
from adapters.db.rows import LeadRow
from cadences import hearing
from cadences.bundle import CadenceBundle
from cadences.library import library_folder
from cadences.reading import read
from leads.capture import NewLead
from leads.contract import CommandKind, Plan, StepInput, WakeKind
from runtime.embedded.postgres import EmbeddedPostgres
from tests.activities.senders import ScriptedSender
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.sample import COLLEAGUES, COMPANY, KEY

EMAILS = 12
STREAM = f"""
cadence: stream
about: All at once.
for: {{kind: inbound}}
hours: {{days: mon-sun, from: "00:00", to: "24:00"}}
limits: {{per_day: 20, per_week: 100}}
defaults: {{first_name: there}}
steps:
  - {{wait: 0 minutes, email: checking-in, id: one, repeat: {{every: 0 minutes, times: {EMAILS}}}}}
  - {{wait: 6 months, email: checking-in, id: tail, repeat: {{every: 6 months, until: an answer}}}}
"""
# One statement each: the driver takes no more at a time.
NOTES = (
    "create table race_notes (lead_id uuid not null, what text not null)",
    """create function race_note() returns trigger language plpgsql as $$
    begin
        insert into race_notes values (new.lead_id, tg_argv[0]);
        perform pg_sleep(random() * 0.01);
        return null;
    end $$""",
    """create trigger race_claim after insert on touches for each row when (new.state = 'claimed')
    execute function race_note('claim')""",
    """create trigger race_stop after insert on commands for each row when (new.kind = 'lead_opted_out')
    execute function race_note('stop')""",
)
CLAIMS_AFTER = """
    select count(*) from race_notes as claim
    join race_notes as stop on stop.lead_id = claim.lead_id and stop.what = 'stop'
    where claim.what = 'claim' and pg_xact_commit_timestamp(claim.xmin) > pg_xact_commit_timestamp(stop.xmin)
"""
CLAIMS = "select lead_id, count(*) from race_notes where what = 'claim' group by lead_id"


@pytest.fixture(scope="module")
def timed_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A cluster that keeps the time of each commit."""
    server = EmbeddedPostgres(Path(tmp_path_factory.mktemp("races")), durable=False)
    server.prepare()
    with (server.cluster / "postgresql.conf").open("a") as configuration:
        configuration.write("track_commit_timestamp = on\n")
    server.launch()
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


@dataclass
class Race:
    """A business whose leads are due, and what runs over it."""

    engine: AsyncEngine
    cases: CaseStore
    intake: LeadIntake
    clock: SettableClock
    chance: random.Random

    def __post_init__(self) -> None:
        self.sender = ScriptedSender()
        self.activities = MessageActivities(self.cases, self.sender, self.sender, LINKS, self.clock)

    async def captured(self, number: int) -> UUID:
        new = NewLead(email=f"lead{number}@example.com", question="How much?", owner="anna", cadence="stream")
        return (await self.intake.capture(new, by="test", now=self.clock())).lead_id

    async def works(self, lead_id: UUID) -> None:
        """What the workflow does: one activity after another, until the plan has no message to send now."""
        while True:
            async with self.engine.connect() as connection:
                stored = await connection.scalar(select(LeadRow.plan).where(LeadRow.id == lead_id))
            plan = Plan.model_validate(stored)
            if plan.wake is None or plan.wake.kind is not WakeKind.SEND_EMAIL or plan.wake.at > self.clock():
                return
            step = StepInput(
                lead_id=lead_id,
                enrollment_id=plan.enrollment_id,
                revision=plan.revision,
                kind=plan.wake.kind,
                step_id=plan.wake.step_id,
                occurrence=plan.wake.occurrence,
                asked_at=self.clock(),
            )
            await asyncio.sleep(self.chance.random() * 0.005)
            try:
                await self.activities.send_email(step)
            except ApplicationError:
                await asyncio.sleep(0.002)  # The other worker holds the claim.

    async def opts_out(self, lead_id: UUID) -> None:
        """What a webhook does, at any instant."""
        await asyncio.sleep(self.chance.random() * 0.4)
        now = self.clock()
        async with self.cases.open(lead_id, now) as opened:
            case = hearing.lead_opted_out(opened.case, why="STOP", now=now)
            await opened.save(case, CommandKind.LEAD_OPTED_OUT, by="test")

    async def forge_claim(self, lead_id: UUID) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text("insert into race_notes values (:lead, 'claim')"), {"lead": lead_id})

    async def scalar(self, statement: str) -> int:
        async with self.engine.connect() as connection:
            return int(await connection.scalar(text(statement)) or 0)


@pytest_asyncio.fixture(params=[2026, 1789, 7])
async def race(
    request: pytest.FixtureRequest, timed_postgres: EmbeddedPostgres, clock: SettableClock
) -> AsyncIterator[Race]:
    """An empty database of its own for each seed."""
    name = f"races_{request.param}"
    timed_postgres.create_database(name)
    engine = connect(timed_postgres.url(name), pool_size=16)
    try:
        await migrate(engine)
        shelf = CadenceShelf(engine)
        await shelf.publish(_stream(), clock())
        await People(engine).add(COLLEAGUES, clock())
        cases = CaseStore(engine, shelf, COMPANY, KEY)
        async with engine.begin() as connection:
            for statement in NOTES:
                await connection.execute(text(statement))
        intake = LeadIntake(engine, shelf, cases, COMPANY, KEY)
        yield Race(engine, cases, intake, clock, random.Random(request.param))
    finally:
        await engine.dispose()


def _stream() -> CadenceBundle:
    folder = library_folder() / "templates"
    templates = {path: (folder / path).read_text("utf-8") for path in read(STREAM, "stream.yaml").templates()}
    return CadenceBundle("stream", STREAM, templates)


async def test_no_claim_commits_after_an_opt_out_has(race: Race) -> None:
    leads = [await race.captured(number) for number in range(8)]
    running = [race.works(lead) for lead in leads for _ in range(2)]
    running += [race.opts_out(lead) for lead in leads for _ in range(1 + race.chance.randrange(2))]
    race.chance.shuffle(running)

    await asyncio.gather(*running)
    for lead in leads:
        await race.works(lead)  # Once more, with nobody in the way.

    async with race.engine.connect() as connection:
        claims = {row.lead_id: row.count for row in await connection.execute(text(CLAIMS))}
    assert await race.scalar("select count(distinct lead_id) from race_notes where what = 'stop'") == len(leads)
    assert any(0 < count < EMAILS for count in claims.values()), "no lead was stopped in the middle"
    assert await race.scalar(CLAIMS_AFTER) == 0
    await race.forge_claim(leads[0])
    assert await race.scalar(CLAIMS_AFTER) > 0, "a forged claim was not found: this proves nothing"
    assert sum(race.sender.delivered.values()) == len(race.sender.delivered) <= sum(claims.values())

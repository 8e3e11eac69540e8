"""The stage that tests of the console play on: the real application over the test database, and somebody of each role.

`python -m tests.console.stage` starts one by hand, with the sample business, and says how to sign in.
"""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.engine import connect
from adapters.db.migrate import migrate
from api.app import create_app
from api.console import passwords
from api.console.desk import Desk
from api.console.live import Live
from api.console.mount import mount_console
from api.services import Services
from cadences.library import shipped
from leads.answers_in_force import AnswersInForce
from leads.model import Colleague, Role
from leads.playbook import Playbook
from tests.api.conftest import services_over
from tests.api.fakes import NoEngine, RecordingDelivery, RecordingHistories
from tests.clocks import SettableClock
from tests.console import cast
from tests.console.business import live_through
from tests.console.engine_that_hears import EngineThatHears
from tests.console.incidents import Incidents
from tests.links import LINKS
from tests.sample import COLLEAGUES, COMPANY, KEY

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

START = datetime(2026, 11, 20, 15, tzinfo=UTC)
"""Friday, 10:00 in New York."""
PASSWORD = "four small words here"
ONE_OF_EACH = {
    Role.REP: "anna",
    Role.MANAGER: "mia",
    Role.PARTNER: "paul",
    Role.EXPERT: "eva",
    Role.MARKETING: "mara",
    Role.ADMIN: "ada",
}
"""The colleague who is signed in for each role."""
PEOPLE = (
    *COLLEAGUES,
    Colleague("paul", "Paul Partner", "paul@dealer.example.com", "+12125550144", Role.PARTNER, weight=0),
    Colleague("eva", "Eva Expert", "eva@example.com", "+12125550145", Role.EXPERT, weight=0),
    Colleague("mara", "Mara Market", "mara@example.com", "+12125550146", Role.MARKETING, weight=0),
    Colleague("ada", "Ada Admin", "ada@example.com", "+12125550147", Role.ADMIN, weight=0),
)

_BROWSER = "Chrome/140.0 (a test)"


@dataclass(slots=True)
class Stage:
    """A running application, and what is behind it."""

    url: str
    app: FastAPI
    services: Services
    engine: AsyncEngine
    clock: SettableClock
    delivery: RecordingDelivery
    _hashes: dict[str, str] = field(default_factory=dict)

    async def set(self) -> None:
        """Publish the shipped cadences and let everybody have an account, in an empty database."""
        self.clock.move_to(START)
        for bundle in shipped():
            await self.services.shelf.publish(bundle, START)
        await self.services.people.add(PEOPLE, START)
        await self._give_accounts(PEOPLE)

    async def fill(self) -> Incidents:
        """Let a business have lived here for six weeks, in an empty database, and everybody have an account."""
        self.clock.move_to(START)
        incidents = await live_through(self.services, self.engine, self.clock)
        await self._give_accounts(cast.COLLEAGUES)
        return incidents

    async def _give_accounts(self, people: Sequence[Colleague]) -> None:
        if PASSWORD not in self._hashes:
            self._hashes[PASSWORD] = await passwords.hashed(PASSWORD)
        for one in people:
            await self.services.accounts.set_password(one.id, self._hashes[PASSWORD], START)

    async def desk(self, colleague_id: str) -> Desk:
        """The desk that a page has, of somebody who has just signed in."""
        text = await self.services.sessions.begin(colleague_id, "password", "a test", self.clock())
        person = await self.services.sessions.find(text, self.clock())
        assert person is not None
        return Desk(self.services, person, Live(self.services.queue_watch, self.services.clock))

    async def sign_in(self, context: "BrowserContext", who: Role | str) -> None:
        """Sign somebody in, without the form: the first of a role, or a colleague by id."""
        colleague_id = ONE_OF_EACH[who] if isinstance(who, Role) else who
        text = await self.services.sessions.begin(colleague_id, "password", _BROWSER, self.clock())
        await context.add_cookies([{"name": "followthrough", "value": text, "url": self.url}])


def stage_services(engine: AsyncEngine, clock: SettableClock, delivery: RecordingDelivery, url: str) -> Services:
    """The services over a database, as the tests of the REST interface have them, reached at this address; they answer
    questions as the sample business does."""
    shelf = CadenceShelf(engine)
    cases = CaseStore(engine, shelf, COMPANY, KEY)
    answers = AnswersInForce(lambda: Playbook().files("answers"))
    intake = LeadIntake(engine, shelf, cases, COMPANY, KEY, answers=answers)
    services = services_over(engine, shelf, cases, intake, delivery, RecordingHistories(), clock)
    assert isinstance(services.engine, NoEngine)
    services.engine.lent = EngineThatHears(engine, clock)
    return replace(services, links=replace(LINKS, base_url=url), segment_price=Decimal("0.0079"))


@asynccontextmanager
async def served(engine: AsyncEngine, port: int = 0) -> AsyncIterator[Stage]:
    """The real application on a free port of this machine; once in a process, since NiceGUI has one application."""
    clock, delivery = SettableClock(START), RecordingDelivery()
    listener = socket.create_server(("127.0.0.1", port))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    services = stage_services(engine, clock, delivery, url)
    app = create_app(services)
    mount_console(app, services)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            await asyncio.sleep(0.01)
            if serving.done():
                serving.result()
        yield Stage(url, app, services, engine, clock, delivery)
    finally:
        server.should_exit = True
        await serving
        listener.close()


@asynccontextmanager
async def of_its_own(port: int = 0) -> AsyncIterator[Stage]:
    """A stage over a database that is thrown away afterwards."""
    from runtime.embedded.postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder), durable=False)
        server.start()
        try:
            server.create_database("stage")
            engine = connect(server.url("stage"))
            await migrate(engine)
            async with served(engine, port) as stage:
                yield stage
            await engine.dispose()
        finally:
            server.stop()


async def play(port: int) -> None:
    """Serve the shown business until the process is told to stop."""
    async with of_its_own(port) as stage:
        await stage.fill()
        names = ", ".join(f"{role.value}: {name}" for role, name in ONE_OF_EACH.items())
        print(f"{stage.url}/console/  {names}; the password is: {PASSWORD}", flush=True)  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    with suppress(KeyboardInterrupt):
        asyncio.run(play(parser.parse_args().port))

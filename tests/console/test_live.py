"""Pages that keep up: who is told of what, by how many looks, and what happens when the database is away."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from playwright.async_api import expect

from adapters.db.queue_watch import ChangedTask, Seen
from api.console import live
from api.console.live import Live
from leads.model import Role
from tests.clocks import SettableClock
from tests.console.conftest import OpenPage
from tests.console.stage import Stage

LEAD, TASK = uuid4(), uuid4()


@dataclass
class ScriptedGlance:
    """Sees what a test puts before it."""

    tasks: list[ChangedTask] = field(default_factory=list)
    revisions: dict[UUID, int] = field(default_factory=dict)
    over: set[UUID] = field(default_factory=set)
    role: Role = Role.REP
    away: bool = False
    asked: list[tuple[set[UUID], set[UUID]]] = field(default_factory=list)

    async def look(self, leads: Collection[UUID], sessions: Collection[UUID], now: datetime) -> Seen:
        self.asked.append((set(leads), set(sessions)))
        if self.away:
            raise ConnectionRefusedError
        seen = Seen(
            tuple(self.tasks), dict(self.revisions), {session: self.role for session in set(sessions) - self.over}
        )
        self.tasks.clear()
        return seen


@dataclass(eq=False)
class RecordingPage:
    """A page that writes down what it is told."""

    colleague_id: str
    task_ids: set[UUID] = field(default_factory=set)
    lead: tuple[UUID, int] | None = None
    turns_at: datetime | None = None
    session_id: UUID = field(default_factory=uuid4)
    role: Role = Role.REP
    told: list[str] = field(default_factory=list)
    fails: bool = False

    async def read_queue_anew(self) -> None:
        self.told.append("queue")
        if self.fails:
            raise RuntimeError("broken page")

    async def read_lead_anew(self) -> None:
        self.told.append("lead")

    async def leave(self) -> None:
        self.told.append("left")

    async def keeps_up(self, yes: bool) -> None:
        self.told.append("live" if yes else "not live")


@pytest.fixture
def glance() -> ScriptedGlance:
    return ScriptedGlance()


@pytest.fixture
def live_pages(glance: ScriptedGlance, clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Its own looks are far apart: the test makes them."""
    monkeypatch.setattr(live, "EVERY", timedelta(hours=1))
    return Live(glance, clock)


def changed(task: UUID = TASK, owner: str = "anna", escalated_to: str | None = None) -> ChangedTask:
    return ChangedTask(task, LEAD, owner, escalated_to)


async def test_only_those_whose_queue_changed_read_it_anew(live_pages: Live, glance: ScriptedGlance) -> None:
    anna, ben, mia, carl = (RecordingPage(name) for name in ("anna", "ben", "mia", "carl"))
    ben.task_ids = {TASK}  # it was his until now
    for page in (anna, ben, mia, carl):
        live_pages.begin(page)
    await live_pages.look()
    assert [page.told for page in (anna, ben, mia, carl)] == [[], [], [], []]
    glance.tasks = [changed(escalated_to="mia"), changed(uuid4())]
    await live_pages.look()
    assert [page.told for page in (anna, ben, mia, carl)] == [["queue"], ["queue"], ["queue"], []]
    assert len(glance.asked) == 2


async def test_a_lead_that_changed_is_read_anew_until_the_page_shows_it(
    live_pages: Live, glance: ScriptedGlance
) -> None:
    page = RecordingPage("anna", lead=(LEAD, 3))
    live_pages.begin(page)
    glance.revisions = {LEAD: 3}
    await live_pages.look()
    assert page.told == []
    glance.revisions = {LEAD: 4}
    await live_pages.look()
    page.lead = (LEAD, 4)
    await live_pages.look()
    assert page.told == ["lead"]
    assert glance.asked[-1] == ({LEAD}, {page.session_id})
    glance.revisions = {}
    await live_pages.look()
    assert page.told == ["lead", "lead"], "it was erased, or merged into another"


async def test_a_page_reads_anew_when_time_alone_changes_its_queue(live_pages: Live, clock: SettableClock) -> None:
    page = RecordingPage("anna", turns_at=clock() + timedelta(minutes=1))
    live_pages.begin(page)
    await live_pages.look()
    assert page.told == []
    clock.move_by(timedelta(minutes=1))
    await live_pages.look()
    assert page.told == ["queue"]


async def test_a_page_reads_anew_now_and_then_in_any_case(live_pages: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    page = RecordingPage("anna")
    live_pages.begin(page)
    monkeypatch.setattr(live, "AT_LEAST_EVERY", timedelta(0))
    await live_pages.look()
    assert page.told == ["queue"]


async def test_who_was_signed_out_is_sent_away_once(live_pages: Live, glance: ScriptedGlance) -> None:
    page, other = RecordingPage("anna"), RecordingPage("anna")
    live_pages.begin(page)
    live_pages.begin(other)
    glance.over = {page.session_id}
    glance.tasks = [changed()]
    await live_pages.look()
    await live_pages.look()
    assert page.told == ["left"]
    assert other.told == ["queue"]
    assert glance.asked[-1] == (set(), {other.session_id})


async def test_trouble_with_one_page_is_not_the_others(live_pages: Live, glance: ScriptedGlance) -> None:
    broken, fine = RecordingPage("anna", fails=True), RecordingPage("anna")
    live_pages.begin(broken)
    live_pages.begin(fine)
    glance.tasks = [changed()]
    await live_pages.look()
    assert (broken.told, fine.told) == (["queue"], ["queue"])


async def test_pages_say_so_while_the_database_is_away(live_pages: Live, glance: ScriptedGlance) -> None:
    page = RecordingPage("anna")
    live_pages.begin(page)
    glance.away = True
    await live_pages.look()
    await live_pages.look()
    assert page.told == ["not live"]
    glance.away = False
    await live_pages.look()
    assert page.told == ["not live", "live"]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.01)


async def test_it_looks_only_while_somebody_looks(
    live_pages: Live, glance: ScriptedGlance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "EVERY", timedelta(milliseconds=10))
    one, two = RecordingPage("anna"), RecordingPage("ben")
    live_pages.begin(one)
    live_pages.begin(two)
    await until(lambda: len(glance.asked) >= 3)
    assert {len(sessions) for _, sessions in glance.asked} == {2}, "each look is for both"
    live_pages.end(one)
    live_pages.end(two)
    await asyncio.sleep(0.05)
    quiet = len(glance.asked)
    await asyncio.sleep(0.05)
    assert len(glance.asked) == quiet
    live_pages.begin(one)
    await until(lambda: len(glance.asked) > quiet)
    live_pages.end(one)


async def test_a_page_is_left_when_its_session_is_over(stage: Stage, page_of: OpenPage) -> None:
    page = await page_of(Role.REP, "/account")
    await page.wait_for_function("window.did_handshake")
    await stage.services.sessions.revoke_all("anna", stage.clock())
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

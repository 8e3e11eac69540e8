"""`follow senders` and `follow alerts`, as an admin types them, on the real database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.messages import MessageActivities
from adapters.clock import wall_clock
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.engine import connect
from leads.capture import NewLead
from leads.contract import Plan
from leads.sending import AccountTrouble
from runtime.embedded.postgres import EmbeddedPostgres
from tests.activities.desk import Desk
from tests.activities.senders import ScriptedSender
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.runtime.conftest import Follow
from tests.sample import COMPANY, KEY

Within = Callable[[Callable[[AsyncEngine], Awaitable[None]]], None]


@pytest.fixture
def within(postgres: EmbeddedPostgres) -> Within:
    """Do something with the database from outside of the tests' event loop, as commands do."""

    async def opened(work: Callable[[AsyncEngine], Awaitable[None]]) -> None:
        engine = connect(postgres.url("tests"))
        try:
            await work(engine)
        finally:
            await engine.dispose()

    return lambda work: asyncio.run(opened(work))


def test_without_senders_the_settings_say_it_all(follow: Follow) -> None:
    ran = follow("senders")
    assert ran.exit_code == 0, ran.output
    assert "every message comes from what the settings say" in ran.output


def test_a_sender_is_added_changed_and_stopped(follow: Follow) -> None:
    added = follow(
        *("senders", "add", "Anna@Example.com", "--name", "Anna [Keller]", "--for", "anna"),
        *("--daily-cap", "100", "--ramp", "--gap", "90s"),
    )
    assert (added.exit_code, added.output) == (0, "")
    assert follow("senders", "add", "+1 212 555 0199").exit_code == 0
    shown = follow("senders").output
    for part in ("anna@example.com", "Anna [Keller]", "0 of 20 (growing to 100)", "90 s", "example.com: ok"):
        assert part in shown
    assert "+12125550199" in shown
    assert "the company" in shown

    changed = follow("senders", "change", "anna@example.com", "--no-ramp", "--for-everybody", "--gap", "2m")
    assert (changed.exit_code, changed.output) == (0, "")
    shown = follow("senders").output
    assert "0 of 100" in shown
    assert "growing" not in shown
    assert "120 s" in shown
    assert "anna " not in shown

    assert follow("senders", "stop", "anna@example.com").exit_code == 0
    assert "stopped" in follow("senders").output
    assert follow("senders", "add", "anna@example.com", "--for", "anna").exit_code == 0
    shown = follow("senders").output
    assert "stopped" not in shown
    # What was not named is as it was: nobody loses a limit by stopping for a while.
    for part in ("Anna [Keller]", "0 of 100", "120 s"):
        assert part in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "no address@"), "'no address@' is no email address"),
        (("add", "12"), "'12'"),
        (("add", "x@example.com", "--for", "nobody"), "there is no active colleague 'nobody'"),
        (("add", "x@example.com", "--ramp"), "a ramp needs a daily cap"),
        (("change", "x@example.com", "--daily-cap", "5"), "x@example.com is no sender"),
        (("stop", "x@example.com"), "x@example.com is no sender"),
    ],
)
def test_what_makes_no_sense_is_one_line(follow: Follow, words: tuple[str, ...], said: str) -> None:
    ran = follow("senders", *words)
    assert ran.exit_code == 1
    assert said in ran.output
    assert ran.output.count("\n") == 1


@pytest.mark.parametrize("words", [("--gap", "soon"), ("--daily-cap", "0"), ("--gap", "25h")])
def test_an_option_that_is_no_number_of_the_right_kind_is_refused(follow: Follow, words: tuple[str, ...]) -> None:
    assert follow("senders", "add", "x@example.com", *words).exit_code == 2
    assert follow("senders", "change", "x@example.com", "--no-daily-cap", "--ramp").exit_code == 2


def test_a_sender_that_is_there_is_not_added_again(follow: Follow) -> None:
    assert follow("senders", "add", "x@example.com").exit_code == 0
    ran = follow("senders", "add", "x@example.com")
    assert ran.exit_code == 1
    assert "is a sender already" in ran.output


def test_when_all_is_well_nothing_has_to_be_mended(follow: Follow) -> None:
    assert "nothing has to be mended" in follow("alerts").output


def test_leads_that_a_provider_holds_go_on_once_somebody_mended_it(follow: Follow, within: Within) -> None:
    leads: list[UUID] = []

    async def run_into_trouble(engine: AsyncEngine) -> None:
        shelf = CadenceShelf(engine)
        cases = CaseStore(engine, shelf, COMPANY, KEY)
        clock = SettableClock(wall_clock())
        for number in range(3):
            new = NewLead(email=f"lead{number}@example.com", question="How much?", owner="anna")
            captured = await LeadIntake(engine, shelf, cases, COMPANY, KEY).capture(new, by="test", now=clock())
            desk = Desk(engine, cases, clock, captured.lead_id)
            desk.sender = ScriptedSender()
            desk.sender.script = [AccountTrouble("the key is wrong", "401")]
            desk.activities = MessageActivities(cases, desk.sender, desk.sender, LINKS, clock)
            await desk.activities.send_email(await desk.step())
            leads.append(captured.lead_id)

    within(run_into_trouble)
    shown = follow("alerts")
    assert shown.exit_code == 0, shown.output
    for part in ("account", "scripted 401", "the key is wrong", " 3 "):
        assert part in shown.output

    assert "no lead is held because of it" in follow("alerts", "retry", "twilio").output
    ran = follow("alerts", "retry", "scripted", "--rate", "1000")
    assert ran.exit_code == 0, ran.output
    assert "3 done (bulk run " in ran.output

    async def all_go_on(engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            plans = [Plan.model_validate(one) for one in (await connection.scalars(text("select plan from leads")))]
        assert len(plans) == len(leads)
        assert all(plan.hold is None and plan.wake is not None for plan in plans)
        assert all(plan.wake.at <= datetime.now(UTC) or plan.next_step == "answer-the-question" for plan in plans)  # type: ignore[union-attr]

    within(all_go_on)
    assert "no lead is held because of it" in follow("alerts", "retry", "scripted").output
    assert follow("alerts", "resolve", "scripted 401").exit_code == 0
    assert follow("alerts", "resolve", "scripted 401").exit_code == 1
    assert "nothing has to be mended" in follow("alerts").output
    assert "by follow alerts" in follow("alerts", "--all").output

"""`follow bulk` as a person types it: look, confirm, see what became of each lead, stop and go on."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.runtime.conftest import Follow
from tests.runtime.test_cli_senders import Within, within

__all__ = ["within"]
UNTIL = datetime.now(UTC).date() + timedelta(days=30)
HOLD = ("hold", "--until", str(UNTIL), "--reason", "trade fair")


@pytest.fixture
def leads(follow: Follow, tmp_path: Path) -> None:
    """Two leads of Anna's, one of Ben's."""
    path = tmp_path / "leads.csv"
    path.write_text("email,name,owner\nann@a.com,Ann [A],anna\nbob@b.com,Bob,anna\ncid@c.com,Cid,ben\n")
    assert follow("enroll", str(path)).exit_code == 0


def one(statement: str) -> tuple[Callable[[AsyncEngine], Awaitable[None]], list[object]]:
    found: list[object] = []

    async def read(engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            found.extend(await connection.scalars(text(statement)))

    return read, found


def values(within: Within, statement: str) -> list[object]:
    read, found = one(statement)
    within(read)
    return found


OWNERS = "select owner_id from leads order by owner_id"


@pytest.mark.usefixtures("leads")
def test_leads_are_looked_at_before_anything_happens(follow: Follow, within: Within) -> None:
    dry = follow("bulk", "--owner", "anna", "reassign", "--to", "ben", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "2 of 2 leads would change; nothing has been changed yet" in dry.output
    for part in ("Ann [A]", "owner anna", "owner ben"):
        assert part in dry.output
    assert values(within, OWNERS) == ["anna", "anna", "ben"]
    assert "nothing was done to many leads at once yet" in follow("bulk").output
    refused = follow("bulk", "--owner", "anna", "reassign", "--to", "ben")  # Nobody answers the question with yes.
    assert refused.exit_code == 1
    assert "Reassign to ben: 2 of 2 leads?" in refused.output
    assert values(within, OWNERS) == ["anna", "anna", "ben"]


@pytest.mark.usefixtures("leads")
def test_what_became_of_each_lead_is_told(follow: Follow, within: Within) -> None:
    assert follow("bulk", "--lead", "bob@b.com", *HOLD, "--yes", "--by", "mia").exit_code == 0
    ran = follow("bulk", "--all", "resume", "--yes")
    assert ran.exit_code == 0, ran.output
    assert "1 of 3 leads would change" in ran.output
    assert "2 would not: The lead is not on hold; there is nothing to resume." in ran.output
    assert "1 done, 2 refused" in ran.output
    assert "Ann [A]" in ran.output
    listed = follow("bulk").output
    for part in (
        f"Hold until {UNTIL:%a} {UNTIL.day} {UNTIL:%b %Y}",
        "by their ids",
        "Mia",
        "course running",
        "follow bulk",
        "finished",
    ):
        assert part in listed
    run = next(line.split("│")[1].strip() for line in listed.splitlines() if "Resume" in line)
    shown = follow("bulk", "show", run, "--state", "refused").output
    assert "Cid" in shown
    assert "Bob" not in shown
    assert "Bob" in follow("bulk", "show", run).output
    told = values(within, "select \"by\" || ' ' || via || ' ' || action from audit_entries where subject is not null")
    assert told == ["mia command line run_bulk", "follow bulk command line run_bulk"]


@pytest.mark.usefixtures("leads")
def test_a_stopped_run_is_gone_on_with(follow: Follow, within: Within) -> None:
    follow("bulk", "--owner", "ben", "skip", "--yes")

    async def unsettle(engine: AsyncEngine) -> None:
        """As if it had been cut off before its lead, and stopped."""
        async with engine.begin() as connection:
            await connection.execute(text("update bulk_items set state = 'waiting', revision = null"))
            await connection.execute(text("update bulk_runs set finished_at = null"))

    within(unsettle)
    run = str(values(within, "select id from bulk_runs")[0])
    assert "stopped" in follow("bulk", "stop", run[:8]).output
    ran = follow("bulk", "go-on", run)
    assert (ran.exit_code, "1 done" in ran.output, "finished" in ran.output) == (0, True, True)
    assert follow("bulk", "go-on", run, "--failed").exit_code == 0


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("resume",), "choose the leads first"),
        (("--owner", "anna"), "say what to do with them"),
        (("--owner", "anna", "reassign", "--to", "nobody"), "owner: there is no active colleague 'nobody'"),
        (("--owner", "anna", "resume", "--by", "nobody"), "by: there is no active colleague 'nobody'"),
        (("--owner", "anna", "hold", "--until", "soon", "--reason", "x"), "until: Input should be a valid date"),
        (("--owner", "anna", "switch", "--to", "never"), "cadence: no cadence 'never' was published"),
        (("--owner", "nobody", "resume"), "leads: no lead is chosen"),
        (("--find", "x", "resume"), "q: write at least 2 characters"),
        (("--lead", "ann@a.com", "--owner", "ben", "resume"), "not by both"),
        (("--lead", "nobody@a.com", "resume"), "no lead is called 'nobody@a.com'"),
        (("show", "0d4f"), "no bulk run is called '0d4f'"),
        (("stop", "0d4f9a52-7d3c-4f62-a4f5-6fc3ab2b7b11"), "no bulk run is called"),
    ],
)
def test_what_makes_no_sense_is_one_line(follow: Follow, words: tuple[str, ...], said: str) -> None:
    ran = follow("bulk", *words)
    assert ran.exit_code == 1
    assert said in ran.output
    assert ran.output.count("\n") <= 1

"""`follow suppress` and `follow dnc`, as a person types them, on the real database."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.db.engine import connect
from runtime.embedded.postgres import EmbeddedPostgres
from tests.runtime.conftest import Follow


def sql(postgres: EmbeddedPostgres, statement: str) -> object:
    async def run() -> object:
        engine = connect(postgres.url("tests"))
        try:
            async with engine.begin() as connection:
                result = await connection.execute(text(statement))
                return result.scalar() if result.returns_rows else None
        finally:
            await engine.dispose()

    return asyncio.run(run())


@pytest.fixture
def ann(follow: Follow, tmp_path: Path) -> None:
    table = tmp_path / "leads.csv"
    table.write_text("Email;Phone;Full name\nann@example.com;+12125550111;Ann Lee\n")
    assert follow("enroll", str(table), "--owner", "anna").exit_code == 0


@pytest.mark.usefixtures("ann")
def test_an_address_is_put_on_the_list_checked_and_opened_again(follow: Follow) -> None:
    assert follow("suppress", "check", "ann@example.com").output == "not on the list\n"
    added = follow("suppress", "add", "ANN@example.com", "--why", "she [really] called")
    assert (added.exit_code, "on the list; its lead has been stopped\n" in added.output) == (0, True)
    checked = follow("suppress", "check", "ann@example.com").output
    for part in ("on the list", "all", "she [really] called", "follow suppress"):
        assert part in checked
    shown = follow("lead", "ann@example.com").output
    assert "opted_out" in shown
    assert "ann@example.com (no messages, no calls)" in shown
    removed = follow("suppress", "remove", "ann@example.com", "--why", "a mistake")
    assert removed.exit_code == 0
    assert "a cadence that ended stays ended" in removed.output
    assert "a mistake" in follow("suppress", "check", "ann@example.com").output
    again = follow("suppress", "remove", "ann@example.com", "--why", "a mistake")
    assert (again.exit_code, "it is not on the list" in again.output) == (1, True)


@pytest.mark.usefixtures("ann")
def test_one_channel_of_a_lead_is_closed_and_the_lead_goes_on(follow: Follow) -> None:
    added = follow("suppress", "add", "+12125550111", "--channel", "call", "--why", "writes only")
    assert "on the list; its lead is not reached over call any more\n" in added.output
    assert "opted_out" not in follow("lead", "ann@example.com").output


def test_a_stranger_on_one_channel(follow: Follow) -> None:
    added = follow("suppress", "add", "(212) 555-0144", "--channel", "sms", "--why", "STOP")
    assert (added.exit_code, added.output) == (0, "on the list\n")
    assert "sms" in follow("suppress", "check", "+12125550144").output
    not_there = follow("suppress", "remove", "+12125550144", "--channel", "call", "--why", "x")
    assert "it is not on the list for call" in not_there.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "nobody", "--why", "x"), "'nobody' is no phone number"),
        (("add", "a b@example.com", "--why", "x"), "is no email address"),
        (("add", "ann@example.com", "--channel", "sms", "--why", "x"), "sms does not use an email address"),
        (("check", "12"), "too short"),
    ],
)
def test_what_is_no_contact_point_is_one_line(follow: Follow, words: tuple[str, ...], said: str) -> None:
    ran = follow("suppress", *words)
    assert (ran.exit_code, ran.output.count("\n")) == (1, 1)
    assert ran.output.startswith("follow: ")
    assert said in ran.output


def test_it_is_never_done_without_a_reason(follow: Follow) -> None:
    for word in ("add", "remove"):
        assert follow("suppress", word, "ann@example.com").exit_code == 2
    assert follow("suppress", "add", "ann@example.com", "--why", "x", "--channel", "fax").exit_code == 2


def test_a_file_with_a_bad_line_writes_nothing_unless_it_is_left_out(
    follow: Follow, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email\nbob@example.com\nnot [an] address\ncarl@example.com\n")
    ran = follow("suppress", "import", str(path))
    assert ran.exit_code == 1
    assert "line 3: email: 'not [an] address' is no email address" in ran.output
    assert "1 bad line, so nothing was written" in ran.output
    assert sql(postgres, "select count(*) from suppressions") == 0
    ran = follow("suppress", "import", str(path), "--skip-bad")
    assert ran.exit_code == 0
    assert "2 on the list; 0 leads changed by it" in ran.output
    assert sql(postgres, "select count(*) from suppressions") == 2


def test_the_list_goes_out_and_comes_back(follow: Follow, postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    follow("suppress", "add", "ann@example.com", "--why", "asked")
    out = tmp_path / "out.csv"
    assert follow("suppress", "export", str(out)).output == "1 lines written\n"
    assert "ann@" not in out.read_text()
    sql(postgres, "truncate suppressions")
    assert "1 on the list" in follow("suppress", "import", str(out)).output
    assert "asked" in follow("suppress", "check", "ann@example.com").output
    nowhere = follow("suppress", "export", str(tmp_path / "none" / "out.csv"))
    assert (nowhere.exit_code, "can't be written: No such file" in nowhere.output) == (1, True)
    unreadable = follow("suppress", "import", str(tmp_path / "none.csv"))
    assert (unreadable.exit_code, "No such file" in unreadable.output) == (1, True)


@pytest.mark.usefixtures("ann")
def test_E1_the_audit_finds_nothing_or_what_was_forged(follow: Follow, postgres: EmbeddedPostgres) -> None:
    follow("suppress", "add", "ann@example.com", "--why", "asked")
    well = follow("suppress", "audit")
    assert (well.exit_code, well.output.split(",")[0]) == (0, "0 claims after an opt-out")
    sql(
        postgres,
        "insert into touches (id, lead_id, channel, state, contact, happened_at) "
        "select gen_random_uuid(), id, 'email', 'sent', 'ann@example.com', now() + interval '40 days' from leads",
    )
    found = follow("suppress", "audit")
    assert found.exit_code == 1
    assert "1 claims after an opt-out, 1 of them after the ten business days" in found.output
    assert "ann@example.com" not in found.output


@pytest.mark.usefixtures("ann")
def test_T9_what_the_registry_says_comes_in_from_a_file(
    follow: Follow, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    path = tmp_path / "dnc.csv"
    path.write_text("phone,listed,checked at\n(212) 555-0111,yes,2026-01-05\n+12125550199,no,\n")
    ran = follow("dnc", str(path))
    assert (ran.exit_code, "2 numbers, 1 of them ours" in ran.output) == (0, True), ran.output
    assert sql(postgres, "select dnc_listed from contact_points where kind = 'phone'") is True
    path.write_text("phone,listed\n+12125550111,perhaps\n")
    assert "line 2: listed: 'perhaps' is neither yes nor no" in follow("dnc", str(path)).output

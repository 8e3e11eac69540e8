"""`follow reps`, as an admin types it, on the real database."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from click.testing import Result
from typer.testing import CliRunner

from adapters.db.cadences import CadenceShelf
from runtime import logs
from runtime.cli.app import app
from runtime.cli.leads import local_time
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.settings import PREFIX

Follow = Callable[..., Result]
FRIDAY = datetime(2026, 11, 20, 15, tzinfo=UTC)
"""10:00 in New York, 07:00 in Los Angeles."""


@pytest.fixture
def follow(postgres: EmbeddedPostgres, shelf: CadenceShelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Follow:
    """Run a command in an empty folder, with our database, on a Friday; nobody answers for Temporal."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", postgres.url("tests"))
    monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", f"127.0.0.1:{port}")
    monkeypatch.setenv("COLUMNS", "260")
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is for a whole process; this one is the tests'

    def run(*words: str) -> Result:
        with time_machine.travel(FRIDAY, tick=True):
            return CliRunner().invoke(app, ("reps", *words))

    return run


def row_of(shown: str, colleague: str) -> list[str]:
    """The cells of one colleague's line."""
    line = next(line for line in shown.splitlines() if line.startswith(f"│ {colleague} "))
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_people_are_shown_with_their_hours_and_todays_work(follow: Follow) -> None:
    shown = follow()
    assert shown.exit_code == 0, shown.output
    assert row_of(shown.output, "anna") == [
        *("anna", "Anna Keller", "rep", "", "mon-fri 09:00-17:30 America/New_York (not US holidays)"),
        *("yes", "1", "", "0", "0", "0 of 30"),
    ]


def test_a_colleague_is_added_and_changed(follow: Follow) -> None:
    added = follow(
        *("add", "cleo", "--name", "Cleo Marsh", "--role", "partner", "--team", "west", "--weight", "2"),
        *("--zone", "America/Los_Angeles", "--hours", "mon-sat 08:00-18:00", "--calendar", "US-CA"),
        *("--skills", "ovens, Spanish", "--calls-per-day", "12", "--first-response", "4 hours"),
    )
    assert (added.exit_code, added.output) == (0, "")
    assert row_of(follow().output, "cleo") == [
        *("cleo", "Cleo Marsh", "partner", "west", "mon-sat 08:00-18:00 America/Los_Angeles (not US-CA holidays)"),
        *(f"from {local_time(datetime(2026, 11, 20, 16, tzinfo=UTC))}", "2", "ovens, spanish", "0", "0", "0 of 12"),
    ]
    assert follow("set", "cleo", "--hours", "", "--zone", "", "--weight", "0").exit_code == 0
    cells = row_of(follow().output, "cleo")
    assert cells[4:7] == ["mon-fri 09:00-17:30 America/New_York (not US-CA holidays)", "yes", "0"]
    assert cells[2:4] == ["partner", "west"]


def test_who_works_here_no_more_may_come_back(follow: Follow) -> None:
    assert follow("deactivate", "ben").output == ""
    assert row_of(follow().output, "ben")[5] == "works here no more"
    assert follow("activate", "ben").exit_code == 0
    assert row_of(follow().output, "ben")[5] == "yes"


def test_the_last_one_stays(follow: Follow) -> None:
    for gone in ("anna", "ben"):
        assert follow("deactivate", gone).exit_code == 0
    ran = follow("deactivate", "mia")
    assert ran.exit_code == 1
    assert "mia is the last one who works here; add somebody first" in ran.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "anna"), "there is a colleague 'anna' already"),
        (("add", "Cleo!"), "'Cleo!' can't be somebody's short name"),
        (("add", "cleo", "--zone", "Pacific"), "zone: 'Pacific' is no time zone"),
        (("set", "cleo", "--team", "west"), "there is no colleague 'cleo'"),
        (("set", "anna", "--hours", "always"), "hours: 'always' means no hours"),
        (("deactivate", "cleo"), "there is no colleague 'cleo'"),
        (("activate", "cleo"), "there is no colleague 'cleo'"),
    ],
)
def test_what_makes_no_sense_is_one_line(follow: Follow, words: tuple[str, ...], said: str) -> None:
    ran = follow(*words)
    assert ran.exit_code == 1
    assert said in ran.output
    assert ran.output.count("\n") == 1

"""`follow reps`, as an admin types it, on the real database."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from click.testing import Result

from adapters.db.cadences import CadenceShelf
from runtime.cli.leads import local_time
from tests.runtime.conftest import Follow

FRIDAY = datetime(2026, 11, 20, 15, tzinfo=UTC)
"""10:00 in New York, 07:00 in Los Angeles."""


@pytest.fixture
def follow(commands: Follow, shelf: CadenceShelf) -> Follow:
    """Run `follow reps` on a Friday."""

    def run(*words: str) -> Result:
        with time_machine.travel(FRIDAY, tick=True):
            return commands("reps", *words)

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
        *("yes", "1", "", "0", "0", "0 of 30", ""),
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
        *(f"from {local_time(datetime(2026, 11, 20, 16, tzinfo=UTC))}", "2", "ovens, spanish", "0", "0", "0 of 12", ""),
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


def test_somebody_is_away_and_comes_back(follow: Follow) -> None:
    ran = follow("away", "anna", "--from", "2026-11-20", "--to", "2026-11-24", "--cover", "ben", "--reason", "vacation")
    assert ran.exit_code == 0, ran.output
    assert "Anna Keller is away from 2026-11-20 to 2026-11-24; 0 of 0 leads have another plan now\n" in ran.stdout
    cells = row_of(follow().output, "anna")
    assert cells[5] == f"from {local_time(datetime(2026, 11, 25, 14, tzinfo=UTC))}"
    assert cells[11] == "2026-11-20 to 2026-11-24 (ben)"
    assert follow("away", "anna", "--from", "2026-11-20", "--to", "2026-11-24", "--by-rule").exit_code == 0
    assert row_of(follow().output, "anna")[11] == "2026-11-20 to 2026-11-24 (by rule)"
    ran = follow("back", "anna")
    assert "anna is not away from 2026-11-20 to 2026-11-24 any more; 0 of 0" in ran.stdout
    assert row_of(follow().output, "anna")[5] == "yes"


def test_days_off_come_from_a_file(follow: Follow, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text("who,from,to\nanna,2026-12-21,2026-12-31\n", encoding="utf-8")
    ran = follow("import-days-off", str(file))
    assert "1 added, 0 changed, 0 ended; 0 of 0 leads have another plan now\n" in ran.stdout
    assert row_of(follow().output, "anna")[11] == "2026-12-21 to 2026-12-31"


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("away", "cleo", "--from", "2026-12-21", "--to", "2026-12-31"), "there is no colleague 'cleo'", 1),
        (("away", "anna", "--from", "2026-12-21", "--to", "soon"), "'soon' is no day", 2),
        (("away", "anna", "--from", "2026-12-21", "--to", "2026-12-31", "--cover", "ben", "--hold"), "say one of", 2),
        (("back", "anna"), "anna is not away, and has no days off to come", 1),
        (("import-days-off", "none.csv"), "none.csv can't be read", 1),
        (("import-days-off", "none.csv", "--for", "cleo"), "there is no colleague 'cleo'", 1),
    ],
)
def test_days_off_that_make_no_sense_are_refused(follow: Follow, words: tuple[str, ...], said: str, code: int) -> None:
    ran = follow(*words)
    assert ran.exit_code == code
    assert said in ran.output

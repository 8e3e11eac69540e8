"""`follow answers` as marketing types it."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from leads.capture import NewLead
from runtime import logs
from runtime.answers import answers_of
from runtime.cli.app import app
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.settings import PREFIX, load_settings
from tests.clocks import SettableClock
from tests.leads.test_answer_lint import GOOD
from tests.sample import COMPANY, KEY

Follow = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A playbook with one answer, and no server anywhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}PLAYBOOK_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is for a whole process; this one is the tests'
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers/delivery.yaml").write_text(GOOD)
    return tmp_path


def follow(*words: str) -> Result:
    return CliRunner().invoke(app, ["answers", *words])


def test_check_praises_good_answers_and_says_that_experts_were_not_looked_up(folder: Path) -> None:
    done = follow("check")
    assert (done.exit_code, done.output) == (
        0,
        "1 answer in 1 file checked, no errors; no database is running here, so the experts were not looked up.\n",
    )


def test_check_says_each_mistake_with_its_place(folder: Path) -> None:
    file = folder / "answers/delivery.yaml"
    file.write_text(GOOD.replace("deliver to ...", "where ... deliver"))
    done = follow("check")
    assert done.exit_code == 1
    assert f"{file}:9:11: error: the pattern fits none of the examples of `area`" in done.output


@pytest.fixture
def database(shelf: CadenceShelf, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test database is the installation's, and its Temporal does not answer."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", f"127.0.0.1:{unused.getsockname()[1]}")
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", postgres.url("tests"))


@pytest.mark.usefixtures("database")
async def test_check_looks_experts_up_where_a_database_is(folder: Path) -> None:
    (folder / "answers/delivery.yaml").write_text(GOOD.replace("[anna]", "[anna, zoe]"))
    done = await asyncio.to_thread(follow, "check")
    assert done.exit_code == 1
    assert "2:17: error: there is no active colleague `zoe`" in done.output


def test_a_file_of_questions_shows_what_each_gets_and_the_share_that_is_right(folder: Path) -> None:
    (folder / "asked.tsv").write_text("Do you deliver to Maine?\tarea\nDo you sell flour?\t-\nAnd ovens?\n")
    done = follow("test", "asked.tsv")
    assert done.exit_code == 0
    assert "2 of 2 right (100%): 1 answers given, 0 of them wrong; 1 were to be given" in done.output


def test_an_expectation_that_fails_is_an_exit_code(folder: Path) -> None:
    (folder / "asked.tsv").write_text("Do you deliver to Maine?\t-\n")
    done = follow("test", "asked.tsv")
    assert done.exit_code == 1
    assert "WRONG" in done.output
    assert "0 of 1 right (0%): 1 answers given, 1 of them wrong; 0 were to be given" in done.output


def test_a_missing_file_of_questions_is_one_clear_line(folder: Path) -> None:
    done = follow("test", "nowhere.tsv")
    assert done.exit_code == 1
    assert "nowhere.tsv:1:1: error: the file can't be read: No such file or directory" in done.output


@pytest.mark.usefixtures("database")
async def test_the_answers_are_listed_with_how_often_each_was_found_and_what_is_missing(
    folder: Path, engine: AsyncEngine, shelf: CadenceShelf, cases: CaseStore, clock: SettableClock
) -> None:
    intake = LeadIntake(engine, shelf, cases, COMPANY, KEY, answers=answers_of(load_settings()))
    for name, question in (("nora", "Do you deliver to Boston?"), ("olga", "Do you sell flour?")):
        await intake.capture(NewLead(email=f"{name}@example.com", question=question), by="test", now=clock())

    listed = await asyncio.to_thread(follow)
    assert listed.exit_code == 0
    (row,) = [line for line in listed.output.splitlines() if "Where we deliver" in line]
    assert [cell.strip() for cell in row.split("│")[1:7]] == [
        "area",
        "Where we deliver",
        "delivery",
        "comparing",
        "anna",
        "1",
    ]
    missing = await asyncio.to_thread(follow, "unanswered")
    assert missing.exit_code == 0
    (row,) = [line for line in missing.output.splitlines() if "flour" in line]
    assert [cell.strip() for cell in row.split("│")[1:3]] == ["1", "Do you sell flour?"]


@pytest.mark.usefixtures("database")
async def test_another_company_does_not_answer_with_the_sample_business_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"{PREFIX}PLAYBOOK_DIR")
    assert "delivery-area" in (await asyncio.to_thread(follow)).output
    monkeypatch.setenv(f"{PREFIX}COMPANY_NAME", "Acme")
    listed = await asyncio.to_thread(follow)
    assert "there are none: every question goes to a person" in listed.output
    assert "delivery-area" not in listed.output


@pytest.mark.usefixtures("database")
async def test_answers_that_cannot_be_used_are_said_and_the_others_listed(folder: Path) -> None:
    (folder / "answers/payment.yaml").write_text(GOOD.replace("topic: delivery", "topic:"))
    listed = await asyncio.to_thread(follow)
    assert listed.exit_code == 0
    assert "Where we deliver" in listed.stdout
    assert "payment.yaml:1:1: error: `topic` is missing" in listed.stderr
    assert "whoever starts leaves it out" in listed.stderr

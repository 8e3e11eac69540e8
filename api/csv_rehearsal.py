"""What enrolling a table would do: who would come in, who is known, what is refused and why, who gets how many."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from adapters.db.capture import require_told_past
from api.csv_import import Defaults, Fate, RowDone, no_such_cadence, understood, why_rejected
from api.csv_table import Row, Table, rows_of
from api.services import Services
from cadences.suppressing import wants_no_messages
from leads.capture import DEFAULT_CADENCES, CaptureRefused, NewLead
from leads.dealing import Incoming
from leads.model import Colleague, LeadKind

_BATCH = 50


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a table would do, as things stand; nothing of it was stored."""

    fates: Counter[Fate]
    emails_at_once: int
    """Of those who would come in: who asked us something and gave an address is answered at once, at any hour."""
    by_owner: Counter[str]
    """How many of those who would come in each colleague would get."""
    by_cadence: Counter[str]
    """And which cadence would begin for how many."""

    @property
    def new(self) -> int:
        """How many leads would come in."""
        return self.fates[Fate.CREATED] + self.fates[Fate.INCOMPLETE]

    @property
    def good(self) -> int:
        """How many rows would be taken."""
        return self.new + self.fates[Fate.KNOWN]

    @property
    def bad(self) -> int:
        """How many would be refused."""
        return self.fates[Fate.REJECTED]

    @property
    def incomplete(self) -> int:
        """How many come in without a usable address or number: each becomes a person's task."""
        return self.fates[Fate.INCOMPLETE]


@dataclass(slots=True)
class _Found:
    """What is known so far."""

    fates: Counter[Fate] = field(default_factory=Counter)
    emails: int = 0
    cadences: Counter[str] = field(default_factory=Counter)
    incoming: list[Incoming] = field(default_factory=list)
    """Those who would come in, or be refused only when somebody's turn was taken."""
    points: set[str] = field(default_factory=set)
    """Addresses and numbers of rows before."""
    words: set[str] = field(default_factory=set)
    """Rows before that nobody can be reached with."""


class TableRehearsal:
    """Goes through a table as an import would, and stores nothing."""

    def __init__(self, services: Services, table: Table, defaults: Defaults) -> None:
        self._services = services
        self._table = table
        self._defaults = defaults

    async def run(
        self, on_row: Callable[[RowDone], object] = lambda _: None, progress: Callable[[int], object] = lambda _: None
    ) -> Rehearsed:
        """Judge every row as it would be judged now.

        Args:
            on_row: hears of each row in the order of the file.
            progress: hears how many rows were looked at.
        """
        services, found, looked_at = self._services, _Found(), 0
        people = {one.id: one for one in await services.backlogs.people(services.clock())}
        cadences = frozenset(await services.shelf.names())
        rows = rows_of(self._table)
        while batch := list(islice(rows, _BATCH)):
            for done in await self._judged(batch, found, people, cadences):
                found.fates[done.fate] += 1
                on_row(done)
            looked_at += len(batch)
            progress(looked_at)
        owners = await services.router.rehearse_all(found.incoming, services.clock())
        by_owner = Counter(one for one in owners if one is not None)
        return Rehearsed(found.fates, found.emails, by_owner, found.cadences)

    async def _judged(
        self, batch: Sequence[Row], found: _Found, people: Mapping[str, Colleague], cadences: frozenset[str]
    ) -> list[RowDone]:
        services = self._services
        read = list(self._read(batch))
        leads = [new for _, new in read if isinstance(new, NewLead)]
        if points := {point for new in leads for point in _points(new)}:
            found.points |= await services.backlogs.known(points)
        closed = await services.backlogs.closed(points)
        wordy = [new for new in leads if not new.has_contact]
        known = await services.intake.known_words(wordy)
        found.words |= {new.words for new, is_known in zip(wordy, known, strict=True) if is_known}
        judged = []
        for row, new in read:
            if isinstance(new, CaptureRefused):
                judged.append(RowDone(row, Fate.REJECTED, why_rejected(row, new)))
                continue
            try:
                judged.append(RowDone(row, self._judge(new, found, people, cadences, closed), None, new.wrong))
            except CaptureRefused as refused:
                judged.append(RowDone(row, Fate.REJECTED, str(refused)))
        return judged

    def _judge(
        self,
        new: NewLead,
        found: _Found,
        people: Mapping[str, Colleague],
        cadences: frozenset[str],
        closed: Mapping[str, frozenset[str]],
    ) -> Fate:
        """What would become of a row, which is counted.

        Raises:
            CaptureRefused: it would be refused.
        """
        services, now, points = self._services, self._services.clock(), _points(new)
        require_told_past(new, now)
        if points & found.points or (not points and new.words in found.words):
            found.points |= points
            if not points:  # Capture finds that out a moment after it took somebody's turn.
                found.incoming.append(Incoming(services.intake.arrival(new), new.owner, stays=False))
            return Fate.KNOWN
        try:
            cadence = self._sound(new, people, cadences, closed)
        except CaptureRefused:
            found.incoming.append(Incoming(services.intake.arrival(new), new.owner, stays=False))
            raise
        found.points |= points
        if not points:
            found.words.add(new.words)
        found.cadences[cadence] += 1
        found.incoming.append(Incoming(services.intake.arrival(new), new.owner))
        found.emails += new.kind is LeadKind.INBOUND and new.email is not None
        return Fate.CREATED if points else Fate.INCOMPLETE

    def _read(self, batch: Sequence[Row]) -> Iterator[tuple[Row, NewLead | CaptureRefused]]:
        for row in batch:
            try:
                yield row, understood(self._table, row, self._defaults, self._services.company.country)
            except CaptureRefused as refused:
                yield row, refused

    def _sound(
        self,
        new: NewLead,
        people: Mapping[str, Colleague],
        cadences: frozenset[str],
        closed: Mapping[str, frozenset[str]],
    ) -> str:
        """The cadence that would begin for somebody new.

        Raises:
            CaptureRefused: nothing can begin.
        """
        name = new.cadence or DEFAULT_CADENCES[new.kind]
        if name not in cadences:
            raise no_such_cadence(name)
        for field_name, one in (("generated_by", new.generated_by), ("owner", new.owner)):
            if one is not None and one not in people:
                raise CaptureRefused(field_name, f"there is no active colleague {one!r}")
        if not people:
            raise CaptureRefused("owner", "there is nobody who could own the lead; add a colleague first")
        if new.has_contact and new.kind is LeadKind.OUTBOUND:
            # Whose it is makes no difference to whether the person stopped us.
            someone = next(iter(people.values()))
            if wants_no_messages(self._services.intake.described(new, someone, closed, self._services.clock())):
                raise CaptureRefused("email", "this person stopped all messages; an outbound lead can't be enrolled")
        return name


def _points(new: NewLead) -> set[str]:
    return {point for point in (new.email, new.phone) if point is not None}

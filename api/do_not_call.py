"""What the Do-Not-Call registry says of our leads' numbers, from a file: it may close a number, or open it again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog

from adapters.db.cases import UnknownLead
from adapters.db.contact_points import note_do_not_call
from api.csv_import import instant_of, said_yes
from api.csv_table import Table, open_table, rows_of, values_of
from api.services import Services
from api.suppression_file import BadLine
from api.telling import tell_all
from cadences.suppressing import do_not_call_noted
from leads.capture import CaptureRefused
from leads.contract import CommandKind
from leads.normalising import normal_phone

COLUMNS = {
    "phone": ("phone", "number", "telephone", "tel", "phone number", "mobile"),
    "listed": ("listed", "dnc", "dnc listed", "do not call", "on list"),
    "checked_at": ("checked at", "checked", "dnc checked at", "dnc checked", "date"),
}
"""What a column means, by the names it may have."""
_SOME = 500
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LookUp:
    """What the registry said of a number."""

    number: str
    listed: bool
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class LookUpsTaken:
    """What became of a file."""

    ours: int
    """Numbers that belong to a lead; what is said of others is not kept."""
    changed: int
    """Leads whose plan changed."""


def open_look_ups(path: Path) -> Table:
    """Understand a file.

    Raises:
        TableUnreadable: it can't be read, or no column holds numbers.
    """
    return open_table(path, COLUMNS, ("phone",))


def read_look_ups(table: Table, region: str, now: datetime) -> Iterator[LookUp | BadLine]:
    """Every line of a file, understood or not.

    Args:
        region: the country of numbers that are written without a country code.
        now: when the registry was asked, for lines that don't say.
    """
    for row in rows_of(table):
        try:
            if row.problem is not None:
                raise CaptureRefused("row", row.problem)
            values = values_of(table, row)[0]
            checked_at = instant_of("checked_at", values.get("checked_at")) or now
            if checked_at > now:
                raise CaptureRefused("checked_at", "it lies in the future")
            number = normal_phone(values.get("phone", ""), region)
            yield LookUp(number, said_yes("listed", values.get("listed", "")), checked_at)
        except CaptureRefused as refused:
            yield BadLine(row.line, str(refused))


class DoNotCall:
    """Writes down what the registry said."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def take(
        self, look_ups: Sequence[LookUp], *, by: str, progress: Callable[[int], object] = lambda _: None
    ) -> LookUpsTaken:
        """Take look-ups in, each under its lead's row lock. Doing it again changes nothing.

        Args:
            progress: called with the number of look-ups that were seen to since the last call.
        """
        newest = {one.number: one for one in sorted(look_ups, key=lambda one: one.checked_at)}
        numbers, ours = sorted(newest), 0
        changed: list[UUID] = []
        for start in range(0, len(numbers), _SOME):
            some = numbers[start : start + _SOME]
            of_leads = await self._services.suppressions.leads_of(some)
            progress(len(some) - len(of_leads))
            for number, lead_id in of_leads.items():
                try:
                    if await self._note(lead_id, newest[number], by):
                        changed.append(lead_id)
                    ours += 1
                except UnknownLead:
                    log.info("a lead was erased while its number was looked up", lead_id=str(lead_id))
                progress(1)
        await tell_all(self._services.delivery.deliver, changed)
        return LookUpsTaken(ours, len(changed))

    async def _note(self, lead_id: UUID, said: LookUp, by: str) -> bool:
        """Write one down; True when the lead's plan changed by it."""
        now = self._services.clock()
        async with self._services.cases.open(lead_id, now) as opened:
            case = do_not_call_noted(
                opened.case, number=said.number, listed=said.listed, checked_at=said.checked_at, now=now
            )
            if case == opened.case:
                return False
            await opened.beside(
                lambda connection: note_do_not_call(connection, said.number, listed=said.listed, at=said.checked_at)
            )
            if (case.enrollment, case.tasks) == (opened.case.enrollment, opened.case.tasks):
                return False
            details = {"do_not_call": "listed" if said.listed else "not listed"}
            await opened.save(case, CommandKind.MESSAGE_REPORTED, by=by, details=details)
        return True

"""Days off from a file, and what follows: whoever's absences changed, that colleague's leads are planned anew."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import structlog

from adapters.db.absences import Taken
from adapters.db.cases import UnknownLead
from api.csv_table import TableUnreadable, open_table, rows_of, values_of
from api.services import Services
from api.telling import tell
from cadences.away_tasks import while_away
from cadences.case import Case
from cadences.planning import plan, wake
from leads.absences import Absence, WhileAway
from leads.contract import CommandKind
from leads.days_off import CalendarUnreadable, DaysOff, NotTaken, read_calendar
from leads.model import Colleague
from leads.staff import StaffRefused

COLUMNS = {
    "colleague": ("colleague", "rep", "id", "employee", "name", "email", "who"),
    "from": ("from", "first day", "start", "start date", "begins"),
    "to": ("to", "last day", "end", "end date", "until", "ends"),
    "cover": ("cover", "covered by", "stand in", "substitute"),
    "reason": ("reason", "why", "type", "note"),
    "entry": ("entry", "entry id", "reference", "uid"),
}
"""What a column of days off means, by the names it may have."""
log = structlog.get_logger()


@dataclass(slots=True)
class DaysOffFile:
    """A file, understood: whose days off, and which entries are none."""

    given: dict[str, dict[str, Absence]] = field(default_factory=dict)
    """For each colleague, its absences by what the file calls each."""
    left_out: list[str] = field(default_factory=list)
    """Entries that were not taken, and why."""

    def take(self, who: Colleague, external_id: str, absence: Absence) -> None:
        self.given.setdefault(who.id, {})[external_id] = absence


def read_days_off(path: Path, people: Sequence[Colleague], only: Colleague | None, policy: Absence) -> DaysOffFile:
    """Read a .csv or .ics file.

    Args:
        only: whose calendar it is, if it is one colleague's; else each entry says.
        policy: what becomes of the work meanwhile, where the file does not say.

    Raises:
        StaffRefused: it can't be read.
    """
    if path.suffix.lower() not in (".csv", ".ics"):
        raise StaffRefused(f"{path} is neither .csv nor .ics")
    try:
        return (_calendar if path.suffix.lower() == ".ics" else _table)(path, people, only, policy)
    except OSError as error:
        raise StaffRefused(f"{path} can't be read: {error.strerror}") from error
    except (UnicodeDecodeError, CalendarUnreadable) as wrong:
        said = wrong if isinstance(wrong, CalendarUnreadable) else "it is no UTF-8 text"
        raise StaffRefused(f"{path}: {said}") from wrong
    except TableUnreadable as unreadable:
        raise StaffRefused(str(unreadable)) from unreadable


def _calendar(path: Path, people: Sequence[Colleague], only: Colleague | None, policy: Absence) -> DaysOffFile:
    file = DaysOffFile()
    for entry in read_calendar(path.read_text(encoding="utf-8-sig")):
        if isinstance(entry, NotTaken):
            file.left_out.append(entry.why)
            continue
        meant = [only] if only is not None else [one for one in people if one.email in entry.people]
        if not meant:
            file.left_out.append(f"{_named(entry)}: it names no colleague's address; say whose it is with --for")
        for who in meant:
            absence = replace(policy, first_day=entry.first_day, last_day=entry.last_day, reason=entry.reason)
            file.take(who, entry.external_id, absence)
    return file


def _named(entry: DaysOff) -> str:
    return f"{entry.reason or entry.external_id} ({entry.first_day})"


def _table(path: Path, people: Sequence[Colleague], only: Colleague | None, policy: Absence) -> DaysOffFile:
    file, table = DaysOffFile(), open_table(path, COLUMNS, ("from",))
    for row in rows_of(table):
        values = values_of(table, row)[0]
        try:
            if row.problem is not None:
                raise ValueError(row.problem)
            who = only or _colleague(values.get("colleague", ""), people)
            first = _day("from", values.get("from", ""))
            last = _day("to", values["to"]) if "to" in values else first
            if last < first:
                raise ValueError(f"{last} comes before {first}; the last day away is meant")
            absence = replace(policy, first_day=first, last_day=last, reason=values.get("reason", "").strip() or None)
            if "cover" in values:
                cover = _colleague(values["cover"], people).id
                absence = replace(absence, policy=WhileAway.COVER, cover=cover)
            file.take(who, values.get("entry", f"{first}/{last}").strip(), absence)
        except ValueError as wrong:
            # Left out, it would look as if those days off were over.
            raise StaffRefused(f"{path}: line {row.line}: {wrong}; nothing was taken") from wrong
    return file


def _colleague(text: str, people: Iterable[Colleague]) -> Colleague:
    wanted = " ".join(text.lower().split())
    found = next((one for one in people if wanted in (one.id, one.email, one.name.lower())), None)
    if found is None:
        raise ValueError(f"{text!r} is no colleague's short name, name or address")
    return found


def _day(field_name: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{field_name}: {text!r} is no day; write it like 2026-12-24") from None


async def import_days_off(services: Services, path: Path, file: DaysOffFile, only: Colleague | None) -> Taken:
    """Take what the file says; the next import of a file of this name changes it, and ends what is gone from it.

    Raises:
        StaffRefused: a cover makes no sense.
    """
    return await services.absences.take(path.name, file.given, only is None, services.clock())


@dataclass(frozen=True, slots=True)
class Replanned:
    """What planning a colleague's leads anew came to."""

    looked_at: int
    changed: int


async def replan_leads_of(
    services: Services, colleagues: Iterable[str], by: str, on_lead: Callable[[int, int], None] | None = None
) -> Replanned:
    """Plan the leads of these colleagues anew, one by one under their locks, and tell their workflows.

    Done again it changes nothing more; what an interruption leaves is planned anew when it wakes, or by the next call.

    Args:
        on_lead: is told how many are done, of how many.
    """
    leads: list[UUID] = []
    for colleague in colleagues:
        leads += [one for one in await services.absences.leads_of(colleague) if one not in leads]
    changed = 0
    for number, lead_id in enumerate(leads, start=1):
        changed += await _replanned(services, lead_id, by)
        if on_lead is not None:
            on_lead(number, len(leads))
    log.info("leads planned anew after days off changed", looked_at=len(leads), changed=changed)
    return Replanned(len(leads), changed)


async def _replanned(services: Services, lead_id: UUID, by: str) -> bool:
    now = services.clock()
    try:
        async with services.cases.open(lead_id, now) as opened:
            case = while_away(plan(opened.case, now), now)
            if _as_it_matters(opened.case, now) == _as_it_matters(case, now):
                return False
            await opened.save(case, CommandKind.PLAN_CHANGED, by=by, details={"why": "days off"})
    except UnknownLead:
        return False
    await tell(services.delivery.deliver, lead_id)
    return True


def _as_it_matters(case: Case, now: datetime) -> tuple[object, ...]:
    """What is different in another plan, words of explanations left out; what is due is due, whatever it waits for."""
    touch, due = case.enrollment.next, wake(case)
    what = (touch.step, touch.channel, max(touch.act_at, now), max(touch.opens_at, now)) if touch else None
    return what, (due.kind, max(due.at, now)) if due else None, case.tasks

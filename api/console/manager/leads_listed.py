"""The leads that a number counts as a table, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from nicegui import ui

from adapters.db.reports.models import LeadsBehind
from adapters.db.views import LeadSummary
from api.console import kit
from api.console.desk import Desk
from api.console.manager.behind_links import LEAD
from api.console.manager.tables import Cell, table


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of leads, with their names."""

    leads: list[LeadSummary]
    total: int
    next_cursor: str | None
    people: Mapping[str, str]
    """What colleagues are called."""


async def listed(desk: Desk, page: LeadsBehind) -> Listed:
    """The page with what there is to say of each lead."""
    people = {one.id: one.name for one in await desk.services.people.all()}
    return Listed(await desk.services.reading.named(page.items), page.total, page.next_cursor, people)


def show(desk: Desk, found: Listed, address: str, given: Mapping[str, str]) -> None:
    """Draw it, with the way to the next page.

    Args:
        address: of the console's page that shows it.
        given: what stands in its address.
    """
    if not found.leads:
        kit.empty("Nobody.", "It may have been counted before something changed.", icon="search_off")
        return
    zone, now = ZoneInfo(desk.services.company.zone), desk.services.clock()
    table(
        "The leads",
        ("Lead", "Company", "Stage", "Owner", "Cadence", "Came in", "Next"),
        [
            [
                Cell(lead.name or lead.email or lead.phone or "Without a name", f"{LEAD}/{lead.id}"),
                Cell(lead.company or ""),
                Cell(lead.stage),
                Cell(found.people.get(lead.owner, lead.owner)),
                Cell(lead.cadence or ""),
                Cell(kit.moment(lead.created_at, zone, now)),
                Cell(_next(lead, zone, desk)),
            ]
            for lead in found.leads
        ],
        words=7,
    )
    with ui.element("nav").classes("ft-notes").props('aria-label="Pages"'):
        kit.words(f"{len(found.leads):,} of {found.total:,}")
        if "cursor" in given:
            ui.link("First page", _page(address, given, None))
        if found.next_cursor is not None:
            ui.link("Next page", _page(address, given, found.next_cursor))


def _page(address: str, given: Mapping[str, str], cursor: str | None) -> str:
    kept = {name: value for name, value in given.items() if name != "cursor"}
    return f"{address}?{urlencode(kept | ({} if cursor is None else {'cursor': cursor}))}"


def _next(lead: LeadSummary, zone: ZoneInfo, desk: Desk) -> str:
    now = desk.services.clock()
    if lead.ended:
        return f"ended: {lead.ended.replace('_', ' ')}"
    if lead.hold:
        until = f" until {kit.moment(lead.held_until, zone, now)}" if lead.held_until else ""
        return f"on hold{until}"
    if lead.next_at is None:
        return "a task" if lead.open_tasks else ""
    return f"{lead.next_step or ''} {kit.moment(lead.next_at, zone, now)}".strip()

"""The leads behind a number: which ones a figure counts, page by page, under an address that can be kept and shared."""

from collections.abc import Mapping
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from nicegui import ui
from pydantic import ValidationError

from adapters.db.reports.behind import OF_CONTACTS, OF_LEADS, OF_THE_MAP, Behind
from adapters.db.views import LeadSummary
from api.console import kit
from api.console.desk import Desk
from api.console.manager.asking import Question, days_of
from api.console.manager.behind_links import BEHIND, LEAD, WORDS
from api.console.manager.figure_values import count_of
from api.console.manager.filters import address
from api.console.manager.lead_map_picture import NAMES, STAGES
from api.console.manager.loading import Later
from api.console.manager.tables import Cell, table
from api.console.pages import console_page
from api.console.permissions import Page
from api.problems import ValueRefused
from api.rest.report_queries import BehindQuery
from leads.measures import Counted, Dimension, Hours
from leads.places import Place


@console_page(BEHIND, Page.LEADS_BEHIND, title="The leads behind a number")
async def leads_behind(desk: Desk) -> None:
    """Whatever the address asks for."""
    given = dict(ui.context.client.request.query_params)
    now, company = desk.services.clock(), desk.services.company
    try:
        query = BehindQuery.model_validate(given)
        behind = query.as_behind(now, company)
    except (ValidationError, ValueRefused):
        kit.trouble("This address names no number that we know.")
        ui.link("To the figures", "/figures")
        return
    people = {one.id: one.name for one in await desk.services.people.all()}
    ui.link(*_way_back(behind, query)).classes("ft-back")
    Later(lambda: _read(desk, query, behind), lambda found: _show(desk, query, behind, given, people, found), lines=8)


_Found = tuple[list[LeadSummary], int, str | None]


async def _read(desk: Desk, query: BehindQuery, behind: Behind) -> _Found:
    await desk.still_here()
    services = desk.services
    page = await services.reports.leads_behind(behind, services.clock(), limit=query.limit, cursor=query.cursor)
    return await services.reading.named(page.items), page.total, page.next_cursor


def _show(
    desk: Desk, query: BehindQuery, behind: Behind, given: Mapping[str, str], people: Mapping[str, str], found: _Found
) -> None:
    leads, total, next_cursor = found
    with kit.section(f"{count_of(total, 'lead')} {said(behind)}"):
        with ui.element("div").classes("ft-notes"):
            kit.words(days_of(behind.asked))
            for words in conditions(query, behind, people):
                kit.words(words).classes("ft-tag")
        if behind.figure not in OF_LEADS | OF_THE_MAP:
            what = "was contacted" if behind.figure in OF_CONTACTS else "asked"
            ui.label(f"Who {what} more than once stands here once.").classes("ft-quiet")
        if not leads:
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
                    Cell(people.get(lead.owner, lead.owner)),
                    Cell(lead.cadence or ""),
                    Cell(kit.moment(lead.created_at, zone, now)),
                    Cell(_next(lead, zone, desk)),
                ]
                for lead in leads
            ],
            words=7,
        )
        with ui.element("nav").classes("ft-notes").props('aria-label="Pages"'):
            kit.words(f"{len(leads):,} of {total:,}")
            if query.cursor is not None:
                ui.link("First page", _page(given, None))
            if next_cursor is not None:
                ui.link("Next page", _page(given, next_cursor))


def said(behind: Behind) -> str:
    """What the number counts, in words."""
    if behind.leg is not None:
        origin, target = behind.leg
        return f"that went from {NAMES[origin].lower()} to {NAMES[target].lower()}"
    if behind.figure is Counted.REACHED:
        return f"that came as far as “{STAGES[behind.place or Place.CAPTURED]}”, or further"
    if behind.place is not None:
        return f"that came to “{NAMES[behind.place]}”"
    return WORDS[behind.figure]


def conditions(query: BehindQuery, behind: Behind, people: Mapping[str, str]) -> list[str]:
    """Which of all leads, in words."""
    found = []
    for dimension in Dimension:
        if dimension.value not in query.model_fields_set:
            continue
        value = getattr(query, dimension.value)
        shown = people.get(value, value) if dimension is Dimension.REP else value
        found.append(f"{dimension.value}: {shown or 'none'}")
    for name in ("step", "version", "template", "variant", "channel", "contact_number"):
        if name in query.model_fields_set:
            value = getattr(query, name)
            found.append(f"{name.replace('_', ' ')}: {str(value)[:12] if name == 'version' else value or 'none'}")
    if behind.within is not None:
        clock = " in business hours" if behind.hours is Hours.BUSINESS else ""
        found.append(f"within: {behind.within.value}{clock}")
    if behind.priced:
        found.append("with a cost")
    return found


def _way_back(behind: Behind, query: BehindQuery) -> tuple[str, str]:
    """The page that the number probably stands on, with the same leads and days."""
    asked = behind.asked
    of_the_map = behind.figure in OF_THE_MAP or behind.figure in OF_CONTACTS or behind.within is not None
    first, last = (query.first, query.last) if query.bucket is None else (None, None)
    named = first is not None and last is not None
    question = Question(
        recent=None if named else Question().recent,
        first=first if named else None,
        last=last if named else None,
        every=asked.every,
        of=asked.of,
    )
    if of_the_map:
        return "← Lead map", address("/lead-map", question)
    return "← Figures", address("/figures", question)


def _page(given: Mapping[str, str], cursor: str | None) -> str:
    kept = {name: value for name, value in given.items() if name != "cursor"}
    return f"{BEHIND}?{urlencode(kept | ({} if cursor is None else {'cursor': cursor}))}"


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

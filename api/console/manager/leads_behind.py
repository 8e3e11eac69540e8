"""The leads behind a number: which ones a figure counts, page by page, under an address that can be kept and shared."""

from collections.abc import Mapping

from nicegui import ui
from pydantic import ValidationError

from adapters.db.reports.behind import OF_CONTACTS, OF_LEADS, OF_THE_MAP, Behind
from api.console import kit
from api.console.desk import Desk
from api.console.manager.asking import Question, days_of
from api.console.manager.behind_links import BEHIND, WORDS
from api.console.manager.figure_values import count_of
from api.console.manager.filters import address
from api.console.manager.lead_map_picture import NAMES, STAGES
from api.console.manager.leads_listed import Listed, listed, show
from api.console.manager.loading import Later
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
    ui.link(*_way_back(behind, query)).classes("ft-back")
    Later(lambda: _read(desk, query, behind), lambda found: _show(desk, query, behind, given, found), lines=8)


async def _read(desk: Desk, query: BehindQuery, behind: Behind) -> Listed:
    await desk.still_here()
    now = desk.services.clock()
    page = await desk.services.reports.leads_behind(behind, now, limit=query.limit, cursor=query.cursor)
    return await listed(desk, page)


def _show(desk: Desk, query: BehindQuery, behind: Behind, given: Mapping[str, str], found: Listed) -> None:
    with kit.section(f"{count_of(found.total, 'lead')} {said(behind)}"):
        with ui.element("div").classes("ft-notes"):
            kit.words(days_of(behind.asked))
            for words in conditions(query, behind, found.people):
                kit.words(words).classes("ft-tag")
        if behind.figure not in OF_LEADS | OF_THE_MAP:
            what = "was contacted" if behind.figure in OF_CONTACTS else "asked"
            ui.label(f"Who {what} more than once stands here once.").classes("ft-quiet")
        show(desk, found, BEHIND, given)


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

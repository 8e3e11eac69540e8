"""The leads behind a number of something that is tried out, under an address that can be kept and shared."""

from collections.abc import Mapping

from nicegui import ui
from pydantic import ValidationError

from api.console import kit
from api.console.desk import Desk
from api.console.manager.behind_links import BEHIND_A_VARIANT, WORDS_OF_VARIANTS
from api.console.manager.figure_values import count_of
from api.console.manager.leads_listed import Listed, listed, show
from api.console.manager.loading import Later
from api.console.pages import console_page
from api.console.permissions import Page
from api.rest.report_queries import ArmQuery


@console_page(BEHIND_A_VARIANT, Page.LEADS_BEHIND, title="The leads of a variant")
async def variant_leads(desk: Desk) -> None:
    """Whatever the address asks for."""
    given = dict(ui.context.client.request.query_params)
    try:
        query = ArmQuery.model_validate(given)
    except ValidationError:
        _unknown()
        return
    ui.link("← Lead map", "/lead-map").classes("ft-back")
    Later(lambda: _read(desk, query), lambda found: _show(desk, query, given, found), lines=8)


_Found = tuple[str, Listed] | None


async def _read(desk: Desk, query: ArmQuery) -> _Found:
    await desk.still_here()
    services = desk.services
    found = await services.experiments.leads_behind(
        query.experiment, query.variant, query.figure, services.clock(), limit=query.limit, cursor=query.cursor
    )
    return None if found is None else (f"{found.cadence}, {found.step}", await listed(desk, found.page))


def _show(desk: Desk, query: ArmQuery, given: Mapping[str, str], found: _Found) -> None:
    if found is None:
        _unknown()
        return
    of, leads = found
    with kit.section(f"{count_of(leads.total, 'lead')} {WORDS_OF_VARIANTS[query.figure]}"):
        with ui.element("div").classes("ft-notes"):
            kit.words(of)
            kit.words(f"variant: {query.variant}").classes("ft-tag")
        ui.label("All since the trial began, each with the first variant that reached it.").classes("ft-quiet")
        show(desk, leads, BEHIND_A_VARIANT, given)


def _unknown() -> None:
    kit.trouble("This address names no number that we know.")
    ui.link("To the lead map", "/lead-map")

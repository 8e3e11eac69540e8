"""The areas of the console, in the order of the navigation; importing this registers every page."""

from api.console.front import add_lead
from api.console.manager import figures, lead_map, leads_behind, reviews
from api.console.marketing import cadence_list, cadence_page, editor_page, library_page
from api.console.outbox import page as outbox
from api.console.own import account, home
from api.console.pages import put_in_order
from api.console.rep import lead, today

AREAS = (
    home,
    today,
    lead,
    add_lead,
    figures,
    leads_behind,
    lead_map,
    reviews,
    cadence_list,
    cadence_page,
    editor_page,
    library_page,
    outbox,
    account,
)
"""Modules with pages."""
put_in_order(AREAS)

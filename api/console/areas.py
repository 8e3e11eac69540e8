"""The areas of the console, in the order of the navigation; importing this registers every page."""

from api.console.admin import (
    audit,
    bulk,
    colleague,
    deliveries,
    engine_panel,
    erasure,
    health,
    leads,
    people,
    suppressions,
    tokens,
)
from api.console.front import add_lead, import_leads
from api.console.manager import figures, lead_map, leads_behind, reviews, variant_leads
from api.console.marketing import answer_page, cadence_list, cadence_page, editor_page, library_page
from api.console.outbox import page as outbox
from api.console.own import account, home
from api.console.pages import put_in_order
from api.console.rep import lead, today

_WORK = (home, today, leads, lead, engine_panel, add_lead, import_leads)
_MEASURE = (figures, leads_behind, lead_map, variant_leads, reviews)
_WRITE = (cadence_list, cadence_page, editor_page, library_page, answer_page)
_HOUSE = (health, bulk, deliveries, outbox, people, colleague, suppressions, erasure, tokens, audit, account)
AREAS = (*_WORK, *_MEASURE, *_WRITE, *_HOUSE)
"""Modules with pages."""
put_in_order(AREAS)

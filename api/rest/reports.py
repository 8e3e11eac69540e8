"""Reports over REST: what came in, how fast it was answered, what came of it, what it cost, and how it went."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from adapters.db.reports.models import (
    ClocksNow,
    CostsReport,
    FiguresReport,
    Funnel,
    LeadMap,
    LeadsBehind,
    ResponseReport,
    StepsReport,
)
from api.measuring import costs_report, figures_report, response_report
from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of
from api.rest.report_queries import BehindQuery, ClocksQuery, CostsQuery, FiguresQuery, MapQuery, StepsQuery

router = APIRouter(prefix="/api", tags=["reports"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@router.get("/reports/figures")
async def show_figures(asked: Annotated[FiguresQuery, Query()], services: AskedServices) -> FiguresReport:
    """The four figures by week or month, with the goals beside them, and the next goals where these were met."""
    return await figures_report(services, asked.as_asked(services.clock(), services.company))


@router.get("/reports/response-times")
async def show_response_times(asked: Annotated[FiguresQuery, Query()], services: AskedServices) -> ResponseReport:
    """How response times spread: by the clock on the wall first, in business hours beside it."""
    return await response_report(services, asked.as_asked(services.clock(), services.company))


@router.get("/reports/steps")
async def show_steps(asked: Annotated[StepsQuery, Query()], services: AskedServices) -> StepsReport:
    """What works: what came of each step, template and variant, and on which contact people said yes."""
    now = services.clock()
    return await services.reports.steps(asked.as_asked(now, services.company), asked.as_steps(), now)


@router.get("/reports/costs")
async def show_costs(asked: Annotated[CostsQuery, Query()], services: AskedServices) -> CostsReport:
    """What leads cost: each one, each that was qualified, each order, and those that nobody worked."""
    return await costs_report(services, asked.as_asked(services.clock(), services.company))


@router.get("/reports/first-responses")
async def show_clocks(asked: Annotated[ClocksQuery, Query()], services: AskedServices) -> ClocksNow:
    """Who waits for a person's answer now: the next ones due, and those that were due already."""
    return await services.reports.clocks(asked.as_of(), services.clock(), limit=asked.limit)


@router.get("/reports/funnel")
async def show_funnel(asked: Annotated[MapQuery, Query()], services: AskedServices) -> Funnel:
    """How many leads came how far."""
    now = services.clock()
    return await services.reports.funnel(asked.as_asked(now, services.company), now)


@router.get("/reports/leads")
async def list_leads_behind(asked: Annotated[BehindQuery, Query()], services: AskedServices) -> LeadsBehind:
    """The leads that a number of a report counts, those of which it was counted last first."""
    now = services.clock()
    behind = asked.as_behind(now, services.company)
    return await services.reports.leads_behind(behind, now, limit=asked.limit, cursor=asked.cursor)


@router.get("/lead-map")
async def show_lead_map(asked: Annotated[MapQuery, Query()], services: AskedServices) -> LeadMap:
    """How leads came, through which hands they went and where to, and how long each leg took."""
    now = services.clock()
    return await services.reports.lead_map(asked.as_asked(now, services.company), now)

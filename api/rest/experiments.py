"""Experiments over REST: what came of the variants that cadences try."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from adapters.db.experiments import ExperimentView
from adapters.db.reports.models import LeadsBehind
from api.problems import PROBLEMS, ValueRefused
from api.rest.auth import AskedServices, token_of
from api.rest.models import ExperimentQuery
from api.rest.report_queries import ArmQuery

router = APIRouter(
    prefix="/api/experiments", tags=["experiments"], dependencies=[Depends(token_of)], responses=PROBLEMS
)


@router.get("")
async def list_experiments(asked: Annotated[ExperimentQuery, Query()], services: AskedServices) -> list[ExperimentView]:
    """Every step that tries variants, or tried them, and its verdict; running ones first."""
    return await services.experiments.all(services.clock(), asked.cadence)


@router.get("/leads")
async def list_leads_of_variant(asked: Annotated[ArmQuery, Query()], services: AskedServices) -> LeadsBehind:
    """The leads that a number of a variant counts, those that it reached last first."""
    found = await services.experiments.leads_behind(
        asked.experiment, asked.variant, asked.figure, services.clock(), limit=asked.limit, cursor=asked.cursor
    )
    if found is None:
        raise ValueRefused("variant", "no experiment of this id has such a variant; GET /api/experiments names all")
    return found.page

"""Experiments over REST: what came of the variants that cadences try."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from adapters.db.experiments import ExperimentView
from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of
from api.rest.models import ExperimentQuery

router = APIRouter(
    prefix="/api/experiments", tags=["experiments"], dependencies=[Depends(token_of)], responses=PROBLEMS
)


@router.get("")
async def list_experiments(asked: Annotated[ExperimentQuery, Query()], services: AskedServices) -> list[ExperimentView]:
    """Every step that tries variants, or tried them, and its verdict; running ones first."""
    return await services.experiments.all(services.clock(), asked.cadence)

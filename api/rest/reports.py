"""Reports over REST: what came in, how fast it was answered, and what came of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from adapters.db.reports.models import FiguresReport
from api.measuring import figures_report
from api.problems import PROBLEMS
from api.rest.auth import AskedServices, token_of
from api.rest.report_queries import FiguresQuery

router = APIRouter(prefix="/api/reports", tags=["reports"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@router.get("/figures")
async def show_figures(asked: Annotated[FiguresQuery, Query()], services: AskedServices) -> FiguresReport:
    """The four figures by week or month, with the goals beside them, and the next goals where these were met."""
    return await figures_report(services, asked.as_asked(services.clock(), services.company))

"""The funnel: how many leads came how far, whatever way they took."""

from datetime import datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, TableValuedAlias, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.reports.figures import share
from adapters.db.reports.models import Funnel, FunnelStage
from adapters.db.reports.views import journeys, only
from leads.measures import Asked
from leads.places import FUNNEL, Place


async def read_funnel(connection: AsyncConnection, asked: Asked, now: datetime) -> Funnel:
    """The funnel of the leads that were captured in some periods."""
    journey = journeys(asked)
    counts = [func.count().filter(came_to(journey, place)).label(place.value) for place in FUNNEL]
    row = (await connection.execute(select(*counts).where(*only(journey, asked.of)))).one()
    return Funnel(
        as_of=now,
        first_day=asked.periods[0].first_day,
        last_day=asked.periods[-1].last_day,
        stages=[
            FunnelStage(
                place=place.value,
                leads=leads,
                share=share(leads, row[0]),
                of_before=None if before is None else share(leads, before),
            )
            for place, (before, leads) in zip(FUNNEL, pairwise([None, *row]), strict=True)
        ],
    )


def came_to(journey: TableValuedAlias, place: Place) -> ColumnElement[bool]:
    """Whether a lead came to a stage of the funnel, or to a later one."""
    those = FUNNEL[FUNNEL.index(place) :]
    return func.coalesce(*(journey.c[f"{one.value}_at"] for one in those)).is_not(None)

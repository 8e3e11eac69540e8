"""The reports as pages read them: each counted once for all who look at the same, and never twice for one page."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from datetime import datetime
from typing import TypeVar
from weakref import WeakKeyDictionary

from adapters.db.experiments import ExperimentView
from adapters.db.reports.models import (
    ClocksNow,
    CostsReport,
    FiguresReport,
    Funnel,
    LeadMap,
    ResponseReport,
    StepsReport,
)
from adapters.db.reports.reports import Reports
from api.console.manager.remembered import Remembered
from api.measuring import costs_report, figures_report, response_report
from api.services import Services
from leads.best_time import ContactTimes
from leads.measures import Asked, Dimension

T = TypeVar("T")
_REMEMBERED: WeakKeyDictionary[Reports, Remembered] = WeakKeyDictionary()
"""What each installation in this process has counted last."""


class Counts:
    """Every report that a page of figures shows."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._remembered = _REMEMBERED.setdefault(services.reports, Remembered())

    async def figures(self, asked: Asked) -> FiguresReport:
        """The four figures beside their goals."""
        return await self._get("figures", asked, lambda: figures_report(self._services, asked))

    async def responses(self, asked: Asked) -> ResponseReport:
        """How response times spread."""
        return await self._get("responses", asked, lambda: response_report(self._services, asked))

    async def costs(self, asked: Asked) -> CostsReport:
        """What leads cost."""
        return await self._get("costs", asked, lambda: costs_report(self._services, asked))

    async def steps(self, asked: Asked) -> StepsReport:
        """What came of each step, of one cadence or of all."""
        of = {"cadence": asked.of[Dimension.CADENCE]} if Dimension.CADENCE in asked.of else {}
        return await self._get("steps", asked, lambda: self._services.reports.steps(asked, of, self._now()))

    async def lead_map(self, asked: Asked) -> LeadMap:
        """The way of the leads."""
        return await self._get("map", asked, lambda: self._services.reports.lead_map(asked, self._now()))

    async def funnel(self, asked: Asked) -> Funnel:
        """How far leads came."""
        return await self._get("funnel", asked, lambda: self._services.reports.funnel(asked, self._now()))

    async def sources(self, asked: Asked) -> list[str]:
        """Where leads came from."""
        return await self._get("sources", asked, lambda: self._services.reports.sources(asked))

    async def experiments(self) -> list[ExperimentView]:
        """What is tried out, and the verdicts."""
        return await self._remembered.get("experiments", lambda: self._services.experiments.all(self._now()))

    async def times(self) -> ContactTimes:
        """When leads answer."""
        return await self._remembered.get("times", self._services.times.learnt)

    async def clocks(self, of: Mapping[Dimension, str | None], limit: int) -> ClocksNow:
        """Who waits for a first answer at this very moment: never remembered."""
        return await self._services.reports.clocks(of, self._now(), limit=limit)

    def forget(self) -> None:
        """Count everything anew from now on."""
        self._remembered.forget()

    async def _get(self, name: str, asked: Asked, count: Callable[[], Awaitable[T]]) -> T:
        return await self._remembered.get((name, _key(asked)), count)

    def _now(self) -> datetime:
        return self._services.clock()


def _key(asked: Asked) -> Hashable:
    return (
        asked.every,
        asked.start,
        asked.end,
        asked.group,
        *sorted((one.value, value) for one, value in asked.of.items()),
    )

"""What came of variants: the ledger's touches, and what the people they reached did afterwards, as counts."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.experiment_counts import count, people_behind
from adapters.db.reports.behind import read_page
from adapters.db.reports.models import LeadsBehind
from adapters.db.reports.snapshot import snapshot
from adapters.db.rows import CadenceRow, CadenceVersionRow
from cadences.experiments import Experiment, experiments_of
from leads.experiments import WITHIN, Arm, ArmFigure, Judgement, Share, judge, share_of


@dataclass(frozen=True, slots=True)
class ArmView:
    """One variant, what came of it, and the shares with their 95 % intervals."""

    counts: Arm
    reply_share: Share | None
    yes_share: Share | None
    sample_share: Share | None
    """Of the goal, in the sample that the verdict rests on; None before it is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentView:
    """An experiment and its verdict."""

    id: str
    """The same as long as the words, shares, goal and sample are."""
    cadence: str
    step: str
    channel: str
    goal: str
    within_days: int
    """How long a lead has for the goal, from its first touch."""
    sample: int
    """Leads that each variant needs before there is a verdict."""
    running: bool
    """Whether new leads still come into it: it stands in the cadence's current version."""
    begun_at: datetime
    """When the first version with it was published."""
    sampled_until: datetime | None
    """The last first touch of the sample; None before each variant has its number."""
    arms: list[ArmView]
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class ArmLeads:
    """The leads behind a number of a variant, and where the experiment stands."""

    cadence: str
    step: str
    page: LeadsBehind


class Experiments:
    """The experiments of all cadences."""

    def __init__(self, engine: AsyncEngine, shelf: CadenceShelf) -> None:
        self._engine = engine
        self._shelf = shelf

    async def all(self, now: datetime, cadence: str | None = None) -> list[ExperimentView]:
        """Every experiment there is or was, running ones first, then the newest.

        Args:
            cadence: this one's only.
        """
        async with snapshot(self._engine) as connection:
            published = await self._published(connection, cadence)
            counted = [(one, *await count(connection, one.experiment, one.versions, now)) for one in published]
        # Loading the statistics takes half a second, in which other requests want their answers.
        found = await asyncio.to_thread(lambda: [_view(*one) for one in counted])
        return sorted(found, key=lambda view: (not view.running, -view.begun_at.timestamp(), view.cadence, view.step))

    async def leads_behind(
        self,
        experiment: str,
        variant: str,
        figure: ArmFigure,
        now: datetime,
        *,
        limit: int,
        cursor: str | None,
    ) -> ArmLeads | None:
        """A page of the leads that a number of a variant counts; None where there is no such variant.

        Args:
            experiment: its id.

        Raises:
            BadCursor: no page gave this cursor out.
        """
        async with snapshot(self._engine) as connection:
            for one in await self._published(connection, None):
                if one.experiment.id == experiment and variant in {arm.name for arm in one.experiment.variants}:
                    who = people_behind(one.experiment, one.versions, variant, figure, now)
                    page = await read_page(connection, who, limit, cursor)
                    return ArmLeads(one.experiment.cadence, one.experiment.step, page)
        return None

    async def _published(self, connection: AsyncConnection, cadence: str | None) -> "list[_Published]":
        """Each experiment once, with all versions that have it."""
        versions = (
            select(CadenceVersionRow.version, CadenceVersionRow.published_at, CadenceRow.version.label("current"))
            .outerjoin(CadenceRow, CadenceRow.version == CadenceVersionRow.version)
            .where(CadenceVersionRow.source.contains("variants"))
            .order_by(CadenceVersionRow.published_at, CadenceVersionRow.version)
        )
        if cadence is not None:
            versions = versions.where(CadenceVersionRow.name == cadence)
        found: dict[Any, _Published] = {}
        for row in (await connection.execute(versions)).all():
            bundle = await self._shelf.version(connection, row.version)
            for experiment in experiments_of(bundle):
                key = (experiment.cadence, experiment.step, experiment.fingerprint)
                known = found.setdefault(key, _Published(experiment, row.published_at, [], running=False))
                known.versions.append(row.version)
                known.running = known.running or row.current is not None
        return list(found.values())


@dataclass(slots=True)
class _Published:
    """An experiment and the versions of its cadence that have it."""

    experiment: Experiment
    begun_at: datetime
    versions: list[str]
    running: bool


def _view(published: _Published, arms: list[Arm], sampled_until: datetime | None) -> ExperimentView:
    experiment = published.experiment
    return ExperimentView(
        id=experiment.id,
        cadence=experiment.cadence,
        step=experiment.step,
        channel=experiment.channel.value,
        goal=experiment.goal.value,
        within_days=WITHIN[experiment.goal].days,
        sample=experiment.sample,
        running=published.running,
        begun_at=published.begun_at,
        sampled_until=sampled_until,
        arms=[_arm_view(arm) for arm in arms],
        judgement=judge(arms, experiment.sample),
    )


def _arm_view(arm: Arm) -> ArmView:
    return ArmView(
        arm,
        reply_share=share_of(arm.replied, arm.leads),
        yes_share=share_of(arm.yes, arm.leads),
        sample_share=share_of(arm.successes, arm.sampled),
    )

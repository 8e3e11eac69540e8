"""What came of variants: the ledger's touches, and what the people they reached did afterwards, as counts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select, true
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.rows import AnswerRow, CadenceRow, CadenceVersionRow, EnrollmentRow, InboundMessageRow, TouchRow
from cadences.case import TALKED_TO
from cadences.experiments import Experiment, experiments_of
from leads.experiments import OPT_OUT_WITHIN, WITHIN, Arm, Goal, Judgement, Share, judge, share_of
from leads.model import Channel, Ending
from leads.replies import InboundKind
from leads.sending import TouchState


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
        async with self._engine.connect() as connection:
            published = await self._published(connection, cadence)
            counted = [(one, *await _count(connection, one, now)) for one in published]
        # Loading the statistics takes half a second, in which other requests want their answers.
        found = await asyncio.to_thread(lambda: [_view(*one) for one in counted])
        return sorted(found, key=lambda view: (not view.running, -view.begun_at.timestamp(), view.cadence, view.step))

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


async def _count(
    connection: AsyncConnection, published: _Published, now: datetime
) -> tuple[list[Arm], datetime | None]:
    """What came of each variant, and until when the complete sample reaches."""
    experiment = published.experiment
    tried = _tried(experiment, published.versions)
    touches = {row.variant: row for row in await connection.execute(_touches(tried))}
    leads = {row.variant: row for row in await connection.execute(_leads(tried, experiment, now))}
    arms = [
        Arm(
            name=one.name,
            template=one.template,
            weight=one.weight,
            **_counts(touches.get(one.name), "touches", "delivered"),
            **_counts(leads.get(one.name), "leads", "replied", "yes", "opted_out", "ripe", "sampled", "successes"),
        )
        for one in experiment.variants
    ]
    return arms, next((row.sampled_until for row in leads.values()), None)


def _view(published: _Published, arms: list[Arm], sampled_until: datetime | None) -> ExperimentView:
    experiment = published.experiment
    return ExperimentView(
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


def _counts(row: Any, *names: str) -> dict[str, int]:
    return {name: getattr(row, name) if row is not None else 0 for name in names}


def _arm_view(arm: Arm) -> ArmView:
    return ArmView(
        arm,
        reply_share=share_of(arm.replied, arm.leads),
        yes_share=share_of(arm.yes, arm.leads),
        sample_share=share_of(arm.successes, arm.sampled),
    )


def _tried(experiment: Experiment, versions: Sequence[str]) -> Any:
    """The experiment's touches in the ledger, and whether each counts as one that reached the person."""
    accepted = or_(
        TouchRow.state.in_([TouchState.SENT, TouchState.DELIVERED, TouchState.UNKNOWN]),
        # It went out, and came back: what a variant does to that belongs to what it does.
        and_(TouchRow.state == TouchState.FAILED, TouchRow.provider_message_id.is_not(None)),
    )
    # Of a call in which nobody was talked to nobody heard the talk track.
    talked_to = TouchRow.outcome.in_(TALKED_TO)
    is_call = experiment.channel is Channel.CALL
    return (
        select(
            TouchRow.lead_id,
            TouchRow.variant,
            TouchRow.enrollment_id,
            TouchRow.happened_at,
            (TouchRow.state == TouchState.MADE if is_call else accepted).label("made"),
            (talked_to if is_call else accepted).label("reached"),
            (talked_to if is_call else TouchRow.state == TouchState.DELIVERED).label("arrived"),
        )
        .join(EnrollmentRow, EnrollmentRow.id == TouchRow.enrollment_id)
        .where(
            TouchRow.variant.is_not(None),
            TouchRow.step_id == experiment.step,
            TouchRow.channel == experiment.channel.value,
            EnrollmentRow.cadence == experiment.cadence,
            EnrollmentRow.version.in_(versions),
        )
        .cte("tried")
    )


def _touches(tried: Any) -> Select[Any]:
    return select(
        tried.c.variant,
        func.count().filter(tried.c.made).label("touches"),
        func.count().filter(tried.c.arrived).label("delivered"),
    ).group_by(tried.c.variant)


def _leads(tried: Any, experiment: Experiment, now: datetime) -> Select[Any]:
    """People, not touches: whoever got a variant five times decides once."""
    first = (
        select(tried.c.lead_id, tried.c.variant, tried.c.enrollment_id, tried.c.happened_at.label("at"))
        .ext(postgresql.distinct_on(tried.c.lead_id))
        .where(tried.c.reached)
        .order_by(tried.c.lead_id, tried.c.happened_at)
        .cte("first")
    )
    # Joined as sets of their own: asked for each lead by itself, 200,000 leads take seconds.
    replied = _who(
        first, InboundMessageRow, InboundMessageRow.received_at, WITHIN[Goal.REPLY],
        InboundMessageRow.kind == InboundKind.REPLY,
    ).cte("replied")  # fmt: skip
    said_yes = _who(first, AnswerRow, AnswerRow.said_at, WITHIN[Goal.YES], AnswerRow.answer == "yes").cte("said_yes")
    opted_out = _who(
        first, EnrollmentRow, EnrollmentRow.ended_at, OPT_OUT_WITHIN,
        EnrollmentRow.ended == Ending.OPTED_OUT, EnrollmentRow.id == first.c.enrollment_id,
    ).cte("opted_out")  # fmt: skip
    nth = func.row_number().over(partition_by=first.c.variant, order_by=(first.c.at, first.c.lead_id))
    lead = (
        select(
            first.c.variant,
            first.c.at,
            nth.label("nth"),
            replied.c.lead_id.is_not(None).label("replied"),
            said_yes.c.lead_id.is_not(None).label("yes"),
            opted_out.c.lead_id.is_not(None).label("opted_out"),
        )
        .outerjoin(replied, replied.c.lead_id == first.c.lead_id)
        .outerjoin(said_yes, said_yes.c.lead_id == first.c.lead_id)
        .outerjoin(opted_out, opted_out.c.lead_id == first.c.lead_id)
        .cte("lead")
    )
    last_ones = func.count() == len(experiment.variants)
    # The sample is complete once every variant has its last one; the slowest says until when it reaches.
    sample = (
        select(case((last_ones, func.max(lead.c.at))).label("until"))
        .where(lead.c.nth == experiment.sample)
        .cte("sample")
    )
    sampled = lead.c.at <= sample.c.until
    goal = lead.c.replied if experiment.goal is Goal.REPLY else lead.c.yes
    ripe = and_(lead.c.nth <= experiment.sample, lead.c.at <= now - WITHIN[experiment.goal])
    return (
        select(
            lead.c.variant,
            func.count().label("leads"),
            func.count().filter(lead.c.replied).label("replied"),
            func.count().filter(lead.c.yes).label("yes"),
            func.count().filter(lead.c.opted_out).label("opted_out"),
            func.count().filter(ripe).label("ripe"),
            func.count().filter(sampled).label("sampled"),
            func.count().filter(sampled, goal).label("successes"),
            func.max(sample.c.until).label("sampled_until"),
        )
        .select_from(lead.join(sample, true()))
        .group_by(lead.c.variant)
    )


def _who(first: Any, row: Any, at: Any, within: timedelta, *conditions: Any) -> Select[Any]:
    """The leads of which there is such a row in the time after their first touch."""
    then = at.between(first.c.at, first.c.at + within)
    return (
        select(first.c.lead_id)
        .join_from(first, row, and_(row.lead_id == first.c.lead_id, then, *conditions))
        .distinct()
    )

"""What came of an experiment, counted by the database in one statement: a row for each variant; and who was counted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    Interval,
    Select,
    String,
    Subquery,
    Uuid,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
    values,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.rows import AnswerRow, EnrollmentRow, InboundMessageRow, TouchRow
from cadences.experiments import Experiment
from cadences.tasks import TALKED_TO
from leads.experiments import OPT_OUT_WITHIN, WITHIN, Arm, ArmFigure, Goal
from leads.model import Channel, Ending
from leads.replies import InboundKind
from leads.sending import TouchState

_OPT_OUT = "opt_out"
_OF_ANY = cast(null(), Uuid)
"""In place of an enrollment: put down to a touch of whichever."""
_OF_TOUCHES = ("touches", "delivered")
_OF_LEADS = ("leads", "ripe", "sampled")
_OF_OUTCOMES = ("replied", "yes", "opted_out", "successes")


async def count(
    connection: AsyncConnection, experiment: Experiment, versions: Sequence[str], now: datetime
) -> tuple[list[Arm], datetime | None]:
    """What came of each variant, and until when the complete sample reaches.

    Args:
        versions: the versions of the cadence that have the experiment.
    """
    found = {row.variant: row._mapping for row in await connection.execute(_counts(experiment, versions, now))}
    names = (*_OF_TOUCHES, *_OF_LEADS, *_OF_OUTCOMES)
    arms = [
        Arm(
            name=one.name,
            template=one.template,
            weight=one.weight,
            **{name: found[one.name][name] or 0 for name in names if one.name in found},
        )
        for one in experiment.variants
    ]
    return arms, next((row["until"] for row in found.values()), None)


def people_behind(
    experiment: Experiment, versions: Sequence[str], variant: str, figure: ArmFigure, now: datetime
) -> Select[Any]:
    """The leads that a number of one variant counts, each once, with the instant at which the variant reached them.

    Args:
        versions: the versions of the cadence that have the experiment.
    """
    first = _first(_tried(experiment, versions))
    found = select(first.c.lead_id, first.c.at).where(first.c.variant == variant)
    if figure is ArmFigure.LEADS:
        return found
    if figure is ArmFigure.RIPE:
        return found.where(first.c.at <= now - WITHIN[experiment.goal]).order_by(first.c.at).limit(experiment.sample)
    sample = _sample(first, experiment)
    if figure is ArmFigure.SAMPLED:
        return found.where(first.c.at <= select(sample.c.until).scalar_subquery())
    did = _did(first)
    what = {ArmFigure.REPLIED: Goal.REPLY.value, ArmFigure.YES: Goal.YES.value, ArmFigure.OPTED_OUT: _OPT_OUT}
    who = select(did.c.lead_id, did.c.at).where(
        did.c.variant == variant, did.c.what == what.get(figure, experiment.goal.value)
    )
    if figure is ArmFigure.SUCCESSES:
        who = who.where(did.c.at <= select(sample.c.until).scalar_subquery())
    return who


def _counts(experiment: Experiment, versions: Sequence[str], now: datetime) -> Select[Any]:
    tried = _tried(experiment, versions)
    first = _first(tried)
    sample = _sample(first, experiment)
    touches = (
        select(
            tried.c.variant,
            func.count().filter(tried.c.made).label("touches"),
            func.count().filter(tried.c.arrived).label("delivered"),
        )
        .group_by(tried.c.variant)
        .subquery()
    )
    over = func.count().filter(first.c.at <= now - WITHIN[experiment.goal])
    leads = (
        select(
            first.c.variant,
            func.count().label("leads"),
            func.least(over, experiment.sample).label("ripe"),
            func.count().filter(first.c.at <= sample.c.until).label("sampled"),
        )
        .join_from(first, sample, true())
        .group_by(first.c.variant)
        .subquery()
    )
    outcomes = _outcomes(_did(first), sample, experiment)
    return (
        select(
            touches.c.variant,
            *(touches.c[name] for name in _OF_TOUCHES),
            *(leads.c[name] for name in _OF_LEADS),
            *(outcomes.c[name] for name in _OF_OUTCOMES),
            sample.c.until,
        )
        .join_from(touches, sample, true())
        .outerjoin(leads, leads.c.variant == touches.c.variant)
        .outerjoin(outcomes, outcomes.c.variant == touches.c.variant)
    )


def _tried(experiment: Experiment, versions: Sequence[str]) -> CTE:
    """The experiment's touches in the ledger, and whether each counts as one that reached the person.

    The index `ix_touches_variants` has all of it, so that the wide ledger itself is not read.
    """
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
        .where(
            TouchRow.variant.is_not(None),
            TouchRow.state != TouchState.CORRECTED,
            TouchRow.version.in_(versions),
            TouchRow.step_id == experiment.step,
            TouchRow.channel == experiment.channel.value,
        )
        .cte("tried")
    )


def _first(tried: CTE) -> CTE:
    """People, not touches: whoever got a variant five times decides once."""
    return (
        select(tried.c.lead_id, tried.c.variant, tried.c.enrollment_id, tried.c.happened_at.label("at"))
        .ext(postgresql.distinct_on(tried.c.lead_id))
        .where(tried.c.reached)
        .order_by(tried.c.lead_id, tried.c.happened_at)
        .cte("first")
    )


def _sample(first: CTE, experiment: Experiment) -> CTE:
    """Until when the sample reaches: it is complete once every variant has its last one, and the slowest says when."""
    names = values(column("name", String), name="tested").data([(one.name,) for one in experiment.variants])
    last = (
        select(first.c.at)
        .where(first.c.variant == names.c.name)
        .order_by(first.c.at)
        .offset(experiment.sample - 1)
        .limit(1)
        .lateral("last")
    )
    all_have_it = func.count(last.c.at) == len(experiment.variants)
    return (
        select(case((all_have_it, func.max(last.c.at))).label("until"))
        .select_from(names.outerjoin(last, true()))
        .cte("sample")
    )


def _did(first: CTE) -> Subquery:
    """Who did what in the time after their first touch, each once."""
    said = union_all(
        _said(Goal.REPLY.value, WITHIN[Goal.REPLY], InboundMessageRow.lead_id, InboundMessageRow.received_at).where(
            InboundMessageRow.kind == InboundKind.REPLY
        ),
        _said(Goal.YES.value, WITHIN[Goal.YES], AnswerRow.lead_id, AnswerRow.said_at).where(
            AnswerRow.answer == "yes", AnswerRow.corrected_at.is_(None)
        ),
        _said(_OPT_OUT, OPT_OUT_WITHIN, EnrollmentRow.lead_id, EnrollmentRow.ended_at, EnrollmentRow.id).where(
            EnrollmentRow.ended == Ending.OPTED_OUT
        ),
    ).subquery("said")
    # One join of two sets: asked for each lead by itself, 200,000 leads take seconds.
    then = and_(
        said.c.lead_id == first.c.lead_id,
        said.c.at.between(first.c.at, first.c.at + said.c.within),
        or_(said.c.enrollment_id.is_(None), said.c.enrollment_id == first.c.enrollment_id),
    )
    did = select(first.c.lead_id, first.c.variant, first.c.at, said.c.what).join_from(first, said, then)
    return did.distinct().subquery("did")


def _outcomes(did: Subquery, sample: CTE, experiment: Experiment) -> Subquery:
    """How many people did what."""
    reached_goal = did.c.what == experiment.goal.value
    return (
        select(
            did.c.variant,
            func.count().filter(did.c.what == Goal.REPLY.value).label("replied"),
            func.count().filter(did.c.what == Goal.YES.value).label("yes"),
            func.count().filter(did.c.what == _OPT_OUT).label("opted_out"),
            func.count().filter(reached_goal, did.c.at <= sample.c.until).label("successes"),
        )
        .join_from(did, sample, true())
        .group_by(did.c.variant)
        .subquery("outcomes")
    )


def _said(what: str, within: timedelta, lead_id: Any, at: Any, enrollment_id: Any = _OF_ANY) -> Select[Any]:
    """What people did, by lead and instant, and how long after a touch it is put down to it."""
    return select(
        lead_id.label("lead_id"),
        at.label("at"),
        literal(what, String).label("what"),
        literal(within, Interval).label("within"),
        enrollment_id.label("enrollment_id"),
    )

"""The views that reports read, and what all their questions have in common."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnClause,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Integer,
    Numeric,
    String,
    TableValuedAlias,
    Uuid,
    cast,
    column,
    func,
    literal,
    null,
    table,
)

from leads.measures import Asked, Dimension
from leads.places import Place

_INSTANT = DateTime(timezone=True)
OUTCOMES = ("delivered", "bounced", "replied", "yes", "no", "not_now", "opted_out")
"""What came of a contact, apart from that it went out."""
SAID = ("replied", "yes", "no", "not_now", "opted_out")
"""What the person said, of these."""


def _dimensions() -> list[ColumnClause[str]]:
    return [column(dimension.value, String) for dimension in Dimension]


LEADS = table(
    "measured_leads",
    column("lead_id", Uuid),
    *_dimensions(),
    column("received_at", _INSTANT),
    column("cost", Numeric),
    column("stage", String),
    column("ended", String),
    column("wake_at", _INSTANT),
    column("first_human_at", _INSTANT),
    column("qualified_at", _INSTANT),
    column("won_at", _INSTANT),
    column("lost_at", _INSTANT),
)
"""One row for each lead."""
QUESTIONS = table(
    "measured_questions",
    column("enrollment_id", Uuid),
    column("lead_id", Uuid),
    *_dimensions(),
    column("asked_at", _INSTANT),
    column("due_at", _INSTANT),
    column("answered_at", _INSTANT),
    column("moot_at", _INSTANT),
    column("attempts", Integer),
    column("response_seconds", Double),
    column("business_seconds", Double),
    column("attempt_seconds", Double),
    column("machine_seconds", Double),
    column("human_seconds", Double),
)
"""One row for each question whose first response is timed."""

STEPS = table(
    "measured_steps",
    column("day", Date),
    *(column(name, String) for name in ("cadence", "version", "step_id", "template", "variant", "channel")),
    column("contact_number", Integer),
    *(column(name, Integer) for name in ("sent", *OUTCOMES)),
)
"""How many contacts of each step there were on each day, and what came of them; as of its last refresh."""


def journeys(asked: Asked) -> TableValuedAlias:
    """Each lead captured in the stretch of time that is asked for: when it came to which place on its way."""
    columns = (
        column("lead_id", Uuid),
        *(column(name, String) for name in ("kind", "source", "rep", "ended")),
        *(column(f"{place.value}_at", _INSTANT) for place in Place if not place.is_end),
    )
    return func.measured_journeys(_instant(asked.start), _instant(asked.end)).table_valued(*columns, name="journey")


def contacts_since(since: datetime) -> TableValuedAlias:
    """Each contact since an instant, and what came of it until now."""
    columns = (
        column("touch_id", Uuid),
        column("lead_id", Uuid),
        column("happened_at", _INSTANT),
        *(column(name, String) for name in ("cadence", "version", "step_id", "template", "variant", "channel")),
        column("contact_number", Integer),
        *(column(name, Boolean) for name in OUTCOMES),
    )
    return func.measured_contacts(_instant(since)).table_valued(*columns, name="contact")


def sayings_since(since: datetime) -> TableValuedAlias:
    """What people said since an instant, each with the contact that it is credited to."""
    columns = (column("touch_id", Uuid), column("lead_id", Uuid), column("what", String))
    return func.measured_sayings(_instant(since)).table_valued(*columns, name="saying")


def _instant(at: datetime) -> ColumnElement[datetime]:
    return cast(literal(at, _INSTANT), _INSTANT)


def period_at(at: ColumnElement[datetime], asked: Asked) -> ColumnElement[int]:
    """Which of the periods an instant belongs to, counted from 1. The bounds are ours, so that the clock is too."""
    return func.width_bucket(at, cast(literal(asked.bounds, ARRAY(_INSTANT)), ARRAY(_INSTANT)), type_=Integer)


def group_of(view: Any, asked: Asked) -> ColumnElement[Any]:
    """What rows are grouped by; NULL where they are not."""
    return cast(null(), String) if asked.group is None else view.c[asked.group.value]


def only(view: Any, of: Mapping[Dimension, str | None]) -> list[ColumnElement[bool]]:
    """The conditions for the leads that are asked for."""
    return [view.c[dimension.value].is_not_distinct_from(value) for dimension, value in of.items()]


def within(view: Any, at: str, asked: Asked) -> list[ColumnElement[bool]]:
    """The conditions for the leads, and the stretch of time, that are asked for."""
    return [view.c[at] >= asked.start, view.c[at] < asked.end, *only(view, asked.of)]


def quantiles(value: ColumnElement[float]) -> ColumnElement[Any]:
    """The median and the ninth tenth, between two values where it falls between them."""
    return func.percentile_cont(cast(literal([0.5, 0.9], ARRAY(Double)), ARRAY(Double))).within_group(value)

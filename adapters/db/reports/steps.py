"""What works: how often each step went out, and what came of it; and on which contact people answered."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import FromClause, RowMapping, Select, String, func, literal, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.reports.models import ContactNumber, Outcomes, Step, StepsReport
from adapters.db.reports.views import OUTCOMES, STEPS, contacts_since
from adapters.db.rows import ReportRefreshRow
from leads.measures import Asked
from leads.periods import Every, period_of
from leads.spans import day_begins

KEYS = ("cadence", "version", "step_id", "template", "variant", "channel")
COUNTS = ("sent", *OUTCOMES)
_NOTHING = {"contact_number": 0} | dict.fromkeys(KEYS, "")


async def read_steps(
    connection: AsyncConnection, asked: Asked, of: Mapping[str, str | None], zone: ZoneInfo, now: datetime
) -> StepsReport:
    """What came of the contacts that were made in some periods.

    Args:
        of: only these: values of `KEYS`; None for contacts that have none there, like personal touches.
    """
    counted = await last_refresh(connection)
    # Days of weeks that were over are counted already; all since then is counted now.
    counted_until = None if counted is None or counted.zone != zone.key else week_begun(counted.as_of, zone)
    parts = [_live(asked, counted_until, zone)]
    if counted_until is not None and asked.periods[0].first_day < counted_until:
        parts.append(_counted(asked, counted_until))
    contact = union_all(*parts).subquery("contact")
    wanted = [contact.c[key] == (value or _NOTHING[key]) for key, value in of.items()]
    rows = (await connection.execute(_sums(contact, wanted))).mappings().all()
    steps = [_step(row) for row in rows if row["of_step"]]
    return StepsReport(
        as_of=now,
        counted_as_of=counted.as_of if counted_until is not None and counted is not None else None,
        counted_until=counted_until,
        first_day=asked.periods[0].first_day,
        last_day=asked.periods[-1].last_day,
        rows=sorted(steps, key=_in_order),
        contact_numbers=_contact_numbers([row for row in rows if not row["of_step"]]),
    )


async def last_refresh(connection: AsyncConnection) -> Any:
    """When the days that were over were counted, and on which clock; None when they never were."""
    refresh = select(ReportRefreshRow.as_of, ReportRefreshRow.zone).where(ReportRefreshRow.name == STEPS.name)
    return (await connection.execute(refresh)).one_or_none()


def week_begun(at: datetime, zone: ZoneInfo) -> date:
    """The first day of the week that an instant belongs to: the present week is always counted as it is asked for."""
    return period_of(at.astimezone(zone).date(), Every.WEEK, zone).first_day


def _live(asked: Asked, counted_until: date | None, zone: ZoneInfo) -> Select[Any]:
    since = asked.start if counted_until is None else max(asked.start, day_begins(counted_until, zone))
    contact = contacts_since(since)
    return (
        select(
            *(func.coalesce(contact.c[key], literal("", String)).label(key) for key in KEYS),
            func.coalesce(contact.c.contact_number, 0).label("contact_number"),
            func.count().label("sent"),
            *(func.count().filter(contact.c[name]).label(name) for name in OUTCOMES),
        )
        .where(contact.c.happened_at >= since, contact.c.happened_at < asked.end)
        .group_by(*(contact.c[key] for key in KEYS), contact.c.contact_number)
    )


def _counted(asked: Asked, counted_until: date) -> Select[Any]:
    end = min(asked.periods[-1].day_after, counted_until)
    columns = [STEPS.c[name] for name in (*KEYS, "contact_number", *COUNTS)]
    return select(*columns).where(STEPS.c.day >= asked.periods[0].first_day, STEPS.c.day < end)


def _sums(contact: FromClause, wanted: Sequence[Any]) -> Select[Any]:
    """By step, and by contact number."""
    keys = [contact.c[key] for key in KEYS]
    number = contact.c.contact_number
    return (
        select(
            *keys,
            number,
            (func.grouping(number) == 1).label("of_step"),
            func.min(number).filter(number > 0).label("first_number"),
            *(func.sum(contact.c[name]).label(name) for name in COUNTS),
        )
        .where(*wanted)
        .group_by(func.grouping_sets(tuple_(*keys), tuple_(number)))
    )


def _step(row: RowMapping) -> Step:
    return Step(
        **{key.removesuffix("_id"): row[key] or None for key in KEYS},
        first_contact_number=row["first_number"],
        outcomes=_outcomes(row),
    )


def _outcomes(row: RowMapping) -> Outcomes:
    counts = {name: int(row[name]) for name in COUNTS}
    return Outcomes(**counts, reply_share=counts["replied"] / counts["sent"], yes_share=counts["yes"] / counts["sent"])


def _in_order(step: Step) -> tuple[Any, ...]:
    """As the plan goes; what belongs to no step last."""
    number = step.first_contact_number
    names = (step.step, step.version, step.template, step.variant, step.channel)
    return (step.cadence is None, step.cadence or "", number is None, number or 0, *(name or "" for name in names))


def _contact_numbers(rows: Sequence[RowMapping]) -> list[ContactNumber]:
    """By the how many-th contact it was; those of which nobody counted last, without a share of the yeses so far."""
    numbered = sorted((row for row in rows if row["contact_number"]), key=lambda row: int(row["contact_number"]))
    all_yes, yes = sum(int(row["yes"]) for row in numbered), 0
    found = []
    for row in numbered:
        yes += int(row["yes"])
        found.append(
            ContactNumber(
                number=row["contact_number"], outcomes=_outcomes(row), yes_until=yes / all_yes if all_yes else None
            )
        )
    unnumbered = [row for row in rows if not row["contact_number"]]
    return [*found, *(ContactNumber(number=None, outcomes=_outcomes(row), yes_until=None) for row in unnumbered)]

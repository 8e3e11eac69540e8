"""What came of the contacts of the small business, each number counted by hand from its lines."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.reports.models import StepsReport
from adapters.db.reports.reports import Reports
from adapters.db.rows import AnswerRow, TouchRow
from leads.measures import Asked, ask
from leads.model import Company
from tests.adapters.reports.small_business import NOW, ZONE, at, enrollment_id, lead_id, touch_id

Counts = tuple[int, int, int, int, int, int, int, int]
STEPS: dict[tuple[str | None, ...], Counts] = {
    # sent, delivered, bounced, replied, yes, no, not now, opted out
    ("inbound-web", "answer", "answer-a", "a"): (4, 3, 0, 1, 0, 0, 1, 0),  # leads 1 3 7 11; 11 replied, 7 not now
    ("inbound-web", "answer", "answer-b", "b"): (3, 1, 1, 0, 0, 0, 0, 0),  # leads 2 6 12
    ("inbound-web", "first-call", "first-call-text", None): (7, 0, 0, 1, 1, 1, 1, 0),  # 1 2 3 5 6 7 12
    ("inbound-web", "checking-in", "checking-in-text", None): (1, 1, 0, 1, 1, 0, 0, 0),  # lead 1
    ("inbound-web", "second-call", "second-call-text", None): (1, 0, 0, 0, 1, 0, 0, 0),  # lead 2
    ("outbound-qualified", "call-out", "call-out-text", None): (1, 0, 0, 0, 1, 0, 0, 0),  # lead 9
    (None, None, None, None): (1, 0, 0, 0, 1, 0, 0, 0),  # the personal call of lead 4
}


def weeks(first: str = "2026-11-09", last: str = "2026-11-22") -> Asked:
    return ask(NOW, ZONE, first=date.fromisoformat(first), last=date.fromisoformat(last))


def by_step(report: StepsReport) -> dict[tuple[str | None, ...], Counts]:
    return {(row.cadence, row.step, row.template, row.variant): counts(row.outcomes) for row in report.rows}


def counts(one: object) -> Counts:
    names = ("sent", "delivered", "bounced", "replied", "yes", "no", "not_now", "opted_out")
    found = tuple(getattr(one, name) for name in names)
    return found  # type: ignore[return-value]


@pytest.mark.usefixtures("business")
async def test_what_came_of_each_step(reports: Reports) -> None:
    report = await reports.steps(weeks(), {}, NOW)
    assert by_step(report) == STEPS
    assert (report.counted_as_of, report.counted_until) == (None, None)
    answer, *_ = report.rows
    assert (answer.version, answer.channel, answer.first_contact_number) == ("inbound-web-1", "email", 1)
    assert (answer.outcomes.reply_share, answer.outcomes.yes_share) == (0.25, 0.0)


@pytest.mark.usefixtures("business")
async def test_on_which_contact_the_yes_came(reports: Reports) -> None:
    report = await reports.steps(weeks(), {}, NOW)
    found = [(one.number, one.outcomes.sent, one.outcomes.yes, one.yes_until) for one in report.contact_numbers]
    assert found == [(1, 9, 1, 0.25), (2, 6, 1, 0.5), (3, 2, 2, 1.0), (None, 1, 1, None)]


@pytest.mark.usefixtures("business")
async def test_the_steps_stand_as_the_plan_goes(reports: Reports) -> None:
    report = await reports.steps(weeks(), {}, NOW)
    assert [(row.cadence, row.step) for row in report.rows] == [
        ("inbound-web", "answer"),
        ("inbound-web", "answer"),
        ("inbound-web", "first-call"),
        ("inbound-web", "checking-in"),
        ("inbound-web", "second-call"),
        ("outbound-qualified", "call-out"),
        (None, None),
    ]


@pytest.mark.usefixtures("business")
async def test_only_one_cadence_or_variant_and_what_belongs_to_none(reports: Reports) -> None:
    async def sent(of: dict[str, str | None]) -> int:
        return sum(row.outcomes.sent for row in (await reports.steps(weeks(), of, NOW)).rows)

    assert await sent({"cadence": "inbound-web"}) == 16
    assert await sent({"cadence": "inbound-web", "variant": "b"}) == 3
    assert await sent({"cadence": None}) == 1
    assert await sent({"version": "nobody's"}) == 0


@pytest.mark.usefixtures("business")
async def test_an_opt_out_is_credited_to_the_last_contact_before_it(reports: Reports) -> None:
    report = await reports.steps(weeks("2026-10-26", "2026-11-08"), {}, NOW)
    assert by_step(report) == {("inbound-web", "answer", "answer-a", "a"): (1, 1, 0, 0, 0, 0, 0, 1)}


@pytest.mark.usefixtures("business")
@pytest.mark.parametrize("first", ["2026-10-26", "2026-11-09", "2026-11-16"])
async def test_counted_days_and_the_present_week_are_the_same_as_all_counted_now(reports: Reports, first: str) -> None:
    asked = weeks(first)
    live = await reports.steps(asked, {}, NOW)
    await reports.refresh(NOW)
    counted = await reports.steps(asked, {}, NOW)
    assert (counted.counted_as_of, counted.counted_until) == (NOW, date(2026, 11, 16))
    assert counted.rows == live.rows
    assert counted.contact_numbers == live.contact_numbers


@pytest.mark.usefixtures("business")
async def test_what_happened_a_minute_ago_is_in_the_present_week_and_the_rest_follows(
    reports: Reports, engine: AsyncEngine
) -> None:
    await reports.refresh(NOW)
    async with engine.begin() as connection:
        values = {"enrollment_id": enrollment_id(11), "answer": "yes", "by": "anna"}
        await connection.execute(insert(AnswerRow), values | {"lead_id": lead_id(11), "said_at": NOW})
        values = {"enrollment_id": enrollment_id(8), "answer": "yes", "by": "anna"}
        await connection.execute(insert(AnswerRow), values | {"lead_id": lead_id(5), "said_at": NOW})

    def yes(report: StepsReport) -> dict[str | None, int]:
        return {row.template: row.outcomes.yes for row in report.rows if row.step in ("answer", "first-call")}

    before = {"answer-a": 0, "answer-b": 0, "first-call-text": 1}
    # Lead 11 was written to this week; lead 5 was called in the week before, which is counted every ten minutes.
    assert yes(await reports.steps(weeks(), {}, NOW)) == before | {"answer-a": 1}
    await reports.refresh(NOW + timedelta(minutes=10))
    assert yes(await reports.steps(weeks(), {}, NOW)) == before | {"answer-a": 1, "first-call-text": 2}


@pytest.mark.usefixtures("business")
async def test_what_another_clock_counted_is_counted_anew(
    reports: Reports, engine: AsyncEngine, company: Company
) -> None:
    await Reports(engine, Company(name="", zone="Asia/Tokyo", country="JP")).refresh(NOW)
    async with engine.begin() as connection:
        await connection.execute(text("refresh materialized view measured_steps with no data"))  # reading it would fail
    report = await reports.steps(weeks(), {}, NOW)
    assert report.counted_until is None
    assert by_step(report) == STEPS
    async with engine.begin() as connection:
        await connection.execute(text("refresh materialized view measured_steps"))


@pytest.mark.usefixtures("business")
async def test_a_day_is_counted_on_the_companys_clock(reports: Reports, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        late = at("11-08 23:30")  # a Sunday there, and a Monday in UTC
        await connection.execute(update(TouchRow).where(TouchRow.id == touch_id(0)).values(happened_at=late))
    await reports.refresh(NOW)
    assert sum(row.outcomes.sent for row in (await reports.steps(weeks(), {}, NOW)).rows) == 17
    before = await reports.steps(weeks("2026-11-02", "2026-11-08"), {}, NOW)
    assert sum(row.outcomes.sent for row in before.rows) == 2


async def test_nothing_sent_yet_and_nothing_to_come(reports: Reports) -> None:
    for _ in range(2):
        report = await reports.steps(weeks(), {}, NOW)
        assert (report.rows, report.contact_numbers) == ([], [])
        assert (await reports.steps(weeks("2027-02-01", "2027-02-07"), {}, NOW)).rows == []
        await reports.refresh(NOW)


async def test_when_it_was_counted_is_known(reports: Reports) -> None:
    assert await reports.refreshed_at() is None
    await reports.refresh(NOW)
    assert await reports.refreshed_at() == NOW

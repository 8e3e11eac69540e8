"""What the reports say of the simulated business is what its actors tell, counted again in plain Python."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from activities.reviews import ReviewActivities
from adapters.db.reports.behind import Behind
from adapters.db.reports.models import Figures
from adapters.db.reports.reports import Reports
from adapters.db.reviews import Reviews
from adapters.db.rows import LeadRow, OutboxRow, TaskRow, TouchRow
from cadences.reviews import Review
from leads.contract import ReviewInput, SchedulesResult
from leads.measures import Asked, Counted, Dimension, ask
from leads.periods import Every
from tests.links import LINKS
from tests.simulation.conftest import LEADS, Business
from tests.simulation.journal import LeadStory
from tests.simulation.leads_to_come import COSTS
from tests.simulation.people import ABSENCES, COMPANY, MANAGERS, REPS, START, WEEKS
from tests.simulation.recount import Recount, by, closing, due, fate, recount, waits_until, week_of, working_days

pytestmark = pytest.mark.timeout(1500)  # the first of them lives through all of it
_FIRST = START.date()
_BY_THE_MACHINE = TouchRow.channel.in_(["email", "sms"]) & TouchRow.personal.is_(False)


class NoSchedules:
    """Here nobody keeps schedules."""

    async def ensure(self) -> SchedulesResult:
        return SchedulesResult()


def _as_recount(figures: Figures) -> Recount:
    response = figures.response
    return Recount(
        leads=figures.leads,
        qualified=figures.qualified,
        ordered=figures.ordered,
        asked=response.asked,
        answered=response.answered,
        in_time=response.in_time,
        late=response.late,
        waiting=response.waiting,
        not_needed=response.not_needed,
        median=response.wall.median,
        p90=response.wall.p90,
        business_median=response.business.median,
    )


def _rounded(counted: Recount) -> Recount:
    seconds = {name: getattr(counted, name) for name in ("median", "p90", "business_median")}
    return counted._replace(**{name: None if value is None else round(value, 3) for name, value in seconds.items()})


async def _figures(business: Business, group: Dimension | None, every: Every = Every.WEEK) -> list[list[Figures]]:
    return [*await Reports(business.engine, COMPANY).figures(_all_of_it(business, group, every), business.end)]


def _all_of_it(business: Business, group: Dimension | None = None, every: Every = Every.WEEK) -> Asked:
    zone = ZoneInfo(COMPANY.zone)
    return ask(business.end, zone, every=every, first=_FIRST, last=business.end.astimezone(zone).date(), group=group)


async def test_it_is_a_business_worth_counting(business: Business) -> None:
    """So that what follows can't be true of nothing: every kind of story happened, often."""
    stories = business.stories
    assert len(stories) == LEADS
    said = [word for story in stories for _, word in story.said]
    assert all(said.count(word) >= 8 for word in ("yes", "no", "not now", "stop")), said
    assert sum(story.won_at is not None for story in stories) >= 8
    assert sum(len(story.attempts) for story in stories) >= 50
    assert sum(len(story.messages) for story in stories) >= 300
    assert len({story.owner for story in stories}) == 8


async def test_the_figures_of_all_of_it_are_the_recounted_ones(business: Business) -> None:
    _, (total,) = await _figures(business, None)
    assert _as_recount(total) == _rounded(recount(business.stories, business.end))
    assert (total.followed_up, total.followed_up_share) == (LEADS, 1.0)


@pytest.mark.parametrize(
    ("group", "key"),
    [
        (Dimension.SOURCE, lambda story: story.source),
        (Dimension.CADENCE, lambda story: story.cadence),
        (Dimension.KIND, lambda story: story.kind.value),
    ],
)
async def test_so_are_those_of_each_group(
    business: Business, group: Dimension, key: Callable[[LeadStory], object]
) -> None:
    _, totals = await _figures(business, group)
    counted = by(business.stories, key, business.end)
    assert {one.group: _as_recount(one) for one in totals} == {name: _rounded(one) for name, one in counted.items()}
    assert len(totals) >= 2


async def test_so_are_the_leads_of_each_rep(business: Business) -> None:
    """Whoever owns them in the end; a question is its rep's who answered it, which is another thing."""
    _, totals = await _figures(business, Dimension.REP)
    counted = by(business.stories, lambda story: story.owner, business.end)
    shown = {one.group: (one.leads, one.qualified, one.ordered) for one in totals if one.leads}
    assert shown == {rep: (one.leads, one.qualified, one.ordered) for rep, one in counted.items()}
    assert len(shown) == 8


async def test_so_are_those_of_each_week(business: Business) -> None:
    weeks, _ = await _figures(business, None)
    counted = by(business.stories, lambda story: week_of(story.captured_at), business.end)
    expected = {f"2035-W{monday.isocalendar().week:02}": _rounded(one) for monday, one in counted.items()}
    assert {one.period: _as_recount(one) for one in weeks if one.leads or one.response.asked} == expected
    assert len(expected) == 12


async def test_nobody_worked_while_away_and_covers_did(business: Business) -> None:
    worked = [(who, at) for story in business.stories for at, who, _ in story.done]
    zones = {rep.id: ZoneInfo(rep.zone or COMPANY.zone) for rep in REPS}
    for off in ABSENCES:
        days = [at.astimezone(zones[off.rep]).date() for who, at in worked if who == off.rep]
        assert days
        assert not [day for day in days if off.first <= day <= off.last]
        begins = datetime.combine(off.first, time(), zones[off.rep])
        ends = datetime.combine(off.last + timedelta(days=1), time(), zones[off.rep])
        in_vain = select(func.count()).where(
            TaskRow.kind == "call", TaskRow.owner == off.rep, TaskRow.opens_at >= begins, TaskRow.opens_at < ends
        )
        async with business.engine.connect() as connection:
            assert await connection.scalar(in_vain) == 0, "a call was asked of somebody who is away"
    async with business.engine.connect() as connection:
        covered = await connection.execute(
            select(TaskRow.owner, LeadRow.owner_id)
            .join(LeadRow, LeadRow.id == TaskRow.lead_id)
            .where(TaskRow.kind == "call", TaskRow.state == "done", TaskRow.owner != LeadRow.owner_id)
        )
        stand_ins = {(off.cover, off.rep) for off in ABSENCES if off.cover}
        assert {tuple(row) for row in covered} & stand_ins


async def test_each_daily_review_has_what_each_rep_did_that_day(business: Business) -> None:
    """Written after the fact by the schedule's own activity, one working day after the other."""
    reviews = Reviews(business.engine, COMPANY, LINKS)
    activity = ReviewActivities(reviews, NoSchedules(), lambda: business.end)
    days = working_days(START.date(), WEEKS)
    for manager in MANAGERS:
        team = {rep.id for rep in REPS if rep.team == manager.team}
        for before, day in pairwise(days):
            assert (await activity.write_review(ReviewInput(manager_id=manager.id, day=day))).day == day
            shown = (await reviews.read(manager.id, day, business.end)).review
            since, until = closing(before), closing(day)
            did = [
                (who, outcome)
                for story in business.stories
                for at, who, outcome in story.done
                if who in team and since < at <= until
            ]
            assert {rep.rep: rep.done for rep in shown.reps if rep.done} == Counter(who for who, _ in did), day
            outcomes: Counter[str] = Counter()
            for rep in shown.reps:
                outcomes.update(rep.outcomes)
            assert outcomes == Counter(outcome for _, outcome in did), day
    # Once more: nothing is written again.
    assert not (await activity.write_review(ReviewInput(manager_id="mia", day=days[-1]))).written


async def test_figure_badge_list_and_review_tell_the_same_of_first_answers(business: Business) -> None:
    """What became of each question has one definition, wherever it is shown."""
    end, reports = business.end, Reports(business.engine, COMPANY)
    asked = [story for story in business.stories if story.asks]
    expected = {name: {story.lead_id for story in asked if fate(story, end) == name} for name in _FATES}
    # Nobody happens to wait at the end; who does is counted in tests/console/manager/test_first_answers.py.
    assert {name for name, leads in expected.items() if leads} >= {"in time", "late", "not needed"}
    _, (total,) = await _figures(business, None)
    for name, counted in _FATES.items():
        asked_for = Behind(figure=counted, asked=_all_of_it(business))
        behind = await reports.leads_behind(asked_for, end, limit=LEADS, cursor=None)
        assert set(behind.items) == expected[name], name
        assert getattr(total.response, counted.value) == behind.total == len(expected[name]), name
    clocks = await reports.clocks({}, end, limit=200)
    assert {clock.lead_id for clock in clocks.in_time.items} == expected["waiting"]
    owed = {story.lead_id for story in asked if due(story.captured_at) < end <= waits_until(story)}
    assert {clock.lead_id for clock in clocks.late.items} == owed
    shown = [await _so_far(business, manager.id) for manager in MANAGERS]
    assert sum(rep.responses_running for review in shown for rep in review.reps) == len(expected["waiting"])


async def test_each_question_stands_in_one_review_as_the_figures_count_it(business: Business) -> None:
    reviews, met, missed = Reviews(business.engine, COMPANY, LINKS), 0, 0
    activity = ReviewActivities(reviews, NoSchedules(), lambda: business.end)
    days = working_days(START.date(), WEEKS)
    for manager in MANAGERS:
        for day in days:
            await activity.write_review(ReviewInput(manager_id=manager.id, day=day))
            for rep in (await reviews.read(manager.id, day, business.end)).review.reps:
                met, missed = met + rep.responses_met, missed + rep.responses_missed.total
    # Whatever was answered, or became due, until the last close.
    last = closing(days[-1])
    asked = [story for story in business.stories if story.asks and story.captured_at <= last]
    assert met == sum(fate(story, business.end) == "in time" and waits_until(story) <= last for story in asked)
    assert missed == sum(fate(story, business.end) == "late" and due(story.captured_at) <= last for story in asked)


_FATES = {
    "in time": Counted.IN_TIME,
    "late": Counted.LATE,
    "waiting": Counted.WAITING,
    "not needed": Counted.NOT_NEEDED,
}


async def _so_far(business: Business, manager: str) -> Review:
    """How the review of the day on which the simulation ends looks by then."""
    day = business.end.astimezone(ZoneInfo(COMPANY.zone)).date()
    return (await Reviews(business.engine, COMPANY, LINKS).read(manager, day, business.end)).review


async def test_no_message_was_sent_twice_and_none_after_a_stop(business: Business) -> None:
    async with business.engine.connect() as connection:
        sent = list(await connection.execute(select(TouchRow.lead_id, TouchRow.happened_at).where(_BY_THE_MACHINE)))
        outbox = await connection.scalar(select(func.count()).select_from(OutboxRow))
    assert outbox == len(sent) == sum(len(story.messages) for story in business.stories)
    for story in business.stories:
        stopped = [at for at, word in story.said if word in ("no", "stop", "yes")]
        late = [at for lead_id, at in sent if lead_id == story.lead_id and stopped and at > stopped[0]]
        assert not late, story.lead_id


async def test_what_works_is_counted_as_it_happened(business: Business) -> None:
    steps = await Reports(business.engine, COMPANY).steps(_all_of_it(business), {}, business.end)
    sent: Counter[str | None] = Counter()
    for row in steps.rows:
        sent[row.step] += row.outcomes.sent
    assert sent == Counter(step for story in business.stories for _, step in story.made)
    said = Counter(word for story in business.stories for at, word in story.said if any(m <= at for m, _ in story.made))
    credited = {name: sum(getattr(row.outcomes, name) for row in steps.rows) for name in ("yes", "no", "not_now")}
    assert credited == {"yes": said["yes"], "no": said["no"], "not_now": said["not now"]}
    assert sum(row.outcomes.opted_out for row in steps.rows) == said["stop"]


async def test_costs_and_what_was_wasted_are_the_recounted_ones(business: Business) -> None:
    rows, total = await Reports(business.engine, COMPANY).costs(_all_of_it(business, Dimension.SOURCE), business.end)
    for source, price in COSTS.items():
        stories = [story for story in business.stories if story.source == source]
        old = [story for story in stories if story.captured_at < business.end - timedelta(days=1)]
        idle = [story for story in old if not story.contacts and not story.attempts]
        (row,) = (one for one in rows if one.group == source)
        assert (row.leads, row.cost) == (len(stories), price * len(stories))
        assert (row.not_worked, row.wasted) == (len(idle), price * len(idle))
        orders = sum(story.won_at is not None for story in stories)
        assert row.per_order == (row.cost / orders).quantize(Decimal("0.01"))
    assert total.leads == LEADS


def _answered_on_the_way(story: LeadStory) -> bool:
    """Whether a human was in touch before anything that comes later on a lead's way: yes, no, an order."""
    no = next((at for at, word in story.said if word == "no"), None)
    later = (story.qualified_at, story.accepted_at, story.lost_at, no, story.won_at)
    return story.answered_at is not None and all(at is None or story.answered_at <= at for at in later)


async def test_the_lead_map_counts_each_place_as_the_actors_do(business: Business) -> None:
    found = await Reports(business.engine, COMPANY).lead_map(_all_of_it(business), business.end)
    places = {node.id: node.leads for node in found.nodes}
    stories = business.stories
    assert places["captured"] == LEADS
    assert places["answered"] == sum(_answered_on_the_way(story) for story in stories)
    assert places["qualified"] == sum(story.qualified_at is not None for story in stories)
    assert places["won"] == sum(story.won_at is not None for story in stories)
    flows = {(flow.kind, flow.source): flow.leads for flow in found.flows}
    assert flows == Counter((story.kind.value, story.source) for story in stories)

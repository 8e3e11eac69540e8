"""What holds for every schedule: random cadences, leads, zones and starts, clock changes among them."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cadences.case import Case
from cadences.commands import hold, log_personal_touch, resume
from cadences.contact_rules import rules_for
from cadences.planning import plan
from cadences.preview import Calls, PreviewedTouch, play, preview
from cadences.progress import message_sent
from leads.calendars import holiday_name
from leads.model import Channel, LeadKind
from leads.spans import add_span, at_local, local_distance, merged, wall_clock, wall_length
from leads.windows import first_open
from tests.cadences.cases import ALWAYS_OPEN, NO_LIMITS, a_cadence, a_lead, begun, carried_out
from tests.cadences.strategies import cases, instants, zones

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
DAY = timedelta(days=1)


def is_in_hours(case: Case, at: datetime, zone: ZoneInfo) -> bool:
    """Whether an instant lies in the cadence's hours; written anew, so as not to repeat the code's mistakes."""
    hours, there = case.cadence.hours, at.astimezone(zone)
    return (
        there.fold == 0
        and there.weekday() in hours.days
        and holiday_name(hours.calendar, there.date()) is None
        and hours.from_ <= there.time().replace(fold=0) <= hours.to
        and not (there.time() == hours.to and hours.to.microsecond == 0)
    )


def answers_the_question(case: Case, touch: PreviewedTouch) -> bool:
    step = case.cadence.step(touch.step_id)
    return (
        case.lead.kind is LeadKind.INBOUND
        and touch.number == 1
        and touch.channel is Channel.EMAIL
        and step is not None
        and (step.after, step.wait) == (None, None)
    )


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(cases(), st.sampled_from(["made", "missed"]))
def test_no_touch_but_the_first_answer_is_outside_the_hours_or_in_a_repeated_clock_hour(
    case: Case, calls: Calls
) -> None:
    for touch in preview(case, case.enrollment.started_at, touches=12, years=2, calls=calls):
        if answers_the_question(case, touch):
            assert touch.at == case.enrollment.started_at
            continue
        if touch.channel is Channel.TASK:
            ours = is_in_hours(case, touch.at, case.zone)
            assert ours or first_open(touch.at, rules_for(Channel.TASK, case))[0] is None
            continue
        everywhere = case.candidate_zones if touch.channel is not Channel.EMAIL else (case.zone,)
        for zone in everywhere:
            assert is_in_hours(case, touch.at, zone), (touch, zone)
            if touch.channel is not Channel.EMAIL:
                assert 8 <= touch.at.astimezone(zone).hour < 21, (touch, zone)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(cases(), st.sampled_from(["made", "missed"]))
def test_touches_come_in_order_and_never_over_the_limits(case: Case, calls: Calls) -> None:
    touches = preview(case, case.enrollment.started_at, touches=20, years=2, calls=calls)
    instants = [touch.at for touch in touches]
    assert instants == sorted(instants)
    assert all(touch.due_at is None or touch.due_at > touch.at for touch in touches)
    days = Counter(touch.local.date() for touch in touches if touch.channel in (Channel.EMAIL, Channel.SMS))
    assert all(count <= case.cadence.limits.per_day for count in days.values())
    for first in days:
        in_a_row = sum(count for day, count in days.items() if first <= day < first + 7 * DAY)
        assert in_a_row <= case.cadence.limits.per_week


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(cases())
def test_every_touch_is_explained_up_to_its_own_instant(case: Case) -> None:
    for touch in preview(case, case.enrollment.started_at, touches=8, years=1):
        assert touch.reasons
        assert touch.reasons[0].rule == "plan"
        led_to = [reason.at for reason in touch.reasons if reason.at is not None]
        assert led_to[-1] == touch.at


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(cases(), st.integers(1, 40))
def test_planning_again_before_the_touch_changes_nothing(case: Case, parts: int) -> None:
    start = case.enrollment.started_at
    planned = begun(case.cadence, case.lead, start=start).enrollment.next
    assert planned is not None
    halfway = start + (planned.act_at - start) / parts
    assert plan(begun(case.cadence, case.lead, start=start), halfway).enrollment.next == planned


# Pauses.

PLAN = [
    {"email": "hello"},
    {"after": "3 days", "email": "a"},
    {"after": "2 weeks", "email": "b"},
    {"wait": "6 days", "email": "c"},
    {"after": "2 months", "email": "d"},
    {"wait": "3 days", "email": "e", "repeat": {"every": "2 weeks", "times": 3}},
]
OPEN_CADENCE = a_cadence(
    *PLAN,
    hours=ALWAYS_OPEN,
    limits=NO_LIMITS,
    on_personal_touch={"pause": "5 business days"},
)
STEADY = st.sampled_from(["UTC", "Asia/Tokyo", "Asia/Kolkata", "America/Phoenix", "Pacific/Guam"])
"""Zones without clock changes, in which wall clock and stopwatch agree."""


def after_steps(zone: str, start: datetime, count: int) -> Case:
    case = begun(OPEN_CADENCE, a_lead(zone=zone, kind=LeadKind.OUTBOUND), start=start)
    for _ in range(count):
        case = carried_out(case)
    return case


def lived(case: Case, now: datetime) -> list[datetime]:
    return [touch.at for touch in play(case, now, now + 200 * DAY)]


@settings(max_examples=50, deadline=None)
@given(STEADY, instants(), st.integers(1, 6), st.floats(0.01, 0.99))
def test_a_personal_touch_moves_the_next_touch_and_all_later_ones_by_exactly_the_pause(
    zone: str, start: datetime, count: int, part: float
) -> None:
    case = after_steps(zone, start, count)
    upcoming = case.enrollment.next
    assert upcoming is not None
    assert case.enrollment.previous_at is not None
    now = case.enrollment.previous_at + part * (upcoming.act_at - case.enrollment.previous_at)
    paused = log_personal_touch(case, channel=Channel.CALL, touched_at=now, by="anna", note=None, now=now)
    until = add_span(now, OPEN_CADENCE.on_personal_touch.pause, case.zone, OPEN_CADENCE.hours.business_calendar())
    before, after = lived(case, now), lived(paused, now)
    assert after[: len(before)][:5] == [at + (until - now) for at in before][:5]


@settings(max_examples=60, deadline=None)
@given(zones, st.data(), st.integers(1, 5), st.floats(0.01, 0.99))
def test_across_clock_changes_a_pause_moves_the_next_touch_on_the_wall_clock(
    zone: str, data: st.DataObject, count: int, part: float
) -> None:
    case = after_steps(zone, data.draw(instants(zone)), count)
    upcoming, previous = case.enrollment.next, case.enrollment.previous_at
    assert upcoming is not None
    assert previous is not None
    assume(len(upcoming.reasons) == 1)  # The plan's own instant, which no rule has moved.
    now = previous + part * (upcoming.act_at - previous)
    until = add_span(now, OPEN_CADENCE.on_personal_touch.pause, case.zone, OPEN_CADENCE.hours.business_calendar())
    paused = log_personal_touch(case, channel=Channel.CALL, touched_at=now, by="anna", note=None, now=now)
    shown = wall_clock(upcoming.act_at, case.zone) + max(local_distance(now, until, case.zone), timedelta(0))
    expected = max(at_local(shown, case.zone), until)
    found = paused.enrollment.next
    assert found is not None
    assert first_open(expected, rules_for(Channel.EMAIL, case))[0] == found.act_at


touched = st.lists(st.tuples(st.integers(-3 * 1440, 30 * 1440), st.integers(0, 12 * 1440)), min_size=1, max_size=6)
"""Personal touches: minutes after the last step, and minutes until they were logged."""


def logged(case: Case, at: datetime, now: datetime) -> Case:
    return log_personal_touch(case, channel=Channel.CALL, touched_at=at, by="anna", note=None, now=now)


@settings(max_examples=80, deadline=None)
@given(zones, st.data(), touched)
def test_pauses_add_up_to_their_union_in_whatever_order_they_are_logged(
    zone: str, data: st.DataObject, contacts: list[tuple[int, int]]
) -> None:
    case = after_steps(zone, data.draw(instants(zone)), 1)
    previous = case.enrollment.previous_at
    assert previous is not None
    calendar = OPEN_CADENCE.hours.business_calendar()
    instants_of = [previous + timedelta(minutes=minutes) for minutes, _ in contacts]
    end = max(at + timedelta(minutes=later) for at, (_, later) in zip(instants_of, contacts, strict=True))
    by_logging = sorted(zip(instants_of, contacts, strict=True), key=lambda one: one[0] + timedelta(minutes=one[1][1]))
    prompt, late = case, case
    for at in sorted(instants_of):
        prompt = logged(prompt, at, max(at, previous))
    for at, (_, later) in by_logging:
        late = logged(late, at, max(at + timedelta(minutes=later), previous))
    union = merged(
        (max(at, previous), add_span(at, OPEN_CADENCE.on_personal_touch.pause, case.zone, calendar))
        for at in instants_of
        if add_span(at, OPEN_CADENCE.on_personal_touch.pause, case.zone, calendar) > previous
    )
    assert prompt.enrollment.moved == late.enrollment.moved == wall_length(union, case.zone)
    assert plan(prompt, end).enrollment.next == plan(late, end).enrollment.next


@settings(max_examples=60, deadline=None)
@given(STEADY, instants(), st.integers(1, 5), st.integers(1, 40), st.floats(0.01, 0.99))
def test_resume_gives_back_exactly_the_unused_part(
    zone: str, start: datetime, count: int, days: int, part: float
) -> None:
    case = after_steps(zone, start, count)
    upcoming, now = case.enrollment.next, case.enrollment.previous_at
    assert upcoming is not None
    assert now is not None
    held = hold(case, until=now + days * DAY, reason="holidays", by="anna", now=now)
    back = now + part * days * DAY
    resumed = resume(held, by="anna", now=back)
    assert resumed.enrollment.moved == case.enrollment.moved + (back - now)
    assert lived(resumed, back)[:4] == [at + (back - now) for at in lived(case, now)][:4]


@settings(max_examples=40, deadline=None)
@given(STEADY, instants(), st.integers(1, 30))
def test_a_machine_that_was_down_keeps_the_distances(zone: str, start: datetime, days: int) -> None:
    cadence = a_cadence(
        {"email": "hello"},
        {"after": "3 days", "email": "a"},
        {"after": "5 days", "email": "b"},
        {"after": "9 days", "task": "look"},
        {"after": "20 days", "email": "c"},
        hours=ALWAYS_OPEN,
        limits=NO_LIMITS,
    )
    case = carried_out(begun(cadence, a_lead(zone=zone, kind=LeadKind.OUTBOUND), start=start))
    upcoming = case.enrollment.next
    assert upcoming is not None
    late = upcoming.act_at + days * DAY
    case = plan(case, late)
    assert case.enrollment.next is not None
    case = message_sent(case, case.enrollment.next.step, late)
    assert lived(case, late)[:3] == [late + 2 * DAY, late + 6 * DAY, late + 17 * DAY]

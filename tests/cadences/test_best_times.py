"""Proposals of when to call: within the call's time and the law, a wish before what was learnt, or nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cadences.best_times import LEAST_LEFT, best_time
from cadences.bundle import CadenceBundle
from cadences.case import Case
from cadences.contact_rules import Allow, first_instant
from cadences.enrollment import NextTouch
from cadences.messages import talk_track
from cadences.planning import plan
from cadences.preview import preview
from cadences.tasks import Outcome
from leads.best_time import HOURS_A_WEEK, CallMade, ContactTimes, Habits
from leads.model import Channel, LeadKind
from leads.work_hours import WorkHours
from tests.cadences.cases import (
    ALWAYS_OPEN,
    MONDAY,
    a_cadence,
    a_case,
    a_lead,
    begun,
    carried_out,
    completed,
    local,
    new_york,
    waited_for,
)
from tests.cadences.strategies import PHONES, clock_changes, instants, zones
from tests.leads.test_best_time import counts

AFTERNOON = Habits(
    ContactTimes(calls=counts(tue_10=100, tue_12=100, tue_14=100), connected=counts(tue_10=10, tue_12=20, tue_14=60))
)
"""Tuesdays: 10 of 100 calls connect at 10:00, 20 at 12:00, 60 at 14:00. Of all (90 + 5) / (300 + 25) = 0.29231.

At 14:00 (20 * 0.29231 + 60) / 120 = 0.54872; at 13:00, between 12:00 and 14:00, (5.84615 + 40) / 120 = 0.38205;
at 10:00 (5.84615 + 10) / 120 = 0.13205."""
CALL = {"after": "1 day", "call": "ring", "within": "6 hours"}
TAIL = {"wait": "3 months", "task": "look", "repeat": {"every": "3 months", "until": "an answer"}}


def called(habits: Habits = AFTERNOON, step: dict[str, Any] = CALL, **lead: Any) -> Case:
    """A lead that wrote on Monday at ten, was answered, and is called on Tuesday, from 10:00 to 16:00."""
    cadence = a_cadence({"email": "hello"}, {"call": "first"}, step, TAIL)
    case = replace(carried_out(begun(cadence, a_lead(**lead))), habits=habits)
    return completed(carried_out(case))


def upcoming(case: Case) -> NextTouch:
    assert case.enrollment.next is not None
    return case.enrollment.next


def said(case: Case) -> list[str]:
    return [reason.text for reason in upcoming(case).reasons if reason.rule == "best time"]


def test_the_likeliest_hour_of_its_time_is_proposed_and_explained() -> None:
    case = called()
    touch = upcoming(case)
    assert (local(touch.opens_at), local(touch.due_at)) == ("Tue 2026-03-03 10:00", "Tue 2026-03-03 16:00")
    assert local(touch.best_at) == "Tue 2026-03-03 14:00"
    assert said(case) == ["Tue 14:00-15:00: 60 of 100 calls connected then; 55% expected, 13% at 10:00"]


def test_it_changes_neither_when_the_task_comes_nor_when_it_is_due() -> None:
    known, unknown = upcoming(called()), upcoming(called(Habits()))
    assert known.best_at is not None
    kept = replace(known, best_at=None, reasons=unknown.reasons)
    assert kept == unknown


def test_where_nothing_is_known_nothing_is_said() -> None:
    case = called(Habits())
    assert upcoming(case).best_at is None
    assert said(case) == []


def test_where_all_hours_are_much_alike_nothing_is_said() -> None:
    alike = {f"tue_{clock}": 100 for clock in range(8, 18)}
    times = ContactTimes(calls=counts(**alike), connected=counts(**{name: 30 for name in alike}))
    assert said(called(Habits(times))) == []


def test_an_hour_outside_of_the_calls_time_is_no_use() -> None:
    case = called(step={**CALL, "within": "3 hours"})
    assert local(upcoming(case).due_at) == "Tue 2026-03-03 13:00"
    assert local(upcoming(case).best_at) == "Tue 2026-03-03 12:00"


def test_of_hours_as_good_as_each_other_the_earlier_is_taken() -> None:
    times = ContactTimes(
        calls=counts(tue_10=100, tue_12=100, tue_14=100), connected=counts(tue_10=10, tue_12=60, tue_14=60)
    )
    assert local(upcoming(called(Habits(times))).best_at) == "Tue 2026-03-03 12:00"


def test_the_leads_own_history_counts_more_than_everybodys() -> None:
    in_vain = tuple(CallMade(new_york(f"2026-02-{day:02} 14:20"), False) for day in (3, 10, 17, 24))
    answered = tuple(CallMade(new_york(f"2026-02-{day:02} 11:05"), True) for day in (3, 10, 17, 24))
    own = replace(AFTERNOON, everybody=ContactTimes(), calls=(*in_vain, *answered))
    case = called(own)
    assert local(upcoming(case).best_at) == "Tue 2026-03-03 11:00"
    assert said(case)[0].startswith("Tue 11:00-12:00: 0 of 0 calls connected then, 4 of 4 to this lead; ")


def test_a_wish_comes_before_what_was_learnt() -> None:
    case = called(reach=WorkHours.parse("tue,thu 11:30-13:00"))
    assert local(upcoming(case).best_at) == "Tue 2026-03-03 11:30"
    assert said(case) == ["the lead wants to be called tue,thu 11:30-13:00"]


def test_a_wish_needs_nothing_learnt() -> None:
    assert local(upcoming(called(Habits(), reach=WorkHours.parse("tue 15:00-17:00"))).best_at) == "Tue 2026-03-03 15:00"


def test_a_wish_that_the_calls_time_has_not_is_said_and_nothing_else_proposed() -> None:
    case = called(reach=WorkHours.parse("wed 09:00-12:00"))
    assert upcoming(case).best_at is None
    assert said(case) == ["the lead wants to be called wed 09:00-12:00, which this call's window has not"]
    assert local(upcoming(case).due_at) == "Tue 2026-03-03 16:00"


def test_a_wish_does_not_open_what_the_law_closes() -> None:
    """From 08:00 on calls are lawful, and the cadence's hours begin at 09:00."""
    step = {**CALL, "within": "2 business days"}
    case = called(reach=WorkHours.parse("wed 06:00-10:00"), step=step)
    assert local(upcoming(case).best_at) == "Wed 2026-03-04 09:00"


def test_a_first_response_waits_for_no_better_hour() -> None:
    cadence = a_cadence({"call": "first", "within": "6 hours"}, TAIL)
    inbound = replace(a_case(cadence, start=new_york("2026-03-03 10:00")), habits=AFTERNOON)
    assert upcoming(plan(inbound, new_york("2026-03-03 10:00"))).best_at is None
    outbound = replace(
        a_case(cadence, a_lead(kind=LeadKind.OUTBOUND), start=new_york("2026-03-03 10:00")), habits=AFTERNOON
    )
    assert local(upcoming(plan(outbound, new_york("2026-03-03 10:00"))).best_at) == "Tue 2026-03-03 14:00"


def test_a_call_that_was_promised_comes_when_it_was_promised() -> None:
    case = carried_out(called())
    promised = new_york("2026-03-03 15:15")
    case = completed(case, Outcome.CALL_BACK, until=promised)
    assert (upcoming(case).opens_at, upcoming(case).best_at) == (promised, None)
    assert waited_for(case).best_at is None
    assert said(case) == []


def test_the_task_has_the_proposal_and_says_why() -> None:
    case = called()
    bundle = CadenceBundle("test", "cadence: test\nsteps: [{call: ring}]\n", {"call/ring.md": "Say hello."})
    text = talk_track(case, bundle, upcoming(case))
    case = carried_out(case)
    assert local(waited_for(case).best_at) == "Tue 2026-03-03 14:00"
    assert text.startswith("Best time: Tue 14:00-15:00: 60 of 100 calls connected then; 55% expected, 13% at 10:00\n\n")
    assert text.endswith("Say hello.")


def test_a_preview_shows_it_too() -> None:
    cadence = a_cadence({"email": "hello"}, {"call": "first"}, CALL, TAIL)
    case = replace(a_case(cadence, a_lead(reach=WorkHours.parse("tue 11:00-12:00"))), habits=AFTERNOON)
    found = {touch.step_id: touch for touch in preview(case, MONDAY, touches=3)}
    assert local(found["ring"].best_at) == "Tue 2026-03-03 11:00"
    assert found["ring"].reasons[-1].text == "the lead wants to be called tue 11:00-12:00"


def test_in_an_hours_time_the_better_part_is_proposed() -> None:
    """From 13:30 to 14:30: what is left of one hour, and what there is of the next."""
    at, due = new_york("2026-03-03 13:30"), new_york("2026-03-03 14:30")
    found = best_time(called(), at, due)
    assert found is not None
    assert local(found.at) == "Tue 2026-03-03 14:00"
    late = best_time(called(), new_york("2026-03-03 13:05"), new_york("2026-03-03 14:05"))
    assert late is None  # Five minutes of the better hour are no hour to propose.


def test_the_clock_that_is_set_forward_loses_no_hour() -> None:
    """On Sunday 2026-03-08 New York's clocks go from 02:00 to 03:00; Sunday's 10:00 is at 14:00 UTC, not at 15:00.

    Of all (70 + 5) / (200 + 25) = 1/3 connect, at weekends 0.8 of it: on Sunday (20 * 0.26667 + 60) / 120 = 0.544, on
    Saturday beside 18:00 (20 * 0.26667 + 5) / (20 + 50) = 0.148.
    """
    times = ContactTimes(calls=counts(sat_18=100, sun_10=100), connected=counts(sat_18=10, sun_10=60))
    cadence = a_cadence({"email": "hello"}, {"call": "first"}, CALL, TAIL, hours=ALWAYS_OPEN)
    case = replace(a_case(cadence), habits=Habits(times))
    found = best_time(case, new_york("2026-03-07 17:30"), new_york("2026-03-08 12:00"))
    assert found is not None
    assert found.at == datetime.fromisoformat("2026-03-08T14:00:00+00:00")
    assert found.reason.text == "Sun 10:00-11:00: 60 of 100 calls connected then; 54% expected, 15% at 17:30"


habits = st.builds(
    lambda calls, share, own, replies: Habits(
        ContactTimes(tuple(calls), tuple(int(one * part) for one, part in zip(calls, share, strict=True))), own, replies
    ),
    st.lists(st.integers(0, 40), min_size=HOURS_A_WEEK, max_size=HOURS_A_WEEK),
    st.lists(st.floats(0, 1), min_size=HOURS_A_WEEK, max_size=HOURS_A_WEEK),
    st.lists(st.builds(CallMade, instants(), st.booleans()), max_size=3).map(tuple),
    st.lists(instants(), max_size=3).map(tuple),
)
wishes = st.sampled_from(
    [
        WorkHours.parse(text)
        for text in ("mon-sun 00:00-24:00", "tue 14:00-17:00", "sat,sun 10:00-11:00", "mon-fri 07:00-09:15")
    ]
)


@st.composite
def windows(draw: st.DrawFn) -> tuple[Case, datetime, datetime]:
    """A case on any clock, and a call's time that begins when a call may be made."""
    zone = draw(zones)
    hours = draw(st.sampled_from([ALWAYS_OPEN, {"days": "mon-fri", "from": "09:00", "to": "17:30"}]))
    lead = a_lead(zone=zone, phone=draw(st.sampled_from(PHONES)), reach=draw(st.none() | wishes))
    case = replace(a_case(a_cadence(CALL, TAIL, hours=hours), lead), habits=draw(habits))
    changes = clock_changes(zone, 2026)
    wanted = draw(instants(zone) if not changes else st.sampled_from(changes).map(lambda at: at - timedelta(hours=30)))
    opening = first_instant(Channel.CALL, case, wanted)
    opens_at = wanted if isinstance(opening, Allow) else getattr(opening, "until", wanted)
    return case, opens_at, opens_at + timedelta(minutes=draw(st.integers(1, 60 * 60)))


@given(windows())
@settings(max_examples=150, deadline=None)
def test_every_proposal_lies_in_the_calls_time_and_in_the_law(window: tuple[Case, datetime, datetime]) -> None:
    case, opens_at, due_at = window
    found = best_time(case, opens_at, due_at)
    if found is None or found.at is None:
        return
    assert opens_at <= found.at < due_at
    assert first_instant(Channel.CALL, case, found.at) == Allow()
    assert found.reason.at == found.at
    if case.lead.reach is not None:
        assert case.lead.reach.on(case.zone).next_open(found.at) == (found.at, None)
    else:
        assert due_at - found.at >= LEAST_LEFT


@given(windows())
@settings(max_examples=60, deadline=None)
def test_a_wish_that_can_be_granted_is_granted(window: tuple[Case, datetime, datetime]) -> None:
    """Minute by quarter of an hour: where the wish and the law are both open, there is a proposal."""
    case, opens_at, due_at = window
    if case.lead.reach is None:
        return
    wish, at = case.lead.reach.on(case.zone), opens_at
    while at < due_at:
        if wish.next_open(at)[1] is None and first_instant(Channel.CALL, case, at) == Allow():
            found = best_time(case, opens_at, due_at)
            assert found is not None
            assert found.at is not None
            assert found.at <= at
            return
        at += timedelta(minutes=15)

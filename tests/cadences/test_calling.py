"""May one call now? At the edges of hours, on days of clock changes and holidays, and where law and manners differ."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cadences.calling import Callee, MayCall, calling
from cadences.case import Case
from cadences.contact_rules import Allow, Defer, first_instant
from leads.model import Channel, ContactKind, ContactPoint, LeadKind
from tests.cadences.cases import COMPANY, a_cadence, a_case, a_lead, new_york
from tests.cadences.strategies import PHONES, cadences, instants, zones

BUSINESS = a_cadence({"call": "hello"})
"""Monday to Friday, 09:00 to 17:30, without the holidays of the US."""
SECOND = timedelta(seconds=1)


def at(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def a_callee(phone: str | None = "+12125550143", zone: str | None = "America/New_York", **lead: Any) -> Callee:
    return Callee(a_lead(phone=phone, zone=zone, **lead), COMPANY, BUSINESS)


@pytest.mark.parametrize(
    ("day", "next_morning"),
    [
        ("2026-11-23", "2026-11-24"),
        ("2026-03-06", "2026-03-09"),  # Friday before the clocks go forward
        ("2026-10-30", "2026-11-02"),  # Friday before they go back
        ("2026-11-25", "2026-11-27"),  # the day before Thanksgiving
    ],
)
def test_from_nine_to_half_past_five_it_may_be_called_until_then(day: str, next_morning: str) -> None:
    opens, closes = new_york(f"{day} 09:00"), new_york(f"{day} 17:30")
    for instant in (opens, closes - SECOND):
        open_now = calling(a_callee(), instant)
        assert (open_now.may, open_now.until, open_now.opens_at) == (MayCall.YES, closes, None)
    over = calling(a_callee(), closes)
    assert (over.may, over.opens_at) == (MayCall.OUT_OF_HOURS, new_york(f"{next_morning} 09:00"))
    assert over.until == new_york(f"{day} 21:00")
    assert over.why.startswith("17:30 in New York is outside 09:00-17:30")


def test_a_holiday_is_named_and_only_bad_manners() -> None:
    feast = calling(a_callee(), new_york("2026-11-26 11:00"))
    assert (feast.may, feast.lawful_at) == (MayCall.OUT_OF_HOURS, None)
    assert feast.why == "Thu 26 Nov 2026 is a holiday (Thanksgiving Day)"
    assert feast.opens_at == new_york("2026-11-27 09:00")


@pytest.mark.parametrize(
    ("now", "opens", "why"),
    [
        ("2026-11-26 07:19", "2026-11-27 09:00", ["07:19", "08:00-21:00", "Thu 26 Nov 2026 is a holiday"]),
        (
            "2026-11-25 22:19",
            "2026-11-27 09:00",
            ["22:19", "08:00-21:00", "09:00-17:30", "Thu 26 Nov 2026 is a holiday"],
        ),
        ("2026-11-25 07:19", "2026-11-25 09:00", ["07:19", "08:00-21:00", "09:00-17:30"]),
    ],
    ids=["before a holiday's dawn", "the night before it", "an ordinary morning"],
)
def test_what_is_said_leads_to_the_instant_that_is_named(now: str, opens: str, why: list[str]) -> None:
    """The law forbids it at this hour, and the cadence's hours open later than the law."""
    closed = calling(a_callee(), new_york(now))
    assert (closed.may, closed.opens_at) == (MayCall.NOT_NOW, new_york(opens))
    places = [closed.why.find(part) for part in why]
    assert -1 not in places
    assert places == sorted(places)
    assert "08:00 in New York" not in closed.why, "nobody thought of calling at eight"


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01", "2026-11-23"])
def test_the_law_opens_at_eight_and_closes_at_nine_in_the_evening(day: str) -> None:
    opens, closes = new_york(f"{day} 08:00"), new_york(f"{day} 21:00")
    early = calling(a_callee(), opens - SECOND)
    assert (early.may, early.lawful_at) == (MayCall.NOT_NOW, opens)
    assert "is outside 08:00-21:00" in early.why
    assert early.opens_at is not None
    assert early.opens_at >= opens + timedelta(hours=1)
    assert calling(a_callee(), opens).may is MayCall.OUT_OF_HOURS
    assert calling(a_callee(), closes - SECOND).may is MayCall.OUT_OF_HOURS
    assert calling(a_callee(), closes).may is MayCall.NOT_NOW


def test_the_hours_that_close_first_say_until_when() -> None:
    """The number may ring in two zones: open on both clocks, and the eastern one closes first."""
    panhandle = calling(a_callee("+18505551234", None), at("America/New_York", "2026-11-23T15:00"))
    assert (panhandle.may, panhandle.until) == (MayCall.YES, at("America/New_York", "2026-11-23T17:30"))


def test_the_clock_is_the_leads_own() -> None:
    there = calling(a_callee("+13105551234", "America/Los_Angeles"), new_york("2026-11-23 10:30"))
    assert (there.may, there.zone.key) == (MayCall.NOT_NOW, "America/Los_Angeles")
    assert there.why.startswith("07:30 in Los Angeles")
    assert there.lawful_at == new_york("2026-11-23 11:00")
    assert there.opens_at == new_york("2026-11-23 12:00")


def test_the_fourth_contact_of_a_day_waits_where_the_law_caps_them() -> None:
    first = at("America/New_York", "2026-11-23T10:00")
    made = (first, first + timedelta(hours=1), first + timedelta(hours=2))
    called = replace(a_callee("+13055551234", None), phone_contacts=made)
    full = calling(called, first + timedelta(hours=3))
    assert (full.may, full.lawful_at) == (MayCall.NOT_NOW, first + timedelta(hours=24))
    assert "3 calls and texts within 24 hours are the most" in full.why


@pytest.mark.parametrize(
    ("lead", "why"),
    [
        (a_lead(phone=None), "the lead has no phone number"),
        (
            replace(a_lead(), contacts=(ContactPoint(ContactKind.PHONE, "+12125550143", lost="wrong number"),)),
            "the lead has no usable phone number: wrong number",
        ),
        (
            replace(
                a_lead(kind=LeadKind.OUTBOUND),
                contacts=(ContactPoint(ContactKind.PHONE, "+12125550143", dnc_listed=True),),
            ),
            "the number is on the Do-Not-Call registry (47 CFR 64.1200(c)(2), (f)(5); 16 CFR 310.4(b)(1)(iii)(B))",
        ),
    ],
    ids=["no number", "lost number", "do not call"],
)
def test_who_must_not_be_called_is_never_called_and_why_is_said(lead: Any, why: str) -> None:
    never = calling(Callee(lead, COMPANY, BUSINESS), new_york("2026-11-23 10:00"))
    assert (never.may, never.why, never.opens_at) == (MayCall.NEVER, why, None)


def test_hours_that_never_agree_open_at_no_time() -> None:
    at_night = a_cadence({"call": "hello"}, hours={"days": "mon-fri", "from": "22:00", "to": "23:00"})
    never = calling(replace(a_callee(), cadence=at_night), new_york("2026-11-23 10:00"))
    assert (never.may, never.opens_at) == (MayCall.OUT_OF_HOURS, None)
    assert never.why == "10:00 in New York is outside 22:00-23:00"


@st.composite
def calls(draw: st.DrawFn) -> tuple[Case, datetime]:
    zone = draw(st.none() | zones)
    lead = a_lead(phone=draw(st.sampled_from(PHONES)), zone=zone, kind=draw(st.sampled_from(LeadKind)))
    now = draw(instants(zone))
    ago = draw(st.lists(st.integers(0, 1440), max_size=4))
    case = a_case(draw(cadences()), replace(lead, created_at=now - timedelta(days=draw(st.integers(0, 400)))))
    return replace(case, phone_contacts=tuple(now - timedelta(minutes=minutes) for minutes in ago)), now


@given(calls())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_what_a_rep_sees_is_what_the_plan_goes_by(call: tuple[Case, datetime]) -> None:
    case, now = call
    seen, planned = calling(case, now), first_instant(Channel.CALL, case, now)
    assert (seen.may is MayCall.YES) == (planned == Allow())
    assert seen.opens_at == (planned.until if isinstance(planned, Defer) else None)
    if seen.until is not None:
        assert seen.until > now
        # The law permits it until then; the cadence's own hours may begin before.
        assert calling(case, seen.until - SECOND).may in (seen.may, MayCall.YES)
    if seen.lawful_at is not None:
        assert calling(case, seen.lawful_at).may is not MayCall.NOT_NOW

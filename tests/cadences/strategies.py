"""Random cadences, leads, zones and instants, clock changes among them, for the property tests."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

from cadences.case import Case
from cadences.model import Cadence
from leads.calendars import BusinessCalendar
from leads.model import Channel, Lead, LeadKind
from leads.windows import DailyHours
from tests.cadences.cases import a_cadence, a_case, a_lead

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
CURIOUS_ZONES = (
    "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Beirut", "America/Havana", "Africa/Cairo",
    "Atlantic/Azores", "Africa/Casablanca", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham", "Europe/Dublin",
    "America/Scoresbysund", "America/Nuuk", "Antarctica/Troll", "America/Santiago",
)  # fmt: skip
"""Changes at midnight, by half an hour or two hours, on Saturday night, odd offsets, negative summer time."""
PHONES = (
    "+12125550143",  # New York only
    "+14235551234",  # Tennessee, two zones
    "+18505551234",  # Florida, two zones
    "+18005551234",  # toll-free: all of North America
    "+447911123456",
    "+61412345678",  # an Australian mobile: eight zones
    "+5511912345678",
    "+9779841234567",
)

zones = st.sampled_from(CURIOUS_ZONES) | st.sampled_from(ZONES)


@lru_cache(maxsize=4096)
def clock_changes(zone: str, year: int) -> tuple[datetime, ...]:
    """The instants of a year at which the zone's offset changes, to the minute."""
    place, found = ZoneInfo(zone), []
    instant, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while instant < end:
        later = instant + timedelta(hours=12)
        if later.astimezone(place).utcoffset() != instant.astimezone(place).utcoffset():
            low, high = 0, 12 * 60
            while high - low > 1:
                middle = (low + high) // 2
                same = (instant + timedelta(minutes=middle)).astimezone(place).utcoffset() == instant.astimezone(
                    place
                ).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(instant + timedelta(minutes=high))
        instant = later
    return tuple(found)


@st.composite
def instants(draw: st.DrawFn, zone: str | None = None) -> datetime:
    """Any instant of 2020 to 2035 to the minute, half of them within two days of a clock change of the zone."""
    year = draw(st.integers(2020, 2035))
    changes = clock_changes(zone, year) if zone else ()
    if changes and draw(st.booleans()):
        return draw(st.sampled_from(changes)) + timedelta(minutes=draw(st.integers(-2880, 2880)))
    return datetime(year, 1, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 365 * 1440)))


@st.composite
def opening_times(draw: st.DrawFn) -> tuple[time, time]:
    """From and to, in quarters of an hour; 24:00 may be the end."""
    first = draw(st.integers(0, 95))
    last = draw(st.integers(first + 1, 96))
    return time(first // 4, first % 4 * 15), time.max if last == 96 else time(last // 4, last % 4 * 15)


weekdays = st.sets(st.integers(0, 6), min_size=1).map(frozenset)
calendars = st.sampled_from([None, "US", "US-CA", "DE-BY", "BR", "JP", "IL"])


@st.composite
def daily_hours(draw: st.DrawFn, zone: str | None = None) -> DailyHours:
    opens, closes = draw(opening_times())
    calendar = BusinessCalendar(draw(weekdays), draw(calendars))
    return DailyHours("hours", ZoneInfo(zone or draw(zones)), opens, closes, calendar)


_amounts = st.integers(1, 9)
spans = st.one_of(
    st.builds("{} {}s".format, _amounts, st.sampled_from(["hour", "day", "business day", "week", "month"])),
    st.builds("{} minutes".format, st.integers(1, 200)),
)


@st.composite
def steps(draw: st.DrawFn, index: int) -> dict[str, Any]:
    channel = draw(st.sampled_from([*Channel]))
    step: dict[str, Any] = {channel.value: f"step-{index}"}
    if draw(st.booleans()) or index:
        step |= {draw(st.sampled_from(["after", "wait"])): draw(spans)}
    if draw(st.integers(0, 3)) == 0:
        step |= {"repeat": {"every": draw(spans), "times": draw(st.integers(2, 4))}}
    if draw(st.integers(0, 3)) == 0:
        step |= {"if": draw(st.sampled_from(["sms consent", "has phone", "has email", "not step-0 was connected"]))}
    if draw(st.integers(0, 5)) == 0 and channel is not Channel.TASK:
        step |= {"instead": draw(st.sampled_from(["skip", {"sms": "other"}, {"task": "find another way"}]))}
    return step


@st.composite
def cadences(draw: st.DrawFn, **fixed: Any) -> Cadence:
    """A cadence of up to six steps; hours, days, calendar and limits at random unless fixed."""
    opens, closes = draw(opening_times())
    days = draw(st.sampled_from(["mon-fri", "mon-sun", "tue,thu", "sat-sun", "sun-thu"]))
    hours = {
        "days": days,
        "from": f"{opens:%H:%M}",
        "to": "24:00" if closes == time.max else f"{closes:%H:%M}",
        "calendar": draw(calendars),
    }
    plan = [draw(steps(index)) for index in range(draw(st.integers(1, 6)))]
    limits = {"per_day": draw(st.integers(1, 3)), "per_week": draw(st.integers(1, 6))}
    response = {"first_response": {"within": "30 minutes"}} if draw(st.booleans()) else {}
    return a_cadence(*plan, **{"hours": hours, "limits": limits, **response, **fixed})


@st.composite
def people(draw: st.DrawFn) -> Lead:
    """A lead that can be reached somehow, anywhere in the world."""
    email = draw(st.sampled_from(["maria@example.com", None]))
    phone = draw(st.sampled_from([*PHONES, None])) if email else draw(st.sampled_from(PHONES))
    return a_lead(
        email=email,
        phone=phone,
        zone=draw(st.none() | zones),
        sms=draw(st.booleans()),
        kind=draw(st.sampled_from([*LeadKind])),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A case that has not begun."""
    lead = draw(people())
    return a_case(draw(cadences()), lead, start=draw(instants(lead.zone)))

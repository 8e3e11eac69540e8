"""What holds for every lead, address, clock and instant: no touch outside the rules, and none later than need be.

The oracle is written anew from facts/contact-rules.md: it looks at what every possible clock shows, and knows nothing
of windows, timetables or rows.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cadences.case import Case
from cadences.contact_rules import Allow, Block, Defer, first_instant
from cadences.preview import preview
from leads.model import Channel, ContactKind, ContactPoint, LeadKind
from tests.cadences.cases import ALWAYS_OPEN, NO_LIMITS, PHONE, a_cadence, a_case, a_lead
from tests.cadences.strategies import cadences, clock_changes

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)

NY, CHI, DEN, PHX, LA, BOI = (
    f"America/{town}" for town in ("New_York", "Chicago", "Denver", "Phoenix", "Los_Angeles", "Boise")
)
NUMBERS: dict[str, tuple[set[str], set[str]]] = {
    PHONE: ({NY}, {"NY"}),
    "+13055551234": ({NY}, {"FL"}),
    "+18505551234": ({NY, CHI}, {"FL"}),
    "+14235551234": ({NY, CHI}, {"TN"}),
    "+14055551234": ({CHI}, {"OK"}),
    "+14105551234": ({NY}, {"MD"}),
    "+12065551234": ({LA}, {"WA"}),
    "+12035551234": ({NY}, {"CT"}),
    "+12145551234": ({CHI}, {"TX"}),
    "+19155551234": ({DEN}, {"TX"}),
    "+15025551234": ({NY}, {"KY"}),
    "+12705551234": ({NY, CHI}, {"KY"}),
    "+14015551234": ({NY}, {"RI"}),
    "+17025551234": ({LA}, {"NV"}),
    "+19285551234": ({PHX, DEN}, {"AZ"}),
    "+442079460958": ({"Europe/London"}, set()),
    "+14165551234": ({"America/Toronto"}, set()),
    "+4930123456": ({"Europe/Berlin"}, set()),
}
"""Clocks and states of some numbers."""
REGIONS: dict[str, set[str]] = {
    "FL": {NY, CHI}, "TX": {CHI, DEN}, "KY": {NY, CHI}, "RI": {NY}, "WA": {LA}, "NY": {NY}, "ID": {BOI, DEN, LA},
}  # fmt: skip
"""Clocks of some states."""
NAMED_ZONES = ["America/New_York", "America/Denver", "Europe/Paris", "Asia/Tokyo", "Australia/Lord_Howe"]


def hours_of(state: str, weekday: int) -> tuple[int, int]:
    """First open and first closed hour of the day, as the facts have them."""
    match state:
        case "FL" | "OK" | "MD" | "WA" | "MA" | "MS" | "LA" | "AL":
            return 8, 20
        case "CT" | "NV":
            return 9, 20
        case "MI" | "MN" | "NM":
            return 9, 21
        case "KY":
            return 10, 21
        case "TX":
            return (12, 21) if weekday == 6 else (9, 21)
        case "RI":
            return (10, 17) if weekday > 4 else (9, 18)
        case "anywhere":
            return [(10, 18), (10, 17), (12, 17)][max(weekday - 4, 0)]
    return 8, 21


@dataclass
class Person:
    """A lead, and what the oracle knows of it."""

    case: Case
    clocks: set[str]
    states: set[str]

    def may_be_reached(self, at: datetime, contacts: tuple[datetime, ...] | None = None) -> bool:
        """Whether law and the cadence permit a text or a call at an instant."""
        contacts = self.case.phone_contacts if contacts is None else contacts
        if self.states & {"FL", "OK", "MD", "anywhere"} and sum(at - one < DAY for one in contacts) >= 3:
            return False
        return all(self._is_open(at.astimezone(ZoneInfo(clock))) for clock in self.clocks)

    def _is_open(self, there: datetime) -> bool:
        hours = self.case.cadence.hours
        if there.fold or there.weekday() not in hours.days:
            return False
        if not hours.from_ <= there.time().replace(fold=0) <= hours.to:
            return False
        if hours.to.microsecond == 0 and there.time() == hours.to:
            return False
        legal = [hours_of(state, there.weekday()) for state in {*self.states, "federal"}]
        return all(first <= there.hour < last for first, last in legal)


@st.composite
def persons(draw: st.DrawFn, *, cadence_of: st.SearchStrategy[object] | None = None) -> Person:
    phone = draw(st.sampled_from([*NUMBERS, "+19995551234"]))
    region = draw(st.none() | st.sampled_from([*REGIONS]))
    if phone not in NUMBERS:
        zone = draw(st.sampled_from(NAMED_ZONES))
        clocks, states = {zone}, {"anywhere"}
    else:
        zone = draw(st.none() | st.sampled_from(NAMED_ZONES))
        clocks, states = NUMBERS[phone]
        clocks = clocks | ({zone} if zone else set())
    american = phone == "+19995551234" or bool(states)
    if region is not None and american:
        clocks, states = clocks | REGIONS[region], states - {"anywhere"} | {region}
    lead = a_lead(phone=phone, zone=zone, region=region, sms=True, kind=draw(st.sampled_from([*LeadKind])))
    hours = draw(st.sampled_from([ALWAYS_OPEN, {"days": "mon-fri", "from": "09:00", "to": "17:30"}]))
    cadence = draw(cadence_of) if cadence_of is not None else a_cadence({"sms": "x"}, hours=hours, limits=NO_LIMITS)
    return Person(a_case(cadence, lead), clocks, states)  # type: ignore[arg-type]


@st.composite
def moments(draw: st.DrawFn, person: Person) -> datetime:
    """An instant to the second, half of them near a clock change on one of the person's clocks."""
    year = draw(st.integers(2025, 2032))
    changes = [change for clock in sorted(person.clocks) for change in clock_changes(clock, year)]
    if changes and draw(st.booleans()):
        return draw(st.sampled_from(changes)) + timedelta(seconds=draw(st.integers(-2 * 86400, 2 * 86400)))
    near = datetime(year, 1, 1, tzinfo=UTC) + QUARTER * draw(st.integers(0, 365 * 96))
    return near + timedelta(seconds=draw(st.sampled_from([-1, 0, 0, 1])))


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(st.data(), st.sampled_from([Channel.SMS, Channel.CALL]))
def test_texts_and_calls_are_allowed_exactly_when_every_clock_and_every_state_permits_them(
    data: st.DataObject, channel: Channel
) -> None:
    person = data.draw(persons())
    wanted = data.draw(moments(person))
    ago = data.draw(st.lists(st.integers(0, 26 * 3600), max_size=5))
    contacts = tuple(wanted - timedelta(seconds=seconds) for seconds in ago)
    person.case = replace(person.case, phone_contacts=contacts)
    decision = first_instant(channel, person.case, wanted)
    assert isinstance(decision, Allow) == person.may_be_reached(wanted)
    end = wanted + 14 * DAY
    if isinstance(decision, Defer):
        assert person.may_be_reached(decision.until), decision
        assert first_instant(channel, person.case, decision.until) == Allow()
        assert wanted < decision.until <= end
        assert not person.may_be_reached(decision.until - timedelta(seconds=1))
        end = decision.until
    if isinstance(decision, Defer | Block):
        # Windows open on quarters of an hour, and the cap 24 hours after a contact.
        instants = [wanted.replace(minute=0, second=0) + QUARTER * n for n in range(14 * 96 + 1)]
        instants += [contact + DAY for contact in contacts]
        assert not any(person.may_be_reached(one) for one in instants if wanted <= one < end), decision


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_no_text_or_call_of_a_whole_plan_is_outside_the_rules(data: st.DataObject) -> None:
    person = data.draw(persons(cadence_of=cadences()))
    start = data.draw(moments(person)).replace(microsecond=0)
    case = a_case(person.case.cadence, person.case.lead, start=start)
    contacts: tuple[datetime, ...] = ()
    for touch in preview(case, start, touches=12, years=1):
        if touch.channel in (Channel.SMS, Channel.CALL):
            assert person.may_be_reached(touch.at, contacts), touch
            contacts = (*contacts, touch.at)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([None, False, True]),
    st.none() | st.integers(-10, 100 * 24),
    st.none() | st.integers(0, 800),
    st.none() | st.integers(0, 800),
    st.booleans(),
    st.booleans(),
)
@example(False, 31 * 24, None, None, False, False)
@example(False, 31 * 24 + 1, None, None, False, False)
def test_the_registry_blocks_exactly_the_strangers_it_must(
    listed: bool | None, hours_ago: int | None, asked: int | None, bought: int | None, consents: bool, suppressed: bool
) -> None:
    now = datetime(2026, 6, 10, 16, tzinfo=UTC)
    lead = a_lead(
        kind=LeadKind.OUTBOUND,
        sms=consents,
        inquired_at=None if asked is None else now - asked * DAY,
        purchased_at=None if bought is None else now - bought * DAY,
    )
    checked_at = None if hours_ago is None else now - timedelta(hours=hours_ago)
    point = ContactPoint(ContactKind.PHONE, PHONE, suppressed=suppressed, dnc_listed=listed, dnc_checked_at=checked_at)
    lead = replace(lead, contacts=(point,))
    case = a_case(a_cadence({"call": "x"}, hours=ALWAYS_OPEN), lead)
    # From 2026-03-10 and 2024-12-10 on; the clocks changed on 8 March, before both days' noon.
    known = (asked is not None and asked < 92) or (bought is not None and bought < 547)
    stranger = bool(listed) or (hours_ago is not None and hours_ago > 31 * 24)
    assert isinstance(first_instant(Channel.CALL, case, now), Block) == (suppressed or (stranger and not known))
    text = first_instant(Channel.SMS, case, now)
    assert isinstance(text, Block) == (suppressed or not consents)

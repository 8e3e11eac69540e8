"""Which clocks a lead may be living by: one for email and the calendar, every possible one for texts and calls."""

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers import timezone as phone_zones
from phonenumbers.tzdata import TIMEZONE_DATA

from leads.area_codes import CODES_OF
from leads.forgetful import remembered
from leads.model import Company, Lead
from leads.regions import stated_state

_UNKNOWN = "Etc/Unknown"
_AREA_CODE_DIGITS = 3
_TELLING = 10
"""A number that could ring in so many zones or more (toll-free, mobile in a wide country) does not say where it is."""


@lru_cache(maxsize=1)
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def is_known_zone(name: str) -> bool:
    """Whether the name is an IANA time zone that this machine's data knows."""
    return name in _known_zones()


@lru_cache(maxsize=1)
def _zones_by_area_code() -> dict[str, frozenset[str]]:
    """Every zone of each of North America's area codes, all its exchanges together."""
    found: dict[str, set[str]] = {}
    for prefix, zones in TIMEZONE_DATA.items():
        if prefix.startswith("1") and len(prefix) > _AREA_CODE_DIGITS:
            found.setdefault(prefix[1 : _AREA_CODE_DIGITS + 1], set()).update(zones)
    return {area: frozenset(zones) for area, zones in found.items()}


@lru_cache(maxsize=64)
def _state_zone_names(state: str) -> frozenset[str]:
    """Every zone of a state of the USA; empty for what is none."""
    areas = _zones_by_area_code()
    names = {name for code in CODES_OF.get(state, ()) for name in areas.get(str(code), ())}
    return frozenset(name for name in names if is_known_zone(name))


@remembered
def phone_zone_names(number: str) -> frozenset[str]:
    """Every zone an E.164 number could ring in; empty when the number says nothing.

    The package is falsely precise within North America, where exchanges that it does not list get one default zone
    (facts: 25 area codes span zones), so there all zones of the whole area code count.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return frozenset()
    found = set(phone_zones.time_zones_for_number(parsed))
    national = str(parsed.national_number)
    if parsed.country_code == 1 and len(found) < _TELLING:
        found |= _zones_by_area_code().get(national[:_AREA_CODE_DIGITS], frozenset())
    return frozenset(name for name in found if name != _UNKNOWN and is_known_zone(name))


@remembered
def _country_zone_names(number: str) -> frozenset[str]:
    """Every zone of the country (or of North America's shared plan) that an E.164 number's prefix names."""
    try:
        code = phonenumbers.parse(number).country_code
    except phonenumbers.NumberParseException:
        return frozenset()
    return frozenset(name for name in TIMEZONE_DATA.get(str(code), ()) if name != _UNKNOWN and is_known_zone(name))


def main_zone(lead: Lead, company: Company) -> ZoneInfo:
    """The lead's own clock for email and for counting days: the stated zone, else the phone's, else the company's."""
    return clock_of(lead.zone, lead.phone, company)


def clock_of(zone: str | None, phone: str | None, company: Company) -> ZoneInfo:
    """The same, from a stated zone and a phone number alone."""
    return ZoneInfo(zone) if zone else _phones_zone(phone, company.zone)


@remembered
def _phones_zone(number: str | None, company_zone: str) -> ZoneInfo:
    names = phone_zone_names(number) if number else frozenset()
    if names and len(names) < _TELLING:
        return ZoneInfo(company_zone if company_zone in names else min(names))
    return ZoneInfo(company_zone)


def candidate_zones(lead: Lead, company: Company, number: str | None = None) -> tuple[ZoneInfo, ...]:
    """Every clock the person could be living by; a text or a call must be right on all of them.

    All zones of the number's area code, of the state that the address names, and the one that the lead stated.
    Nothing stated and a number of which nothing is known (a new area code): every zone of its country.

    Args:
        number: the phone to be used; the lead's first usable one when left out.
    """
    phone = number or lead.phone
    return _candidates(phone, lead.zone, stated_state(lead, company, phone), company.zone)


@remembered
def _candidates(number: str | None, zone: str | None, state: str | None, company_zone: str) -> tuple[ZoneInfo, ...]:
    names = set(phone_zone_names(number)) if number else set()
    names |= _state_zone_names(state) if state else frozenset()
    if zone:
        names.add(zone)
    if not names and number:
        names |= _country_zone_names(number)
    if not names:
        names.add(company_zone)
    return tuple(ZoneInfo(name) for name in sorted(names))

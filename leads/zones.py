"""Which clocks a lead may be living by: one for email and the calendar, every possible one for texts and calls."""

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers import timezone as phone_zones
from phonenumbers.tzdata import TIMEZONE_DATA

from leads.model import Company, Lead

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


@lru_cache(maxsize=4096)
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
        area = f"1{national[:_AREA_CODE_DIGITS]}"
        for prefix, zones in TIMEZONE_DATA.items():
            if prefix.startswith(area):
                found.update(zones)
    return frozenset(name for name in found if name != _UNKNOWN and is_known_zone(name))


@lru_cache(maxsize=4096)
def _country_zone_names(number: str) -> frozenset[str]:
    """Every zone of the country (or of North America's shared plan) that an E.164 number's prefix names."""
    try:
        code = phonenumbers.parse(number).country_code
    except phonenumbers.NumberParseException:
        return frozenset()
    return frozenset(name for name in TIMEZONE_DATA.get(str(code), ()) if name != _UNKNOWN and is_known_zone(name))


def main_zone(lead: Lead, company: Company) -> ZoneInfo:
    """The lead's own clock for email and for counting days: the stated zone, else the phone's, else the company's."""
    if lead.zone:
        return ZoneInfo(lead.zone)
    if lead.phone:
        names = phone_zone_names(lead.phone)
        if names and len(names) < _TELLING:
            return ZoneInfo(company.zone if company.zone in names else min(names))
    return ZoneInfo(company.zone)


def candidate_zones(lead: Lead, company: Company) -> tuple[ZoneInfo, ...]:
    """Every clock the person could be living by; a text or a call must be right on all of them.

    Nothing stated and a number of which nothing is known (a new area code): every zone of its country.
    """
    names = set(phone_zone_names(lead.phone)) if lead.phone else set()
    if lead.zone:
        names.add(lead.zone)
    if not names and lead.phone:
        names |= _country_zone_names(lead.phone)
    if not names:
        names.add(company.zone)
    return tuple(ZoneInfo(name) for name in sorted(names))

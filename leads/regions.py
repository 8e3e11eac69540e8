"""Which states of the USA a person may be in, as far as a number and an address tell: whose law counts."""

import phonenumbers
from phonenumbers import PhoneNumberType

from leads.area_codes import CODES_OF, STATE_OF
from leads.forgetful import remembered
from leads.model import Company, Lead

ANY_STATE = "any"
"""Stands for every state at once: the number, or the address, does not say which."""
TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})
"""Parts of the USA that have a country code of their own; federal law counts there."""

_NORTH_AMERICA = 1
_AREA_CODE_DIGITS = 3
_GEOGRAPHIC = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


@remembered
def phone_country(number: str) -> str | None:
    """The country (ISO 3166) of an E.164 number; None where it names none: toll-free, satellite, not assigned."""
    parsed = _parsed(number)
    if parsed is None:
        return None
    country = phonenumbers.region_code_for_number(parsed)
    if parsed.country_code == _NORTH_AMERICA and phonenumbers.number_type(parsed) not in _GEOGRAPHIC:
        return None
    return country if country and country.isalpha() else None


@remembered
def may_be_american(number: str) -> bool:
    """Whether a number of the USA or its territories, or one of North America's plan that names no country."""
    parsed = _parsed(number)
    if parsed is None or parsed.country_code != _NORTH_AMERICA:
        return False
    return phone_country(number) in {None, "US", *TERRITORIES}


@remembered
def _states_of(number: str) -> frozenset[str]:
    if not may_be_american(number):
        return frozenset()
    country = phone_country(number)
    if country in TERRITORIES:
        return frozenset({country}) if country else frozenset()
    parsed = _parsed(number)
    area = str(parsed.national_number)[:_AREA_CODE_DIGITS] if parsed else ""
    state = STATE_OF.get(int(area)) if country == "US" and area else None
    return frozenset({state or ANY_STATE})


def places_of(country: str | None, region: str | None, number: str | None, company: Company) -> frozenset[str]:
    """Where a person is, as routing names it: the country, and the state where one is known, like US and US-CA.

    What the person names counts, else the phone number, else the company's own country.
    """
    home = (country or (number and phone_country(number)) or company.country).upper()
    if region:
        return frozenset({home, f"{home}-{region.strip().upper().removeprefix(f'{home}-')}"})
    states = _states_of(number) if number and phone_country(number) == home else frozenset()
    return frozenset({home, *(f"{home}-{state}" for state in states if state != ANY_STATE)})


def home_country(lead: Lead, company: Company, number: str | None = None) -> str:
    """The country whose law counts for the lead: the one it names, else its phone's, else the company's.

    Args:
        number: the phone to look at; the lead's first usable one when left out.
    """
    phone = number or lead.phone
    return (lead.country or (phone and phone_country(phone)) or company.country).upper()


def stated_state(lead: Lead, company: Company, number: str | None = None) -> str | None:
    """The state of the USA that the lead's address names; `ANY_STATE` where it names something that is none."""
    if not lead.region or home_country(lead, company, number) not in {"US", *TERRITORIES}:
        return None
    region = lead.region.strip().upper().removeprefix("US-")
    return region if region in CODES_OF or region in TERRITORIES else ANY_STATE


def candidate_states(lead: Lead, company: Company, number: str) -> frozenset[str]:
    """Every state whose law may count for a text or a call to this number: its area code's and the address's.

    Empty outside the USA. Where one of the two is silent the other tells; where both are, it is `ANY_STATE`.
    """
    states, stated = _states_of(number), stated_state(lead, company, number)
    if stated is None:
        return states
    return states - {ANY_STATE} | {stated}


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None

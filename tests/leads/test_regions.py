"""Which states a person may be in."""

import re

import phonenumbers
import pytest

from leads.area_codes import CODES_OF, STATE_OF
from leads.regions import ANY_STATE, candidate_states, home_country, may_be_american, phone_country, stated_state
from tests.cadences.cases import COMPANY, a_lead


def states(phone: str, region: str | None = None, country: str | None = None) -> set[str]:
    return set(candidate_states(a_lead(phone=phone, region=region, country=country), COMPANY, phone))


@pytest.mark.parametrize(
    ("phone", "state"),
    [
        ("+13055551234", "FL"),
        ("+12145551234", "TX"),
        ("+12125550143", "NY"),
        ("+12025551234", "DC"),
        ("+19075551234", "AK"),
        ("+17875551234", "PR"),
    ],
)
def test_an_area_code_tells_the_state(phone: str, state: str) -> None:
    assert states(phone) == {state}


@pytest.mark.parametrize("phone", ["+18005551234", "+19995551234", "+15005551234", "+10000000000", "+19005551234"])
def test_a_number_that_says_nothing_may_be_in_any_state(phone: str) -> None:
    assert states(phone) == {ANY_STATE}


@pytest.mark.parametrize("phone", ["+14165551234", "+447911123456", "+4930123456", "+18765551234", "+800123456789"])
def test_a_number_of_another_country_is_in_no_state(phone: str) -> None:
    assert states(phone) == set()


def test_the_number_and_the_address_both_count() -> None:
    assert states("+13055551234", "TX") == {"FL", "TX"}
    assert states("+13055551234", "us-tx") == {"FL", "TX"}


def test_the_address_tells_what_the_number_does_not() -> None:
    assert states("+19995551234", "TX") == {"TX"}
    assert states("+447911123456", "TX", "US") == {"TX"}


def test_an_address_that_names_no_state_may_be_anywhere() -> None:
    assert states("+13055551234", "Lone Star State") == {ANY_STATE, "FL"}


def test_the_regions_of_other_countries_are_no_states() -> None:
    assert states("+14165551234", "ON") == set()
    assert states("+13055551234", "ON", "CA") == {"FL"}
    assert stated_state(a_lead(region="CA", country="CA"), COMPANY) is None
    assert stated_state(a_lead(region="PR", country="US"), COMPANY) == "PR"


@pytest.mark.parametrize(
    ("phone", "country", "home"),
    [
        ("+442079460958", None, "GB"),
        ("+447911123456", "fr", "FR"),
        ("+14165551234", None, "CA"),
        ("+18005551234", None, "US"),
        (None, None, "US"),
    ],
)
def test_the_country_is_the_stated_one_else_the_phones_else_the_companys(
    phone: str | None, country: str | None, home: str
) -> None:
    assert home_country(a_lead(phone=phone, country=country), COMPANY) == home


def test_a_number_that_names_no_country_may_be_american_if_its_plan_is() -> None:
    assert phone_country("+18005551234") is None
    assert phone_country("bogus") is None
    assert may_be_american("+18005551234")
    assert may_be_american("+16715551234")
    assert not may_be_american("+800123456789")
    assert not may_be_american("bogus")


_NAMES = {
    "Alabama": "AL", "Alaska": "AK", "Arizona": "AZ", "Arkansas": "AR", "California": "CA", "Colorado": "CO",
    "Connecticut": "CT", "Delaware": "DE", "Washington D.C.": "DC", "Florida": "FL", "Georgia": "GA", "Hawaii": "HI",
    "Idaho": "ID", "Illinois": "IL", "Indiana": "IN", "Iowa": "IA", "Kansas": "KS", "Kentucky": "KY",
    "Louisiana": "LA", "Maine": "ME", "Maryland": "MD", "Massachusetts": "MA", "Michigan": "MI", "Minnesota": "MN",
    "Mississippi": "MS", "Missouri": "MO", "Montana": "MT", "Nebraska": "NE", "Nevada": "NV", "New Hampshire": "NH",
    "New Jersey": "NJ", "New Mexico": "NM", "New York": "NY", "North Carolina": "NC", "North Dakota": "ND",
    "Ohio": "OH", "Oklahoma": "OK", "Oregon": "OR", "Pennsylvania": "PA", "Rhode Island": "RI",
    "South Carolina": "SC", "South Dakota": "SD", "Tennessee": "TN", "Texas": "TX", "Utah": "UT", "Vermont": "VT",
    "Virginia": "VA", "Washington State": "WA", "West Virginia": "WV", "Wisconsin": "WI", "Wyoming": "WY",
}  # fmt: skip


def test_the_table_of_area_codes_says_what_the_package_says() -> None:
    from phonenumbers.geodata import GEOCODE_DATA  # Large, and needed here only.

    found: dict[int, set[str]] = {}
    for prefix, words in GEOCODE_DATA.items():
        town = re.search(r", ([A-Z]{2})$", words.get("en", ""))
        state = town.group(1) if town else _NAMES.get(words.get("en", ""))
        if prefix.startswith("1") and len(prefix) > 3 and state in CODES_OF:
            found.setdefault(int(prefix[1:4]), set()).add(state)
    found[201].discard("NY")  # One exchange of New Jersey's is named after the city across the river.
    assert {code: {state} for code, state in STATE_OF.items()} == found


def test_every_area_code_of_the_table_is_one_of_the_usa() -> None:
    assert all(phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{code}2345678")) == "US" for code in STATE_OF)
    assert len(CODES_OF) == 51

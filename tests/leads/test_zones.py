"""Which clocks a lead may be living by."""

import pytest

from leads.zones import candidate_zones, is_known_zone, main_zone, phone_zone_names
from tests.cadences.cases import COMPANY, a_lead


def candidates(phone: str | None, zone: str | None = None) -> set[str]:
    return {place.key for place in candidate_zones(a_lead(phone=phone, zone=zone), COMPANY)}


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+12125550143", {"America/New_York"}),
        ("+14235551234", {"America/New_York", "America/Chicago"}),
        ("+18505551234", {"America/New_York", "America/Chicago"}),
        ("+4930123456", {"Europe/Berlin"}),
        ("+18085551234", {"Pacific/Honolulu"}),
    ],
)
def test_a_number_rings_in_every_zone_of_its_area_code(number: str, zones: set[str]) -> None:
    assert phone_zone_names(number) == zones


SPANNING = (
    208, 219, 250, 270, 308, 418, 423, 541, 574, 605, 606, 620, 701, 709, 775, 785, 807, 812, 850, 867, 879, 906, 907,
    928, 986,
)  # fmt: skip
"""Area codes that lie in several zones (facts/contact-rules.md)."""


@pytest.mark.parametrize("area", SPANNING)
def test_area_codes_that_span_zones_give_them_all(area: int) -> None:
    assert len(phone_zone_names(f"+1{area}5551234")) >= 2


def test_a_toll_free_number_could_ring_anywhere_in_north_america() -> None:
    assert len(phone_zone_names("+18005551234")) == 42


@pytest.mark.parametrize("number", ["+10000000000", "+19995551234", "bogus", "", "+881612345678"])
def test_an_invalid_number_says_nothing(number: str) -> None:
    assert phone_zone_names(number) == frozenset()


def test_the_stated_zone_is_a_candidate_beside_the_phones() -> None:
    assert candidates("+14235551234", "Europe/Paris") == {"America/New_York", "America/Chicago", "Europe/Paris"}


def test_of_a_number_of_which_nothing_is_known_every_zone_of_its_country_counts() -> None:
    assert len(candidates("+19995551234")) == 42
    assert candidates("+19995551234", "America/Denver") == {"America/Denver"}


def test_with_neither_zone_nor_phone_the_companys_clock_counts() -> None:
    assert candidates(None) == {"America/New_York"}
    assert candidates("+881612345678") == {"America/New_York"}


@pytest.mark.parametrize(
    ("phone", "zone", "key"),
    [
        ("+4930123456", "Asia/Tokyo", "Asia/Tokyo"),
        ("+4930123456", None, "Europe/Berlin"),
        ("+18505551234", None, "America/New_York"),  # the company's own among the candidates
        ("+18005551234", None, "America/New_York"),  # toll-free says nothing
        (None, None, "America/New_York"),
    ],
)
def test_the_leads_own_clock_is_the_stated_one_else_the_phones_else_the_companys(
    phone: str | None, zone: str | None, key: str
) -> None:
    assert main_zone(a_lead(phone=phone, zone=zone), COMPANY).key == key


def test_only_zones_of_the_database_are_known() -> None:
    assert is_known_zone("Pacific/Apia")
    assert not is_known_zone("Mars/Olympus")


def test_every_zone_of_the_state_that_the_address_names_is_a_candidate() -> None:
    lead = a_lead(phone="+12125550143", zone=None, region="TX")
    assert {place.key for place in candidate_zones(lead, COMPANY)} == {
        "America/New_York",
        "America/Chicago",
        "America/Denver",
    }


def test_another_number_than_the_leads_first_may_be_asked_about() -> None:
    lead = a_lead(phone="+12125550143", zone=None)
    assert {place.key for place in candidate_zones(lead, COMPANY, "+4930123456")} == {"Europe/Berlin"}

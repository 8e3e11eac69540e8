"""What is looked for while somebody types a lead in: whole contact points, their beginnings, and words."""

import pytest

from leads.lookalikes import Likeness, Wanted, wanted


@pytest.mark.parametrize(
    ("typed", "region", "found"),
    [
        ("+1 212 555 0123", "US", Wanted(phone="+12125550123", phone_begins="+12125550123")),
        ("(212) 555-0123", "US", Wanted(phone="+12125550123", phone_begins="+12125550123")),
        ("212 55", "US", Wanted(phone_begins="+121255")),
        ("1 212 55", "US", Wanted(phone_begins="+121255")),
        ("+1 21 2", "US", Wanted()),
        ("+44 20 794", "US", Wanted(phone_begins="+4420794")),
        ("0044 20 794", "GB", Wanted(phone_begins="+4420794")),
        ("020 794", "GB", Wanted(phone_begins="+4420794")),
        ("089 123", "DE", Wanted(phone="+4989123", phone_begins="+4989123")),
        ("212", "US", Wanted()),
        ("call me", "US", Wanted()),
        ("", "US", Wanted()),
    ],
)
def test_a_number_is_looked_for_from_its_first_digits_on(typed: str, region: str, found: Wanted) -> None:
    assert wanted(phone=typed, region=region) == found


def _address(whole: str, domain: str | None = None) -> Wanted:
    return Wanted(email=whole, email_begins=whole, domain=domain)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Ann@Harbor-Bakery.com", _address("ann@harbor-bakery.com", "harbor-bakery.com")),
        ("ann@gmail.com", _address("ann@gmail.com")),
        ("ann@har", Wanted(email_begins="ann@har")),
        ("ANN", Wanted(email_begins="ann")),
        ("an", Wanted()),
    ],
)
def test_an_address_is_looked_for_from_its_first_letters_on(typed: str, found: Wanted) -> None:
    assert wanted(email=typed, region="US") == found


@pytest.mark.parametrize(
    ("typed", "words", "alike"),
    [
        ("Priya Ra", ("priya", "ra"), ("pri", "ra")),
        ("Tom Ray", ("tom", "ray"), ()),
        ("O'Brien & Sons", ("o", "brien", "sons"), ("o", "bri", "son")),
        ("Bö", (), ()),
        ("a b c d e f ghi", (), ()),
        ("'); drop table leads; --", ("drop", "table", "leads"), ("dro", "tab", "lea")),
    ],
)
def test_names_are_looked_for_by_their_words(typed: str, words: tuple[str, ...], alike: tuple[str, ...]) -> None:
    assert wanted(name=typed, region="US") == Wanted(name=words, name_alike=alike)
    assert wanted(company=typed, region="US") == Wanted(company=words, company_alike=alike)


def test_a_first_name_alone_is_like_nobodys_and_a_legal_form_tells_nothing() -> None:
    assert wanted(name="Priyanka", region="US") == Wanted(name=("priyanka",))
    assert wanted(company="The Harbor Co", region="US") == Wanted(company=("harbor",))
    assert wanted(company="Harbours Ltd", region="US") == Wanted(company=("harbours",), company_alike=("harb",))
    assert wanted(company="Limited", region="US").company == ("limited",)


def test_nothing_typed_looks_for_nothing() -> None:
    assert wanted(region="US").is_empty
    assert not wanted(name="Priya", region="US").is_empty


def test_only_a_contact_point_proves_that_it_is_the_same_person() -> None:
    assert {one for one in Likeness if one.is_certain} == {Likeness.PHONE, Likeness.EMAIL}

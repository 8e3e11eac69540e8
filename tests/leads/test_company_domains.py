"""Whose company an address belongs to."""

import pytest

from leads.company_domains import business_domain, company_domain


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("ann@harbor-bakery.com", "harbor-bakery.com"),
        ("ann@mail.eu.harbor-bakery.com", "harbor-bakery.com"),
        ("ann@sales.harbor.co.uk", "harbor.co.uk"),
        ("ann@einkauf.bäckerei.de", "bäckerei.de"),
        ("ann@harbor.公司.cn", "harbor.公司.cn"),
        ("ann@harbor.myshopify.com", "harbor.myshopify.com"),
        ("ann@gmail.com", None),
        ("ann@outlook.de", None),
        ("ann@yahoo.co.uk", None),
        ("ann@mailbox.org", None),
        ("x7@privaterelay.appleid.com", None),
        ("ann@apple.com", "apple.com"),
        ("ann@co.uk", None),
        ("ann@com", None),
    ],
)
def test_a_business_address_names_its_company_and_a_free_mailbox_nobody(email: str, domain: str | None) -> None:
    assert business_domain(email) == domain


def test_the_first_business_address_counts() -> None:
    assert company_domain(["ann@gmail.com", "ann@harbor.com", "ann@pier.com"]) == "harbor.com"
    assert company_domain(["ann@gmail.com"]) is None
    assert company_domain([]) is None

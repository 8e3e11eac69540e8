"""Shares, times and costs as people read them."""

from decimal import Decimal

import pytest

from leads.amounts import money, percent, span


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "-"),
        (7.5, "8 s"),
        (59.4, "59 s"),
        (1200, "20 min"),
        (5400, "1 h 30"),
        (7200, "2 h"),
        (163_200, "1 d 21 h"),
        (86_400, "1 d"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float | None, shown: str) -> None:
    assert span(seconds) == shown


def test_shares_are_said_in_per_cent() -> None:
    assert (percent(0.625), percent(1.0), percent(None)) == ("62.5 %", "100 %", "")


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("18.5", "USD", "$18.50"),
        ("1234567.891", "EUR", "€1,234,567.89"),
        ("-2.5", "GBP", "-£2.50"),
        ("0", "CAD", "CA$0.00"),
        ("18.50", "CHF", "CHF\u00a018.50"),
        ("-18.50", "SEK", "-SEK\u00a018.50"),
        ("1850", "JPY", "¥1,850"),
        ("1.5", "KWD", "KWD\u00a01.500"),
    ],
)
def test_costs_are_said_with_their_currency_and_its_decimals(amount: str, currency: str, said: str) -> None:
    assert money(Decimal(amount), currency) == said


def test_no_cost_is_nothing() -> None:
    assert money(None, "USD") == ""


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("0.0158", "USD", "$0.0158"),
        ("0.075", "CHF", "CHF\u00a00.075"),
        ("1.5", "EUR", "€1.50"),
        ("2", "USD", "$2.00"),
    ],
)
def test_a_price_below_the_smallest_coin_is_said_in_full(amount: str, currency: str, said: str) -> None:
    assert money(Decimal(amount), currency, exact=True) == said

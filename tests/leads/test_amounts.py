"""Shares, times and costs as people read them."""

import pytest

from leads.amounts import percent, span


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

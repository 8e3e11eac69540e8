"""What a page of figures is asked for: from its address and back, and which days are meant."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from api.console.manager.asking import Question, Recent, days_of
from leads.measures import Asked, Dimension, Unaskable
from leads.periods import Every

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def asked(**parameters: str) -> Asked:
    return Question.read({name.rstrip("_"): value for name, value in parameters.items()}).asked(NOW, NEW_YORK)


@pytest.mark.parametrize(
    ("period", "first", "last", "labels"),
    [
        ("this-week", "2026-11-16", "2026-11-22", 1),
        ("last-week", "2026-11-09", "2026-11-15", 1),
        ("4-weeks", "2026-10-26", "2026-11-22", 4),
        ("12-weeks", "2026-08-31", "2026-11-22", 12),
        ("26-weeks", "2026-05-25", "2026-11-22", 26),
        ("this-month", "2026-11-01", "2026-11-30", 1),
        ("last-month", "2026-10-01", "2026-10-31", 1),
        ("6-months", "2026-06-01", "2026-11-30", 6),
        ("12-months", "2025-12-01", "2026-11-30", 12),
        ("nonsense", "2026-08-31", "2026-11-22", 12),
    ],
)
def test_a_stretch_of_time_that_moves_along(period: str, first: str, last: str, labels: int) -> None:
    found = asked(period=period)
    days = (found.periods[0].first_day.isoformat(), found.periods[-1].last_day.isoformat())
    assert (days, len(found.periods)) == ((first, last), labels)


def test_named_days_bring_their_whole_periods() -> None:
    found = asked(by="month", from_="2026-09-15", to="2026-10-02", period="this-week")
    assert [period.label for period in found.periods] == ["2026-09", "2026-10"]
    with pytest.raises(Unaskable, match="is before"):
        asked(from_="2026-09-15", to="2026-09-02")
    assert len(asked(from_="2026-09-15").periods) == 12  # A single day names no stretch of time.
    assert len(asked(from_="0001-01-01", to="soon").periods) == 12


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"period": "6-months", "rep": "anna", "group": "source"},
        {"by": "month", "from": "2026-01-01", "to": "2026-03-31", "source": "", "kind": "inbound"},
    ],
)
def test_an_address_says_what_it_was_read_from(parameters: dict[str, str]) -> None:
    assert Question.read(parameters).parameters() == parameters


def test_what_an_address_need_not_say_or_says_in_vain() -> None:
    assert Question.read({"period": "12-weeks", "group": "rep", "colour": "red"}).parameters() == {}
    of_the_map = Question.read({"cadence": "x", "kind": "inbound"}, frozenset({Dimension.KIND}))
    assert of_the_map.parameters() == {"kind": "inbound"}


def test_some_leads_only_and_all_of_them_again() -> None:
    question = Question.read({"source": "", "rep": "anna"})
    assert question.of == {Dimension.SOURCE: None, Dimension.REP: "anna"}
    assert question.all_of(Dimension.SOURCE).only(Dimension.REP, "ben").of == {Dimension.REP: "ben"}


def test_a_stretch_of_time_in_words() -> None:
    assert days_of(asked(period="this-week")) == "16 Nov to 22 Nov 2026"
    assert days_of(asked(period="12-months")) == "1 Dec 2025 to 30 Nov 2026"
    assert (Recent.THIS_WEEK.words, Recent.A_YEAR.words, Recent.A_YEAR.every) == (
        "This week",
        "Last 12 months",
        Every.MONTH,
    )
    assert asked(from_="2026-11-16", to="2026-11-22").periods[0].first_day == date(2026, 11, 16)

"""Goals: read from YAML, held against figures, and raised when they were met."""

from decimal import Decimal

import pytest

from leads.goals import Figure, Goal, Goals, Held, Which, held_against
from leads.periods import Every
from leads.playbook import Playbook
from leads.sheets import SheetError, load_sheet, sheet_of

FILE = """\
goals:
  - {figure: within_target, goal: 80 %, step: 5 %}
  - {figure: within_target, goal: 90 %, step: 2.5 %, for: {source: web form}}
  - {figure: within_target, goal: 60 %, step: 5 %, for: {kind: inbound, source: web form}}
  - {figure: response_median, goal: 2 hours, step: 30 minutes, every: month, in_a_row: 2}
  - {figure: leads, goal: 40, step: 5}
  - {figure: leads, goal: 10, step: 1, for: {source: web form}}
"""


def goals() -> Goals:
    return sheet_of(Goals, FILE, "goals.yaml")


def goal(figure: Figure, amount: str, step: str, in_a_row: int = 1) -> Goal:
    return Goal.model_validate({"figure": figure.value, "goal": amount, "step": step, "in_a_row": in_a_row})


def test_a_file_becomes_goals_in_shares_seconds_and_counts() -> None:
    within, _, _, median, leads, _ = goals().goals
    assert (within.goal, within.step, within.every) == (Decimal("0.80"), Decimal("0.05"), Every.WEEK)
    assert (median.goal, median.step, median.every) == (Decimal(7200), Decimal(1800), Every.MONTH)
    assert (leads.goal, leads.step) == (Decimal(40), Decimal(5))


def test_the_goal_that_names_most_of_what_leads_have_in_common_is_theirs() -> None:
    def share(**of: str | None) -> Decimal | None:
        found = goals().goal_for(Figure.WITHIN_TARGET, Every.WEEK, of)
        return found.goal if found else None

    assert share() == Decimal("0.80")
    assert share(rep="anna") == Decimal("0.80")
    assert share(source="web form") == Decimal("0.90")
    assert share(source="web form", kind="inbound") == Decimal("0.60")
    assert share(source=None) == Decimal("0.80")
    assert goals().goal_for(Figure.WITHIN_TARGET, Every.MONTH, {}) is None


def test_a_number_of_leads_is_a_goal_only_of_the_leads_that_it_names() -> None:
    def number(**of: str | None) -> Decimal | None:
        found = goals().goal_for(Figure.LEADS, Every.WEEK, of)
        return found.goal if found else None

    assert number() == Decimal(40)
    assert number(source="web form") == Decimal(10)
    assert number(source="trade fair") is None


@pytest.mark.parametrize(
    ("figure", "amount", "value", "met"),
    [
        (Figure.WITHIN_TARGET, "80 %", 0.8, True),
        (Figure.WITHIN_TARGET, "80 %", 0.7999, False),
        (Figure.RESPONSE_MEDIAN, "30 minutes", 1800.0, True),
        (Figure.RESPONSE_MEDIAN, "30 minutes", 1800.5, False),
        (Figure.RESPONSE_MEDIAN, "30 minutes", None, None),
    ],
)
def test_a_figure_is_held_against_its_goal(figure: Figure, amount: str, value: float | None, met: bool | None) -> None:
    step = "5 %" if amount.endswith("%") else "5 minutes"
    one = goal(figure, amount, step)
    assert held_against(one, value) == Held(one.goal, met)


def test_without_a_goal_nothing_is_held_against_a_figure() -> None:
    assert held_against(None, 0.5) is None


def test_a_goal_that_was_met_is_raised_by_its_step() -> None:
    assert goal(Figure.WITHIN_TARGET, "80 %", "5 %").next([0.5, 0.81]) == Decimal("0.85")
    assert goal(Figure.RESPONSE_P90, "2 hours", "30 minutes").next([7200]) == Decimal(5400)
    assert goals().goals[4].next([39, 40]) == Decimal(45)


def test_a_goal_is_raised_only_after_it_was_met_often_enough() -> None:
    one = goal(Figure.QUALIFIED, "20 %", "2 %", in_a_row=3)
    assert one.next([0.3, 0.3]) is None
    assert one.next([0.1, 0.3, 0.3]) is None
    assert one.next([0.1, 0.2, 0.3, 0.25]) == Decimal("0.22")
    assert one.next([0.3, 0.3, 0.19]) is None


def test_a_period_in_which_nothing_was_measured_neither_meets_nor_misses() -> None:
    one = goal(Figure.QUALIFIED, "20 %", "2 %", in_a_row=2)
    assert one.next([0.3, None, 0.3, None]) == Decimal("0.22")
    assert one.next([None, None]) is None


def test_the_best_there_is_can_not_be_raised() -> None:
    assert goal(Figure.FOLLOWED_UP, "100 %", "1 %").next([1.0]) is None
    assert goal(Figure.WITHIN_TARGET, "98 %", "5 %").next([0.99]) == Decimal(1)
    assert goal(Figure.RESPONSE_MEDIAN, "5 minutes", "5 minutes").next([60]) is None


@pytest.mark.parametrize(
    ("line", "at", "message"),
    [
        ("{figure: within_target, goal: 80, step: 5 %}", "80,", "80 is no share; write one like `goal: 80 %`"),
        ("{figure: within_target, goal: 120 %, step: 5 %}", "120 %", "'120 %' is no share"),
        ("{figure: leads, goal: many, step: 5}", "many", "'many' is no number of leads; write one like `goal: 40`"),
        ("{figure: response_median, goal: soon, step: 5 minutes}", "soon", "'soon' is no time"),
        ("{figure: response_median, goal: 1 month, step: 5 minutes}", "1 month", "'1 month' has no fixed length"),
        ("{figure: replies, goal: 1, step: 1}", "replies", "`figure` can't be 'replies'"),
        ("{figure: leads, goal: 40, step: 5, for: {origin: fair}}", "origin", "unknown key `origin`"),
        ("{figure: leads, goal: 40}", "{figure", "`step` is missing"),
    ],
)
def test_each_mistake_is_said_with_its_place(line: str, at: str, message: str) -> None:
    with pytest.raises(SheetError) as wrong:
        sheet_of(Goals, f"goals:\n  - {line}\n", "goals.yaml")
    (finding,) = wrong.value.findings
    assert (finding.line, finding.column) == (2, len("  - ") + line.index(at) + 1)
    assert message in f"{finding.message}; {finding.hint}"


def test_two_goals_for_the_same_are_a_mistake() -> None:
    twice = "goals:\n  - {figure: leads, goal: 40, step: 5}\n  - {figure: leads, goal: 50, step: 5}\n"
    with pytest.raises(SheetError, match="there are two goals for leads of the same leads"):
        sheet_of(Goals, twice, "goals.yaml")


def test_the_shipped_goals_are_right_and_want_every_lead_followed_up() -> None:
    shipped = load_sheet(Goals, Playbook().file("goals.yaml"))
    for every in Every:
        found = shipped.goal_for(Figure.FOLLOWED_UP, every, {})
        assert found is not None
        assert found.goal == 1


def test_a_goal_names_only_what_it_is_for() -> None:
    assert Which(source="web form").as_mapping() == {"source": "web form"}

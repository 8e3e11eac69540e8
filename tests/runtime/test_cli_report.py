"""`follow report`, as a manager types it, on the real database."""

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.adapters.reports.small_business import open_business
from tests.runtime.conftest import Follow

WEEKS = ("--from", "2026-11-09", "--to", "2026-11-15")


@pytest.fixture
def follow(commands: Follow) -> Follow:
    return commands


@pytest_asyncio.fixture
async def business(engine: AsyncEngine) -> None:
    await open_business(engine)


@pytest.mark.usefixtures("business")
def test_the_figures_of_a_week_and_their_goals(follow: Follow) -> None:
    ran = follow("report", "figures", *WEEKS)
    assert ran.exit_code == 0, ran.output
    assert "2026-W46" in ran.output
    assert "4 = 40 %" in ran.output
    assert "2 = 20 %" in ran.output
    assert "20 min (goal 30 min) / 19 h 20 (goal 1 d)" in ran.output
    assert "5 = 62.5 % (MISSED 80 %)" in ran.output


@pytest.mark.usefixtures("business")
def test_a_group_and_a_filter(follow: Follow) -> None:
    ran = follow("report", "figures", *WEEKS, "--group", "source", "--rep", "ben")
    assert ran.exit_code == 0, ran.output
    shown = [line.split("│")[1:4] for line in ran.output.splitlines() if "2026-W46" in line]
    assert [[cell.strip() for cell in cells] for cells in shown][:4] == [
        ["2026-W46", "list", "1"],
        ["2026-W46", "trade fair", "1"],
        ["2026-W46", "web form", "2"],
        ["2026-W46", "-", "1"],
    ]


def test_an_empty_database_shows_empty_weeks(follow: Follow) -> None:
    ran = follow("report", "figures", "--by", "month", "--from", "2026-01-01", "--to", "2026-03-31")
    assert ran.exit_code == 0, ran.output
    assert all(month in ran.output for month in ("2026-01", "2026-02", "2026-03"))


def test_what_can_not_be_asked_is_one_line(follow: Follow) -> None:
    ran = follow("report", "figures", "--from", "2026-11-09", "--to", "2026-11-08")
    assert ran.exit_code == 1
    assert "follow: --to: 2026-11-08 is before 2026-11-09, where the report begins" in ran.output
    assert "follow: --from: " in follow("report", "figures", "--from", "1999-01-01").output


def rows(output: str) -> list[list[str]]:
    """The cells of every line of every table."""
    lines = [line for line in output.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


@pytest.mark.usefixtures("business")
def test_how_response_times_spread(follow: Follow) -> None:
    ran = follow("report", "response", *WEEKS)
    assert ran.exit_code == 0, ran.output
    assert ["5 minutes", "1", "14.3 %", "1", "14.3 %"] in rows(ran.output)  # 300 of seven
    assert "8 asked, 7 answered by a person: 5 in time, 3 late, 0 open" in ran.output
    assert "vain attempts before: 5 after 0, 1 after 1, 1 after 2, 0 after 3 or more" in ran.output


@pytest.mark.usefixtures("business")
def test_what_came_of_each_step_before_and_after_a_refresh(follow: Follow) -> None:
    for _ in range(2):
        ran = follow("report", "steps", "--from", "2026-11-09", "--to", "2026-11-22")
        assert ran.exit_code == 0, ran.output
        found = rows(ran.output)
        assert found[0][:8] == ["inbound-web", "inbound-web-", "email answer", "answer-a", "a", "4", "3", ""]
        assert ["3", "2", "1", "", "1 = 50 %", "2 = 100 %", "", "", "", "100 %"] in found
        assert follow("report", "refresh").exit_code == 0


@pytest.mark.usefixtures("business")
def test_what_leads_cost(follow: Follow) -> None:
    ran = follow("report", "costs", "--from", "2026-11-09", "--to", "2026-11-15")
    assert ran.exit_code == 0, ran.output
    assert ["list", "2", "$5.00", "$2.50", "1", "$5.00", "1", "$5.00", "1", "$2.50 = 50 %"] in rows(ran.output)


@pytest.mark.usefixtures("business")
def test_the_way_of_the_leads(follow: Follow) -> None:
    ran = follow("report", "map", "--from", "2026-11-09", "--to", "2026-11-22")
    assert ran.exit_code == 0, ran.output
    assert ["machine", "attempted", "3", "30 min", "1 h 42"] in rows(ran.output)
    assert ["qualified", "on its way", "2", "", ""] in rows(ran.output)
    assert "outbound, list: 2 leads" in ran.output
    assert ["ben", "anna", "1", "2 h", "2 h"] in rows(ran.output)


def test_an_empty_database_has_every_report(follow: Follow) -> None:
    for words in (("response",), ("steps",), ("costs",), ("map",), ("refresh",), ("figures", "--group", "rep")):
        ran = follow("report", *words)
        assert ran.exit_code == 0, ran.output

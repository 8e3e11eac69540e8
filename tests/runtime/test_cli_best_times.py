"""`follow best-times`, as a manager types it, on the real database."""

from tests.runtime.conftest import Follow


def test_before_the_first_count_it_says_how_to_count(follow: Follow) -> None:
    ran = follow("best-times")
    assert ran.exit_code == 0
    assert "nothing was counted yet; `follow best-times refresh` does it now" in ran.output


def test_the_table_of_the_week_is_shown(follow: Follow) -> None:
    counted = follow("best-times", "refresh").output
    assert "0 of 0 calls connected (20% expected), 0 replies" in counted
    assert "below 50 calls nothing is proposed, but for a lead's own history and wish" in counted
    shown = follow("best-times").output
    assert shown == counted
    rows = [line.split("│")[1:-1] for line in shown.splitlines() if ":00 │" in line]
    assert [row[0].strip() for row in rows] == [f"{hour:02}:00" for hour in range(8, 18)]
    assert [cell.strip() for cell in rows[0][1:]] == ["18%"] * 5 + ["16%"] * 2

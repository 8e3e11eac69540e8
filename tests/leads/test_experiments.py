"""What may be said of variants: nothing before the sample is complete, and then what an exact test says."""

import subprocess
import sys
from typing import Any

import pytest

from leads.experiments import Arm, Verdict, holm, judge, share_of


def arm(name: str, successes: int, total: int, *, ripe: int | None = None) -> Arm:
    return Arm(
        name=name, template=name, sampled=total, successes=successes, ripe=total if ripe is None else ripe, leads=total
    )


def comparison(*arms: Arm, sample: int) -> Any:
    return judge(arms, sample).comparisons[0]


def test_fishers_own_cups_of_tea() -> None:
    """Three of four against one of four: 0.486, two-sided (Agresti, Categorical Data Analysis, section 3.5)."""
    one = comparison(arm("original", 3, 4), arm("short", 1, 4), sample=4)
    assert one.p == pytest.approx(0.4857, abs=0.00005)
    assert one.difference == pytest.approx(-0.5)
    assert not one.is_real


def test_five_of_five_against_none_of_five() -> None:
    """Two of the C(10, 5) = 252 ways are as extreme: 2 / 252 = 0.00794."""
    found = judge([arm("original", 0, 5), arm("short", 5, 5)], 5)
    assert found.comparisons[0].p == pytest.approx(2 / 252)
    assert (found.verdict, found.best) == (Verdict.BETTER, "short")
    assert found.text == "short is better: 100.0% against 0.0% (p = 0.0079)"


def test_several_variants_are_corrected_for_their_number() -> None:
    """0.00794 is the smaller of two p values, so Holm doubles it: 4 / 252 = 0.01587."""
    found = judge([arm("original", 0, 5), arm("short", 5, 5), arm("story", 0, 5)], 5)
    assert [one.adjusted for one in found.comparisons] == pytest.approx([4 / 252, 1.0])
    assert found.best == "short"


def test_what_one_comparison_would_show_several_do_not() -> None:
    """Four of four against none of four: 2 / C(8, 4) = 2 / 70 = 0.0286. Two comparisons double it to 0.0571."""
    two = [arm("original", 0, 4), arm("short", 4, 4)]
    assert judge(two, 4).verdict is Verdict.BETTER
    three = judge([*two, arm("story", 0, 4)], 4)
    assert [one.adjusted for one in three.comparisons] == pytest.approx([4 / 70, 1.0])
    assert three.verdict is Verdict.NO_DIFFERENCE
    assert three.best is None


def test_an_original_that_is_better_stays() -> None:
    found = judge([arm("original", 5, 5), arm("short", 0, 5)], 5)
    assert (found.verdict, found.best) == (Verdict.WORSE, "original")
    assert found.text == "the original is better than short with 0.0%: it has 100.0%"


def test_of_several_better_ones_the_best_is_named() -> None:
    """Eight of ten against none: 2 * C(10, 8) / C(20, 8) = 90 / 125970 = 0.000714; ten of ten: 2 / 184756."""
    found = judge([arm("original", 0, 10), arm("short", 8, 10), arm("story", 10, 10)], 10)
    assert [one.p for one in found.comparisons] == pytest.approx([90 / 125970, 2 / 184756])
    assert [one.adjusted for one in found.comparisons] == pytest.approx([90 / 125970, 4 / 184756])
    assert found.best == "story"


def test_nobody_answered_either() -> None:
    assert judge([arm("original", 0, 100), arm("short", 0, 100)], 100).verdict is Verdict.NO_DIFFERENCE


@pytest.mark.parametrize(
    ("original", "short", "said"),
    [
        (arm("original", 0, 0), arm("short", 0, 0), "too early: 0 of 100"),
        (arm("original", 0, 0, ripe=99), arm("short", 0, 0, ripe=41), "too early: 41 of 100"),
        # All are reached, and the last ones have still time to answer.
        (arm("original", 0, 180, ripe=100), arm("short", 60, 100, ripe=99), "too early: 99 of 100"),
    ],
)
def test_before_the_sample_is_complete_nobody_wins(original: Arm, short: Arm, said: str) -> None:
    found = judge([original, short], 100)
    assert (found.verdict, found.text) == (Verdict.TOO_EARLY, said)
    assert found.comparisons == ()
    assert found.best is None


def test_holms_correction() -> None:
    """Four hypotheses, as in Wikipedia's article on the Holm-Bonferroni method: two are rejected."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_of_the_literature(successes: int, total: int, low: float, high: float) -> None:
    """Wilson's score method in table I of Newcombe, Statistics in Medicine 17 (1998), pages 857-872."""
    share = share_of(successes, total)
    assert share is not None
    assert (share.low, share.high) == pytest.approx((low, high), abs=0.00005)
    assert share.share == successes / total


def test_of_nobody_there_is_no_share() -> None:
    assert share_of(0, 0) is None


def test_a_worker_never_loads_the_statistics() -> None:
    """They take half a second and 60 MB; only the reports need them."""
    code = "import sys, runtime.worker, runtime.cli.app, api.app; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

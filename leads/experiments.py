"""What came of trying variants, judged once: on a sample whose size was fixed before, by an exact test.

Whoever looks at a running comparison every day, and stops when it looks good, finds a "winner" several times as often
as the test promises. So the verdict rests on a fixed sample only: the leads reached until the slowest variant had its
number, each with the same time to answer. Until then there is none, and nothing that comes later changes it; it does
not matter how often anybody looks. Opens and clicks count for nothing, since programs open and click.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

ALPHA = 0.05
"""How often, at most, a difference is claimed where there is none; all comparisons of one step together."""
CONFIDENCE = 0.95
"""Of the interval around each share."""
SAMPLE = 220
"""Leads for each variant, where the step says nothing: enough to see 10 % become 20 % four times out of five (219 by
Fleiss, Statistical Methods for Rates and Proportions, table A.3: two-sided 5 %, power 80 %)."""


class Goal(StrEnum):
    """What variants are compared by."""

    REPLY = "reply"
    """The person wrote back, within `WITHIN`; what a machine answers is no reply."""
    YES = "yes"
    """The person said yes, within `WITHIN`."""


WITHIN = {Goal.REPLY: timedelta(days=14), Goal.YES: timedelta(days=30)}
"""How long after the first touch of a variant a lead has for it."""
OPT_OUT_WITHIN = timedelta(days=14)
"""How long after it an opt-out is put down to it."""


class Verdict(StrEnum):
    """What may be said of an experiment."""

    TOO_EARLY = "too early"
    """The sample is not complete."""
    NO_DIFFERENCE = "no difference found"
    """It is complete, and the variants may be equally good; or the difference is too small for the sample."""
    BETTER = "better"
    """A variant is better than the original."""
    WORSE = "worse"
    """No variant is better than the original, and one is worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One variant and what came of it."""

    name: str
    template: str
    weight: int = 1
    touches: int = 0
    """How often it was sent; for a call, how often it was made."""
    delivered: int = 0
    """Messages that arrived; calls in which somebody was talked to."""
    leads: int = 0
    """How many people it reached, the sample and all others."""
    replied: int = 0
    yes: int = 0
    opted_out: int = 0
    ripe: int = 0
    """Leads of the sample's size, counted from the first, whose time to answer is over."""
    sampled: int = 0
    """Leads in the complete sample; 0 before it is."""
    successes: int = 0
    """How many of these reached the goal."""


class ArmFigure(StrEnum):
    """A number of people in an `Arm`, by its name there; the leads behind each can be named."""

    LEADS = "leads"
    REPLIED = "replied"
    YES = "yes"
    OPTED_OUT = "opted_out"
    RIPE = "ripe"
    SAMPLED = "sampled"
    SUCCESSES = "successes"


@dataclass(frozen=True, slots=True)
class Share:
    """A share, and where the true one probably lies."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variant beside the original, on the sample."""

    variant: str
    difference: float
    """Its share less the original's."""
    p: float
    """How probable a difference like this is where there is none (Fisher's exact test, two-sided)."""
    adjusted: float
    """The same, after Holm's correction for the number of comparisons."""

    @property
    def is_real(self) -> bool:
        return self.adjusted < ALPHA


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, in words too, and the numbers that it rests on."""

    verdict: Verdict
    text: str
    comparisons: tuple[Comparison, ...] = ()
    """Empty before the sample is complete."""
    best: str | None = None
    """The variant to keep; only after a verdict that there is a difference."""


def judge(arms: Sequence[Arm], sample: int) -> Judgement:
    """The verdict on an experiment.

    Args:
        arms: the original first.
        sample: how many leads each needs.
    """
    ripe = min(arm.ripe for arm in arms)
    if ripe < sample or any(arm.sampled < sample for arm in arms):
        return Judgement(Verdict.TOO_EARLY, f"too early: {ripe} of {sample}")
    original, *others = arms
    p_values = [_fisher(original, other) for other in others]
    comparisons = tuple(
        Comparison(other.name, _share(other) - _share(original), p, adjusted)
        for other, p, adjusted in zip(others, p_values, holm(p_values), strict=True)
    )
    real = {one.variant: one for one in comparisons if one.is_real}
    better = [other for other in others if other.name in real and _share(other) > _share(original)]
    if better:
        best = max(better, key=_share)
        text = f"{best.name} is better: {_against(best, original)} (p = {real[best.name].adjusted:.2g})"
        return Judgement(Verdict.BETTER, text, comparisons, best.name)
    if real:
        worse = " and ".join(f"{other.name} with {_share(other):.1%}" for other in others if other.name in real)
        text = f"the original is better than {worse}: it has {_share(original):.1%}"
        return Judgement(Verdict.WORSE, text, comparisons, original.name)
    return Judgement(
        Verdict.NO_DIFFERENCE, "no difference found; it may be smaller than this sample shows", comparisons
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """P values corrected for their number, in the same order (Holm 1979).

    The smallest is multiplied by the number of all, the next by one less, and so on; none becomes smaller than the
    one before it, or larger than 1. SciPy has no function for it, and a whole library for four lines is too much.
    """
    adjusted, so_far = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        so_far = max(so_far, min(1.0, p_values[index] * (len(p_values) - rank)))
        adjusted[index] = so_far
    return adjusted


def share_of(successes: int, total: int) -> Share | None:
    """A share with its confidence interval (Wilson's); None of nobody."""
    if total == 0:
        return None
    from scipy.stats import binomtest  # Half a second and 60 MB that only these reports need.

    interval = binomtest(successes, total).proportion_ci(CONFIDENCE, method="wilson")
    return Share(successes / total, float(interval.low), float(interval.high))


def _fisher(one: Arm, other: Arm) -> float:
    """The exact test for two shares: right for samples of any size, and a little cautious for small ones."""
    from scipy.stats import fisher_exact

    table = [[arm.successes, arm.sampled - arm.successes] for arm in (one, other)]
    return float(fisher_exact(table).pvalue)


def _share(arm: Arm) -> float:
    return arm.successes / arm.sampled


def _against(one: Arm, other: Arm) -> str:
    return f"{_share(one):.1%} against {_share(other):.1%}"

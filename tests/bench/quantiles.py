"""Quantiles of measured times."""

import math
from collections.abc import Sequence


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed (nearest rank): 0.95 for p95."""
    if not values:
        raise ValueError("there is nothing to rank")
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]

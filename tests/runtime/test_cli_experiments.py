"""`follow experiments`, as marketing types it, on the real database."""

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from tests.adapters.test_experiments import Trial, run, trying
from tests.runtime.conftest import Follow


def test_without_variants_it_says_where_to_begin(follow: Follow) -> None:
    ran = follow("experiments")
    assert ran.exit_code == 0
    assert "no step tries variants; docs/writing-cadences.md tells how" in ran.output


@pytest_asyncio.fixture
async def trial(engine: AsyncEngine, shelf: CadenceShelf) -> Trial:
    """It ran in spring, and is long over."""
    trial = Trial(engine, shelf)
    version = await trial.publish(
        trying("{email: a, variants: {short: b}, sample: 100, weights: {original: 2, short: 1}}")
    )
    run(trial, version)
    await trial.store()
    return trial


@pytest.mark.usefixtures("trial")
def test_counts_shares_and_the_verdict_are_shown(follow: Follow) -> None:
    shown = follow("experiments").output
    assert "trying: email a" in shown
    assert "original (weight 2)" in shown
    assert "12 = 10.0% (5.8%-16.7%)" in shown
    assert "short is better: 40.0% against 10.0%" in shown
    assert "by replies within 14 days, 100 people for each variant, those first reached until 10 Mar 2026" in shown
    assert "no step tries variants" in follow("experiments", "not-now").output

"""`follow review`, as a manager types it, on the real database."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.reviews import Reviews
from leads.capture import NewLead
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.runtime.conftest import Follow
from tests.sample import COMPANY


async def test_a_review_is_printed_with_names_and_links(
    follow: Follow, engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    new = NewLead(name="Priya [Raman]", email="priya@example.com", owner="anna")
    lead_id = (await intake.capture(new, by="test", now=clock())).lead_id
    close = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    await Reviews(engine, COMPANY, LINKS).write("mia", close)

    shown = await asyncio.to_thread(follow, "review", "--date", "2026-11-20")

    assert shown.exit_code == 0, shown.output
    for part in (
        "Review of Fri 20 Nov 2026",
        "Anna Keller",
        "new leads: 1",
        "Priya [Raman] <http",
        str(lead_id),
        "mailed",
    ):
        assert part in shown.output
    missing = await asyncio.to_thread(follow, "review", "--date", "2020-01-01", "--manager", "mia")
    assert (missing.exit_code, missing.output.count("\n")) == (1, 1)
    assert "no review was written for Mia Santos on 2020-01-01" in missing.output
    assert (await asyncio.to_thread(follow, "review", "--date", "yesterday")).exit_code == 2

"""The activity of the learning schedule: it counts at the clock's instant, and tells how much there was."""

from datetime import UTC, datetime

from temporalio.testing import ActivityEnvironment

from activities.learning import LearningActivities
from leads.best_time import ContactTimes
from leads.contract import LearningResult
from tests.clocks import SettableClock
from tests.leads.test_best_time import counts


class BookOfOneHour:
    """Learns of three calls and a reply."""

    async def learn(self, now: datetime) -> ContactTimes:
        return ContactTimes(calls=counts(tue_10=3), replies=counts(tue_11=1), learnt_at=now)


async def test_it_counts_once() -> None:
    activities = LearningActivities(BookOfOneHour(), SettableClock(datetime(2026, 11, 20, tzinfo=UTC)))
    result = await ActivityEnvironment().run(activities.learn_contact_times)
    assert result == LearningResult(calls=3, replies=1)

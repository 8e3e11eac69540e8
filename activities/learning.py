"""Learning from the records: when leads answer."""

from temporalio import activity

from activities.ports import Clock, ContactTimesBook
from leads.contract import LearningResult


class LearningActivities:
    """What the learning schedule asks for."""

    def __init__(self, times: ContactTimesBook, clock: Clock) -> None:
        self._times = times
        self._clock = clock

    @activity.defn
    async def learn_contact_times(self) -> LearningResult:
        """Count anew when leads pick up and write; doing it again changes nothing."""
        learnt = await self._times.learn(self._clock())
        return LearningResult(calls=sum(learnt.calls), replies=sum(learnt.replies))

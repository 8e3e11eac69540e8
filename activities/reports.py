"""Counting anew what the reports have counted ahead of time."""

from temporalio import activity

from activities.ports import Clock, Reports


class ReportActivities:
    """What the schedule of the reports asks for."""

    def __init__(self, reports: Reports, clock: Clock) -> None:
        self._reports = reports
        self._clock = clock

    @activity.defn
    async def refresh_reports(self) -> None:
        """Count the weeks that are over; readers see the counts from before until it is done."""
        await self._reports.refresh(self._clock())

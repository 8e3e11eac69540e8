"""Checking that every lead is followed up, and mending what is not."""

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.ports import LivenessChecker
from leads.contract import LivenessResult
from leads.liveness import Finding

BY = "the hourly check"
log = structlog.get_logger()


class LivenessActivities:
    """What the liveness schedule asks for."""

    def __init__(self, checker: LivenessChecker) -> None:
        self._checker = checker

    @activity.defn
    async def check_liveness(self) -> LivenessResult:
        """Look at every lead and every workflow once, and mend what can be mended.

        A worker that stops leaves the rest to the next one, which begins anew: what is mended stays so.
        """
        return await self._checker.check(_report, _still_here, repair=True, by=BY)


def _report(finding: Finding) -> None:
    """One line for whoever watches the logs: ids and kinds only."""
    log.warning(
        "promise 1 did not hold",
        kind=finding.kind.value,
        lead_id=str(finding.lead_id) if finding.lead_id else None,
        workflow_id=finding.workflow_id,
        repaired=finding.repaired,
        wrong=finding.wrong,
        to_do=None if finding.repaired else finding.to_do,
    )


def _still_here(what: str, done: int, of: int | None) -> None:
    activity.heartbeat(what, done, of)
    if activity.is_worker_shutdown():
        raise ApplicationError("this worker stops; another one checks")

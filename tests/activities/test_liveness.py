"""The activity of the liveness schedule: it repairs, shows that it lives, logs ids only, and hands over."""

from collections.abc import Callable
from uuid import UUID

import pytest
import structlog
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.liveness import LivenessActivities
from leads.contract import LivenessResult
from leads.liveness import Finding, FindingKind

LEAD = UUID("11111111-1111-4111-8111-111111111111")
FOUND = Finding(kind=FindingKind.STUCK, wrong="its wake was due", to_do="tell it", lead_id=LEAD)


class CheckerOfOne:
    """Finds one lead that is stuck."""

    def __init__(self) -> None:
        self.repaired, self.by = False, ""

    async def check(
        self,
        report: Callable[[Finding], object],
        progress: Callable[[str, int, int | None], object],
        *,
        repair: bool,
        by: str,
    ) -> LivenessResult:
        self.repaired, self.by = repair, by
        progress("leads", 1, 2)
        report(FOUND)
        return LivenessResult(leads=2, workflows=2, found=1, mended=0)


async def test_it_repairs_and_logs_what_it_found() -> None:
    checker, environment = CheckerOfOne(), ActivityEnvironment()
    beats: list[tuple[object, ...]] = []
    environment.on_heartbeat = lambda *details: beats.append(details)

    with structlog.testing.capture_logs() as lines:
        result = await environment.run(LivenessActivities(checker).check_liveness)

    assert (checker.repaired, checker.by) == (True, "the hourly check")
    assert result.found == 1
    assert beats == [("leads", 1, 2)]
    (line,) = lines
    assert (line["log_level"], line["lead_id"], line["kind"]) == ("warning", str(LEAD), "stuck")
    assert line["repaired"] is False
    assert line["to_do"] == "tell it"


async def test_a_worker_that_stops_leaves_the_rest_to_another() -> None:
    environment = ActivityEnvironment()
    environment.worker_shutdown()
    with pytest.raises(ApplicationError, match="another one checks"):
        await environment.run(LivenessActivities(CheckerOfOne()).check_liveness)

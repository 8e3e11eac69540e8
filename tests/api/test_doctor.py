"""The doctor of the console: one check at a time, kept for whoever looks later, and single findings mended."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.service import RPCError, RPCStatusCode

from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.checks import Checks
from adapters.doctor.check import LivenessCheck
from adapters.doctor.kept import MOST_KEPT
from adapters.doctor.suspects import Suspects
from api.doctor import Doctor, DoctorAway
from leads.contract import LivenessResult
from leads.liveness import Finding, FindingKind, WorkflowSeen
from tests.adapters.clinic import Clinic
from tests.api.fakes import HealthyChecker
from tests.clocks import SettableClock

ALONE = "lead:22222222-2222-4222-8222-222222222222"


@pytest.fixture
def clinic(engine: AsyncEngine, cases: CaseStore, intake: LeadIntake, clock: SettableClock) -> Clinic:
    return Clinic(engine, cases, intake, clock)


@pytest.fixture
def doctor(clinic: Clinic) -> Doctor:
    checks = Checks(clinic.engine)
    check = LivenessCheck(Suspects(clinic.engine), clinic.examiner, clinic.workflows, checks, clinic.clock)
    return Doctor(check, checks, clinic.clock)


async def looked(doctor: Doctor) -> list[Finding]:
    checkup = doctor.begin("anna")
    await doctor.ended()
    assert (checkup.is_running, checkup.trouble, checkup.found) == (False, None, len(checkup.findings))
    return checkup.findings


async def test_a_broken_lead_is_found_left_alone_and_then_mended(clinic: Clinic, doctor: Doctor) -> None:
    well, broken = await clinic.asleep(), await clinic.asleep()
    await clinic.sql("update leads set wake_at = null where id = :id", id=broken)
    assert await doctor.newest() is None

    (finding,) = await looked(doctor)
    assert (finding.kind, finding.lead_id, finding.repaired) == (FindingKind.CONTRADICTION, broken, False)
    assert await clinic.value("select wake_at from leads where id = :id", id=broken) is None

    (mended,) = await doctor.mend(finding)
    assert (mended.kind, mended.repaired) == (FindingKind.CONTRADICTION, True)
    assert await clinic.value("select wake_at is not null from leads where id = :id", id=broken)
    assert await doctor.mend(finding) == []
    assert await looked(doctor) == []
    assert well != broken


async def test_what_was_found_is_there_for_whoever_looks_later(clinic: Clinic, doctor: Doctor) -> None:
    broken = await clinic.asleep()
    await clinic.sql("update leads set wake_at = null where id = :id", id=broken)
    found = await looked(doctor)
    kept = await Doctor(HealthyChecker(), Checks(clinic.engine), clinic.clock).newest()
    assert kept is not None
    assert (kept.by, kept.repair, kept.checked_at) == ("anna", False, clinic.clock())
    assert (kept.result.leads, kept.result.found, kept.result.mended) == (1, 1, 0)
    assert list(kept.findings) == found


async def test_a_workflow_without_a_lead_is_ended_once_it_is_still_one(clinic: Clinic, doctor: Doctor) -> None:
    clinic.workflows.seen[ALONE] = WorkflowSeen(run_id="run-9")
    (finding,) = await looked(doctor)
    assert (finding.kind, finding.workflow_id) == (FindingKind.WORKFLOW_ORPHANED, ALONE)
    assert [one.repaired for one in await doctor.mend(finding)] == [True]
    assert clinic.workflows.terminated == [ALONE]
    assert await doctor.mend(finding) == []


async def test_a_workflow_that_has_its_lead_by_now_is_left_alone(clinic: Clinic, doctor: Doctor) -> None:
    lead_id = await clinic.asleep()
    name = f"lead:{lead_id}"
    late = Finding(kind=FindingKind.WORKFLOW_ORPHANED, wrong="it runs", to_do="end it", workflow_id=name)
    assert await doctor.mend(late) == []
    assert name in clinic.workflows.seen


async def test_what_only_a_person_can_mend_is_not_touched(clinic: Clinic, doctor: Doctor) -> None:
    clinic.workflows.seen[ALONE] = WorkflowSeen(run_id="run-9")
    wrong = Finding(
        kind=FindingKind.WORKFLOW_ORPHANED, wrong="it runs", to_do="look", workflow_id=ALONE, repairable=False
    )
    assert await doctor.mend(wrong) == [wrong]
    assert clinic.workflows.terminated == []


class SlowChecker(HealthyChecker):
    """Finds more than anybody reads, and waits until it may end."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = asyncio.Event()

    async def check(
        self,
        report: Callable[[Finding], object],
        progress: Callable[[str, int, int | None], object],
        *,
        repair: bool,
        by: str,
    ) -> LivenessResult:
        self.begun += 1
        progress("leads", 500, 2000)
        progress("suspects", 0, None)
        for _ in range(MOST_KEPT + 1):
            report(Finding(kind=FindingKind.STUCK, wrong="late", to_do="tell it", lead_id=uuid4()))
        await self.go_on.wait()
        return LivenessResult(leads=2000, workflows=2000, found=MOST_KEPT + 1, mended=0)


async def test_a_check_is_seen_while_it_runs_and_never_runs_twice_at_once(
    engine: AsyncEngine, clock: SettableClock
) -> None:
    checker = SlowChecker()
    doctor = Doctor(checker, Checks(engine), clock)
    checkup = doctor.begin("anna")
    await asyncio.sleep(0)
    assert doctor.begin("ben") is checkup
    assert (checkup.is_running, checkup.looking_at, checkup.done, checkup.of) == (True, "leads", 500, 2000)
    assert (checkup.found, len(checkup.findings)) == (MOST_KEPT + 1, MOST_KEPT)
    clock.move_by(timedelta(minutes=1))
    checker.go_on.set()
    await doctor.ended()
    assert checkup.ended_at == clock()
    assert doctor.begin("ben") is not checkup
    await doctor.ended()
    assert checker.begun == 2


class BrokenChecker(HealthyChecker):
    """Meets trouble at once."""

    def __init__(self, trouble: Exception) -> None:
        self._trouble = trouble

    async def check(self, *_: object, repair: bool, by: str) -> LivenessResult:
        raise self._trouble

    async def mend(self, finding: Finding) -> list[Finding]:
        raise self._trouble


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (RPCError("nobody there", RPCStatusCode.UNAVAILABLE, b""), "Temporal does not answer"),
        (OperationalError("select", {}, OSError("nobody there")), "the database does not answer"),
    ],
)
async def test_what_does_not_answer_is_said(
    engine: AsyncEngine, clock: SettableClock, trouble: Exception, said: str
) -> None:
    doctor = Doctor(BrokenChecker(trouble), Checks(engine), clock)
    checkup = doctor.begin("anna")
    await doctor.ended()
    assert (checkup.is_running, checkup.trouble) == (False, said)
    assert await doctor.newest() is None
    finding = Finding(kind=FindingKind.STUCK, wrong="late", to_do="tell it", lead_id=uuid4())
    with pytest.raises(DoctorAway, match=said):
        await doctor.mend(finding)


async def test_a_mistake_of_ours_is_not_called_trouble_of_others(engine: AsyncEngine, clock: SettableClock) -> None:
    doctor = Doctor(BrokenChecker(KeyError("x")), Checks(engine), clock)
    checkup = doctor.begin("anna")
    await doctor.ended()
    assert checkup.trouble is not None
    assert "on our side" in checkup.trouble
    with pytest.raises(KeyError):
        await doctor.mend(Finding(kind=FindingKind.STUCK, wrong="late", to_do="tell it", lead_id=uuid4()))

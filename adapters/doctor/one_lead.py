"""One lead under its row lock: what is wrong with it and its workflow right now, and its repair."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.cases import CaseStore, OpenCase, UnknownLead
from adapters.db.documents import read_enrollment
from adapters.db.engine import is_trouble
from adapters.db.rows import EnrollmentRow, LeadRow
from adapters.doctor.evidence import read_evidence
from cadences.liveness import Evidence, diagnose, settlement
from cadences.mending import mended
from leads.contract import CommandKind, Plan, workflow_id
from leads.liveness import OF_WORKFLOWS, STUCK_AFTER, Finding, FindingKind, WorkflowSeen, of_workflow, repaired
from leads.sending import TouchState

BY = "follow doctor"
_ALREADY_TOLD = {FindingKind.COMMAND_UNDELIVERED}
"""Findings that need no new decision, only the telling of what was decided."""


class Clock(Protocol):
    """The time."""

    def __call__(self) -> datetime: ...


class Delivery(Protocol):
    """Tells a lead's workflow what it has not heard."""

    async def deliver(self, lead_id: UUID) -> bool: ...


class Workflows(Protocol):
    """Looks at a workflow, and ends one."""

    async def look(self, workflow_id: str, *, ask: bool) -> WorkflowSeen | None: ...

    async def terminate(self, workflow_id: str, run_id: str | None, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Examined:
    """What was found under the lock."""

    findings: tuple[Finding, ...]
    seen: WorkflowSeen | None = None


class LeadExaminer:
    """Examines leads one at a time, each in a transaction of its own."""

    def __init__(
        self, engine: AsyncEngine, cases: CaseStore, delivery: Delivery, workflows: Workflows, clock: Clock
    ) -> None:
        self._engine = engine
        self._cases = cases
        self._delivery = delivery
        self._workflows = workflows
        self._clock = clock

    async def examine(self, lead_id: UUID, *, repair: bool) -> list[Finding]:
        """What is wrong with a lead at this instant; with `repair`, after what can be mended was.

        Raises:
            temporalio.service.RPCError: Temporal can't be reached.
        """
        try:
            async with self._cases.open(lead_id, self._clock()) as opened:
                examined = await self._examine(opened, repair=repair)
        except UnknownLead:
            examined = await self._examine_without_case(lead_id, None, repair=repair)
        except Exception as broken:  # one lead that can't be read must not keep the others from being looked at
            if is_trouble(broken) or not _is_of_documents(broken):
                raise
            examined = await self._examine_without_case(lead_id, broken, repair=repair)
        if not repair or not any(finding.repairable for finding in examined.findings):
            return list(examined.findings)
        return await self._tell(lead_id, examined)

    async def _examine(self, opened: OpenCase, *, repair: bool) -> _Examined:
        now = self._clock()
        lead_id, plan = opened.case.lead.id, opened.plan
        evidence = await _evidence_of(opened)
        found = diagnose(opened.case, plan, evidence, now)
        # Whoever has just committed something is about to tell it; who has waited too long is found as undelivered.
        seen = None
        if evidence.undelivered_since is None:
            late = plan.wake is not None and now - plan.wake.at >= STUCK_AFTER
            seen = await self._workflows.look(workflow_id(lead_id), ask=late)
            of_its_workflow = of_workflow(lead_id, plan, seen, now, ZoneInfo(opened.case.company.zone))
            found += [of_its_workflow] if of_its_workflow else []
        if repair and any(finding.repairable and finding.kind not in _ALREADY_TOLD for finding in found):
            await _mend(opened, evidence, found, seen, now)
        return _Examined(tuple(found), seen)

    async def _tell(self, lead_id: UUID, examined: _Examined) -> list[Finding]:
        """Let the workflow hear of it; what it needs to hear for is mended only then."""
        failing = any(finding.kind is FindingKind.WORKFLOW_FAILING for finding in examined.findings)
        if failing and examined.seen is not None:
            # Should this process die here, what was committed starts the next run when it is redelivered.
            await self._workflows.terminate(
                workflow_id(lead_id), examined.seen.run_id, f"{BY}: its workflow tasks kept failing"
            )
        told = await self._delivery.deliver(lead_id)
        return [
            repaired(finding) if finding.repairable and (told or finding.kind not in OF_WORKFLOWS) else finding
            for finding in examined.findings
        ]

    async def _examine_without_case(self, lead_id: UUID, broken: Exception | None, *, repair: bool) -> _Examined:
        """A lead that can't be opened as it is: its plan, or its enrollment, is missing or damaged."""
        now = self._clock()
        async with self._engine.begin() as connection:
            row = await _locked(connection, lead_id)
            if row is None:
                return _Examined(())
            progress = await connection.scalar(
                select(EnrollmentRow.progress).where(EnrollmentRow.id == row["enrollment_id"])
            )
            if progress is None:
                return _Examined((_unreadable(lead_id, "its enrollment is missing"),))
            findings = []
            if _is_endless(progress.get("hold")):
                findings.append(
                    Finding(
                        kind=FindingKind.HOLD_INCOMPLETE,
                        wrong="its hold has no end",
                        to_do="end the hold now, and let the plan go on",
                        lead_id=lead_id,
                    )
                )
                progress = {**progress, "hold": None}
            if not _is_readable(progress):
                return _Examined((_unreadable(lead_id, "its enrollment can't be read"),))
            if _plan_of(row) is None:
                findings.append(
                    Finding(
                        kind=FindingKind.CONTRADICTION,
                        wrong="its plan is missing, or can't be read",
                        to_do="write the plan anew from the enrollment and its open tasks",
                        lead_id=lead_id,
                    )
                )
            if not findings:  # something else that belongs to it, such as its pinned cadence
                what = type(broken).__name__ if broken else "its plan appeared just now"
                return _Examined((_unreadable(lead_id, f"its case can't be read ({what})"),) if broken else ())
            if repair:
                await connection.execute(
                    update(EnrollmentRow).where(EnrollmentRow.id == row["enrollment_id"]).values(progress=progress)
                )
                stub = _plan_of(row) or _stub(row, await self._version(connection, row))
                opened = await self._cases.load(connection, lead_id, stub, now)
                await _mend(opened, await _evidence_of(opened), findings, None, now)
            return _Examined(tuple(findings))

    async def _version(self, connection: AsyncConnection, row: Any) -> str:
        version: str | None = await connection.scalar(
            select(EnrollmentRow.version).where(EnrollmentRow.id == row["enrollment_id"])
        )
        return version or ""


async def _mend(
    opened: OpenCase, evidence: Evidence, found: Sequence[Finding], seen: WorkflowSeen | None, now: datetime
) -> None:
    """Decide and save, in the open transaction, what mends a lead; its workflow is told after the commit."""
    case = mended(opened.case, evidence, now)
    for claim in evidence.claims:
        state = settlement(opened.case, claim, now)
        if state is not None and state is not claim.state:
            why = "nobody recorded what became of it" if state is TouchState.UNKNOWN else claim.error
            await opened.settle(claim.touch_id, state, error=why)
    # Above whatever anybody may know already, so that the workflow takes this plan for the newest.
    newest = max(opened.plan.revision, evidence.row["revision"], (seen.revision or 0) if seen else 0)
    opened.plan = opened.plan.model_copy(update={"revision": newest})
    kinds = [finding.kind.value for finding in found]
    await opened.save(case, CommandKind.MESSAGE_REPORTED, by=BY, details={"found": kinds})


async def _evidence_of(opened: OpenCase) -> Evidence:
    read: list[Evidence] = []

    async def look(connection: AsyncConnection) -> None:
        read.append(await read_evidence(connection, opened.case))

    await opened.beside(look)
    return read[0]


async def _locked(connection: AsyncConnection, lead_id: UUID) -> Any:
    await connection.execute(select(LeadRow.id).where(LeadRow.id == lead_id).with_for_update())
    return (await connection.execute(select(LeadRow.__table__).where(LeadRow.id == lead_id))).mappings().one_or_none()


def _is_of_documents(broken: Exception) -> bool:
    """Whether a value in the database is to blame, rather than a mistake of ours."""
    return isinstance(broken, ValidationError | LookupError | ValueError | TypeError)


def _is_endless(hold: Any) -> bool:
    return isinstance(hold, dict) and not hold.get("until")


def _is_readable(progress: Any) -> bool:
    try:
        read_enrollment(progress)
    except (ValidationError, TypeError):
        return False
    return True


def _plan_of(row: Any) -> Plan | None:
    try:
        return Plan.model_validate(row["plan"])
    except ValidationError:
        return None


def _stub(row: Any, version: str) -> Plan:
    """In place of a plan that is lost: enough to write the next one."""
    return Plan(
        revision=row["revision"],
        enrollment_id=row["enrollment_id"],
        cadence=row["cadence"] or "",
        version=version[:12],
        owner=row["owner_id"],
        stage=row["stage"],
        wake=None,
    )


def _unreadable(lead_id: UUID, wrong: str) -> Finding:
    return Finding(
        kind=FindingKind.UNREADABLE,
        wrong=wrong,
        to_do="see whether the database was written by a newer version, or restore the lead from a backup",
        lead_id=lead_id,
        repairable=False,
    )

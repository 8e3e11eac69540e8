"""The check of everything: every lead, every workflow, every open claim; streamed, with only ids in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar
from uuid import UUID

from adapters.db.checks import Checks
from adapters.doctor.kept import MOST_KEPT, LivenessFound, keep_liveness
from adapters.doctor.one_lead import BY, Clock, LeadExaminer, Workflows
from adapters.doctor.suspects import BATCH, Suspects
from leads.contract import LivenessResult, workflow_id
from leads.liveness import Finding, FindingKind, repaired

_AT_ONCE = 4
"""So many leads are examined at a time, so that the check leaves room for the work."""
_SOME = 10
_NO_SUCH_LEAD = f"{BY}: the database has no such lead"
_PREFIX = workflow_id(UUID(int=0)).removesuffix(str(UUID(int=0)))


class AllWorkflows(Workflows, Protocol):
    """Every workflow of a lead that runs."""

    def running(self) -> AsyncIterator[str]: ...

    async def failing(self) -> list[str]: ...


Id = TypeVar("Id", UUID, int)
Report = Callable[[Finding], object]
Progress = Callable[[str, int, int | None], object]


def _silent(*_: object) -> None:
    """For whoever does not want to hear."""


class LivenessCheck:
    """Proves promise 1 over the whole database and Temporal, or says where it does not hold."""

    def __init__(
        self, suspects: Suspects, examiner: LeadExaminer, workflows: AllWorkflows, checks: Checks, clock: Clock
    ) -> None:
        self._suspects = suspects
        self._examiner = examiner
        self._workflows = workflows
        self._checks = checks
        self._clock = clock

    async def check(
        self, report: Report = _silent, progress: Progress = _silent, *, repair: bool = False, by: str = BY
    ) -> LivenessResult:
        """Look at everything once; what was found is kept until the next time.

        Args:
            report: called with each finding, after its repair was tried.
            progress: called often, with what is looked at, how many were, and of how many if that is known.
            repair: whether to mend what can be mended.
            by: who asks.

        Raises:
            temporalio.service.RPCError: Temporal can't be reached.
        """
        begun, findings = self._clock(), list[Finding]()

        def told(finding: Finding) -> None:
            if len(findings) < MOST_KEPT:
                findings.append(finding)
            report(finding)

        result = await _Round(
            self._suspects, self._examiner, self._workflows, self._clock, told, progress, repair
        ).run()
        ended = self._clock()
        found = LivenessFound(
            checked_at=ended, by=by, took=ended - begun, repair=repair, result=result, findings=tuple(findings)
        )
        await keep_liveness(self._checks, found)
        return result

    async def mend(self, finding: Finding) -> list[Finding]:
        """Look once more at what a finding is about, and mend it.

        Returns:
            What is wrong there at this instant, after what can be mended was; nothing when it is well by now.

        Raises:
            temporalio.service.RPCError: Temporal can't be reached.
        """
        if not finding.repairable:
            return [finding]
        if finding.lead_id is not None:
            return await self._examiner.examine(finding.lead_id, repair=True)
        name = finding.workflow_id or ""
        run_id = await _run_of_orphan(self._suspects, self._workflows, name)
        if run_id is None:
            return []
        await self._workflows.terminate(name, run_id, _NO_SUCH_LEAD)
        return [repaired(finding)]


class _Round:
    """One check, with what it has seen so far."""

    def __init__(
        self,
        suspects: Suspects,
        examiner: LeadExaminer,
        workflows: AllWorkflows,
        clock: Clock,
        report: Report,
        progress: Progress,
        repair: bool,
    ) -> None:
        self._suspects = suspects
        self._examiner = examiner
        self._workflows = workflows
        self._clock = clock
        self._report = report
        self._progress = progress
        self._repair = repair
        self._reported: set[UUID] = set()
        self._running: set[int] = set()
        """Leads whose workflow runs and whose row was not met yet; numbers, since of these there may be a million."""
        self._strange: list[str] = []
        """Running workflows whose id names no lead."""
        self._workflows_seen = 0
        self._found = self._mended = 0

    async def run(self) -> LivenessResult:
        # Temporal first: whatever begins while the database is read has its lead there already.
        await self._list_workflows()
        await self._examine(await self._suspects.undelivered(self._clock()))
        leads = await self._look_at_leads()
        await self._examine(_leads_of(await self._workflows.failing()))
        await self._examine(await self._suspects.with_open_claims(self._clock()))
        await self._look_at_orphans()
        return LivenessResult(leads=leads, workflows=self._workflows_seen, found=self._found, mended=self._mended)

    async def _list_workflows(self) -> None:
        async for found in self._workflows.running():
            self._workflows_seen += 1
            lead_id = _lead_of(found)
            if lead_id is None:
                self._strange.append(found)
            else:
                self._running.add(lead_id.int)
            if self._workflows_seen % BATCH == 0:
                self._progress("workflows", self._workflows_seen, None)

    async def _look_at_leads(self) -> int:
        total, looked_at = await self._suspects.count(), 0
        async for batch in self._suspects.batches(self._clock()):
            await self._examine(
                [
                    one.lead_id
                    for one in batch
                    if one.suspicious or (one.has_wake and one.lead_id.int not in self._running)
                ]
            )
            self._running.difference_update(one.lead_id.int for one in batch if one.has_wake)
            looked_at += len(batch)
            self._progress("leads", looked_at, max(total, looked_at))
        return looked_at

    async def _look_at_orphans(self) -> None:
        """What still runs without a lead that wakes: of a lead that has ended, or of none."""
        without_lead = list(self._strange)
        for numbers in _pieces(sorted(self._running), BATCH):
            some = [UUID(int=number) for number in numbers]
            known = await self._suspects.known(some)
            await self._examine(known)
            without_lead += [workflow_id(lead_id) for lead_id in some if lead_id not in known]
        # Against another company's Temporal, or an empty database, most would look like orphans.
        wrong_database = len(without_lead) > max(_SOME, self._workflows_seen // 2)
        for orphan in without_lead:
            self._progress("orphans", 0, None)
            run_id = await _run_of_orphan(self._suspects, self._workflows, orphan)
            if run_id is None:
                continue
            finding = Finding(
                kind=FindingKind.WORKFLOW_ORPHANED,
                wrong="it runs, and the database has no such lead",
                to_do="terminate it",
                workflow_id=orphan,
            )
            if wrong_database:
                to_do = "most workflows have no lead here: is this the right database, and the right namespace?"
                finding = replace(finding, to_do=to_do, repairable=False)
            elif self._repair:
                await self._workflows.terminate(orphan, run_id, _NO_SUCH_LEAD)
                finding = repaired(finding)
            self._tell(finding)

    async def _examine(self, lead_ids: Iterable[UUID]) -> None:
        """Examine leads, a few at a time, each once until it is found healthy."""
        for some in _pieces([one for one in lead_ids if one not in self._reported], _AT_ONCE):
            found = await asyncio.gather(*(self._examiner.examine(one, repair=self._repair) for one in some))
            for lead_id, findings in zip(some, found, strict=True):
                if findings:
                    self._reported.add(lead_id)
                for finding in findings:
                    self._tell(finding)
            self._progress("suspects", 0, None)

    def _tell(self, finding: Finding) -> None:
        self._found += 1
        self._mended += finding.repaired
        self._report(finding)


async def _run_of_orphan(suspects: Suspects, workflows: AllWorkflows, name: str) -> str | None:
    """The run of a workflow for which the database has no lead; None when it has one by now, or nothing runs."""
    seen, lead_id = await workflows.look(name, ask=False), _lead_of(name)
    if seen is None or (lead_id is not None and await suspects.known([lead_id])):
        return None
    return seen.run_id


def _lead_of(workflow: str) -> UUID | None:
    try:
        return UUID(workflow.removeprefix(_PREFIX))
    except ValueError:
        return None


def _leads_of(workflows: Iterable[str]) -> Iterator[UUID]:
    return (lead_id for one in workflows if (lead_id := _lead_of(one)) is not None)


def _pieces(ids: Sequence[Id], size: int) -> Iterator[Sequence[Id]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))

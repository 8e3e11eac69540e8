"""The check that every lead is followed up, as people in the console ask for it: one at a time, seen while it runs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog
from temporalio.service import RPCError

from adapters.db.checks import Checks
from adapters.db.engine import is_trouble
from adapters.doctor.kept import MOST_KEPT, LivenessFound, newest_liveness
from leads.contract import LivenessResult
from leads.liveness import Finding

log = structlog.get_logger()


class Checker(Protocol):
    """Proves that every lead is followed up, or says where not; and mends one finding."""

    async def check(
        self,
        report: Callable[[Finding], object],
        progress: Callable[[str, int, int | None], object],
        *,
        repair: bool,
        by: str,
    ) -> LivenessResult: ...

    async def mend(self, finding: Finding) -> list[Finding]: ...


class DoctorAway(Exception):
    """Something that the check stands on does not answer; the text says what."""


@dataclass(slots=True)
class Checkup:
    """A check of everything that somebody began, as far as it is."""

    by: str
    begun_at: datetime
    looking_at: str = "workflows"
    done: int = 0
    of: int | None = None
    findings: list[Finding] = field(default_factory=list)
    """The first ones."""
    found: int = 0
    trouble: str | None = None
    """Why it broke off."""
    ended_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self.ended_at is None

    def tell(self, finding: Finding) -> None:
        self.found += 1
        if len(self.findings) < MOST_KEPT:
            self.findings.append(finding)

    def progress(self, what: str, done: int, of: int | None) -> None:
        if done:
            self.looking_at, self.done, self.of = what, done, of


class Doctor:
    """Has everything checked, and single findings mended."""

    def __init__(self, checker: Checker, checks: Checks, clock: Callable[[], datetime]) -> None:
        self._checker = checker
        self._checks = checks
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self.checkup: Checkup | None = None
        """The newest check that was begun in this process; None when there was none."""

    async def newest(self) -> LivenessFound | None:
        """What the newest check found, whoever asked for it; None when there was none yet."""
        return await newest_liveness(self._checks)

    def begin(self, by: str) -> Checkup:
        """Begin a check that mends nothing, which goes on by itself; one that runs already is that one."""
        if self.checkup is None or not self.checkup.is_running:
            self.checkup = Checkup(by, self._clock())
            self._task = asyncio.create_task(self._run(self.checkup))
        return self.checkup

    async def ended(self) -> None:
        """Wait for the check that runs, if one does."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def mend(self, finding: Finding) -> list[Finding]:
        """Look once more at what a finding is about, and mend it.

        Returns:
            What is wrong there at this instant, after what can be mended was; nothing when it is well by now.

        Raises:
            DoctorAway: Temporal or the database does not answer.
        """
        try:
            return await self._checker.mend(finding)
        except Exception as error:
            why = _trouble(error)
            if why is None:
                raise
            raise DoctorAway(why) from error

    async def _run(self, checkup: Checkup) -> None:
        try:
            await self._checker.check(checkup.tell, checkup.progress, repair=False, by=checkup.by)
        except Exception as error:
            checkup.trouble = _trouble(error) or "something went wrong on our side; the log has it"
            log.error("a check of everything broke off", error=type(error).__name__)
        finally:
            checkup.ended_at = self._clock()


def _trouble(error: Exception) -> str | None:
    """What does not answer, in words; None when something else went wrong."""
    # RuntimeError is how a lazy client says that it can't connect.
    if isinstance(error, RPCError | RuntimeError | TimeoutError):
        return "Temporal does not answer"
    return "the database does not answer" if is_trouble(error) else None

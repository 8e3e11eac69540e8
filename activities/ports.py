"""What the activities need from the outside, as Protocols; the adapters fit them by shape."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from cadences.bundle import CadenceBundle
from cadences.case import Case
from cadences.hand_over import Story
from cadences.slots import Permitted, Turn
from leads.best_time import ContactTimes
from leads.contract import CommandKind, DeliveryResult, LivenessResult, Plan, SchedulesResult
from leads.liveness import Finding as LivenessFinding
from leads.model import Colleague
from leads.sending import Claim, Finding, OutgoingMessage, Receipt, TouchState
from leads.staff_mails import Settled, StaffMail, StaffMailState


class Clock(Protocol):
    """The time; activities have no other."""

    def __call__(self) -> datetime:
        """Now, in UTC."""
        ...


class OpenCase(Protocol):
    """One lead's case, in an open transaction under the lead's row lock."""

    case: Case
    bundle: CadenceBundle

    @property
    def plan(self) -> Plan:
        """What the workflow that asked is to know: the newest plan; or that its lead goes on under another id."""
        ...

    @property
    def revision(self) -> int:
        """The number of the last decision about the lead."""
        ...

    async def claim_of(self, touch_id: UUID) -> Claim | None:
        """The ledger's claim of a step occurrence, if there is one."""
        ...

    async def claim(self, claim: Claim) -> None:
        """Write a new claim, or take a refused one again with the next attempt."""
        ...

    async def settle(
        self, touch_id: UUID, state: TouchState, receipt: Receipt | None = None, error: str | None = None
    ) -> TouchState:
        """Record what became of a claim, unless a provider's report has said more already.

        Returns:
            The state in force.
        """
        ...

    async def take_slot(self, sender: str, permitted: Permitted) -> Turn | None:
        """Give this lead's message the first free slot of a sender; None when the sender needs none any more."""
        ...

    async def account_in_trouble(self, provider: str, code: str, text: str) -> bool:
        """Alert the admin in this transaction; True when that is new."""
        ...

    async def account_works(self, provider: str) -> None:
        """The provider accepted a message: what was wrong with its account is over."""
        ...

    async def relief(self) -> Colleague | None:
        """Who takes the lead over from its owner: another rep who is at work; None when there is none."""
        ...

    async def story(self) -> Story:
        """What happened between us and the lead, for a hand-over note."""
        ...

    async def save(self, case: Case, kind: CommandKind | None = None) -> Plan:
        """Write the case as the next revision, and return its plan."""
        ...


class CaseStore(Protocol):
    """Opens cases."""

    def open(
        self, lead_id: UUID, now: datetime, *, touch_id: UUID | None = None, known: Any = None
    ) -> AbstractAsyncContextManager[OpenCase]:
        """The lead's case; commits when the block ends well, is undone when it raises.

        The id of a merged lead opens the one that it lives on in: what was under way for the one is recorded there.

        Args:
            touch_id: the step occurrence whose claim will be asked for.
            known: the case that this store opened a moment ago; it is loaded again only if anything was decided since.
        """
        ...


class MessageSender(Protocol):
    """A provider of one channel."""

    @property
    def provider(self) -> str:
        """Its name in the ledger."""
        ...

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the message over.

        Raises:
            SendError: one of its subclasses says what that means for the lead.
        """
        ...

    async def find(self, message: OutgoingMessage, since: datetime) -> Finding:
        """What became of a message whose sending was interrupted.

        Args:
            since: when it was claimed.
        """
        ...


class CommandDelivery(Protocol):
    """Tells workflows what was committed."""

    async def deliver_all(self, progress: Callable[[], object]) -> DeliveryResult:
        """Tell every workflow what a crash left untold; `progress` is called after each lead."""
        ...


class StaffMails(Protocol):
    """The mails to our own people."""

    async def claim(self, provider: str, now: datetime) -> StaffMail | StaffMailState | None:
        """Claim the mail that has waited longest, or take over one whose holder can't be sending it any more.

        Returns:
            The mail; a state for one that was settled instead, since it has nowhere to go; None when none is due.
        """
        ...

    async def settle(self, mail: StaffMail, settled: Settled, now: datetime) -> bool:
        """Record what became of a claimed mail; False when somebody else has settled it meanwhile."""
        ...


class Reviews(Protocol):
    """The managers' daily reviews."""

    async def write(
        self, manager_id: str, now: datetime, *, day: date | None = None, asked_at: datetime | None = None
    ) -> tuple[date | None, bool]:
        """Write a manager's review and its mail, unless it was written before.

        Returns:
            The day, None when there is nothing to write; and whether it was written now.
        """
        ...


class ReviewSchedules(Protocol):
    """When each manager's review is written."""

    async def ensure(self) -> SchedulesResult:
        """Have one for each manager, at the manager's own end of day, and none for anybody else."""
        ...


class ContactTimesBook(Protocol):
    """Knows when leads answer."""

    async def learn(self, now: datetime) -> ContactTimes:
        """Count all calls and replies anew."""
        ...


class LivenessChecker(Protocol):
    """Proves that every lead is followed up, or says where not."""

    async def check(
        self,
        report: Callable[[LivenessFinding], object],
        progress: Callable[[str, int, int | None], object],
        *,
        repair: bool,
        by: str,
    ) -> LivenessResult:
        """Look at every lead and workflow; `report` gets each finding, and `progress` is called often."""
        ...


class Reports(Protocol):
    """What is counted for the reports ahead of time."""

    async def refresh(self, now: datetime) -> None:
        """Count the weeks that are over anew."""
        ...

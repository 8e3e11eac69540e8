"""What a message is sent for, and what its fate does to the case: a step, a meeting, a colleague's words."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from cadences.case import Case
from cadences.enrollment import StepRef
from cadences.meeting_sends import (
    meeting_message_awaited,
    meeting_message_out,
    meeting_message_refused,
)
from cadences.personal_emails import could_not_send, email_out, email_refused, email_unknown, waiting_email
from cadences.planning import plan
from cadences.progress import account_in_trouble, awaits, message_refused, message_sent
from cadences.unknown_sends import message_unknown
from leads.ids import touch_id
from leads.meetings import read_step
from leads.model import Channel
from leads.personal_emails import PersonalEmail, read_personal_step


class Errand(Protocol):
    """What a message is sent for."""

    @property
    def step(self) -> StepRef:
        """The step under which the ledger keeps it."""
        ...

    @property
    def enrollment_id(self) -> UUID:
        """The enrollment under which the ledger keeps it."""
        ...

    def is_awaited(self, case: Case) -> bool:
        """Whether the case waits for this very message, so that a refused one is tried again."""
        ...

    def sent(self, case: Case, now: datetime) -> Case:
        """It went out."""
        ...

    def unknown(self, case: Case, channel: Channel, now: datetime) -> Case:
        """Nobody knows whether it went out."""
        ...

    def refused(self, case: Case, now: datetime, why: str, retry_after: timedelta | None, *, once: bool) -> Case:
        """The provider did not take it, for now."""
        ...

    def in_trouble(self, case: Case, now: datetime, why: str) -> Case:
        """The provider did not take it, for reasons that are not the lead's."""
        ...


def reference_of(errand: Errand) -> UUID:
    """The ledger's id of an errand's message."""
    return touch_id(errand.enrollment_id, errand.step.step_id, errand.step.occurrence)


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """A step of the plan."""

    step: StepRef
    enrollment_id: UUID

    def is_awaited(self, case: Case) -> bool:
        return awaits(case, self.step, self.enrollment_id)

    def sent(self, case: Case, now: datetime) -> Case:
        return message_sent(case, self.step, now, self.enrollment_id)

    def unknown(self, case: Case, channel: Channel, now: datetime) -> Case:
        return message_unknown(case, self.step, channel, now, self.enrollment_id)

    def refused(self, case: Case, now: datetime, why: str, retry_after: timedelta | None, *, once: bool) -> Case:
        return message_refused(case, self.step, now, retry_after, self.enrollment_id, once=once)

    def in_trouble(self, case: Case, now: datetime, why: str) -> Case:
        return account_in_trouble(case, self.step, now, why, self.enrollment_id)


@dataclass(frozen=True, slots=True)
class MeetingMessage:
    """What a lead is told of a meeting; its fate moves no plan, and takes nothing from the cadence's limits."""

    step: StepRef
    enrollment_id: UUID

    def is_awaited(self, case: Case) -> bool:
        return meeting_message_awaited(case, self.step.step_id, self.step.occurrence)

    def sent(self, case: Case, now: datetime) -> Case:
        return plan(meeting_message_out(case, self.step.step_id, self.step.occurrence, now), now)

    def unknown(self, case: Case, channel: Channel, now: datetime) -> Case:
        asked = message_unknown(case, self.step, channel, now, self.enrollment_id)
        return self.sent(replace(asked, messages=case.messages), now)

    def refused(self, case: Case, now: datetime, why: str, retry_after: timedelta | None, *, once: bool) -> Case:
        step = self.step
        return meeting_message_refused(case, step.step_id, step.occurrence, now, why, retry_after, once=once)

    def in_trouble(self, case: Case, now: datetime, why: str) -> Case:
        return meeting_message_refused(case, self.step.step_id, self.step.occurrence, now, why, trouble=True)


@dataclass(frozen=True, slots=True)
class PersonalMessage:
    """What a colleague wrote; its fate is a contact of a person's, and takes nothing from the cadence's limits."""

    step: StepRef
    enrollment_id: UUID

    def is_awaited(self, case: Case) -> bool:
        return self._waiting(case) is not None

    def sent(self, case: Case, now: datetime) -> Case:
        email = case.email(read_personal_step(self.step.step_id))
        return case if email is None else email_out(case, email, now)

    def unknown(self, case: Case, channel: Channel, now: datetime) -> Case:
        email = self._waiting(case)
        return case if email is None else email_unknown(case, email, channel, now)

    def refused(self, case: Case, now: datetime, why: str, retry_after: timedelta | None, *, once: bool) -> Case:
        email = self._waiting(case)
        return case if email is None else email_refused(case, email, now, why, retry_after, once=once)

    def in_trouble(self, case: Case, now: datetime, why: str) -> Case:
        # Whoever wrote it does not wait until an admin has mended the account.
        email = self._waiting(case)
        return case if email is None else could_not_send(case, email, now, why)

    def _waiting(self, case: Case) -> PersonalEmail | None:
        return waiting_email(case, read_personal_step(self.step.step_id))


def errand_of(case: Case, step: StepRef, enrollment_id: UUID) -> Errand | None:
    """What a step's message is sent for; None for a meeting, or a personal email, that the lead does not have.

    Args:
        enrollment_id: under which the step was asked for. A meeting keeps the one that it was agreed in, and an email
            the one that it was written in, so that their messages are the same whatever the lead is enrolled in by now.
    """
    if (email_id := read_personal_step(step.step_id)) is not None:
        email = case.email(email_id)
        return PersonalMessage(step, email.enrollment_id) if email is not None else None
    of_meeting = read_step(step.step_id)
    if of_meeting is None:
        return PlannedMessage(step, enrollment_id)
    meeting = case.meeting(of_meeting.meeting_id)
    return MeetingMessage(step, meeting.enrollment_id) if meeting is not None else None

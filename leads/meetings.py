"""A meeting with a lead: when, where and with whom, how far its invitation came, and what the lead answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from leads.personal_emails import read_personal_step

INVITATION = "meeting"
NUDGE = "meeting-nudge"
MINUTES = 30
"""How long a meeting lasts, where nobody says."""
LONGEST_MINUTES = 24 * 60


class MeetingState(StrEnum):
    """Where a meeting stands."""

    INVITED = "invited"
    """Agreed; the lead has not answered the invitation yet."""
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    """The lead may come."""
    DECLINED = "declined"
    """The lead does not come then, which is no "no" to us."""
    CANCELLED = "cancelled"
    HELD = "held"
    """It took place."""
    NO_SHOW = "no-show"
    """The lead did not come."""


AGREED = frozenset({MeetingState.INVITED, MeetingState.ACCEPTED, MeetingState.TENTATIVE})
"""States in which the meeting takes place, as far as anybody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """What somebody of ours and the lead agree on."""

    starts_at: datetime
    subject: str
    place: str = ""
    """A link or an address; empty where that is still to be said."""
    minutes: int = MINUTES

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting with a lead."""

    id: UUID
    """The UID that calendars know it by."""
    enrollment_id: UUID
    """The enrollment in which it was agreed; its messages stand under this one in the ledger."""
    organizer: str
    """The colleague who meets the lead: an id."""
    organizer_name: str
    """As the lead was told."""
    asked_by: str
    """Who made it: a colleague's id, a token's name, or `link`."""
    agreed_at: datetime
    starts_at: datetime
    ends_at: datetime
    subject: str
    place: str = ""
    state: MeetingState = MeetingState.INVITED
    sequence: int = 0
    """How often it was changed: calendars take the highest one for true."""
    changed_at: datetime
    """When it became as it is."""
    told: int | None = None
    """The newest sequence that the lead was told of, as far as the machine goes; None: of none yet."""
    told_at: datetime | None = None
    not_before: datetime | None = None
    """The provider refused its message: it is tried again from here on."""
    refusals: int = 0
    """How often in a row."""
    nudged_at: datetime | None = None
    """When the lead was reminded of the invitation as it is now."""
    asked_at: datetime | None = None
    """When a colleague was asked to see to the invitation as it is now."""
    answered_at: datetime | None = None
    """When the lead answered the invitation as it is now, by its calendar's own clock."""
    followed_up_at: datetime | None = None
    """When the organizer was asked how it was."""

    @property
    def is_agreed(self) -> bool:
        return self.state in AGREED

    @property
    def is_news(self) -> bool:
        """Whether the lead is still to be told how it is now."""
        return self.told is None or self.told < self.sequence

    def is_ahead(self, now: datetime) -> bool:
        """Whether it takes place, and is not over."""
        return self.is_agreed and self.ends_at > now

    def is_to_come(self, now: datetime) -> bool:
        """Whether it takes place, and has not begun."""
        return self.is_agreed and self.starts_at > now

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at) / timedelta(minutes=1))

    @property
    def invitation_step(self) -> str:
        """The step under which the ledger keeps its invitation, updates and cancellation; no cadence can name it."""
        return f"{INVITATION}:{self.id}"

    @property
    def nudge_step(self) -> str:
        return f"{NUDGE}:{self.id}"

    @property
    def occurrence(self) -> int:
        """Which of its messages is the present one."""
        return self.sequence + 1


@dataclass(frozen=True, slots=True)
class MeetingStep:
    """What a message's step says of the meeting that it belongs to."""

    meeting_id: UUID
    nudge: bool


def read_step(step_id: str | None) -> MeetingStep | None:
    """The meeting that a step of the ledger, or a task, belongs to; None for the steps of cadences."""
    kind, colon, reference = (step_id or "").partition(":")
    if not colon or kind not in (INVITATION, NUDGE):
        return None
    try:
        return MeetingStep(UUID(reference), kind == NUDGE)
    except ValueError:
        return None


def step_name(step_id: str) -> str:
    """What people call a step: its id or, since a meeting's names the meeting by its id, what it is."""
    if read_personal_step(step_id) is not None:
        return "personal email"
    step = read_step(step_id)
    if step is None:
        return step_id
    return "reminder of a meeting" if step.nudge else "invitation"

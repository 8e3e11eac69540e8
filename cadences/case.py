"""Everything a decision about one lead needs, in one immutable value: the lead, its enrollment, its open tasks.

Decisions are functions from a case and an instant to a new case; the store loads the first under the lead's row lock
and writes what differs in the second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cadences.enrollment import Enrollment, ResponseClock
from cadences.facts import Fact
from cadences.model import Cadence
from cadences.tasks import Task
from leads.best_time import Habits
from leads.meetings import Meeting
from leads.model import Channel, Company, Lead, Stage
from leads.personal_emails import PersonalEmail
from leads.zones import candidate_zones, main_zone


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a channel's messages to this lead come from, and from when on that one may send."""

    address: str
    name: str = ""
    opens_at: datetime | None = None
    """None: at once."""
    why: str = ""
    """Why not earlier: its cap, its gap, or its domain is paused."""
    limited: bool = False
    """It has a cap or a gap, so that each message needs a slot."""
    own: bool = False
    """The owner's; else the company's."""


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What went before the next message, for its headers and its wording."""

    last_subject: str | None = None
    """Of the last email that really went out."""
    last_message_id: str | None = None
    """The Message-ID under which its recipient has it, if a report told it."""
    texted: bool = False
    """Whether a text went to the number before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One lead as a decision sees it."""

    lead: Lead
    company: Company
    cadence: Cadence
    """The enrollment's pinned version."""
    enrollment: Enrollment
    manager: str
    """Who `manager` means for this lead: a colleague's id."""
    tasks: tuple[Task, ...] = ()
    """Open tasks, and those that this decision closed."""
    messages: tuple[datetime, ...] = ()
    """Instants of the automated messages of the last two weeks, for the limits."""
    phone_contacts: tuple[datetime, ...] = ()
    """Instants of the calls and texts of the last day, by whomever, for the states' limits."""
    senders: dict[Channel, Sender] = field(default_factory=dict)
    """Channels with a sender of their own for this lead; the others send as the company does, at once."""
    correspondence: Correspondence = Correspondence()
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    """For each colleague who is away now and has to do with the lead: who does what can't wait."""
    response: ResponseClock | None = None
    """The clock of the newest question."""
    habits: Habits = field(default_factory=Habits)
    """When people answer, for proposals of when to call."""
    meetings: tuple[Meeting, ...] = ()
    emails: tuple[PersonalEmail, ...] = ()
    """What colleagues wrote that waits to be sent, or of which nobody knows whether it was."""
    first_response_due_at: datetime | None = None
    first_human_at: datetime | None = None
    """First human contact: a connected call or a person's written answer."""
    facts: tuple[Fact, ...] = ()
    """What this decision found out, for the store to write down."""
    ended_enrollments: tuple[Enrollment, ...] = ()
    """Enrollments that this decision ended and replaced."""

    @property
    def zone(self) -> ZoneInfo:
        """The lead's own clock."""
        return main_zone(self.lead, self.company)

    @property
    def candidate_zones(self) -> tuple[ZoneInfo, ...]:
        return candidate_zones(self.lead, self.company)

    @property
    def open_tasks(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if task.is_open)

    def colleague(self, role: str) -> str:
        """The id of who a role in the YAML means: owner, manager, generator, or an id as it stands."""
        match role:
            case "owner":
                return self.lead.owner.id
            case "manager":
                return self.manager
            case "generator":
                found_by = self.lead.generated_by
                return (found_by if found_by is not None and found_by.active else self.lead.owner).id
        return role

    def enrolled(self, **changes: object) -> "Case":
        """The case with a changed enrollment."""
        return replace(self, enrollment=replace(self.enrollment, **changes))  # type: ignore[arg-type]

    def with_task(self, task: Task) -> "Case":
        """The case with a task added, or replaced by id."""
        return replace(self, tasks=(*(other for other in self.tasks if other.id != task.id), task))

    def with_meeting(self, meeting: Meeting) -> "Case":
        """The case with a meeting added, or replaced by id."""
        return replace(self, meetings=(*(other for other in self.meetings if other.id != meeting.id), meeting))

    def with_email(self, email: PersonalEmail) -> "Case":
        """The case with a personal email added, or replaced by id."""
        return replace(self, emails=(*(other for other in self.emails if other.id != email.id), email))

    def email(self, email_id: UUID | None) -> PersonalEmail | None:
        return next((one for one in self.emails if one.id == email_id), None)

    def meeting(self, meeting_id: UUID) -> Meeting | None:
        return next((one for one in self.meetings if one.id == meeting_id), None)

    def with_fact(self, fact: Fact) -> "Case":
        return replace(self, facts=(*self.facts, fact))

    def with_stage(self, stage: Stage) -> "Case":
        return replace(self, lead=replace(self.lead, stage=stage))

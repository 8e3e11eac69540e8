"""Meetings that people command beside any task: agreed on, moved, called off."""

from datetime import datetime
from uuid import UUID

from adapters.db.cases import OpenCase
from api.commands import CommandDone, LeadCommands
from api.lead_changes import Decision, value_fits
from api.services import Services
from api.writes import Caller
from cadences import meetings
from cadences.case import Case
from cadences.meeting_tasks import when
from cadences.refusals import CommandRefused, require_future
from leads.contract import CommandKind
from leads.meetings import Appointment, Meeting


class MeetingCommands:
    """Carries out what callers ask for about meetings, each at most once per idempotency key."""

    def __init__(self, services: Services) -> None:
        self._commands = LeadCommands(services)

    async def arrange(
        self, lead_id: UUID, caller: Caller, by: str | None, *, appointment: Appointment, organizer: str | None
    ) -> CommandDone:
        """A meeting was agreed on.

        Args:
            organizer: who meets the lead; its owner when left out.
        """

        async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
            value_fits(require_future, "at", appointment.starts_at, now)
            host = await file.colleague(organizer) if organizer is not None else file.case.lead.owner
            case = meetings.arrange(file.case, appointment, organizer=host, by=who, now=now)
            (new,) = (one for one in case.meetings if file.case.meeting(one.id) is None)
            return _decision(case, new, "meeting agreed")

        others = {"organizer": organizer} if organizer is not None else {}
        return await self._commands.carry_out(lead_id, caller, by, CommandKind.PLAN_CHANGED, decide, **others)

    async def move(
        self,
        lead_id: UUID,
        meeting_id: UUID,
        caller: Caller,
        by: str | None,
        *,
        at: datetime | None,
        minutes: int | None,
        subject: str | None,
        place: str | None,
    ) -> CommandDone:
        """A meeting is at another time, or place, or about something else."""

        async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
            if at is not None:
                value_fits(require_future, "at", at, now)
            before = _meeting(file.case, meeting_id)
            changed = Appointment(
                starts_at=at or before.starts_at,
                minutes=minutes or before.minutes,
                subject=subject or before.subject,
                place=before.place if place is None else place,
            )
            case = meetings.move(file.case, meeting_id, changed, by=who, now=now)
            return _decision(case, _meeting(case, meeting_id), "meeting changed")

        return await self._commands.carry_out(lead_id, caller, by, CommandKind.PLAN_CHANGED, decide)

    async def cancel(self, lead_id: UUID, meeting_id: UUID, caller: Caller, by: str | None) -> CommandDone:
        """A meeting is called off."""

        async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
            case = meetings.cancel(file.case, meeting_id, by=who, now=now)
            return _decision(case, _meeting(case, meeting_id), "meeting called off")

        return await self._commands.carry_out(lead_id, caller, by, CommandKind.PLAN_CHANGED, decide)


def _meeting(case: Case, meeting_id: UUID) -> Meeting:
    meeting = case.meeting(meeting_id)
    if meeting is None:
        raise CommandRefused("meeting", "the lead has no such meeting")
    return meeting


def _decision(case: Case, meeting: Meeting, what: str) -> Decision:
    return Decision(case, {"meeting": str(meeting.id), "what": what, "when": when(case, meeting)})

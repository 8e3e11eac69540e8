"""Meetings with a lead over REST."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.commands import CommandDone
from api.meetings import MeetingCommands
from api.problems import PROBLEMS
from api.rest.auth import AskedBy, AskedServices, token_of
from api.rest.models import CommandSent, MeetingChangeSent, MeetingSent

router = APIRouter(
    prefix="/api/leads/{lead_id}/meetings", tags=["meetings"], dependencies=[Depends(token_of)], responses=PROBLEMS
)


async def _meetings_of(services: AskedServices) -> MeetingCommands:
    # A coroutine although it waits for nothing: FastAPI would run a plain function in a thread of its own.
    return MeetingCommands(services)


Asked = Annotated[MeetingCommands, Depends(_meetings_of)]


@router.post("")
async def arrange_meeting(lead_id: UUID, sent: MeetingSent, caller: AskedBy, meetings: Asked) -> CommandDone:
    """Agree on a meeting: the invitation goes out, and the machine is quiet until the meeting is over."""
    return await meetings.arrange(lead_id, caller, sent.by, appointment=sent.as_appointment(), organizer=sent.organizer)


@router.put("/{meeting_id}")
async def move_meeting(
    lead_id: UUID, meeting_id: UUID, sent: MeetingChangeSent, caller: AskedBy, meetings: Asked
) -> CommandDone:
    """Change a meeting: the lead gets an update of its invitation."""
    return await meetings.move(
        lead_id,
        meeting_id,
        caller,
        sent.by,
        at=sent.at,
        minutes=sent.minutes,
        subject=sent.subject,
        place=sent.place,
    )


@router.delete("/{meeting_id}")
async def cancel_meeting(
    lead_id: UUID, meeting_id: UUID, sent: Annotated[CommandSent, Query()], caller: AskedBy, meetings: Asked
) -> CommandDone:
    """Call a meeting off: the lead's calendar takes it out."""
    return await meetings.cancel(lead_id, meeting_id, caller, sent.by)

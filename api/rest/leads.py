"""Leads over REST: capturing, listing, looking at and commanding them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from adapters.db.cases import LeadMerged, UnknownLead
from adapters.db.lead_views import LeadView, NoteView
from adapters.db.views import LeadPage
from api.commands import CommandDone, LeadCaptured
from api.merging import LeadMerging, LeadsMerged
from api.problems import PROBLEMS, lead_address
from api.rest.auth import AskedBy, AskedCommands, AskedServices, token_of
from api.rest.models import (
    AnswerSent,
    CadenceSent,
    CommandSent,
    ContactsSent,
    EmailSent,
    HoldSent,
    LeadQuery,
    LeadSent,
    MergeSent,
    NoteSent,
    NotNowSent,
    OwnerSent,
    SkipSent,
    TouchSent,
    UndoSent,
)

router = APIRouter(prefix="/api/leads", tags=["leads"], dependencies=[Depends(token_of)], responses=PROBLEMS)


@router.post(
    "",
    status_code=201,
    responses={200: {"model": LeadCaptured, "description": "The person was known; what came was added to its lead."}},
)
async def capture_lead(
    lead: LeadSent, response: Response, caller: AskedBy, services: AskedServices, commands: AskedCommands
) -> LeadCaptured:
    """Capture a lead; the same person again adds to the lead instead of making a second."""
    captured = await commands.capture(lead.as_new_lead(services.company.country), caller)
    response.status_code = 201 if captured.created else 200
    response.headers["Location"] = lead_address(captured.id)
    return captured


@router.get("")
async def list_leads(asked: Annotated[LeadQuery, Query()], services: AskedServices) -> LeadPage:
    """A page of leads, newest first."""
    return await services.reading.leads(
        stage=asked.stage.value if asked.stage else None,
        cadence=asked.cadence,
        owner=asked.owner,
        q=asked.q,
        limit=asked.limit,
        cursor=asked.cursor,
    )


@router.get("/{lead_id}")
async def show_lead(lead_id: UUID, services: AskedServices) -> LeadView:
    """One lead with everything: its next touch and why, its timeline, tasks, holds, answers."""
    lead = await services.reading.lead(lead_id, services.company, services.clock())
    if lead is None:
        into = await services.merges.into(lead_id)
        raise UnknownLead(str(lead_id)) if into is None else LeadMerged(lead_id, into)
    return lead


@router.post("/{lead_id}/merge")
async def merge_lead(lead_id: UUID, sent: MergeSent, caller: AskedBy, services: AskedServices) -> LeadsMerged:
    """Two leads are one person: this one is kept, and has all that belonged to the other."""
    return await LeadMerging(services).merge(lead_id, sent.other, caller, sent.by)


@router.post("/{lead_id}/touches")
async def log_personal_touch(lead_id: UUID, sent: TouchSent, caller: AskedBy, commands: AskedCommands) -> CommandDone:
    """Log a personal touch: the cadence pauses, and resumes by itself."""
    return await commands.log_personal_touch(lead_id, caller, sent.by, channel=sent.channel, at=sent.at, note=sent.note)


@router.post("/{lead_id}/notes")
async def add_note(lead_id: UUID, sent: NoteSent, caller: AskedBy, commands: AskedCommands) -> NoteView:
    """Write something down about the lead; it stands on the timeline, and nothing else comes of it."""
    return await commands.add_note(lead_id, caller, sent.by, text=sent.text)


@router.post("/{lead_id}/emails")
async def send_personal_email(lead_id: UUID, sent: EmailSent, caller: AskedBy, commands: AskedCommands) -> CommandDone:
    """Send the lead an email in a colleague's own words; it counts as a personal touch once it is out."""
    return await commands.send_personal_email(
        lead_id, caller, sent.by, subject=sent.subject, text=sent.text, reply_to_task=sent.reply_to_task
    )


@router.post("/{lead_id}/answer")
async def record_answer(lead_id: UUID, sent: AnswerSent, caller: AskedBy, commands: AskedCommands) -> CommandDone:
    """Record the lead's yes or no: the cadence ends."""
    return await commands.record_answer(
        lead_id, caller, sent.by, answer=sent.answer, note=sent.note, no_contact=sent.no_contact
    )


@router.post("/{lead_id}/not-now")
async def record_not_now(lead_id: UUID, sent: NotNowSent, caller: AskedBy, commands: AskedCommands) -> CommandDone:
    """The lead wants to be left alone until a date; then it is asked again."""
    return await commands.not_now(lead_id, caller, sent.by, until=sent.until, note=sent.note)


@router.post("/{lead_id}/hold")
async def hold(lead_id: UUID, sent: HoldSent, caller: AskedBy, commands: AskedCommands) -> CommandDone:
    """Pause the cadence until an instant."""
    return await commands.hold(lead_id, caller, sent.by, until=sent.until, reason=sent.reason)


@router.post("/{lead_id}/resume")
async def resume(
    lead_id: UUID, caller: AskedBy, commands: AskedCommands, sent: CommandSent | None = None
) -> CommandDone:
    """End the pause early."""
    return await commands.resume(lead_id, caller, sent.by if sent else None)


@router.post("/{lead_id}/skip")
async def skip_step(
    lead_id: UUID, caller: AskedBy, commands: AskedCommands, sent: SkipSent | None = None
) -> CommandDone:
    """Leave the next step out."""
    return await commands.skip_step(lead_id, caller, sent.by if sent else None, step=sent.step if sent else None)


@router.post("/{lead_id}/cadence")
async def switch_cadence(lead_id: UUID, sent: CadenceSent, caller: AskedBy, commands: AskedCommands) -> CommandDone:
    """Let another cadence take over."""
    return await commands.switch_cadence(lead_id, caller, sent.by, cadence=sent.cadence)


@router.post("/{lead_id}/contacts")
async def add_contacts(lead_id: UUID, sent: ContactsSent, caller: AskedBy, commands: AskedCommands) -> CommandDone:
    """Add an email address or a phone number that somebody found; a plan that runs uses it at once."""
    return await commands.add_contacts(lead_id, caller, sent.by, email=sent.email, phone=sent.phone)


@router.post("/{lead_id}/owner")
async def reassign(lead_id: UUID, sent: OwnerSent, caller: AskedBy, commands: AskedCommands) -> CommandDone:
    """Give the lead and its open tasks to another colleague."""
    return await commands.reassign(lead_id, caller, sent.by, owner=sent.owner, note=sent.note)


@router.post("/{lead_id}/undo")
async def undo(lead_id: UUID, caller: AskedBy, commands: AskedCommands, sent: UndoSent | None = None) -> CommandDone:
    """Take back what was recorded last, since it was a slip; the lead stands as before, and nothing of it counts."""
    return await commands.undo(lead_id, caller, sent.by if sent else None, revision=sent.revision if sent else None)

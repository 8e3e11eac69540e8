"""What people command over the web: validated and committed under the lead's row lock, then told to its workflow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.cadences import UnknownCadence
from adapters.db.cases import LeadMerged, OpenCase
from adapters.db.lead_views import NoteView
from adapters.db.views import HoldView, MeetingView, NextTouchView, hold_view, meeting_view, next_touch_view
from api import lead_changes
from api.lead_changes import Decide, Decision, LeadChange, end_of_wait, value_fits
from api.personal_emails import personal_email
from api.problems import UnknownTask, ValueRefused
from api.services import Services
from api.telling import TELL_FOR_A_PAGE_WITHIN, TELL_OF_CAPTURE_WITHIN, tell
from api.writes import REFUSALS, Caller, Writes, watched_commit
from cadences import commands, task_outcomes
from cadences.bundle import CadenceBundle
from cadences.case import Case
from cadences.facts import TouchMade
from cadences.incomplete import contacts_found
from cadences.personal_emails import write_email
from cadences.refusals import require_future, require_past
from cadences.slips import UNDO_WITHIN
from cadences.tasks import Outcome
from leads.capture import Captured, NewLead
from leads.contract import CommandKind, Plan, workflow_id
from leads.meetings import Appointment
from leads.model import Channel, ContactKind
from leads.normalising import normal_email, normal_phone

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCaptured:
    """The answer to a captured lead."""

    id: UUID
    created: bool
    """False: the person was known, and what came was added to its lead."""
    enrolled: bool
    """True: a new enrollment began."""
    told: bool
    """Whether the workflow has heard; if not, it will."""
    temporal: str
    incomplete: bool = False
    """True: nobody can be reached with what came; a person has the task to complete the lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDone:
    """The answer to a command: how the lead stands now."""

    lead_id: UUID
    revision: int
    stage: str
    answer: str | None
    ended: str | None
    next_touch: NextTouchView | None
    hold: HoldView | None
    open_tasks: list[UUID]
    meetings: list[MeetingView]
    """Those that are agreed and not over, the next one first."""
    told: bool
    """Whether the workflow has heard; if not, it will."""
    undo_until: datetime | None = None
    """How long it may be taken back as a slip, should nothing else happen; None: it can't be."""


_CAPTURED: TypeAdapter[LeadCaptured] = TypeAdapter(LeadCaptured)
_DONE: TypeAdapter[CommandDone] = TypeAdapter(CommandDone)
_NOTE: TypeAdapter[NoteView] = TypeAdapter(NoteView)
_MAY_BE_SLIPS = frozenset(
    {
        CommandKind.LOG_PERSONAL_TOUCH,
        CommandKind.RECORD_ANSWER,
        CommandKind.NOT_NOW,
        CommandKind.HOLD,
        CommandKind.RESUME,
        CommandKind.SKIP_STEP,
        CommandKind.SWITCH_CADENCE,
        CommandKind.REASSIGN,
        CommandKind.COMPLETE_TASK,
    }
)
"""What one of our people records, and may take back."""


class LeadCommands:
    """Carries out what callers ask for, each at most once per idempotency key."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._writes = Writes(services)

    async def capture(self, new: NewLead, caller: Caller) -> LeadCaptured:
        """Take a lead in.

        Raises:
            CaptureRefused: it can't be stored.
            UnknownCadence: it names a cadence that was never published.
        """
        services, write, now = self._services, caller.write, self._services.clock()
        keys = services.idempotency
        if write is not None:
            await keys.begin(write, now)

        async def claim(connection: AsyncConnection) -> None:
            if write is not None:
                await keys.claim(connection, write, now)

        async def keep(connection: AsyncConnection, captured: Captured) -> None:
            if write is not None:
                await keys.keep(connection, write, _status(captured), _captured_body(captured, told=False))
            commit.begun = True

        try:
            await self._require_known(new)
            async with watched_commit() as commit:
                captured = await services.intake.capture(new, caller.token.name, now, first=claim, last=keep)
        except REFUSALS:
            await self._writes.let_go(write)
            raise
        log.info("lead captured", lead_id=str(captured.lead_id), created=captured.created)
        if not await tell(services.delivery.begin, captured.lead_id, TELL_OF_CAPTURE_WITHIN):
            return _captured(captured, told=False)
        await self._writes.keep_anew(write, _status(captured), _captured_body(captured, told=True), now)
        return _captured(captured, told=True)

    async def log_personal_touch(
        self, lead_id: UUID, caller: Caller, by: str | None, *, channel: Channel, at: datetime | None, note: str | None
    ) -> CommandDone:
        """A human was in touch outside the plan."""

        async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
            touched_at = at or now
            value_fits(require_past, "at", touched_at, now)
            case = commands.log_personal_touch(
                file.case, channel=channel, touched_at=touched_at, by=who, note=note, now=now
            )
            touch = next(fact for fact in case.facts if isinstance(fact, TouchMade))
            details = {"channel": channel.value, "touched_at": touched_at, "note": note}
            return Decision(case, details, {"touched_at": touched_at, "touch_id": touch.id})

        return await self.carry_out(lead_id, caller, by, CommandKind.LOG_PERSONAL_TOUCH, decide)

    async def record_answer(
        self,
        lead_id: UUID,
        caller: Caller,
        by: str | None,
        *,
        answer: str,
        note: str | None,
        no_contact: bool = False,
    ) -> CommandDone:
        """The lead said yes or no.

        Args:
            no_contact: with its no it asked not to be contacted any more, which is never taken back as a slip.
        """

        async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
            case = commands.record_answer(file.case, answer=answer, by=who, note=note, now=now, no_contact=no_contact)
            details = {"answer": answer, "note": note, **_stopped(no_contact)}
            return Decision(case, details, {"answer": answer}, final=no_contact)

        return await self.carry_out(lead_id, caller, by, CommandKind.RECORD_ANSWER, decide)

    async def not_now(
        self, lead_id: UUID, caller: Caller, by: str | None, *, until: datetime | date, note: str | None
    ) -> CommandDone:
        """The lead asked to be left alone until a date."""

        async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
            ends_at = end_of_wait(until, file.case.zone, now)
            later = await _later(file)
            case = commands.not_now(
                file.case,
                until=ends_at,
                cadence=later.cadence,
                version=later.version,
                by=who,
                note=note,
                now=now,
            )
            return Decision(case, {"until": ends_at, "note": note}, {"until": ends_at, "cadence": later.name})

        return await self.carry_out(lead_id, caller, by, CommandKind.NOT_NOW, decide)

    async def hold(
        self, lead_id: UUID, caller: Caller, by: str | None, *, until: datetime | date, reason: str
    ) -> CommandDone:
        """Somebody pauses the machine until an instant."""
        return await self.change(lead_id, caller, by, lead_changes.hold(until=until, reason=reason))

    async def resume(self, lead_id: UUID, caller: Caller, by: str | None) -> CommandDone:
        """Somebody ends the hold."""
        return await self.change(lead_id, caller, by, lead_changes.resume())

    async def skip_step(self, lead_id: UUID, caller: Caller, by: str | None, *, step: str | None) -> CommandDone:
        """Leave the next step out."""
        return await self.change(lead_id, caller, by, lead_changes.skip_step(step=step))

    async def switch_cadence(self, lead_id: UUID, caller: Caller, by: str | None, *, cadence: str) -> CommandDone:
        """Another cadence takes over at once."""
        return await self.change(lead_id, caller, by, lead_changes.switch_cadence(cadence=cadence))

    async def reassign(
        self, lead_id: UUID, caller: Caller, by: str | None, *, owner: str, note: str | None = None
    ) -> CommandDone:
        """Another colleague owns the lead."""
        return await self.change(lead_id, caller, by, lead_changes.reassign(owner=owner, note=note))

    async def change(self, lead_id: UUID, caller: Caller, by: str | None, change: LeadChange) -> CommandDone:
        """Do one of the things that may be done to any lead."""
        return await self.carry_out(
            lead_id, caller, by, change.kind, change.decide, action=change.action, **change.colleagues
        )

    async def undo(self, lead_id: UUID, caller: Caller, by: str | None, *, revision: int | None = None) -> CommandDone:
        """Take back what was recorded last for a lead, since it was a slip: a correction, and no delay of anything.

        Args:
            revision: that what is to be taken back made, to be sure that it still is the last.
        """
        return await self.change(lead_id, caller, by, lead_changes.undo(revision=revision))

    async def send_personal_email(
        self,
        lead_id: UUID,
        caller: Caller,
        by: str | None,
        *,
        subject: str,
        text: str,
        reply_to_task: UUID | None = None,
    ) -> CommandDone:
        """A colleague writes to the lead: it goes out at once, through the gate and the ledger, in that one's words.

        Args:
            reply_to_task: the task whose question or reply it answers.

        Raises:
            CommandRefused: it may not be sent to this lead; the message says why.
        """

        async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
            email = await personal_email(file, who, subject=subject, text=text, answers=reply_to_task, now=now)
            return Decision(write_email(file.case, email, now), {"personal_email": str(email.id)})

        action = "send_personal_email"
        return await self.carry_out(lead_id, caller, by, CommandKind.PLAN_CHANGED, decide, action=action)

    async def add_note(self, lead_id: UUID, caller: Caller, by: str | None, *, text: str) -> NoteView:
        """Write something down about a lead; nothing else comes of it."""
        async with self._writes.open(lead_id, caller, by) as lead:
            note = await lead.file.add_note(text, lead.who)
            await lead.done("add_note", _NOTE.dump_python(note, mode="json"))
        return note

    async def add_contacts(
        self, lead_id: UUID, caller: Caller, by: str | None, *, email: str | None, phone: str | None
    ) -> CommandDone:
        """A person found another way to reach the lead.

        Raises:
            CaptureRefused: it is no address, or no number.
        """
        region = await self._services.reading.country_of(lead_id) or self._services.company.country
        points = [
            *([(ContactKind.EMAIL, normal_email(email))] if email else []),
            *([(ContactKind.PHONE, normal_phone(phone, region))] if phone else []),
        ]
        if not points:
            raise ValueRefused("email", "give an email address, a phone number, or both")

        async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
            case = contacts_found(file.case, await file.found_points(points), now)
            return Decision(case, {kind.value: value for kind, value in points})

        contacts = [value for _, value in points]
        return await self.carry_out(lead_id, caller, by, CommandKind.PLAN_CHANGED, decide, contacts=contacts)

    async def complete_task(
        self,
        task_id: UUID,
        caller: Caller,
        by: str | None,
        *,
        outcome: Outcome,
        until: datetime | date | None,
        note: str | None,
        meeting: Appointment | None = None,
        organizer: str | None = None,
        no_contact: bool = False,
    ) -> CommandDone:
        """A person says how a task ended.

        Args:
            meeting: what was agreed on.
            organizer: who meets the lead then; its owner when left out.
            no_contact: with its no the lead asked not to be contacted any more, which is never taken back as a slip.

        Raises:
            UnknownTask: there is no such task.
        """
        task = await self._services.reading.task(task_id, self._services.clock())
        if task is None:
            raise UnknownTask(str(task_id))

        async def decide(file: OpenCase, who: str, now: datetime) -> Decision:
            open_task = next((one for one in file.case.open_tasks if one.id == task_id), None)
            possible = task_outcomes.outcomes_of(open_task.kind, open_task.contact) if open_task is not None else ()
            if open_task is not None and outcome not in possible:
                allowed = ", ".join(sorted(possible))
                raise ValueRefused("outcome", f"a {open_task.kind.value} task ends with one of: {allowed}")
            ends_at = end_of_wait(until, file.case.zone, now) if until is not None else None
            if (ends_at is None) == (outcome in (Outcome.NOT_NOW, Outcome.CALL_BACK)):
                needs = "needs" if ends_at is None else "takes no"
                raise ValueRefused("until", f"the outcome {outcome.value!r} {needs} date")
            if (meeting is None) == (outcome is Outcome.MEETING):
                needs = "needs" if meeting is None else "takes no"
                raise ValueRefused("meeting", f"the outcome {outcome.value!r} {needs} meeting")
            if meeting is not None:
                value_fits(require_future, "meeting.at", meeting.starts_at, now)
            later = await _later(file) if outcome is Outcome.NOT_NOW else None
            case = task_outcomes.complete_task(
                file.case,
                task_id=task_id,
                outcome=outcome,
                by=who,
                note=note,
                now=now,
                until=ends_at,
                later=(later.cadence, later.version) if later else None,
                meeting=meeting,
                organizer=await file.colleague(organizer) if organizer is not None else None,
                no_contact=no_contact,
            )
            told: dict[str, Any] = {"task_id": task_id, "until": ends_at}
            if outcome in (Outcome.YES, Outcome.NO):
                told["answer"] = outcome.value
            details = {"outcome": outcome.value, "until": ends_at, "note": note, **_stopped(no_contact)}
            return Decision(case, details, told, final=no_contact)

        others = {"meeting.organizer": organizer} if organizer is not None else {}
        try:
            return await self.carry_out(task.lead_id, caller, by, CommandKind.COMPLETE_TASK, decide, **others)
        except LeadMerged as merged:  # Since we looked; the task is the kept lead's now.
            return await self.carry_out(merged.into, caller, by, CommandKind.COMPLETE_TASK, decide, **others)

    async def carry_out(
        self,
        lead_id: UUID,
        caller: Caller,
        by: str | None,
        kind: CommandKind,
        decide: Decide,
        contacts: Sequence[str] = (),
        action: str | None = None,
        **colleagues: str,
    ) -> CommandDone:
        """Decide, save and keep the answer in one transaction; tell the workflow after its commit.

        Args:
            contacts: contact points that it adds.
            action: what the audit log calls it; as the kind when left out.
            colleagues: who is named by which field, and must exist.
        """
        async with self._writes.open(lead_id, caller, by, contacts=contacts, colleagues=colleagues) as lead:
            decision = await decide(lead.file, lead.who, lead.now)
            may_be_slip = kind in _MAY_BE_SLIPS and not decision.final
            plan = await lead.file.save(
                decision.case,
                kind,
                by=lead.who,
                details=decision.details,
                told=decision.told,
                may_be_slip=may_be_slip,
            )
            undo_until = lead.now + UNDO_WITHIN if may_be_slip else None
            answer = command_done(lead.file.case, plan, lead.now, told=False, undo_until=undo_until)
            await lead.done(action or kind.value, _DONE.dump_python(answer, mode="json"))
        log.info("command committed", lead_id=str(lead_id), kind=kind.value, revision=plan.revision)
        within = TELL_FOR_A_PAGE_WITHIN if caller.is_at_a_page else None
        if not await tell(self._services.delivery.deliver, lead_id, within):
            return answer
        answer = replace(answer, told=True)
        await self._writes.keep_anew(caller.write, 200, _DONE.dump_python(answer, mode="json"), lead.now)
        return answer

    async def _require_known(self, new: NewLead) -> None:
        """What a lead names must exist, also where the person is known and it would not be used."""
        if new.cadence is not None and new.cadence not in await self._services.shelf.names():
            raise UnknownCadence(new.cadence)
        for name, colleague in (("owner", new.owner), ("generated_by", new.generated_by)):
            if colleague is not None:
                await self._writes.require_colleague(name, colleague)


def _captured(captured: Captured, *, told: bool) -> LeadCaptured:
    return LeadCaptured(
        id=captured.lead_id,
        created=captured.created,
        enrolled=captured.enrolled,
        told=told,
        temporal=workflow_id(captured.lead_id),
        incomplete=captured.incomplete,
    )


def _captured_body(captured: Captured, *, told: bool) -> dict[str, Any]:
    body: dict[str, Any] = _CAPTURED.dump_python(_captured(captured, told=told), mode="json")
    return body


def _status(captured: Captured) -> int:
    return 201 if captured.created else 200


def _stopped(no_contact: bool) -> dict[str, bool]:
    """What is kept of a no beside the answer."""
    return {"no_contact": True} if no_contact else {}


async def _later(file: OpenCase) -> CadenceBundle:
    """The cadence that starts when a "not now" is over."""
    return await file.cadence(file.case.cadence.on_not_now.cadence)


def command_done(
    case: Case, plan: Plan, now: datetime, *, told: bool, undo_until: datetime | None = None
) -> CommandDone:
    return CommandDone(
        lead_id=case.lead.id,
        revision=plan.revision,
        stage=plan.stage,
        answer=plan.answer,
        ended=plan.ended,
        next_touch=next_touch_view(case.enrollment, case.zone),
        hold=hold_view(case.enrollment.hold, now),
        open_tasks=list(plan.open_tasks),
        meetings=[meeting_view(one, case.zone) for one in case.meetings if one.is_ahead(now)],
        told=told,
        undo_until=undo_until,
    )

"""Saying how it went: outcomes by one key, what some of them ask first, and the note that goes along with each."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from adapters.db.engine import is_trouble
from adapters.db.views import TaskView
from api.commands import CommandDone
from api.console import kit
from api.console.desk import Desk, NotAllowed
from api.console.fields import Fields, objection
from api.console.names import who_is
from api.console.permissions import Action
from api.console.rep.asked_first import AskedFirst, spoken_day
from api.console.rep.facts import LeadAtHand
from api.console.rep.key_buttons import Group, KeyButton, KeyButtons, Press
from api.console.rep.keys import button, by_key
from api.console.rep.outcomes import WORDS, Choice, choices_of
from api.console.rep.own_email import OwnEmail
from api.console.unsaid import Unsaid
from api.writes import Caller
from cadences.tasks import Outcome, TaskKind
from leads.meetings import Appointment
from leads.model import Channel
from leads.normalising import clean_text, normal_email, normal_phone

Settled = Callable[[str, CommandDone, bool], Awaitable[None]]
"""Called once something is committed: with it in words, and whether the task will be done by what follows from it."""
Noted = Callable[[], Awaitable[None]]
Command = Callable[[Caller], Awaitable[CommandDone]]
_SETTLED = frozenset({"yes", "no", "opted_out"})
"""So ended, there is nothing that a lead could still be asked."""
_TOUCHES = (("1", "Call", Channel.CALL), ("2", "Email", Channel.EMAIL), ("3", "Text", Channel.SMS))


class Work:
    """The part of a lead's panel in which one works: a note, the outcomes, and what else one may do."""

    def __init__(
        self,
        desk: Desk,
        lead: LeadAtHand,
        task: TaskView | None,
        unsaid: Unsaid,
        settled: Settled,
        noted: Noted,
    ) -> None:
        """
        Args:
            task: the one to complete; None: the lead is looked at without one.
            unsaid: what was written before.
            settled: called after each change.
            noted: called when a note was kept by itself.
        """
        self._desk = desk
        self._noted = noted
        self._lead = lead
        self._task = task
        self._unsaid = unsaid
        self._settled = settled
        self._busy = False
        self.over = False
        """Somebody else completed the task: nothing can be said about it any more."""
        with kit.section(task.title if task is not None else "Record").props("data-keys") as self._box:
            self._box.classes("ft-work")
            self.note = ui.textarea("Note", value=unsaid.note, on_change=self._noting)
            self.note.props("autogrow outlined dense rows=1").classes("ft-noting")
            by_key(self.note, "o")
            self._place = ui.element("div").classes("ft-stack ft-place")
        self._ask = AskedFirst(desk, lead, self._place, self.note, self._complete, self._offer)
        self._offer()

    def _noting(self, changed: ValueChangeEventArguments[str | None]) -> None:
        self._unsaid.note = changed.value or ""

    def close(self, by: str | None, how: str | None) -> None:
        """Somebody else was faster: say so, and leave the note to be copied."""
        self.over = True
        self._place.clear()
        with self._place, ui.element("div").classes("ft-trouble").props("role=alert"):
            ui.icon("info").props("aria-hidden=true")
            kit.words(f"Done already: {how or 'closed'}" + (f", by {by}" if by else "") + ". Go on with J.")

    def close_as(self, task: TaskView | None) -> None:
        """The same, as the task tells it; None: it is gone."""
        if task is None:
            self.close(None, "it is gone")
        else:
            by = "you" if task.closed_by == self._desk.person.id else task.closed_by
            self.close(by, task.outcome or task.note or task.state)

    def _offer(self) -> None:
        """The outcomes, and what else one may do."""
        task, lead = self._task, self._lead.view
        groups = []
        if task is not None:
            choices = choices_of(TaskKind(task.kind), task.contact)
            groups.append(Group([self._outcome(one) for one in choices], "How did it go?"))
        elif lead.ended not in _SETTLED:
            groups.append(Group([self._outcome(one) for one in choices_of(TaskKind.KICK_BACK)], "What did they say?"))
        task_id = task.id if task is not None else None
        why_not = self._lead.why_no_email(task_id, self._desk.services.clock())
        beside = (
            KeyButton("Keep the note", "ctrl+Enter", self._keep_note, stays=True),
            KeyButton("Email", "e", self._write_email, asks=True, why_not=why_not),
            KeyButton("Log a contact", "t", self._ask_touch, asks=True),
            KeyButton("Add phone or email", "p", self._ask_contacts, asks=True),
        )
        self._place.clear()
        with self._place:
            KeyButtons([*groups, Group(beside)])

    async def _keep_note(self) -> None:
        """Write the note down without anything else."""
        desk, lead, note = self._desk, self._lead.view, self._note
        fields = Fields(note=self.note)
        if not fields.are_right(note="" if note else "There is nothing in the note yet.") or note is None:
            return

        async def work(caller: Caller) -> None:
            await desk.commands.add_note(lead.id, caller, None, text=note)

        self.note.set_value("")  # At once: an outcome that is pressed meanwhile must not take it along.
        async with kit.acting(fields=fields):
            try:
                await desk.do(Action.ADD_NOTE, work, lead_id=lead.id)
            except Exception:
                if self._note is None:
                    self.note.set_value(note)
                raise
            await self._noted()

    def _outcome(self, choice: Choice) -> KeyButton:
        asked: dict[Outcome, Press] = {
            Outcome.CALL_BACK: self._ask.call_back,
            Outcome.MEETING: self._ask.meeting,
            Outcome.NOT_NOW: self._ask.wait,
            Outcome.NO: self._ask.no,
        }
        tone = {Outcome.YES: "ft-yes", Outcome.NO: "ft-no"}.get(choice.outcome, "")

        async def say() -> None:
            await self._complete(choice.outcome)

        press = asked.get(choice.outcome, say)
        return KeyButton(
            choice.words, choice.key, press, asks=choice.outcome in asked, tone=f"ft-outcome {tone}".strip()
        )

    def _ask_touch(self) -> None:
        def by(channel: Channel, words: str) -> Callable[[], Awaitable[None]]:
            async def say() -> None:
                desk, lead, note = self._desk, self._lead.view, self._note

                async def work(caller: Caller) -> CommandDone:
                    return await desk.commands.log_personal_touch(
                        lead.id, caller, None, channel=channel, at=None, note=note
                    )

                await self._do(Action.LOG_TOUCH, work, f"logged: {words.lower()}", used=self._note_used)

            return say

        with (
            self._ask.asking("You were in touch beside the plan: it pauses, and goes on by itself."),
            ui.element("div").classes("ft-outcomes"),
        ):
            for key, words, channel in _TOUCHES:
                button(words, key, flat=False).props("outline").on_click(by(channel, words))

    def _write_email(self) -> None:
        email = OwnEmail(self._desk, self._lead, self._task, self._unsaid)

        async def send() -> None:
            if not email.is_whole():
                return
            await self._do(
                Action.SEND_EMAIL,
                email.send,
                "email on its way",
                used=self._unsaid.forget_email,
                will_be_done=email.answers is not None,
                fields=email.fields,
            )

        with self._ask.asking("Your email goes out at once; the plan pauses."):
            email.draw()
            button("Send", "ctrl+Enter", flat=False).on_click(send)
        email.begin()

    def _ask_contacts(self) -> None:
        with self._ask.asking("Another way to reach them"):
            phone = ui.input("Phone").props("type=tel outlined dense autocomplete=off autofocus")
            email = ui.input("Email").props("type=email outlined dense autocomplete=off")
            fields = Fields(phone=phone, email=email)

            async def say() -> None:
                desk, lead = self._desk, self._lead.view
                region = lead.country or desk.services.company.country
                if not fields.are_right(
                    phone=objection(normal_phone, phone.value, region), email=objection(normal_email, email.value)
                ):
                    return

                async def work(caller: Caller) -> CommandDone:
                    return await desk.commands.add_contacts(
                        lead.id, caller, None, email=email.value or None, phone=phone.value or None
                    )

                await self._do(Action.ADD_CONTACTS, work, "contact added", goes_on=False, fields=fields)

            button("Add", "ctrl+Enter").on_click(say)

    async def _complete(
        self,
        outcome: Outcome,
        *,
        until: datetime | date | None = None,
        meeting: Appointment | None = None,
        fields: Fields | None = None,
        no_contact: bool = False,
    ) -> None:
        """Complete the task or, without one, record what the lead said.

        Args:
            fields: where it was said.
        """
        desk, lead, task, note = self._desk, self._lead.view, self._task, self._note

        async def work(caller: Caller) -> CommandDone:
            commands = desk.commands
            if task is not None:
                return await commands.complete_task(
                    task.id,
                    caller,
                    None,
                    outcome=outcome,
                    until=until,
                    note=note,
                    meeting=meeting,
                    no_contact=no_contact,
                )
            if outcome is Outcome.NOT_NOW and until is not None:
                return await commands.not_now(lead.id, caller, None, until=until, note=note)
            return await commands.record_answer(
                lead.id, caller, None, answer=outcome.value, note=note, no_contact=no_contact
            )

        action = Action.COMPLETE_TASK
        if task is None:
            action = Action.NOT_NOW if outcome is Outcome.NOT_NOW else Action.RECORD_ANSWER
        words = WORDS[outcome].removesuffix(" …")
        if isinstance(until, datetime):
            words += f" {until.astimezone(self._lead.zone):%a %H:%M}"
        elif until is not None:
            words += f" until {spoken_day(until)}"
        if no_contact:
            words += ", and no more contact"
        await self._do(action, work, words, used=self._note_used, fields=fields)

    def _note_used(self) -> None:
        self._unsaid.note = ""

    async def _do(
        self,
        action: Action,
        command: Command,
        words: str,
        *,
        goes_on: bool = True,
        used: Callable[[], None] | None = None,
        will_be_done: bool = False,
        fields: Fields | None = None,
    ) -> None:
        """Record something, and let the page go on from it.

        Args:
            goes_on: nothing else is to be recorded here before the page was drawn anew.
            used: forgets what was written, once it was said.
            will_be_done: the task is done as soon as this is carried out.
            fields: what is refused of them is said there; None: there is the note only.
        """
        if self._busy or self.over:
            return
        self._busy = True
        self._box.classes(add="ft-busy")
        try:
            done = await self._desk.do(action, command, lead_id=self._lead.view.id)
        except Exception as error:
            self._box.classes(remove="ft-busy")
            self._busy = False
            if not await self._was_done_already(error):
                kit.say_what_happened(error, fields or Fields(note=self.note))
            return
        self._busy = goes_on
        self._box.classes(remove="ft-busy")
        if used is not None:
            used()
        who = who_is(self._lead.view.name, self._lead.view.company)
        try:
            await self._settled(f"{who}: {words}", done, will_be_done)
        except Exception as error:  # It is recorded: what could not be shown is read anew.
            self._busy = False
            kit.say_what_happened(error)

    @property
    def is_recording(self) -> bool:
        """What was pressed is being written down: what follows from it is drawn once that is done."""
        return self._busy

    async def _was_done_already(self, error: Exception) -> bool:
        """Whether the task is not open any more: then that is what one is told."""
        if self._task is None or isinstance(error, NotAllowed) or is_trouble(error):
            return False
        services = self._desk.services
        task = await services.reading.task(self._task.id, services.clock())
        if task is not None and task.state == "open":
            return False
        self.close_as(task)
        return True

    @property
    def _note(self) -> str | None:
        """What is written there.

        Raises:
            CaptureRefused: it is too long.
        """
        return clean_text("note", self.note.value)

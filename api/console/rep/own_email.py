"""An email in one's own words, begun with what the library says where it answers a question."""

from uuid import UUID

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from adapters.db.views import TaskView
from api.commands import CommandDone
from api.console.desk import Desk
from api.console.fields import Fields
from api.console.rep import keys
from api.console.rep.facts import LeadAtHand
from api.console.unsaid import Unsaid
from api.writes import Caller
from cadences.prose import plain_prose
from cadences.rendering import MAX_SUBJECT
from cadences.tasks import TaskKind
from leads.capture import CaptureRefused
from leads.normalising import clean_line, clean_text

_ANSWERED_BY_EMAIL = frozenset({TaskKind.REPLY.value, TaskKind.QUESTION.value})


class OwnEmail:
    """One that is being written."""

    def __init__(self, desk: Desk, lead: LeadAtHand, task: TaskView | None, unsaid: Unsaid) -> None:
        """
        Args:
            task: the one on the desk.
            unsaid: what was written of it before; it is kept there.
        """
        self._desk = desk
        self._lead = lead
        self._unsaid = unsaid
        self.answers: UUID | None = task.id if task is not None and task.kind in _ANSWERED_BY_EMAIL else None
        """The task that it completes."""

    def draw(self) -> None:
        """Its fields."""
        unsaid, (opening, closing) = self._unsaid, self._draft()
        self._begins_at = len(opening if unsaid.email is None else unsaid.email)

        def subject_written(changed: ValueChangeEventArguments[str | None]) -> None:
            unsaid.subject = changed.value

        def text_written(changed: ValueChangeEventArguments[str | None]) -> None:
            unsaid.email = changed.value

        self._subject = ui.input("Subject", value=unsaid.subject or self._first_subject(), on_change=subject_written)
        self._subject.props("outlined dense")
        text = unsaid.email if unsaid.email is not None else f"{opening}{closing}"
        self._text = ui.textarea("Email", value=text, on_change=text_written).props("outlined autogrow")
        self.fields = Fields(subject=self._subject, text=self._text)

    def begin(self) -> None:
        """Put the cursor where one goes on to write."""
        keys.begin_to_write(self._text, self._begins_at)

    def is_whole(self) -> bool:
        """Whether it has a subject and says something, and neither is too long; what is wrong is marked."""
        try:
            subject, text = self._written()
        except CaptureRefused as refused:
            self.fields.mark(refused)
            return False
        return self.fields.are_right(
            subject="" if subject else "Write a subject.", text="" if text else "Write an email."
        )

    async def send(self, caller: Caller) -> CommandDone:
        """Send it."""
        subject, text = self._written()
        return await self._desk.commands.send_personal_email(
            self._lead.view.id, caller, None, subject=subject, text=text, reply_to_task=self.answers
        )

    def _written(self) -> tuple[str, str]:
        subject, text = clean_line("subject", self._subject.value, MAX_SUBJECT), clean_text("text", self._text.value)
        return subject or "", text or ""

    def _first_subject(self) -> str:
        told = next((touch.subject for touch in self._lead.view.touches if touch.subject), None)
        if told is None:
            return f"Your question to {self._desk.services.company.name}"
        return told if told.lower().startswith("re:") else f"Re: {told}"

    def _draft(self) -> tuple[str, str]:
        """How it begins, with what the library says, and how it ends."""
        view = self._lead.view
        first = view.name.split()[0] if view.name else "there"
        suggested = self._lead.at_hand.suggested if self.answers is not None else ()
        said = [plain_prose(answer.whole) for answer in suggested]
        return "\n\n".join([f"Hello {first},", *said, ""]), f"\n\nBest regards\n{self._desk.person.name}"

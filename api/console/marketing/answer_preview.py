"""What somebody who asks gets with the edited answers: the very message that would go out, or the talk track."""

from collections.abc import Sequence

from nicegui import ui

from adapters.db.cases import UnknownLead
from api.console import kit
from api.console.desk import Desk
from api.console.marketing.answer_editing import Checked
from api.console.marketing.message_view import MessageView
from api.console.marketing.person_choice import PersonChoice
from api.previewing import Asked, CadencePreview, Previewed, answers_in
from cadences.aloud import NOUN
from cadences.bundle import CadenceBundle
from cadences.preview import PreviewedTouch
from leads.answer_sheets import Answer
from leads.answer_trials import Trial, Tried, try_out

_LONGEST = 2000
"""Characters of a question that is tried out."""
_TOUCHES = 8
"""What answers a question comes early in a plan; later touches are not looked for."""


class AnswerPreview:
    """A person, a question, and a message with the answer in it."""

    def __init__(self, desk: Desk, people: dict[str, str], cadences: Sequence[CadenceBundle]) -> None:
        """
        Args:
            people: whom it offers, by what they are found by.
            cadences: those whose messages say what the library answers.
        """
        self._desk = desk
        self._cadences = cadences
        self._preview = CadencePreview(desk.services)
        self._begins = desk.services.clock()
        self._checked: Checked | None = None
        self._answer: str | None = None
        self._example = ""
        self._touch = ""
        self._turn = 0
        self._seen: dict[str, tuple[Previewed, PreviewedTouch]] = {}
        """Of each cadence the first email, text and talk track that say what the library answers."""
        self._person = PersonChoice(desk, people, self._play)
        with ui.element("div").classes("ft-pairs"):
            self._answers = ui.select({}, label="Answer").props("dense outlined options-dense")
            self._examples = ui.select([], label="Asked as").props("dense outlined options-dense")
            self._own_words = ui.input("or in other words").props(f"dense outlined clearable maxlength={_LONGEST}")
            self._touches = ui.select({}, label="In").props("dense outlined options-dense")
        self._answers.on_value_change(lambda event: self._choose_answer(event.value))
        self._examples.on_value_change(lambda event: self._choose_example(event.value))
        self._own_words.on("keydown.enter", self._ask)
        self._own_words.on("clear", self._ask)
        self._touches.on_value_change(lambda event: self._choose_touch(event.value))
        self._note = ui.label().classes("ft-notice").props("role=status")
        self._note.set_visibility(False)
        self._message = MessageView(desk.services.segment_price, desk.services.company.currency)

    async def show(self, checked: Checked, answer: Answer | None) -> None:
        """Ask a text that has no error.

        Args:
            answer: the one that is being written; the one that was chosen when there is none.
        """
        self._checked = checked
        ids = {one.id: one.title for one in checked.answers}
        wanted = answer.id if answer is not None else self._answer
        chosen = wanted if wanted in ids else next(iter(ids), None)
        if chosen != self._answer:
            self._answer, self._example = chosen, ""
            self._own_words.set_value("")
        self._answers.set_options(ids, value=chosen)
        self._offer_examples()
        await self._play()

    async def follow(self, answer: Answer) -> None:
        """Show another answer of the same text."""
        if self._checked is not None and answer.id != self._answer:
            async with kit.acting():
                await self.show(self._checked, answer)

    def stale(self) -> None:
        """The text has an error: what is shown is of the text before it."""
        self._say(
            "Mend the errors to see the new text as it would arrive."
            if self._checked is None
            else "This is what it said before the error."
        )

    def _offer_examples(self) -> None:
        shown = self._shown
        examples = list(shown.questions.examples) if shown is not None else []
        if self._example not in examples:
            self._example = examples[0] if examples else ""
        self._examples.set_options(examples, value=self._example or None)

    @property
    def _shown(self) -> Answer | None:
        answers = self._checked.answers if self._checked is not None else ()
        return next((one for one in answers if one.id == self._answer), None)

    async def _play(self) -> None:
        """Ask the library as it would be, and see what is said where."""
        question = (self._own_words.value or "").strip() or self._example
        if self._checked is None or not question:
            return
        self._turn += 1
        turn = self._turn
        await self._desk.still_here()
        library = self._checked.library
        tried = try_out(library, Trial(question, None, 1))
        asked = Asked(question, library)
        found: dict[str, tuple[Previewed, PreviewedTouch]] = {}
        try:
            for bundle in self._cadences:
                seen = await self._preview.play(
                    bundle, self._person.who, begins=self._begins, asked=asked, touches=_TOUCHES
                )
                for touch in seen.touches:
                    if answers_in(seen, touch):
                        found.setdefault(f"{NOUN[touch.channel]}, {bundle.name}", (seen, touch))
        except UnknownLead:
            self._say("There is no such lead any more.")
            return
        if turn != self._turn:
            return  # Something else was asked meanwhile.
        self._seen = found
        self._say(_what_becomes_of_it(tried, self._shown))
        if self._touch not in self._seen:
            self._touch = next(iter(self._seen), "")
        self._touches.set_options(list(self._seen), value=self._touch or None)
        await self._write()

    async def _write(self) -> None:
        found = self._seen.get(self._touch)
        if found is None:
            self._message.show_nothing("No message and no talk track says what the library answers to this person.")
            return
        seen, touch = found
        self._message.show(touch, await self._preview.written(seen, touch.number))

    async def _choose_answer(self, answer: str | None) -> None:
        if answer and answer != self._answer:
            self._answer, self._example = answer, ""
            self._own_words.set_value("")
            async with kit.acting():
                self._offer_examples()
                await self._play()

    async def _choose_example(self, example: str | None) -> None:
        if example and example != self._example:
            self._example = example
            self._own_words.set_value("")
            async with kit.acting():
                await self._play()

    async def _choose_touch(self, touch: str | None) -> None:
        if touch and touch != self._touch:
            self._touch = touch
            async with kit.acting():
                await self._write()

    async def _ask(self) -> None:
        async with kit.acting():
            await self._play()

    def _say(self, text: str) -> None:
        self._note.set_text(text)
        self._note.set_visibility(bool(text))


def _what_becomes_of_it(tried: Tried, wanted: Answer | None) -> str:
    """Why the answer that is looked at is not in the message; nothing where it is."""
    if wanted is None or wanted.id in tried.ids:
        return ""
    if tried.answers:
        return f"Whoever asks this gets another answer: {', '.join(one.title for one in tried.answers)}."
    nearest = f" What came nearest, of 100: {tried.nearest}." if tried.nearest else ""
    return f"Whoever asks this is left to a person: no answer is sure enough.{nearest}"

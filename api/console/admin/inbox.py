"""Messages that fit no lead, and forms that a program seems to have sent: given to a lead, made one, or put aside."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from nicegui import ui

from adapters.db.inbound import InboundMessage
from api.console import kit
from api.console.desk import Desk, NotAllowed
from api.console.lead_finder import FoundLead, LeadFinder
from api.console.permissions import Action
from api.console.tables import GrowingList
from api.form_intake import FormIntake, NotKept
from api.inbound import Inbox
from api.writes import Caller
from leads.named_sheets import SheetBroken
from leads.normalising import clean_text

_PAGE = 20
_GONE = "Somebody saw to it meanwhile."


class WaitingMessages:
    """What waits for a person, the oldest first."""

    def __init__(self, desk: Desk, *, forms: bool) -> None:
        self._desk = desk
        self._forms = forms

    async def build(self) -> None:
        """Build the list where we are."""
        self._box = ui.element("div").classes("ft-stack")
        await self._fill()

    async def _fill(self) -> None:
        self._box.clear()
        with self._box:
            cards = ui.element("div").classes("ft-stack")

            def show(one: InboundMessage) -> None:
                with cards:
                    self._card(one)

            if not await GrowingList(self._page, show).begin():
                if self._forms:
                    kit.empty(
                        "No form looks as if a program had sent it.",
                        "One that does waits here until somebody has looked at it.",
                        "verified_user",
                    )
                else:
                    kit.empty("Every message has its lead.", "One that fits no lead waits here.", "mark_email_read")

    async def _page(self, cursor: str | None) -> tuple[Sequence[InboundMessage], str | None]:
        page = await self._desk.services.inbound.page(forms=self._forms, limit=_PAGE, cursor=cursor)
        return page.items, page.next_cursor

    def _card(self, one: InboundMessage) -> None:
        with ui.element("article").classes("ft-card") as card:
            card.props["aria-label"] = f"From {one.sender or 'nobody'}"
            with ui.row().classes("ft-line"):
                ui.icon("sms" if one.channel.value == "sms" else "mail").props("aria-hidden=true")
                kit.heading(one.sender or "no address or number", 3)
                kit.words(f"to {one.recipient}").classes("ft-quiet")
                ui.space()
                kit.words(kit.moment(one.received_at, self._desk.zone, self._desk.services.clock())).classes("ft-quiet")
            if one.subject:
                kit.words(one.subject, "p").classes("ft-warn-text ft-words-said" if self._forms else "ft-bold")
            kit.words(one.text, "p").classes("ft-words-said")
            with ui.row().classes("ft-line"):
                if self._forms:
                    take = ui.button("It is a person", icon="person_add", on_click=lambda: self._take(one, card))
                    take.props("outline")
                ui.button("Give it to a lead", icon="link", on_click=lambda: self._choose(one, card)).props("outline")
                ui.button("Put aside", icon="done", on_click=lambda: self._put_aside(one, card)).props("flat")

    async def _choose(self, one: InboundMessage, card: ui.element) -> None:
        await self._desk.still_here()
        with ui.dialog() as dialog, ui.card().classes("ft-dialog"):
            kit.heading("Whose message is it?")
            ui.label("It then counts as that lead's reply: the cadence pauses, and the owner gets a task to answer it.")

            async def chosen(lead: FoundLead) -> None:
                dialog.submit(lead)

            LeadFinder(self._desk, chosen, action="It is theirs")
            with ui.row().classes("ft-buttons"):
                ui.button("Cancel", on_click=dialog.close).props("flat")
        lead: FoundLead | None = await kit.answer_of(dialog, "Whose message is it?")
        if lead is not None:
            await self._match(one, card, lead)

    async def _match(self, one: InboundMessage, card: ui.element, lead: FoundLead) -> None:
        async def work(_: Caller) -> None:
            if not await Inbox(self._desk.services).match(one, lead.id, self._desk.person.id):
                raise NotAllowed(_GONE)

        await self._see_to(one, card, work, f"{lead.who} has replied; the owner has a task.", lead.id)

    async def _take(self, one: InboundMessage, card: ui.element) -> None:
        async def work(_: Caller) -> None:
            try:
                await FormIntake(self._desk.services).trust(one, self._desk.person.id)
            except NotKept as gone:
                words = (
                    "What was sent is not kept any more, or somebody saw to it. Add the lead by hand, or put it aside."
                )
                raise NotAllowed(words) from gone
            except SheetBroken as broken:
                raise NotAllowed(f"Its form can't be used: {broken}") from broken

        await self._see_to(one, card, work, "Taken: it is a lead now, and is followed up.")

    async def _put_aside(self, one: InboundMessage, card: ui.element) -> None:
        with ui.dialog() as dialog, ui.card().classes("ft-dialog"):
            kit.heading("Put it aside?")
            note = ui.input("What was done", placeholder="may be left out").props("outlined dense autofocus")
            with ui.row().classes("ft-buttons"):
                ui.button("Put aside", on_click=lambda: dialog.submit(note.value or ""))
                ui.button("Cancel", on_click=dialog.close).props("flat")
        said: str | None = await kit.answer_of(dialog, "Put it aside?")
        if said is None:
            return

        async def work(_: Caller) -> None:
            services = self._desk.services
            if not await services.inbound.close(
                one.id, self._desk.person.id, clean_text("note", said), services.clock()
            ):
                raise NotAllowed(_GONE)

        await self._see_to(one, card, work, "Put aside.")

    async def _see_to(
        self,
        one: InboundMessage,
        card: ui.element,
        work: Callable[[Caller], Awaitable[None]],
        said: str,
        lead_id: UUID | None = None,
    ) -> None:
        async with kit.acting():
            await self._desk.do(Action.TAKE_IN, work, lead_id=lead_id, subject=f"message {one.id}")
            kit.done(said)
            card.delete()

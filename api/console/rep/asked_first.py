"""What some outcomes ask before they are recorded: until when, at what time, what was agreed on, and a no once more."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Protocol

from nicegui import ui

from api.console import kit
from api.console.desk import Desk
from api.console.fields import Fields
from api.console.rep import dates
from api.console.rep.facts import LeadAtHand
from api.console.rep.keys import button, by_key
from cadences.tasks import Outcome
from leads.capture import CaptureRefused
from leads.meetings import MINUTES, Appointment
from leads.normalising import clean_line
from leads.spans import city_of


class Complete(Protocol):
    """Records an outcome, with what was said to it."""

    async def __call__(
        self,
        outcome: Outcome,
        *,
        until: datetime | date | None = None,
        meeting: Appointment | None = None,
        fields: Fields | None = None,
        no_contact: bool = False,
    ) -> None: ...


class AskedFirst:
    """Asks in the place of the outcomes."""

    def __init__(
        self,
        desk: Desk,
        lead: LeadAtHand,
        place: ui.element,
        note: ui.textarea,
        complete: Complete,
        back: Callable[[], None],
    ) -> None:
        """
        Args:
            place: where the outcomes stand.
            note: goes along with whatever is recorded.
            back: shows the outcomes again.
        """
        self._desk = desk
        self._lead = lead
        self._place = place
        self._note = note
        self._complete = complete
        self._back = back

    @contextmanager
    def asking(self, title: str) -> Iterator[None]:
        """Ask something in the place of the outcomes; Escape leads back to them."""
        self._place.clear()
        with self._place:
            kit.heading(title, 3)
            yield
            with ui.row().classes("ft-line"):
                button("Back", "Escape", asks=True).on_click(self._back)

    def no(self) -> None:
        """A no is final, so it is asked for once more."""

        async def say() -> None:
            await self._complete(Outcome.NO)

        with (
            self.asking("No means never: nothing is sent to them any more."),
            ui.element("div").classes("ft-outcomes"),
        ):
            button("Yes, they said no", "x", flat=False).props("color=negative").on_click(say)
            asked = button("No, and asked not to be contacted", "d", flat=False).props("outline color=negative")
            asked.on_click(self.no_contact)
            asked.props["data-asks"] = ""

    def no_contact(self) -> None:
        """Once more, since this can't be taken back."""
        with self.asking("No more contact: every address and number goes on our own list, and that can't be undone."):

            async def say() -> None:
                await self._complete(Outcome.NO, no_contact=True)

            button("Yes, never contact them again", "x", flat=False).props("color=negative").on_click(say)

    def wait(self) -> None:
        """Until when a lead does not want to hear of us."""
        today = self._desk.services.clock().astimezone(self._lead.zone).date()

        def by_day(day: date) -> Callable[[], Awaitable[None]]:
            async def say() -> None:
                await self._complete(Outcome.NOT_NOW, until=day)

            return say

        with self.asking("Not now: when shall we ask again?"):
            with ui.element("div").classes("ft-outcomes"):
                for choice in dates.waits(today):
                    with button(choice.words, choice.key, flat=False).props("outline").on_click(by_day(choice.day)):
                        kit.words(spoken_day(choice.day)).classes("ft-quiet")
            field = ui.input("Another day", value="").props("type=date outlined dense stack-label")
            field.props["min"] = today.isoformat()

            fields = Fields(note=self._note, until=field)

            async def say_other() -> None:
                day = dates.day_in(field.value or "")
                if fields.are_right(until="" if day else "Name a day."):
                    await self._complete(Outcome.NOT_NOW, until=day, fields=fields)

            by_key(field, "d")
            button("Until that day", "ctrl+Enter").on_click(say_other)

    def call_back(self) -> None:
        """At what time they want to be called."""
        zone, now = self._lead.zone, self._desk.services.clock()

        def by_moment(at: datetime) -> Callable[[], Awaitable[None]]:
            async def say() -> None:
                await self._complete(Outcome.CALL_BACK, until=at)

            return say

        with self.asking(f"When shall we call again? Times are theirs ({city_of(zone)})."):
            with ui.element("div").classes("ft-outcomes"):
                for choice in dates.call_backs(now, zone):
                    with button(choice.words, choice.key, flat=False).props("outline").on_click(by_moment(choice.at)):
                        kit.words(f"{choice.at:%a %H:%M}").classes("ft-quiet")
            field = ui.input("Another time", value="").props("type=datetime-local outlined dense stack-label")

            fields = Fields(note=self._note, until=field)

            async def say_other() -> None:
                at = dates.said_in(field.value or "", zone)
                if fields.are_right(until="" if at else "Name a day and a time."):
                    await self._complete(Outcome.CALL_BACK, until=at, fields=fields)

            by_key(field, "d")
            button("At that time", "ctrl+Enter").on_click(say_other)

    def meeting(self) -> None:
        """When and where one meets, and about what."""
        zone = self._lead.zone
        with self.asking(f"What did you agree on? The time is theirs ({city_of(zone)})."):
            at = ui.input("When").props("type=datetime-local outlined dense stack-label autofocus")
            subject = ui.input("About", value=f"Talk with {self._desk.person.name}").props("outlined dense")
            place = ui.input("Where: a link or an address").props("outlined dense")

            fields = Fields(note=self._note, at=at, subject=subject, place=place)

            async def say() -> None:
                starts_at = dates.said_in(at.value or "", zone)
                try:
                    about, where = clean_line("subject", subject.value), clean_line("place", place.value)
                except CaptureRefused as refused:
                    fields.mark(refused)
                    return
                right = fields.are_right(
                    at="" if starts_at else "Name a day and a time.", subject="" if about else "Say what about."
                )
                if not right or starts_at is None or about is None:
                    return
                agreed = Appointment(
                    starts_at=starts_at,
                    subject=about,
                    place=where or "",
                    minutes=MINUTES,
                )
                await self._complete(Outcome.MEETING, meeting=agreed, fields=fields)

            button("Agreed: send the invitation", "ctrl+Enter").on_click(say)


def spoken_day(day: date) -> str:
    """A day as the buttons say it: Tue 24 Nov 2026."""
    return f"{day:%a} {day.day} {day:%b %Y}"

"""Presses on public pages: told apart from what programs post, before anything is done."""

from datetime import datetime, timedelta
from typing import Annotated, Protocol

from fastapi import Depends, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from api.public import pages
from api.public.answers import LinkAnswers
from api.public.bookings import Bookings
from api.public.tickets import LEAST_AGE, Tickets
from api.rest.auth import AskedServices
from api.services import Services
from leads.tokens import LinkToken

HIDDEN = "other"
"""The value of the hidden button: no person sees it, programs that press everything press it first."""


ONCE_MORE = (
    "Please press once more. Some mail filters press buttons too, and this is how we know that it is you. "
    "Nothing was changed."
)
"""What a page says when a press on it was not taken."""


class PublicPages:
    """What the routes of public pages share."""

    def __init__(self, services: Services) -> None:
        self.company = services.company
        self.links = services.links
        self.answers = LinkAnswers(services)
        self.bookings = Bookings(services)
        self._clock = services.clock
        self._tickets = Tickets(services.links.key.secret)

    def ticket(self, token: str) -> str:
        """A ticket for the forms of the page of this link."""
        return self._tickets.make(token, self._clock())

    async def seen_at(self, link: LinkToken, token: str, form: FormData, least_age: timedelta) -> datetime | None:
        """When a person may have seen the page that was pressed on; None when a program pressed."""
        if HIDDEN in form.getlist("answer"):
            await self.answers.note_scan(link)
            return None
        match form.getlist("ticket"):
            case [str() as ticket]:
                return self._tickets.shown_at(token, ticket, self._clock(), least_age)
        return None


class AskedPage(Protocol):
    """The page behind a link to a lead, as somebody asked for it."""

    @property
    def shared(self) -> PublicPages: ...

    @property
    def link(self) -> LinkToken: ...

    @property
    def token(self) -> str: ...

    async def once_more(self) -> HTMLResponse:
        """The page again: nothing was done, and a person would press once more."""
        ...

    async def take(self, form: FormData, seen_at: datetime) -> HTMLResponse:
        """Do what was pressed.

        Args:
            form: what was posted.
            seen_at: when a person may have seen the page.
        """
        ...


async def press(asked: AskedPage, form: FormData, least_age: timedelta = LEAST_AGE) -> Response:
    """A press on a page: done if it may be a person's, and asked for once more if not.

    Args:
        asked: the page.
        form: what was posted.
        least_age: how long a person looks at the page before it presses.
    """

    async def pressed() -> HTMLResponse:
        seen_at = await asked.shared.seen_at(asked.link, asked.token, form, least_age)
        return await asked.once_more() if seen_at is None else await asked.take(form, seen_at)

    return await pages.unless_in_trouble(asked.shared.company, pressed())


async def _public_pages(services: AskedServices) -> PublicPages:
    # A coroutine although it waits for nothing: FastAPI would run a plain function in a thread of its own.
    return PublicPages(services)


AskedPages = Annotated[PublicPages, Depends(_public_pages)]

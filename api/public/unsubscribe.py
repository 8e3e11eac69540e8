"""The page that stops all messages, and the mailboxes' own unsubscribe button (RFC 8058)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from starlette.datastructures import FormData

from adapters.db.engine import is_trouble
from api.public import pages, presses
from api.public.answers import Outcome
from api.public.forms import read_form
from api.public.presses import ONCE_MORE, AskedPages, PublicPages
from leads.links import UNSUBSCRIBE_PATH
from leads.tokens import LinkToken, Purpose

router = APIRouter(prefix=UNSUBSCRIBE_PATH, include_in_schema=False)

_ONE_CLICK = [("List-Unsubscribe", "One-Click")]
"""The whole of what a mailbox posts."""


@router.api_route("/{token}", methods=["GET", "HEAD"])
async def show(shared: AskedPages, token: str) -> HTMLResponse:
    """The page with one button or, if nothing is left to stop, with that; opening it changes nothing."""
    asked = _read(shared, token)
    if asked is None:
        return pages.no_such_page(shared.company)
    return _stopped(shared) if await asked.is_stopped() else asked.form()


@router.post("/{token}")
async def press(request: Request, shared: AskedPages, token: str) -> Response:
    """Stop all messages: at once for a mailbox, and for a button of ours if it may be a person's press."""
    asked = _read(shared, token)
    if asked is None:
        return pages.no_such_page(shared.company)
    form = await read_form(request)
    if form.multi_items() == _ONE_CLICK:
        return await pages.unless_in_trouble(shared.company, asked.one_click())
    # A stop stops at once: to be wrong about a program costs a lead, to be wrong about a person breaks our word.
    return await presses.press(asked, form, least_age=timedelta(0))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The page that somebody asked for."""

    shared: PublicPages
    link: LinkToken
    token: str

    def form(self, words: str = "") -> HTMLResponse:
        """The page with its button.

        Args:
            words: why nothing was done.
        """
        ticket = self.shared.ticket(self.token)
        return pages.page("unsubscribe", 422 if words else 200, self.shared.company, ticket=ticket, words=words)

    async def is_stopped(self) -> bool:
        """Whether a press would change nothing any more; the page is shown in any case, also in trouble."""
        try:
            return await self.shared.answers.is_stopped(self.link)
        except Exception as error:
            if not is_trouble(error):
                raise
            return False

    async def once_more(self) -> HTMLResponse:
        return self.form(ONCE_MORE)

    async def take(self, form: FormData, seen_at: datetime) -> HTMLResponse:
        if form.getlist("answer") != ["unsubscribe"]:
            return self.form(ONCE_MORE)
        pressed = await self.shared.answers.unsubscribe(self.link, seen_at=seen_at)
        return self.form(ONCE_MORE) if pressed.outcome is Outcome.SCANNED else _stopped(self.shared)

    async def one_click(self) -> Response:
        """What a mailbox gets, which shows it to nobody."""
        await self.shared.answers.unsubscribe(self.link, seen_at=None)
        return PlainTextResponse("unsubscribed\n", headers={"Cache-Control": "no-store"})


def _stopped(shared: PublicPages) -> HTMLResponse:
    # Of somebody who was erased, all that is kept is that nobody writes there; the answer is the same.
    return pages.said(
        shared.company,
        "You are unsubscribed",
        f"{shared.company.name} sends you no more emails and texts, and makes no more calls.",
        "A message that was on its way already may still arrive.",
        contact="If you pressed the wrong button",
    )


def _read(shared: PublicPages, token: str) -> _Asked | None:
    link = shared.links.key.read_link(Purpose.UNSUBSCRIBE, token)
    return _Asked(shared, link, token) if link is not None else None

"""The page that stops all messages, and the mailboxes' own unsubscribe button (RFC 8058)."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from starlette.datastructures import FormData

from adapters.db.engine import is_trouble
from api.public import pages
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
    """The page with one button; opening it changes nothing."""
    if shared.links.key.read_link(Purpose.UNSUBSCRIBE, token) is None:
        return pages.no_such_page(shared.company)
    return _form(shared, token)


@router.post("/{token}")
async def press(request: Request, shared: AskedPages, token: str) -> Response:
    """Stop all messages: at once for a mailbox, and for a button of ours if it may be a person's press."""
    link = shared.links.key.read_link(Purpose.UNSUBSCRIBE, token)
    if link is None:
        return pages.no_such_page(shared.company)
    form = await read_form(request)
    try:
        return await _take(shared, link, token, form)
    except Exception as error:
        if not is_trouble(error):
            raise
        return pages.in_trouble(shared.company)


async def _take(shared: PublicPages, link: LinkToken, token: str, form: FormData) -> Response:
    if form.multi_items() == _ONE_CLICK:
        await shared.answers.unsubscribe(link, seen_at=None)
        return PlainTextResponse("unsubscribed\n", headers={"Cache-Control": "no-store"})
    seen_at = await shared.seen_at(link, token, form)
    if seen_at is None or form.getlist("answer") != ["unsubscribe"]:
        return _form(shared, token, ONCE_MORE)
    pressed = await shared.answers.unsubscribe(link, seen_at=seen_at)
    if pressed.outcome is Outcome.SCANNED:
        return _form(shared, token, ONCE_MORE)
    # Of somebody who was erased, all that is kept is that nobody writes there; the answer is the same.
    return pages.said(
        shared.company,
        "You are unsubscribed",
        f"{shared.company.name} sends you no more emails and texts, and makes no more calls.",
        "A message that was on its way already may still arrive.",
        contact="If you pressed the wrong button",
    )


def _form(shared: PublicPages, token: str, words: str = "") -> HTMLResponse:
    status = 422 if words else 200
    return pages.page("unsubscribe", status, shared.company, ticket=shared.ticket(token), words=words)

"""The page on which a colleague reads a version of the follow-up policy, and says so."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from starlette.datastructures import FormData

from api.public import pages
from api.public.forms import read_form
from api.public.tickets import Tickets
from api.rest.auth import AskedServices
from api.services import Services
from cadences.rendering import render_staff_prose
from leads.links import POLICY_PATH
from leads.tokens import PolicyToken

router = APIRouter(prefix=POLICY_PATH, include_in_schema=False)

_ONCE_MORE = "Please press once more: this page was open for too long, or a program pressed. Nothing was changed."
_STYLE = re.compile(r' style="[^"]*"')
"""For mail programs; a page of ours has a style sheet, and permits no other."""


class _Pages:
    """What the routes of these pages share."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.company = services.company
        self.policies = services.policies
        self.tickets = Tickets(services.links.key.secret)

    def read(self, token: str) -> PolicyToken | None:
        return self.services.links.key.read_policy(token)

    async def page(self, link: PolicyToken, token: str, words: str = "") -> HTMLResponse:
        text = await self.policies.text_of(link.version)
        if text is None:
            return pages.no_such_page(self.company)
        acknowledged_at = await self.policies.acknowledged_at(link.version, link.colleague_id)
        _, html = render_staff_prose(text, {})
        return pages.page(
            "policy",
            422 if words else 200,
            self.company,
            ticket=self.tickets.make(token, self.services.clock()),
            version=link.version,
            policy=Markup(_STYLE.sub("", html)),
            acknowledged=f"{acknowledged_at:%d %B %Y}" if acknowledged_at else "",
            words=words,
        )


async def _pages_of(services: AskedServices) -> _Pages:
    # A coroutine although it waits for nothing: FastAPI would run a plain function in a thread of its own.
    return _Pages(services)


_AskedPages = Annotated[_Pages, Depends(_pages_of)]


@router.api_route("/{token}", methods=["GET", "HEAD"])
async def show(shared: _AskedPages, token: str) -> HTMLResponse:
    """The policy with one button; opening it changes nothing."""
    link = shared.read(token)
    if link is None:
        return pages.no_such_page(shared.company)
    return await pages.unless_in_trouble(shared.company, shared.page(link, token))


@router.post("/{token}")
async def press(request: Request, shared: _AskedPages, token: str) -> HTMLResponse:
    """The button was pressed: it is acknowledged, if it may have been a person."""
    link = shared.read(token)
    if link is None:
        return pages.no_such_page(shared.company)
    form = await read_form(request)
    return await pages.unless_in_trouble(shared.company, _acknowledged(shared, link, token, form))


async def _acknowledged(shared: _Pages, link: PolicyToken, token: str, form: FormData) -> HTMLResponse:
    now, ticket = shared.services.clock(), form.getlist("ticket")
    seen = len(ticket) == 1 and isinstance(ticket[0], str) and shared.tickets.shown_at(token, ticket[0], now)
    if not seen or form.getlist("answer") != ["acknowledge"]:
        return await shared.page(link, token, _ONCE_MORE)
    if not await shared.policies.acknowledge(link.version, link.colleague_id, now):
        return pages.no_such_page(shared.company)
    return pages.said(shared.company, "Thank you", f"You have acknowledged version {link.version} of the policy.")

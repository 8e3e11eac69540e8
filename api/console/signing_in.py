"""Signing in and out, and choosing a password by an invitation: plain pages that work without JavaScript."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute

from adapters.db.accounts import InvitationSpent
from adapters.db.audit_log import Change
from api.console import passwords
from api.console.cookies import Cookies, is_from_here
from api.console.door import PREFIX, SIGN_IN
from api.public import pages
from api.public.forms import read_form
from api.rest.auth import AskedServices
from api.services import Services
from api.staff import Staff
from leads.links import WELCOME_PATH
from leads.model import Colleague
from leads.staff import StaffRefused, described

SIGN_OUT = "/sign-out"
SINGLE = f"{SIGN_IN}/single"
"""Where single sign-on begins."""
HOME = f"{PREFIX}/"
WRONG = "That name and password do not belong together."
WAIT = "Too many attempts. Please wait a quarter of an hour; an admin can give you a new invitation."
ENDED = "You were signed out: your session was over, or was ended elsewhere. Sign in, and you are back where you were."
STALE = "This page was open for too long. Please try again."
log = structlog.get_logger()


class PageRoute(APIRoute):
    """A route that a person comes to: should the database be away, the person reads so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            services: Services = request.app.state.services
            return await pages.unless_in_trouble(services.company, handle(request))

        return handled


router = APIRouter(include_in_schema=False, route_class=PageRoute)


async def cookies_of(services: AskedServices) -> Cookies:
    """The cookies of this installation."""
    return Cookies(services.links.key.secret, secure=services.links.base_url.startswith("https://"))


AskedCookies = Annotated[Cookies, Depends(cookies_of)]


@router.get(SIGN_IN)
async def show_sign_in(
    request: Request, services: AskedServices, cookies: AskedCookies, next: str = "", ended: str = ""
) -> Response:
    """The page on which one signs in; who is signed in already goes on.

    Args:
        next: where to go on from there.
        ended: something, for whoever was signed in until then.
    """
    text = cookies.session(request)
    if text is not None and await services.sessions.find(text, services.clock()) is not None:
        return RedirectResponse(own_path(next), 303)
    return sign_in_page(request, services, cookies, own_path(next), ENDED if ended else "")


@router.post(SIGN_IN)
async def sign_in(request: Request, services: AskedServices, cookies: AskedCookies) -> Response:
    """Sign in with a password."""
    form = await read_form(request)
    name, password = str(form.get("name", "")), str(form.get("password", ""))
    target, now, address = own_path(str(form.get("next", ""))), services.clock(), _address(request)
    if not is_from_here(request) or not cookies.is_own_form(request, str(form.get("form", ""))):
        return sign_in_page(request, services, cookies, target, STALE, 403, name)
    attempt = await services.accounts.begin_attempt(name, address, now)
    if attempt is None:
        log.warning("sign-ins are throttled")
        return sign_in_page(request, services, cookies, target, WAIT, 429, name)
    known = await services.accounts.called(name)
    if not await passwords.fits(password[: passwords.MOST + 1], known.password_hash if known else None) or not known:
        return sign_in_page(request, services, cookies, target, WRONG, 422, name)
    await services.accounts.attempt_succeeded(attempt)
    return await begin(request, services, cookies, known.colleague_id, "password", target)


@router.post(SIGN_OUT)
async def sign_out(request: Request, services: AskedServices, cookies: AskedCookies) -> Response:
    """End the session in this browser, here and in the database."""
    if not is_from_here(request):
        return pages.said(services.company, "This was sent from another website", status=403)
    text, now = cookies.session(request), services.clock()
    person = await services.sessions.find(text, now) if text else None
    if person is not None:
        await services.sessions.revoke(person.session_id, now)
    response = RedirectResponse(SIGN_IN, 303)
    cookies.end_session(response)
    return response


@router.get(f"{WELCOME_PATH}/{{invitation}}")
async def show_welcome(request: Request, invitation: str, services: AskedServices, cookies: AskedCookies) -> Response:
    """The page on which one chooses a password; opening it does not use up the invitation."""
    return await _welcome_page(request, invitation, services, cookies)


@router.post(f"{WELCOME_PATH}/{{invitation}}")
async def welcome(request: Request, invitation: str, services: AskedServices, cookies: AskedCookies) -> Response:
    """Choose a password and be signed in; other sessions of the same person end."""
    form = await read_form(request)
    password, again, now = str(form.get("password", "")), str(form.get("again", "")), services.clock()
    if not is_from_here(request) or not cookies.is_own_form(request, str(form.get("form", ""))):
        return await _welcome_page(request, invitation, services, cookies, STALE, 403)
    try:
        whose = await _whose(services, invitation)
    except InvitationSpent:
        return _spent(services)
    own = {name: " ".join(str(form.get(f"own_{name}", "")).split()) for name in ("name", "email")}
    objections = {
        **(_objection_to(own, services) if whose is None else {}),
        "password": passwords.objection(password, *await _own_words(services, whose, own)),
        "again": "The two passwords are not the same." if password != again else "",
    }
    if wrong := {field: words for field, words in objections.items() if words}:
        return await _welcome_page(request, invitation, services, cookies, "", 422, own, wrong)
    try:
        colleague_id = await services.accounts.accept(invitation, await passwords.hashed(password), now)
    except InvitationSpent:
        return _spent(services)
    if whose is None:
        await Staff(services, colleague_id).change(colleague_id, own)
    await services.sessions.revoke_all(colleague_id, now)
    accepted = Change(by=colleague_id, via="public", action="accept_invitation", subject=colleague_id)
    await services.audit_log.begin(accepted, now)
    return await begin(request, services, cookies, colleague_id, "invitation", HOME)


async def begin(
    request: Request, services: Services, cookies: Cookies, colleague_id: str, how: str, target: str
) -> Response:
    """Let somebody in, whoever was signed in here before: the session is always a new one."""
    now, before = services.clock(), cookies.session(request)
    person = await services.sessions.find(before, now) if before else None
    if person is not None:
        await services.sessions.revoke(person.session_id, now)
    text = await services.sessions.begin(colleague_id, how, request.headers.get("user-agent", ""), now)
    response = RedirectResponse(target, 303)
    cookies.begin_session(response, text)
    return response


def sign_in_page(
    request: Request,
    services: Services,
    cookies: Cookies,
    target: str,
    words: str = "",
    status: int = 200,
    name: str = "",
) -> HTMLResponse:
    """The page on which one signs in.

    Args:
        target: where to go on from there.
        words: why one is not signed in yet.
        name: what was typed, to be shown again.
    """
    elsewhere = f"{SINGLE}?{urlencode({'next': target})}" if services.single_sign_on is not None else ""
    # Which of the two is wrong is nobody's business.
    values = {"words": words, "wrong": words == WRONG, "target": target, "name": name, "single_sign_on": elsewhere}
    return _form_page(request, services, cookies, "sign_in", status, **values)


async def _welcome_page(
    request: Request,
    invitation: str,
    services: Services,
    cookies: Cookies,
    words: str = "",
    status: int = 200,
    own: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """The page on which one chooses a password.

    Args:
        words: why it was not taken.
        own: what a new admin wrote of oneself, to be shown again.
        wrong: what is wrong with fields, in the order in which they stand.
    """
    try:
        whose = await _whose(services, invitation)
    except InvitationSpent:
        return _spent(services)
    colleagues = {one.id: one for one in await services.people.all()}
    name = colleagues[whose].name if whose is not None else ""
    values = {"name": name, "who": whose or "admin", "least": passwords.LEAST, "own": own or {"name": "", "email": ""}}
    first = next(iter(wrong or ()), "password" if name else "own_name")
    return _form_page(
        request, services, cookies, "welcome", status, words=words, wrong=wrong or {}, first=first, **values
    )


async def _whose(services: Services, invitation: str) -> str | None:
    """The colleague who may choose a password by it; None: the first admin, of whom nothing is known yet.

    Raises:
        InvitationSpent: it can't be used.
    """
    invited = await services.accounts.invitation(invitation, services.clock())
    return invited.colleague_id or await services.accounts.known_admin()


def _objection_to(own: Mapping[str, str], services: Services) -> dict[str, str]:
    """Why nobody can be called so, and why nobody can be written to there; nothing if it is well."""
    found = {}
    for field, text in own.items():
        try:
            described(Colleague("admin", "Admin"), {field: text}, services.company.country)
        except StaffRefused as refused:
            found[f"own_{field}"] = f"{refused.message[:1].upper()}{refused.message[1:]}."
    return found


def _form_page(
    request: Request, services: Services, cookies: Cookies, template: str, status: int, **values: Any
) -> HTMLResponse:
    crumb = cookies.crumb(request)
    response = pages.page(template, status, services.company, form=cookies.form_token(crumb), **values)
    cookies.keep_crumb(response, crumb)
    # With the public pages' no-referrer, browsers would not say where a form comes from.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _spent(services: Services) -> HTMLResponse:
    lines = ("It was used, or it is too old. Ask an admin for a new one.",)
    return pages.said(services.company, "This invitation can't be used any more", *lines, status=404)


async def _own_words(services: Services, colleague_id: str | None, said: Mapping[str, str]) -> list[str]:
    """What no password may be made of.

    Args:
        said: what a new admin wrote of oneself.
    """
    if colleague_id is None:
        return ["admin", services.company.name, *said["name"].split(), *said["email"].split("@")[:1]]
    own = next(one for one in await services.people.all() if one.id == colleague_id)
    return [own.id, services.company.name, *own.name.split(), *(own.email or "").split("@")[:1]]


def own_path(wanted: str) -> str:
    """Where to go on: a path of the console, and never another website."""
    # Nothing that begins so names another host, however the rest of it is read.
    fine = wanted.startswith(f"{PREFIX}/") and "\\" not in wanted and wanted.isprintable()
    return wanted if fine else HOME


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""

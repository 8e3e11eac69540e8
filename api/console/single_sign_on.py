"""Signing in with the company's own accounts: to its provider of identities, and back. Nobody new is let in by it."""

from secrets import compare_digest

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.console.signing_in import SINGLE, AskedCookies, PageRoute, begin, own_path, sign_in_page
from api.public import pages
from api.rest.auth import AskedServices
from api.services import Services
from leads.identities import Begun, NotVouchedFor, ProviderAway

BACK = f"{SINGLE}/back"
AWAY = "The company accounts can't be reached. Please try again in a minute, or sign in with your password."
STALE = "That took too long, or it began in another browser. Please try again."
REFUSED = "The company accounts did not let you in. Please try again, or ask whoever looks after them."
UNVERIFIED = "The company accounts do not say that your email address is yours, so we can't tell who you are."
UNKNOWN = "Nobody with your email address works with us here. Ask an admin to add you."
router = APIRouter(include_in_schema=False, route_class=PageRoute)
log = structlog.get_logger()


@router.get(SINGLE)
async def go(request: Request, services: AskedServices, cookies: AskedCookies, next: str = "") -> Response:
    """Send the browser to the provider."""
    provider, target = services.single_sign_on, own_path(next)
    if provider is None:
        return pages.no_such_page(services.company)
    try:
        begun = await provider.begin(_address(services))
    except ProviderAway as away:
        log.warning("single sign-on is away", why=str(away))
        return sign_in_page(request, services, cookies, target, AWAY, 503)
    response = RedirectResponse(begun.url, 303, headers={"Cache-Control": "no-store"})
    kept = {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier, "target": target}
    cookies.keep_begun(response, kept)
    return response


@router.get(BACK)
async def back(
    request: Request,
    services: AskedServices,
    cookies: AskedCookies,
    state: str = "",
    code: str = "",
    error: str = "",
) -> Response:
    """The browser comes back: let its person in, if that is a colleague who is active."""
    if services.single_sign_on is None:
        return pages.no_such_page(services.company)
    kept = cookies.begun(request)
    if kept is None or not compare_digest(kept["state"].encode(), state.encode()):
        return sign_in_page(request, services, cookies, own_path(""), STALE, 403)
    response = await _let_in(request, services, cookies, kept, "" if error else code)
    cookies.end_begun(response)
    return response


async def _let_in(
    request: Request, services: Services, cookies: AskedCookies, kept: dict[str, str], code: str
) -> Response:
    provider, target = services.single_sign_on, kept["target"]
    begun = Begun("", kept["state"], kept["nonce"], kept["verifier"])
    try:
        if provider is None or not code:
            raise NotVouchedFor("it sent no code")
        identity = await provider.finish(begun, code, _address(services))
    except ProviderAway as away:
        log.warning("single sign-on is away", why=str(away))
        return sign_in_page(request, services, cookies, target, AWAY, 503)
    except NotVouchedFor as refused:
        log.warning("single sign-on was refused", why=str(refused))
        return sign_in_page(request, services, cookies, target, REFUSED, 403)
    if not identity.address or not identity.verified:
        return sign_in_page(request, services, cookies, target, UNVERIFIED, 403)
    colleague_id = await services.accounts.with_address(identity.address)
    if colleague_id is None:
        log.warning("single sign-on brought somebody unknown")
        return sign_in_page(request, services, cookies, target, UNKNOWN, 403)
    return await begin(request, services, cookies, colleague_id, "single sign-on", target)


def _address(services: Services) -> str:
    """Where the provider sends the browser back to; it is registered there."""
    return f"{services.links.base_url}{BACK}"

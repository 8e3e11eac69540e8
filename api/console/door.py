"""The console's door: nothing behind it is reached without a session, from another website, or without its headers."""

import re
import secrets
from urllib.parse import parse_qs, urlencode

from nicegui import Client
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.db.engine import is_trouble
from api.console.cookies import Cookies, is_from_here
from api.console.desk import Desk
from api.console.live import Live
from api.console.unsaid import Drafts
from api.console.uploads import page_of_upload, too_long_an_upload
from api.public import pages
from api.services import Services
from leads.links import CONSOLE_PATH

PREFIX = CONSOLE_PATH
SIGN_IN = "/sign-in"
DESK = "followthrough.desk"
"""Under this key a request's scope has the desk of who is signed in."""
_ASSETS = (f"{PREFIX}/_nicegui/", f"{PREFIX}/static/")
_SAFE = frozenset({"GET", "HEAD"})
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")
_POLICY_VIOLATION = 1008


class Door:
    """Stands before everything under the prefix; the rest passes by."""

    def __init__(self, app: ASGIApp, *, services: Services, cookies: Cookies, secure: bool) -> None:
        self._app = app
        self._services = services
        self._cookies = cookies
        self._secure = secure
        self._live = Live(services.queue_watch, services.clock)
        self._drafts = Drafts()
        self._behind = GZipMiddleware(_Nonces(app), minimum_size=1024)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not _is_under(scope["path"]):
            await self._app(scope, receive, send)
            return
        # NiceGUI would write what this header says into its pages; nobody we know sends it.
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"x-forwarded-prefix"]
        # No text of ours has such a character in it, and PostgreSQL takes none that has.
        scope["path"], scope["query_string"] = (
            scope["path"].replace("\0", ""),
            scope["query_string"].replace(b"%00", b""),
        )
        send = self._with_headers(scope, send)
        if scope["path"].startswith(_ASSETS) and page_of_upload(scope) is None:
            await self._behind(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            refusal = await self._refusal(connection) or too_long_an_upload(scope)
        except Exception as error:
            if not is_trouble(error):
                raise
            refusal = self._away()
        if refusal is None:
            await self._behind(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await refusal(scope, receive, send)

    async def _refusal(self, connection: HTTPConnection) -> Response | None:
        """Why it may not go on; None when it may: then the scope has the desk."""
        reads = connection.scope["type"] == "http" and connection.scope["method"] in _SAFE
        if not reads and not is_from_here(connection):
            return PlainTextResponse("This was sent from another website.", 403)
        text = self._cookies.session(connection)
        person = await self._services.sessions.find(text, self._services.clock()) if text else None
        if person is None:
            if not reads or "text/html" not in connection.headers.get("accept", ""):
                return PlainTextResponse("Please sign in.", 401)
            path = connection.scope["path"]
            query = connection.scope["query_string"].decode("latin-1")
            wanted = {"next": f"{path}?{query}" if query else path}
            asked = urlencode(wanted | ({"ended": "1"} if text else {}), safe="/")
            return RedirectResponse(f"{SIGN_IN}?{asked}", 303)
        connection.scope[DESK] = Desk(self._services, person, self._live, self._drafts)
        if _is_another_ones(connection):
            return PlainTextResponse("This page was opened by somebody else.", 403)
        return None

    def _away(self) -> Response:
        """What is said while nobody can tell who is signed in."""
        line = "The database can't be reached just now. Please open the page again in a minute."
        said = pages.said(self._services.company, "That did not work, and it is our fault", line, status=503)
        said.headers["Retry-After"] = "60"
        return said

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        policy, nonce = _policy(scope)
        scope[_Nonces.KEY] = nonce

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["X-Robots-Tag"] = "noindex, nofollow"
                headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
                if "content-security-policy" not in headers:
                    headers["Content-Security-Policy"] = policy
                if self._secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        return sending


class _Nonces:
    """Gives the scripts of our own pages the nonce that the policy asks for.

    NiceGUI's template has no place for one. What people wrote reaches a page as escaped JSON only, so every tag that
    begins a script there is the template's.
    """

    KEY = "followthrough.nonce"

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_ASSETS):
            await self._app(scope, receive, send)
            return
        nonce = f'<script nonce="{scope[self.KEY]}"'.encode()
        start: Message | None = None
        parts: list[bytes] = []

        async def sending(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                if not Headers(scope=message).get("content-type", "").startswith("text/html"):
                    await send(message)
                    return
                start = message
                return
            if start is None:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body", False):
                return
            body = re.sub(rb"<script\b", lambda _: nonce, b"".join(parts))
            MutableHeaders(scope=start)["Content-Length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, sending)


def _is_under(path: str) -> bool:
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def opener_of(client: Client) -> Desk | None:
    """The desk of whoever opened a page; None where nobody did who is signed in."""
    desk = client.request.scope.get(DESK)
    return desk if isinstance(desk, Desk) else None


def sits_at(scope: Scope, opener: Desk | None) -> bool:
    """Whether a request or a socket belongs to the session in which a page was opened."""
    desk = scope.get(DESK)
    return isinstance(desk, Desk) and opener is not None and desk.person.session_id == opener.person.session_id


def _is_another_ones(connection: HTTPConnection) -> bool:
    """Whether a socket asks for the events of a page that another session opened, or a file is sent to one."""
    asked = parse_qs(connection.scope["query_string"].decode("latin-1")).get("client_id", [""])[0]
    client = Client.instances.get(page_of_upload(connection.scope) or asked)
    return client is not None and not sits_at(connection.scope, opener_of(client))


def _policy(scope: Scope) -> tuple[str, str]:
    """What a page may load, and the nonce of its scripts.

    Vue compiles its templates in the browser, which needs `unsafe-eval`, and Quasar styles elements in place, which
    needs `unsafe-inline` for styles; everything else is as strict as it can be.
    """
    nonce = secrets.token_urlsafe(16)
    host = Headers(scope=scope).get("host", "")
    socket = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    rules = (
        "default-src 'none'",
        f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        f"connect-src 'self'{socket}",
        "frame-src 'self'",
        "worker-src 'self' blob:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(rules), nonce

"""The console's cookies: the session, and what ties a sign-in to the browser in which it began."""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from adapters.db.sessions import LASTS

THEME = "followthrough_theme"
"""Set by the browser: light or dark; neither where the system decides."""
_SESSION, _CRUMB, _BEGUN = "followthrough", "followthrough_crumb", "followthrough_begun"
_FORM_LASTS = timedelta(hours=12)
_BEGUN_LASTS = timedelta(minutes=15)


class Cookies:
    """Reads and writes the cookies of one installation."""

    def __init__(self, secret: bytes, *, secure: bool) -> None:
        """secure: the installation is reached by https, so that cookies never go over anything else."""
        self._secure = secure
        # The prefix makes browsers refuse one that a neighbouring domain has set.
        self._prefix = "__Host-" if secure else ""
        self._forms = URLSafeTimedSerializer(secret, salt="followthrough sign-in form")
        self._begun = URLSafeTimedSerializer(secret, salt="followthrough single sign-on")

    def session(self, connection: HTTPConnection) -> str | None:
        """The text of the session that the browser has."""
        return connection.cookies.get(self._prefix + _SESSION)

    def begin_session(self, response: Response, text: str) -> None:
        """Give the browser a session."""
        self._set(response, _SESSION, text, LASTS)
        response.delete_cookie(self._prefix + _CRUMB, path="/", secure=self._secure)

    def end_session(self, response: Response) -> None:
        """Take the session from the browser."""
        response.delete_cookie(self._prefix + _SESSION, path="/", secure=self._secure, httponly=True)

    def crumb(self, connection: HTTPConnection) -> str:
        """The crumb that the browser has, or a new one."""
        return connection.cookies.get(self._prefix + _CRUMB) or secrets.token_urlsafe(16)

    def form_token(self, crumb: str) -> str:
        """What a form shown in the browser with this crumb carries."""
        return self._forms.dumps(crumb)

    def keep_crumb(self, response: Response, crumb: str) -> None:
        """Give the browser its crumb."""
        self._set(response, _CRUMB, crumb, _FORM_LASTS)

    def is_own_form(self, connection: HTTPConnection, token: str) -> bool:
        """Whether a form was shown by us in this very browser, and not too long ago."""
        crumb = connection.cookies.get(self._prefix + _CRUMB)
        if crumb is None:
            return False
        try:
            shown_to = self._forms.loads(token, max_age=int(_FORM_LASTS.total_seconds()))
        except BadSignature:
            return False
        return secrets.compare_digest(str(shown_to).encode(), crumb.encode())

    def keep_begun(self, response: Response, values: Mapping[str, str]) -> None:
        """Let the browser keep what must be known when it comes back from the provider of identities."""
        self._set(response, _BEGUN, self._begun.dumps(dict(values)), _BEGUN_LASTS)

    def begun(self, connection: HTTPConnection) -> dict[str, str] | None:
        """What this very browser was given, not too long ago."""
        text = connection.cookies.get(self._prefix + _BEGUN, "")
        try:
            values: dict[str, str] = self._begun.loads(text, max_age=int(_BEGUN_LASTS.total_seconds()))
        except BadSignature:
            return None
        return values

    def end_begun(self, response: Response) -> None:
        """It is over, however it ended."""
        response.delete_cookie(self._prefix + _BEGUN, path="/", secure=self._secure, httponly=True)

    def _set(self, response: Response, name: str, value: str, lasts: timedelta) -> None:
        response.set_cookie(
            self._prefix + name,
            value,
            max_age=int(lasts.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            # Lax: links in mails to our people lead straight to the page.
            samesite="lax",
        )


def is_from_here(connection: HTTPConnection) -> bool:
    """Whether a request comes from a page of our own, by what the browser says about its origin."""
    origin = connection.headers.get("origin")
    if origin is None:
        # Browsers send one with every post and every web socket; programs don't, and have no cookie to steal.
        return connection.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return origin.partition("://")[2] == connection.headers.get("host", "")

"""Tickets in the forms of public pages: signed, bound to one page, and saying when it was shown."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, Signer

LEAST_AGE = timedelta(seconds=1.5)
"""Nobody reads a page and presses a button on it faster than that; but who wants to stop does not read."""
GREATEST_AGE = timedelta(days=1)
"""A page that was left open over night still works; a form that a program stored does not."""
_TICK = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tickets:
    """Makes and checks the tickets of an installation; nothing of them is stored."""

    secret: bytes

    def make(self, page: str, now: datetime) -> str:
        """A ticket for the forms of a page that is shown now.

        Args:
            page: what tells the page from all others.
        """
        return self._signer(page).sign(str((now - _EPOCH) // _TICK)).decode()

    def shown_at(self, page: str, ticket: str, now: datetime, least_age: timedelta = LEAST_AGE) -> datetime | None:
        """When the page was shown; None when it was not, or too short or too long ago for a person's press.

        Args:
            least_age: how long ago at least.
        """
        try:
            shown_at = _EPOCH + int(self._signer(page).unsign(ticket)) * _TICK
        except (BadSignature, ValueError, OverflowError):
            return None
        return shown_at if least_age <= now - shown_at <= GREATEST_AGE else None

    def _signer(self, page: str) -> Signer:
        salt = f"followthrough ticket {page}"
        return Signer(self.secret, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)

"""What is signed in a form: the key that makes it ours, and a token that tells when it was shown, and is good once."""

import base64
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from itsdangerous import BadSignature, Signer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_KEY = 16
"""Bytes of a form's key."""


@dataclass(frozen=True, slots=True)
class FormToken:
    """One showing of a form."""

    id: UUID
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class FormKeys:
    """The installation's secret, from which each form gets a key of its own."""

    secret: bytes

    def key(self, form: str) -> str:
        """What stands in every copy of a form, and in no other form."""
        signature = self._signer("key", form).get_signature(b"")
        return base64.b32encode(base64.urlsafe_b64decode(signature + b"==")[:_KEY]).decode().rstrip("=").lower()

    def is_key(self, form: str, key: str) -> bool:
        return hmac.compare_digest(self.key(form).encode(), key.encode())

    def token(self, form: str, token: FormToken) -> str:
        """The token of a form that is shown now."""
        return self._signer("token", form).sign(f"{(token.shown_at - _EPOCH) // _TICK}-{token.id.hex}").decode()

    def read_token(self, form: str, text: str) -> FormToken | None:
        """What a token says; None when we did not make it for this form."""
        try:
            shown, _, identifier = self._signer("token", form).unsign(text).decode().partition("-")
            return FormToken(UUID(hex=identifier), _EPOCH + int(shown) * _TICK)
        except (BadSignature, ValueError, OverflowError):
            return None

    def digest(self, *parts: str) -> str:
        """A keyed hash of what is not to be kept itself."""
        return hmac.new(self.secret, "\0".join(("form", *parts)).encode(), hashlib.sha256).hexdigest()

    def address_digest(self, address: str) -> str:
        """Of whoever sends: an IPv4 address, or the network of 64 bits that one IPv6 customer has."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return self.digest("address", address)
        bits = 64 if parsed.version == 6 else 32
        return self.digest("address", str(ipaddress.ip_network((parsed, bits), strict=False)))

    def _signer(self, kind: str, form: str) -> Signer:
        salt = f"followthrough form {kind} {form}"
        return Signer(self.secret, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)

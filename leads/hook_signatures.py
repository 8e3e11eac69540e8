"""Whether a delivery was signed with its hook's own secret, and not too long ago."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from leads.hook_sheets import TIMESTAMP, Signature

_LONGEST_TIME = 15
"""Digits."""


@dataclass(frozen=True, slots=True)
class HookKeys:
    """The installation's secret, from which each hook gets a secret of its own."""

    secret: bytes

    def of(self, hook: str) -> str:
        """What the other program is given, to sign with; letters and digits only."""
        derived = hmac.new(self.secret, f"followthrough hook {hook}".encode(), hashlib.sha256).digest()
        return base64.b32encode(derived).decode().rstrip("=").lower()


def is_signed(signature: Signature, secret: str, body: bytes, headers: Mapping[str, str], now: datetime) -> bool:
    """Whether these very bytes were signed with the secret.

    Args:
        headers: a mapping that takes their names in any case; a header may hold several parts with commas between them.
    """
    stamp = ""
    if signature.timestamp is not None:
        stamp = next(_parts(headers, signature.timestamp.header, signature.timestamp.prefix), "")
        if not _is_recent(stamp, now, signature.timestamp.good_for):
            return False
    before, after = (part.replace(TIMESTAMP, stamp).encode() for part in signature.parts)
    wanted = hmac.new(secret.encode(), before + body + after, hashlib.sha256).digest()
    given = (_decoded(part, signature.encoding) for part in _parts(headers, signature.header, signature.prefix))
    return any(hmac.compare_digest(wanted, one) for one in given)


def _parts(headers: Mapping[str, str], name: str, prefix: str) -> Iterator[str]:
    """What stands behind a prefix in a header; tools that change their secret sign twice for a while."""
    for part in headers.get(name, "").split(","):
        if (text := part.strip()).startswith(prefix):
            yield text.removeprefix(prefix)


def _is_recent(stamp: str, now: datetime, good_for: timedelta) -> bool:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= _LONGEST_TIME):
        return False
    try:
        signed_at = datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return abs(now - signed_at) <= good_for


def _decoded(text: str, encoding: str) -> bytes:
    try:
        return bytes.fromhex(text) if encoding == "hex" else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""

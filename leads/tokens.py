"""Signed tokens for links, reply addresses and BCC addresses: ids only, and nobody else can make one.

A token never expires: a stop must work for as long as somebody keeps the message (15 USC 7704(a)(3): 30 days at
least). Reading makes the token anew and compares, so that no other spelling of it is taken.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from itsdangerous import Signer

_MAILBOX_SIGNATURE = 10
"""Bytes of signature in an address, whose local part has 64 characters at most."""


class Purpose(StrEnum):
    """What a link is for; a token made for one opens no other."""

    ANSWER = "answer"
    UNSUBSCRIBE = "unsubscribe"
    MEETING = "meeting"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class LinkToken:
    """Whom a link was sent to, and with which message."""

    lead_id: UUID
    touch_id: UUID


@dataclass(frozen=True, slots=True)
class PolicyToken:
    """Which colleague was sent which version of the policy."""

    colleague_id: str
    version: str


@dataclass(frozen=True, slots=True)
class TokenKey:
    """The installation's secret, from which each kind of token gets a key of its own."""

    secret: bytes

    def link(self, purpose: Purpose, lead_id: UUID, touch_id: UUID) -> str:
        """A token for a link, of letters, digits, `-`, `_` and one dot."""
        payload = base64.urlsafe_b64encode(lead_id.bytes + touch_id.bytes).rstrip(b"=")
        return self._signer(f"link {purpose.value}").sign(payload).decode()

    def read_link(self, purpose: Purpose, token: str) -> LinkToken | None:
        """What a link's token says; None when we did not make it for this purpose."""
        payload = token.partition(".")[0]
        try:
            decoded = base64.urlsafe_b64decode(f"{payload}{'=' * (-len(payload) % 4)}".encode())
            read = LinkToken(UUID(bytes=decoded[:16]), UUID(bytes=decoded[16:]))
        except (ValueError, binascii.Error):
            return None
        return read if _same(self.link(purpose, read.lead_id, read.touch_id), token) else None

    def policy(self, colleague_id: str, version: str) -> str:
        """A token for the page on which a colleague acknowledges a version of the policy."""
        payload = base64.urlsafe_b64encode(f"{version} {colleague_id}".encode()).rstrip(b"=")
        return self._signer(f"link {Purpose.POLICY.value}").sign(payload).decode()

    def read_policy(self, token: str) -> PolicyToken | None:
        """What a policy link's token says; None when we did not make it."""
        payload = token.partition(".")[0]
        try:
            decoded = base64.urlsafe_b64decode(f"{payload}{'=' * (-len(payload) % 4)}".encode()).decode()
        except (ValueError, binascii.Error):
            return None
        version, _, colleague_id = decoded.partition(" ")
        return PolicyToken(colleague_id, version) if _same(self.policy(colleague_id, version), token) else None

    def reply(self, touch_id: UUID) -> str:
        """A token for a reply address; mail systems may change the case of its letters."""
        return f"{_base32(touch_id.bytes)}{self._mailbox_signature('reply', touch_id.bytes)}"

    def read_reply(self, token: str) -> UUID | None:
        """The message that a reply address was made for; None when we did not make it."""
        payload = token[:26].upper()
        try:
            touch_id = UUID(bytes=base64.b32decode(f"{payload}{'=' * (-len(payload) % 8)}"))
        except (ValueError, binascii.Error):
            return None
        return touch_id if _same(self.reply(touch_id), token.lower()) else None

    def mailbox(self, colleague_id: str) -> str:
        """A token for the address to which a colleague sends copies of personal emails."""
        return f"{colleague_id}-{self._mailbox_signature('mailbox', colleague_id.encode())}"

    def read_mailbox(self, token: str) -> str | None:
        """The id of the colleague whose address it is; None when we did not make it."""
        colleague_id = token.lower().rpartition("-")[0]
        return colleague_id if colleague_id and _same(self.mailbox(colleague_id), token.lower()) else None

    def _mailbox_signature(self, kind: str, payload: bytes) -> str:
        return _base32(self._signer(kind).get_signature(payload)[:_MAILBOX_SIGNATURE])

    def _signer(self, kind: str) -> Signer:
        return Signer(self.secret, salt=f"followthrough {kind}", key_derivation="hmac", digest_method=hashlib.sha256)


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())

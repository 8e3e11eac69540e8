"""The fake provider's messages: what a request asks for, and what was delivered."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """Which provider is spoken to."""

    SENDGRID = "sendgrid"
    TWILIO = "twilio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message that a well-formed request asks for."""

    kind: Kind
    touch: str | None
    """Our touch id, if the request carries it."""
    to: str
    body: str
    sender: str = ""
    service: str | None = None
    subject: str = ""
    html: str | None = None
    callback: str | None = None
    custom_args: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """Of an email, beside those that the provider writes."""
    reply_to: str = ""
    categories: list[str] = field(default_factory=list)
    request: dict[str, object] = field(default_factory=dict)
    """All of it, as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that has reached the recipient."""

    touch: str
    """Our touch id, else the provider's own id."""
    message_id: str
    draft: Draft
    received_at: datetime
    received_monotonic: float

    @property
    def to(self) -> str:
        """The recipient."""
        return self.draft.to


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

"""Emails to our own people: warnings, reviews, the policy. Where each stands, and what the provider's answer means."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from leads.ids import derived_id
from leads.sending import AccountTrouble, ContactPointDead, Receipt, RecipientOptedOut, SendError, SendRefused

RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""How long a refused mail waits, the longest again and again: news for a colleague is never given up."""
_MAILS = UUID("b6c2a1a4-9a53-4a37-9f5e-2f9a4d7c5e10")
"""What the ids of mails follow from that belong to no lead."""
_MEANS_SOMETHING = re.compile(r"[\\`*\[\]<>&|]|(?<![^\W_])_|_(?![^\W_])|^[-+=#~]|(?<={lead):")
"""What Markdown, and a mention, would make something of."""
_NUMBERED = re.compile(r"^(\d+)([.)])")
"""It would begin a list."""
_MENTION = re.compile(r"\{lead:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}")


class StaffMailState(StrEnum):
    """Where a mail to a colleague stands."""

    WAITING = "waiting"
    """Written down, to be sent within seconds."""
    CLAIMED = "claimed"
    """Being sent; nobody else may."""
    REFUSED = "refused"
    """Certainly not accepted; it is tried again later."""
    SENT = "sent"
    """The provider accepted it."""
    UNKNOWN = "unknown"
    """Nobody knows whether it was accepted. It is not sent again; the provider's own report may still settle it."""
    FAILED = "failed"
    """It never will be accepted, or it came back: the address does not work."""
    NO_ADDRESS = "no address"
    """The colleague has no email address, or is not with us any more."""


UNSETTLED = (StaffMailState.WAITING, StaffMailState.CLAIMED, StaffMailState.REFUSED)
"""States in which there is still something to do for us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMail:
    """A mail that was claimed, to be sent now."""

    id: UUID
    to: str
    subject: str
    text: str
    """Markdown; leads are mentioned by id (see `mention`)."""
    names: dict[UUID, str]
    """What the leads that it mentions are called today."""
    lead_id: UUID | None
    claimed_at: datetime
    attempts: int
    """This one included."""
    interrupted: bool = False
    """An earlier attempt held the claim and never settled it."""
    provider: str = ""
    """Whom that attempt would have handed it to."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of a claimed mail."""

    state: StaffMailState
    receipt: Receipt | None = None
    error: str | None = None
    retry_at: datetime | None = None
    trouble: AccountTrouble | None = None
    """The provider's account is in trouble: an admin is to be told."""


def settled_by(result: Receipt | SendError, attempts: int, now: datetime) -> Settled:
    """What the provider's answer makes of a mail.

    Args:
        attempts: how many there were, this one included.
    """
    if isinstance(result, Receipt):
        return Settled(StaffMailState.SENT, receipt=result)
    error = f"{result.code} {result}".strip()
    match result:
        case SendRefused() | AccountTrouble():
            wait = RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1]
            if isinstance(result, SendRefused) and result.retry_after is not None:
                wait = result.retry_after
            trouble = result if isinstance(result, AccountTrouble) else None
            return Settled(StaffMailState.REFUSED, error=error, retry_at=now + wait, trouble=trouble)
        case ContactPointDead() | RecipientOptedOut():
            return Settled(StaffMailState.FAILED, error=error)
    # An error type that says nothing of acceptance must never lead to a second send.
    return Settled(StaffMailState.UNKNOWN, error=error)


def staff_mail_id(kind: str, colleague_id: str, about: str) -> UUID:
    """The id of a mail that is about no lead in particular: the same kind about the same is sent to somebody once."""
    return derived_id(_MAILS, kind, colleague_id, about)


def plain(words: str) -> str:
    """Words of others, for Markdown: one line, and every sign as it stands."""
    literal = _MEANS_SOMETHING.sub(r"\\\g<0>", " ".join(words.split()))
    return _NUMBERED.sub(r"\1\\\2", literal)


def mention(lead_id: UUID) -> str:
    """Stands for a lead's name in a mail's Markdown; the name takes its place when the mail is sent.

    So what waits, and what is kept, holds ids only, an erased lead leaves no name behind, and nobody's name can be
    taken for Markdown.
    """
    return f"{{lead:{lead_id}}}"


def mentioned(text: str) -> set[UUID]:
    """The leads that a text mentions."""
    return {UUID(found) for found in _MENTION.findall(text)}


def replace_mentions(text: str, name_of: Callable[[UUID], str]) -> str:
    """The text with what `name_of` gives in the place of each mention."""
    return _MENTION.sub(lambda found: name_of(UUID(found[1])), text)

"""What the providers' statuses and codes mean for a message, as tables; their texts are never read.

Sources: Twilio's error dictionary, SendGrid's v3 error pages.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from re import compile as pattern
from typing import Protocol

from leads.sending import (
    AccountTrouble,
    ContactPointDead,
    OutcomeUnknown,
    RecipientOptedOut,
    SendError,
    SendRefused,
)

LONGEST_RETRY_AFTER = timedelta(hours=1)
"""A provider's wish beyond this is cut: nobody's clock should silence us for a day."""
NEXT_DAY = timedelta(days=1)

_TRANSIENT = frozenset({408, 425, 429})
"""Client errors that the same request need not meet again."""

TWILIO_CODES: Mapping[int, tuple[type[SendError], str]] = {
    21610: (RecipientOptedOut, "the recipient has opted out"),
    21211: (ContactPointDead, "not a valid number"),
    21217: (ContactPointDead, "not a valid number"),
    21614: (ContactPointDead, "not a mobile number"),
    21635: (ContactPointDead, "a landline"),
    30005: (ContactPointDead, "unknown handset"),
    30006: (ContactPointDead, "a landline or an unreachable carrier"),
    # Most often the person blocked us. No type says "suspected": this one stops the texts and shows a person why.
    30004: (ContactPointDead, "blocked, perhaps by the recipient"),
    20003: (AccountTrouble, "the account's credentials are not accepted"),
    21408: (AccountTrouble, "this region is not enabled for the account"),
    21603: (AccountTrouble, "no sender is configured"),
    21606: (AccountTrouble, "the sender can't send texts"),
    21703: (AccountTrouble, "the messaging service has no sender"),
    30032: (AccountTrouble, "the toll-free sender is not verified"),
    30034: (AccountTrouble, "the sender is not registered"),
    30035: (AccountTrouble, "the campaign of the sender is not approved"),
    # The content is at fault, not the lead: the step is kept, and somebody has to mend the template.
    21617: (AccountTrouble, "the text is too long"),
    30007: (AccountTrouble, "filtered because of its content"),
    20429: (SendRefused, "too many requests"),
    30001: (SendRefused, "the queue is full"),
    30003: (SendRefused, "the handset is unreachable"),
    30008: (SendRefused, "unknown trouble at the carrier"),
    30017: (SendRefused, "the carrier is congested"),
    30022: (SendRefused, "too many messages for this sender"),
    30023: (SendRefused, "the day's limit is reached"),
    30027: (SendRefused, "the day's limit of the carrier is reached"),
}
"""What each code means for the lead, whether it comes as an answer or by a status callback."""

_TWILIO_NEXT_DAY = frozenset({30023, 30027})
_TWILIO_ONCE = frozenset({30003, 30008})
"""What is worth one more try, and no other: most handsets that are unreachable twice stay so."""
_SENDGRID_TROUBLE = {
    "dropped: Recipient List over Package Quota": "the account's quota is used up",
    "dropped: Invalid SMTPAPI header": "our requests are not understood",
    "dropped: Spam Content (if Spam Checker app is enabled)": "filtered because of its content",
}

_RECIPIENT_FIELD = pattern(r"personalizations\.\d+\.to(\.\d+)?(\.email)?")
"""The field that SendGrid names when it takes no exception to anything but the address we write to."""


class Headers(Protocol):
    """Response headers, by names in any case."""

    def get(self, name: str, /) -> str | None:
        """One header's value."""
        ...


def twilio_error(status: int, code: int | None, retry_after: timedelta | None = None) -> SendError:
    """The error for an answer of Twilio's that is not a success.

    Args:
        status: of the HTTP answer.
        code: Twilio's own, if the answer had one.
        retry_after: how long Twilio asks us to wait.
    """
    shown = str(code or status)
    if status >= 500 or status < 400:
        return OutcomeUnknown(f"Twilio answered with status {status}", shown)
    kind, words = TWILIO_CODES.get(code or 0, (None, ""))
    if status in _TRANSIENT or kind is SendRefused:
        wait = NEXT_DAY if code in _TWILIO_NEXT_DAY else retry_after
        return SendRefused(f"Twilio: {words or 'not now'}", shown, wait, once=code in _TWILIO_ONCE)
    if kind is None:
        # A refusal that we don't know: certainly not accepted, and more likely our fault than the lead's.
        return AccountTrouble("Twilio refused the request", shown)
    return kind(f"Twilio: {words}", shown)


def sendgrid_error(status: int, fields: Iterable[str] = (), retry_after: timedelta | None = None) -> SendError:
    """The error for an answer of SendGrid's that is not a success.

    Args:
        status: of the HTTP answer.
        fields: the fields of our request that the answer names.
        retry_after: how long SendGrid asks us to wait.
    """
    shown = str(status)
    if status >= 500 or status < 400:
        return OutcomeUnknown(f"SendGrid answered with status {status}", shown)
    if status in _TRANSIENT:
        return SendRefused("SendGrid: not now", shown, retry_after)
    named = list(fields)
    if status == 400 and named and all(_RECIPIENT_FIELD.fullmatch(field) for field in named):
        return ContactPointDead("SendGrid: not a valid address", shown)
    return AccountTrouble("SendGrid refused the request", shown)


def reported_trouble(provider: str, code: str) -> str | None:
    """What is wrong with an account, by a later report of a message that it had accepted; None when nothing is."""
    if provider == "sendgrid":
        return _SENDGRID_TROUBLE.get(code)
    kind, words = TWILIO_CODES.get(int(code) if code.isdecimal() else 0, (None, ""))
    return words if provider == "twilio" and kind is AccountTrouble else None


def retry_after(headers: Headers, now: datetime) -> timedelta | None:
    """How long the provider asks us to wait: X-RateLimit-Reset (seconds since 1970) or Retry-After, else None.

    Never longer than `LONGEST_RETRY_AFTER`; what is past or unreadable is None.
    """
    wait = _until_reset(headers.get("X-RateLimit-Reset"), now) or _retry_after(headers.get("Retry-After"), now)
    return min(wait, LONGEST_RETRY_AFTER) if wait is not None and wait > timedelta(0) else None


def _until_reset(value: str | None, now: datetime) -> timedelta | None:
    try:
        return datetime.fromtimestamp(int(value or ""), UTC) - now
    except (ValueError, OverflowError, OSError):
        return None


def _retry_after(value: str | None, now: datetime) -> timedelta | None:
    try:
        return timedelta(seconds=int(value or ""))
    except (ValueError, OverflowError):
        pass
    try:
        at = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return at - now if at.tzinfo else None

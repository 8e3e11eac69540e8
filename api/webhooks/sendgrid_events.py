"""What SendGrid's events say of our messages, as tables; free text in them, which may hold addresses, is never kept.

Source: SendGrid, "Event Webhook Reference".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from leads.contract import TOUCH_ARGUMENT
from leads.sending import MessageReport, TouchState

PROVIDER = "sendgrid"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event says of the message, of the address, and of the person."""

    state: TouchState
    contact_dead: bool = False
    opted_out: bool = False


_SENT = Meaning(TouchState.SENT)
_FAILED = Meaning(TouchState.FAILED)
_DEAD = Meaning(TouchState.FAILED, contact_dead=True)
_STOPPED = Meaning(TouchState.FAILED, opted_out=True)
_READ_AND_STOPPED = Meaning(TouchState.DELIVERED, opted_out=True)

EVENTS: Mapping[str, Meaning] = {
    "processed": _SENT,
    "deferred": _SENT,
    "delivered": Meaning(TouchState.DELIVERED),
    "bounce": _FAILED,
    "dropped": _FAILED,
    "spamreport": _READ_AND_STOPPED,
    "unsubscribe": _READ_AND_STOPPED,
    "group_unsubscribe": _READ_AND_STOPPED,
}
"""Events that say something; opens, clicks, resubscriptions and what SendGrid may add later do not."""
BOUNCES: Mapping[str, Meaning] = {
    "bounce": _DEAD,
    "blocked": _FAILED,
}
"""Types of bounces: the address is dead, or it was refused for now. Any other does not say that it is dead."""
DROPS: Mapping[str, Meaning] = {
    "Bounced Address": _DEAD,
    "Invalid": _DEAD,
    "Unsubscribed Address": _STOPPED,
    "Spam Reporting Address": _STOPPED,
    "Invalid SMTPAPI header": _FAILED,
    "Spam Content (if Spam Checker app is enabled)": _FAILED,
    "Recipient List over Package Quota": _FAILED,
}
"""Why SendGrid did not even try: the first four are its own lists, which know the address from earlier."""
_ORDER = (TouchState.SENT, TouchState.DELIVERED, TouchState.FAILED)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SMTP_ID = re.compile(r"<?([A-Za-z0-9_.+-]{1,100}@[A-Za-z0-9_.-]{1,100})>?")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a batch of events comes to."""

    reports: list[MessageReport]
    """In the order in which they happened."""
    strange: int
    """Events that name no touch: of other mail, or malformed."""


def read_events(events: Iterable[object]) -> Heard:
    """The reports of a batch, each once."""
    found: list[tuple[int, MessageReport]] = []
    strange = 0
    for event in events:
        touch_id = _touch_id(event)
        if touch_id is None or not isinstance(event, dict):
            strange += 1
        elif (report := _report(touch_id, event)) is not None:
            found.append((_happened(event), report))
    found.sort(key=lambda one: (one[0], _ORDER.index(one[1].state)))
    return Heard(list(dict.fromkeys(report for _, report in found)), strange)


def _report(touch_id: UUID, event: dict[str, Any]) -> MessageReport | None:
    name = _text(event, "event")
    meaning, code = EVENTS.get(name), ""
    if meaning is None:
        return None
    if name == "bounce":
        kind, status = _text(event, "type"), _text(event, "status")
        meaning = BOUNCES.get(kind, meaning)
        code = f"{kind if kind in BOUNCES else name} {status if _STATUS.fullmatch(status) else ''}".strip()
    elif name == "dropped":
        reason = _text(event, "reason")
        meaning = DROPS.get(reason, meaning)
        code = f"dropped: {reason}" if reason in DROPS else name
    elif meaning.opted_out:
        code = name
    return MessageReport(
        touch_id=touch_id,
        state=meaning.state,
        provider=PROVIDER,
        message_id=_message_id(event),
        code=code,
        contact_dead=meaning.contact_dead,
        opted_out=meaning.opted_out,
    )


def _touch_id(event: object) -> UUID | None:
    try:
        return UUID(_text(event, TOUCH_ARGUMENT)) if isinstance(event, dict) else None
    except ValueError:
        return None


def _message_id(event: dict[str, Any]) -> str:
    """The id that SendGrid's answer to our call gave: the first part of the event's; else that of the mail itself."""
    first = _text(event, "sg_message_id").partition(".")[0]
    if _ID.fullmatch(first):
        return first
    mail = _SMTP_ID.fullmatch(_text(event, "smtp-id"))
    return mail.group(1) if mail else ""


def _happened(event: dict[str, Any]) -> int:
    """When it happened, in s since 1970; 0 when it does not say."""
    at = event.get("timestamp")
    return at if isinstance(at, int) else 0


def _text(event: dict[str, Any], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""

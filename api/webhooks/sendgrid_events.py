"""What SendGrid's events say of our messages, as tables; free text in them, which may hold addresses, is never kept.

Source: SendGrid, "Event Webhook Reference".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from leads.capture import CaptureRefused
from leads.contract import TOUCH_ARGUMENT
from leads.normalising import normal_email
from leads.sending import AddressReport, MessageReport, TouchState

PROVIDER = "sendgrid"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event says of the message, of the address, and of the person."""

    state: TouchState
    contact_dead: bool = False
    opted_out: bool = False
    bounced: bool = False
    complained: bool = False


_SENT = Meaning(TouchState.SENT)
_FAILED = Meaning(TouchState.FAILED)
_DEAD = Meaning(TouchState.FAILED, contact_dead=True)
_STOPPED = Meaning(TouchState.FAILED, opted_out=True)
_READ_AND_STOPPED = Meaning(TouchState.DELIVERED, opted_out=True)
_BOUNCED = Meaning(TouchState.FAILED, contact_dead=True, bounced=True)
_COMPLAINED = Meaning(TouchState.DELIVERED, opted_out=True, complained=True)

EVENTS: Mapping[str, Meaning] = {
    "processed": _SENT,
    "deferred": _SENT,
    "delivered": Meaning(TouchState.DELIVERED),
    "bounce": _FAILED,
    "dropped": _FAILED,
    "spamreport": _COMPLAINED,
    "unsubscribe": _READ_AND_STOPPED,
    "group_unsubscribe": _READ_AND_STOPPED,
}
"""Events that say something; opens, clicks, resubscriptions and what SendGrid may add later do not.

A resubscription opens nothing here: whoever stopped our messages tells us, not SendGrid, that they may go on.
"""
BOUNCES: Mapping[str, Meaning] = {
    "bounce": _BOUNCED,
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
    stops: list[AddressReport]
    """Of addresses that stopped other mail of ours, which names no touch: they hold for us too."""
    strange: int
    """Events that name no touch and say nothing that holds for us: of other mail, or malformed."""


def read_events(events: Iterable[object]) -> Heard:
    """The reports of a batch, each once."""
    found: list[tuple[int, MessageReport]] = []
    stops: list[AddressReport] = []
    strange = 0
    for event in events:
        touch_id = _touch_id(event)
        if not isinstance(event, dict):
            strange += 1
        elif touch_id is None:
            stop = _stop(event)
            strange += stop is None
            stops += [stop] if stop is not None else []
        elif (report := _report(touch_id, event)) is not None:
            found.append((_happened(event), report))
    found.sort(key=lambda one: (one[0], _ORDER.index(one[1].state)))
    return Heard(list(dict.fromkeys(report for _, report in found)), list(dict.fromkeys(stops)), strange)


def _report(touch_id: UUID, event: dict[str, Any]) -> MessageReport | None:
    meaning, code = _meaning(event)
    if meaning is None:
        return None
    mail = _SMTP_ID.fullmatch(_text(event, "smtp-id"))
    return MessageReport(
        touch_id=touch_id,
        state=meaning.state,
        provider=PROVIDER,
        message_id=_message_id(event),
        code=code,
        contact_dead=meaning.contact_dead,
        opted_out=meaning.opted_out,
        mail_id=mail.group(1) if mail else "",
        bounced=meaning.bounced,
        complained=meaning.complained,
        address=_address(event) if meaning.opted_out else "",
    )


def _stop(event: dict[str, Any]) -> AddressReport | None:
    """That an address stopped mail of ours which this program did not send; None for everything else."""
    meaning, code = _meaning(event)
    address = _address(event)
    if meaning is None or not meaning.opted_out or not address:
        return None
    return AddressReport(address, PROVIDER, code)


def _meaning(event: dict[str, Any]) -> tuple[Meaning | None, str]:
    """What an event says, and in which words of SendGrid's the ledger keeps it."""
    name = _text(event, "event")
    meaning, code = EVENTS.get(name), ""
    if meaning is None:
        return None, ""
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
    return meaning, code


def _address(event: dict[str, Any]) -> str:
    """The address that an event is about, normalised; empty when it is none."""
    try:
        return normal_email(_text(event, "email"))
    except CaptureRefused:
        return ""


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

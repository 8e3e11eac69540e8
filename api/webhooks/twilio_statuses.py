"""What Twilio's message statuses and error codes say of our texts, as tables.

Sources: Twilio, "Track the Message Status of Outbound Messages"; its error dictionary.
"""

import re
from collections.abc import Mapping
from uuid import UUID

from adapters.providers.error_codes import TWILIO_CODES
from leads.sending import ContactPointDead, MessageReport, RecipientOptedOut, TouchState

PROVIDER = "twilio"

STATUSES: Mapping[str, TouchState] = {
    "queued": TouchState.SENT,
    "accepted": TouchState.SENT,
    "scheduled": TouchState.SENT,
    "sending": TouchState.SENT,
    "sent": TouchState.SENT,
    "delivered": TouchState.DELIVERED,
    "read": TouchState.DELIVERED,
    "undelivered": TouchState.FAILED,
    "failed": TouchState.FAILED,
}
"""Statuses that say something of a text that we sent; those of incoming ones, and later additions, do not."""
SUSPECTED = frozenset({30004})
"""The person may have blocked us, and may not: a text that did not arrive is all that is known."""
_CODE = re.compile(r"[0-9]{1,5}")
_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")


def read_status(touch_id: UUID, status: str, *, sid: str, error_code: str) -> MessageReport | None:
    """The report of a status callback; None for a status that says nothing.

    Args:
        sid: Twilio's id of the message, or something that is none.
        error_code: of a failure; empty when there is none.
    """
    state = STATUSES.get(status)
    if state is None:
        return None
    code = int(error_code) if state is TouchState.FAILED and _CODE.fullmatch(error_code) else 0
    kind, _ = TWILIO_CODES.get(code, (None, ""))
    return MessageReport(
        touch_id=touch_id,
        state=state,
        provider=PROVIDER,
        message_id=sid if _SID.fullmatch(sid) else "",
        code=str(code) if code else "",
        contact_dead=kind is ContactPointDead and code not in SUSPECTED,
        opted_out=kind is RecipientOptedOut,
    )

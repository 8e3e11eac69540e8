"""The headers that an email carries beside its addresses and its subject, whoever sends it."""

import re
from collections.abc import Iterator

from leads.sending import OutgoingMessage

_MESSAGE_ID = re.compile(r"<?([^\s<>]+)>?")


def headers_of(message: OutgoingMessage) -> Iterator[tuple[str, str]]:
    """Each header by its name, in the order in which they stand."""
    # RFC 8058 wants https. The links under the email are there in any case.
    if message.unsubscribe_url.startswith("https://"):
        yield "List-Unsubscribe", f"<{message.unsubscribe_url}>"
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    if message.internal:
        # No mailbox answers by itself: RFC 3834, and Exchange's own word for it.
        yield "Auto-Submitted", "auto-generated"
        yield "X-Auto-Response-Suppress", "All"
    # What came from a report goes into a header only if it is nothing but an id.
    followed = _MESSAGE_ID.fullmatch(message.in_reply_to)
    if followed is not None:
        yield "In-Reply-To", f"<{followed[1]}>"
        yield "References", f"<{followed[1]}>"

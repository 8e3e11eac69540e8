"""Message providers that do as a test says, and count what arrived."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from leads.sending import Finding, Found, OutgoingMessage, Receipt, SendError


class Crash(BaseException):
    """The process dies here; nothing catches it, as nothing catches SIGKILL."""


class ScriptedSender:
    """Delivers, unless told otherwise for the next sends; remembers every delivery by touch id."""

    provider = "scripted"

    def __init__(self, *, knows: bool = True) -> None:
        self.delivered: Counter[UUID] = Counter()
        self.messages: list[OutgoingMessage] = []
        self.script: list[SendError | str] = []
        """For each next send: an error to raise, `crash before` or `crash after` the delivery."""
        self.knows = knows
        """Whether it can say what became of a message."""
        self.meanwhile: Callable[[], object] | None = None

    async def send(self, message: OutgoingMessage) -> Receipt:
        event = self.script.pop(0) if self.script else None
        if isinstance(event, SendError):
            raise event
        if event == "crash before":
            raise Crash
        self.delivered[message.touch_id] += 1
        self.messages.append(message)
        if event == "crash after":
            raise Crash
        return Receipt("scripted", f"id-{message.touch_id}")

    async def find(self, message: OutgoingMessage, since: datetime) -> Finding:
        if not self.knows:
            return Finding(Found.UNKNOWN)
        if self.delivered[message.touch_id]:
            return Finding(Found.SENT, Receipt("scripted", f"id-{message.touch_id}"))
        return Finding(Found.NOT_SENT)

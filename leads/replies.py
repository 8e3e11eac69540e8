"""What comes in by text and by email, as it is understood: who wrote, to whom, in which words, about which message."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from leads.auto_replies import Hand, return_date
from leads.invitations import InvitationReply
from leads.model import Channel
from leads.quotes import Written
from leads.revocations import asks_to_stop, says_wrong_person


class InboundKind(StrEnum):
    """What an incoming message was taken for."""

    REPLY = "reply"
    """A person wrote, and a person answers."""
    REVOCATION = "revocation"
    """The person stopped the messages."""
    WRONG_PERSON = "wrong_person"
    """The number or address is somebody else's."""
    HELP = "help"
    START = "start"
    """The person wants texts again."""
    AUTO_REPLY = "auto_reply"
    """A machine wrote; it may say when the person is back."""
    BOUNCE = "bounce"
    """A mail server reports that a message did not arrive."""
    INQUIRY = "inquiry"
    """Somebody wrote to the company's address for leads."""
    CALENDAR = "calendar"
    """A calendar's answer to an invitation, without a word of the person's own."""
    COPY = "copy"
    """A colleague's own email to a lead."""
    UNKNOWN = "unknown"
    """It fits nothing that we know; a person looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingText:
    """A text that somebody sent us."""

    sid: str
    sender: str
    """As E.164, unless it is no phone number."""
    recipient: str
    body: str
    attachments: int = 0
    said: str = ""
    """What the provider took it for: STOP, HELP, START, or nothing."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail server's report on one recipient."""

    recipient: str
    status: str
    """The enhanced status code, like 5.1.1."""
    hard: bool
    """It never will arrive."""


_NOTHING = Written("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingEmail:
    """An email that somebody sent us, or that a machine did."""

    message_id: str
    """The Message-ID, or what stands for it."""
    sender: str
    """Normalised, unless it is no address."""
    sender_name: str | None = None
    recipients: tuple[str, ...] = ()
    """To whom the mail server was told to bring it."""
    addressed: tuple[str, ...] = ()
    """Whom its headers name as recipients."""
    subject: str = ""
    written: Written = _NOTHING
    references: tuple[str, ...] = ()
    """The Message-IDs that it answers."""
    hand: Hand = Hand.PERSON
    bounce: Bounce | None = None
    attachments: tuple[str, ...] = ()
    invitation_reply: InvitationReply | None = None
    """A calendar's answer that came along."""

    @property
    def remark(self) -> str:
        """What the person wrote beside a calendar's answer, without what the calendar wrote in the person's name."""
        if self.invitation_reply is None:
            return ""
        own = self.invitation_reply.comment or self.written.text.strip()
        return "" if _BY_A_CALENDAR.match(own) else own

    @property
    def words(self) -> str:
        """What may hold a keyword: the person's words, or the subject of a mail that says nothing else."""
        return self.written.words or self.written.text or ("" if _ANSWERS.match(self.subject) else self.subject)

    @property
    def text(self) -> str:
        """What a colleague reads of it."""
        own = self.written.text or f"({self.subject or 'an email without a text'})"
        return "\n\n".join((own, *([f"Attached: {', '.join(self.attachments)}"] if self.attachments else [])))

    def kind(self) -> InboundKind:
        """What an answer to a message of ours is taken for."""
        if self.bounce is not None:
            return InboundKind.BOUNCE
        if self.hand is not Hand.PERSON:
            return InboundKind.AUTO_REPLY if self.hand is Hand.MACHINE else InboundKind.REPLY
        return wish(self.words, Channel.EMAIL)

    def back_on(self, today: date) -> date | None:
        """The first day on which the person is back, where a machine says it beyond doubt."""
        if self.hand is not Hand.MACHINE:
            return None
        return return_date(f"{self.subject}\n{self.written.text}", today)


def wish(words: str, channel: Channel) -> InboundKind:
    """What a person's words ask of the machine; a reply for a person unless they can't mean anything else.

    There is no yes and no no among it: only a person, or a click, says one of them.
    """
    if says_wrong_person(words, channel):
        return InboundKind.WRONG_PERSON
    return InboundKind.REVOCATION if asks_to_stop(words) else InboundKind.REPLY


_BY_A_CALENDAR = re.compile(
    r".{1,150}?\bhas\s+(?:tentatively\s+|provisionally\s+)?(?:accepted|declined|replied)\b.{0,80}?\b(?:invitation|event|meeting)\b",
    re.IGNORECASE | re.DOTALL,
)
"""As Google and Apple write it; who writes of oneself writes "I have"."""
_ANSWERS = re.compile(r"\s*(?:re|aw|sv|antw|fwd?|wg|tr)\s*:", re.IGNORECASE)
_FIELD = re.compile(
    r"^(?P<name>final-recipient|original-recipient|action|status)[ \t]*:[ \t]*(?P<value>[^\r\n]+)", re.I | re.M
)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


def read_bounce(report: str) -> Bounce | None:
    """The first recipient of a delivery report that failed; None when nobody did.

    Args:
        report: the part of the type message/delivery-status.

    Source: RFC 3464; a status that begins with 5 is permanent, RFC 3463.
    """
    for group in re.split(r"\r?\n[ \t]*\r?\n", report):
        fields = {match["name"].lower(): match["value"].strip() for match in _FIELD.finditer(group)}
        recipient = fields.get("final-recipient") or fields.get("original-recipient")
        status = _STATUS.search(fields.get("status", ""))
        if recipient is None or status is None or fields.get("action", "").casefold() not in ("failed", "delayed"):
            continue
        address = recipient.partition(";")[2].strip().strip("<>") or recipient
        failed = fields["action"].casefold() == "failed"
        return Bounce(address.lower(), status[1], hard=failed and status[1].startswith("5"))
    return None

"""An email as SendGrid's Inbound Parse posts it, in parsed fields or as the raw message, becomes what we understand.

Source: SendGrid, "Inbound Email Parse Webhook"; only the envelope says where a mail was really brought to.
"""

import codecs
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from email import message_from_bytes, message_from_string
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from typing import Any

from api.webhooks.multipart import Part
from leads.auto_replies import hand
from leads.capture import CaptureRefused
from leads.invitations import read_reply
from leads.normalising import MAX_LINE, clean_text, normal_email
from leads.quotes import written
from leads.replies import Bounce, IncomingEmail, read_bounce

MOST_ADDRESSES = 100
_LONGEST_TEXT = 1_000_000
_LONGEST_HEADER = 20_000
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "unicode_escape", "undefined"})
"""Codecs of Python's that no mail is written in; some take very long."""
_DELIVERY_STATUS = "message/delivery-status"
_MESSAGE_ID = re.compile(r"<([!-;=?-~]{1,250})>")
"""Visible ASCII only: what else an encoded word may hold (NUL, half a surrogate) the database can't keep."""
_MOST_REFERENCES = 50
_LONGEST_RAW = 512 * 1024
"""Bytes. The library's time grows with their number times the depth of the parts."""
_MOST_BOUNDARIES = 20
_MOST_ATTACHMENTS = 20
_CALENDARS = frozenset({"text/calendar", "application/ics"})
_MOST_CALENDARS = 3
"""A calendar program attaches its answer once, or twice for those that read only one of the two types."""


class MalformedEmail(ValueError):
    """The form is no email."""


def read_email(parts: Iterable[Part]) -> IncomingEmail:
    """The email of a form.

    Raises:
        MalformedEmail: it has no envelope, or no sender.
    """
    fields: dict[str, Part] = {}
    files: list[Part] = []
    for part in parts:
        if part.is_file:
            files.append(part)
        else:
            fields.setdefault(part.name, part)
    envelope = _envelope(fields.get("envelope"))
    if "email" in fields:
        return _raw(bytes(fields["email"].data), envelope)
    charsets = _json(fields["charsets"]) if "charsets" in fields else {}
    texts = {name: _decoded(bytes(part.data), charsets.get(name)) for name, part in fields.items()}
    head = message_from_string(texts.get("headers", "")[:_LONGEST_TEXT])
    reports = [bytes(one.data).decode("utf-8", "replace") for one in files if one.content_type == _DELIVERY_STATUS]
    return _email(
        head,
        envelope,
        sender=texts.get("from", ""),
        subject=texts.get("subject", ""),
        text=texts.get("text", ""),
        html=texts.get("html", ""),
        reports=reports,
        attachments=[one.filename for one in files],
        calendars=[_calendar(one) for one in (*files, *fields.values()) if one.content_type in _CALENDARS],
        told=[bytes(fields[name].data) for name in ("headers", "from", "subject", "text", "html") if name in fields],
    )


def _raw(source: bytes, envelope: Mapping[str, Any]) -> IncomingEmail:
    if source[:_LONGEST_RAW].lower().count(b"boundary=") > _MOST_BOUNDARIES:
        raise MalformedEmail("its parts are nested too deep")
    # What a person wrote stands before what was attached.
    mail = message_from_bytes(source[:_LONGEST_RAW])
    texts: dict[str, str] = {}
    reports, attachments, calendars = [], [], []
    for part in _leaves(mail):
        name, kind = part.get_filename(), part.get_content_type()
        if kind in _CALENDARS:
            calendars.append(_payload(part))
        if kind == _DELIVERY_STATUS:
            reports.append(_delivery_status(part))
        elif name:
            attachments.append(_header(name))
        elif kind in ("text/plain", "text/html"):
            texts.setdefault(kind, _payload(part))
    return _email(
        mail,
        envelope,
        text=texts.get("text/plain", ""),
        html=texts.get("text/html", ""),
        reports=reports,
        attachments=attachments,
        calendars=calendars,
        told=[source],
    )


def _email(
    head: Message,
    envelope: Mapping[str, Any],
    *,
    text: str,
    html: str,
    reports: Iterable[str],
    attachments: Iterable[str],
    calendars: Iterable[str],
    told: Iterable[bytes],
    sender: str = "",
    subject: str = "",
) -> IncomingEmail:
    headers = {name.lower(): _header(value) for name, value in reversed(head.items())}
    name, address = parseaddr((sender or headers.get("from", ""))[:_LONGEST_HEADER])
    if not address and not envelope["from"]:
        raise MalformedEmail("it has no sender")
    headers["subject"] = headers.get("subject") or subject
    return IncomingEmail(
        message_id=_message_id(headers.get("message-id", ""), told),
        sender=_address(address or envelope["from"]),
        sender_name=_line(name) or None,
        recipients=envelope["to"],
        addressed=tuple(_addresses(headers, ("to", "cc"))),
        subject=_line(headers["subject"]),
        written=written(text[:_LONGEST_TEXT], html[:_LONGEST_TEXT]),
        references=_references(headers),
        hand=hand(headers, return_path=envelope["from"]),
        bounce=_bounce(headers, reports),
        attachments=tuple(filter(None, map(_line, list(attachments)[:_MOST_ATTACHMENTS]))),
        invitation_reply=next(filter(None, map(read_reply, list(calendars)[:_MOST_CALENDARS])), None),
    )


def _calendar(part: Part) -> str:
    return _decoded(bytes(part.data), part.charset)


def _envelope(part: Part | None) -> dict[str, Any]:
    """Who told the mail server to bring it, and to whom; an empty sender is the null return path.

    Raises:
        MalformedEmail: there is none.
    """
    told = _json(part) if part is not None else {}
    to, sender = told.get("to"), told.get("from")
    if not isinstance(to, list) or not to or not all(isinstance(one, str) for one in to):
        raise MalformedEmail("its envelope names no recipient")
    recipients = tuple(filter(None, (_line(one) for one in to[:MOST_ADDRESSES])))
    return {"to": recipients, "from": _line(sender) if isinstance(sender, str) else None}


def _json(part: Part) -> dict[str, Any]:
    try:
        read = json.loads(bytes(part.data))
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _decoded(data: bytes, charset: object) -> str:
    """The text of a field, in the charset that came with it; what does not fit is shown as such."""
    data = data[:_LONGEST_TEXT]
    for name in (charset, "utf-8"):
        try:
            if isinstance(name, str) and codecs.lookup(name).name not in _NO_CHARSETS:
                return data.decode(name)
        except (LookupError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _leaves(mail: Message) -> Iterator[Message]:
    """The parts that hold something, without those of mails that are attached."""
    if mail.get_content_type() == _DELIVERY_STATUS or not mail.is_multipart():
        yield mail
    elif mail.get_content_maintype() == "multipart":
        for part in mail.get_payload():
            if isinstance(part, Message):
                yield from _leaves(part)


def _delivery_status(part: Message) -> str:
    groups = part.get_payload()
    return "\n\n".join(str(one) for one in groups) if isinstance(groups, list) else _payload(part)


def _payload(part: Message) -> str:
    try:
        data = part.get_payload(decode=True)
    except (MessageError, ValueError, LookupError):
        return ""
    return _decoded(data, part.get_content_charset()) if isinstance(data, bytes) else ""


def _bounce(headers: Mapping[str, str], reports: Iterable[str]) -> Bounce | None:
    """What a delivery report says; a report without a word for machines says nothing."""
    if not headers.get("content-type", "").lower().startswith("multipart/report"):
        return None
    return next(filter(None, map(read_bounce, reports)), None)


def _references(headers: Mapping[str, str]) -> tuple[str, ...]:
    named = f"{headers.get('in-reply-to', '')} {headers.get('references', '')}"
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(named)))[:_MOST_REFERENCES]


def _addresses(headers: Mapping[str, str], names: Iterable[str]) -> Iterator[str]:
    listed = getaddresses([headers[name][:_LONGEST_HEADER] for name in names if name in headers])
    yield from dict.fromkeys(_address(address) for _, address in listed[:MOST_ADDRESSES] if address)


def _message_id(header: str, told: Iterable[bytes]) -> str:
    """The Message-ID; a mail without one is known by the hash of all it says."""
    if found := _MESSAGE_ID.search(header):
        return found[1]
    digest = hashlib.sha256()
    for data in told:
        digest.update(hashlib.sha256(data).digest())
    return f"sha256 {digest.hexdigest()}"


def _address(text: str) -> str:
    try:
        return normal_email(text)
    except CaptureRefused:
        return _line(text)


def _header(value: object) -> str:
    """A header's text, decoded as far as it can be."""
    text = str(value)[:_LONGEST_HEADER]
    try:
        parts = [
            one.decode(charset or "utf-8", "replace") if isinstance(one, bytes) else one
            for one, charset in decode_header(text)
        ]
    except (HeaderParseError, LookupError, ValueError):
        return text
    return "".join(parts)


def _line(text: str) -> str:
    """One line without what can't be seen or kept."""
    try:
        return " ".join((clean_text("text", text[:MAX_LINE]) or "").split())
    except CaptureRefused:
        return ""

"""Twilio's contract of the Messages resource, as the fake provider speaks it."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from re import compile as pattern
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.faults.provider_behaviours import Behaviour
from tests.faults.provider_messages import Delivery, Draft, Kind, Reply

VERSION = "2010-04-01"
_PATH = pattern(rf"/{VERSION}/Accounts/(?P<account>AC[0-9a-f]{{32}})/Messages\.json")
_NUMBER = pattern(r"\+[1-9]\d{6,14}")
_JSON = (("Content-Type", "application/json"),)
TOUCH_PARAMETER = "touch"
SERVICE_NUMBER = "+15005550006"
"""What a messaging service sends from, known only once it has sent."""


def is_messages(path: str) -> bool:
    """Whether a request is about the Messages resource."""
    return _PATH.fullmatch(urlsplit(path).path) is not None


def unauthorized(path: str, headers: Mapping[str, str], account_sid: str, token: str) -> Reply | None:
    """Twilio's answer to somebody whom it doesn't know, else None."""
    known = "Basic " + b64encode(f"{account_sid}:{token}".encode()).decode()
    match = _PATH.fullmatch(urlsplit(path).path)
    if headers.get("Authorization") == known and match and match["account"] == account_sid:
        return None
    return error(401, 20003, "Authenticate")


def read(body: bytes) -> Draft | Reply:
    """The message that a request asks for, or Twilio's answer to what is wrong with it."""
    form = {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
    to, text = form.get("To", ""), form.get("Body", "")
    if not to:
        return error(400, 21604, "A 'To' phone number is required.")
    if not form.get("From") and not form.get("MessagingServiceSid"):
        return error(400, 21603, "A 'From' phone number is required.")
    if not text:
        return error(400, 21602, "Message body is required.")
    if len(text) > 1600:
        return error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    if not _NUMBER.fullmatch(to):
        return error(400, 21211, f"Invalid 'To' Phone Number: {to}")
    callback = form.get("StatusCallback")
    touches = parse_qs(urlsplit(callback).query).get(TOUCH_PARAMETER) if callback else None
    return Draft(
        kind=Kind.TWILIO,
        touch=touches[0] if touches else None,
        to=to,
        body=text,
        sender=form.get("From", ""),
        service=form.get("MessagingServiceSid"),
        callback=callback,
        request=dict(form),
    )


def failed(behaviour: Behaviour) -> Reply:
    """The error that a behaviour asks for; its text holds a number, as Twilio's do."""
    reply = error(behaviour.status, behaviour.code or behaviour.status, "The message to +12125550111 failed")
    if 300 <= behaviour.status < 400:
        return Reply(reply.status, reply.body, (*reply.headers, ("Location", "/elsewhere")))
    if behaviour.retry_after is None:
        return reply
    wait = str(round(behaviour.retry_after.total_seconds()))
    return Reply(reply.status, reply.body, (*reply.headers, ("Retry-After", wait)))


def error(status: int, code: int, message: str) -> Reply:
    """Twilio's body of an error."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more, "status": status}
    return Reply(status, json.dumps(body).encode(), _JSON)


def created(delivery: Delivery, account_sid: str) -> Reply:
    """Twilio's answer to a message that it takes: queued, and not sent yet."""
    return Reply(201, json.dumps(record(delivery, account_sid, "queued", None, None)).encode(), _JSON)


def record(
    delivery: Delivery, account_sid: str, status: str, error_code: int | None, sent_at: datetime | None
) -> dict[str, object]:
    """A message as Twilio shows it: neither our id nor the callback's address."""
    draft = delivery.draft
    uri = f"/{VERSION}/Accounts/{account_sid}/Messages/{delivery.message_id}"
    sender = draft.sender or (SERVICE_NUMBER if sent_at else None)
    segments = "0" if sender is None else str(max(1, -(-len(draft.body) // 160)))
    return {
        "account_sid": account_sid,
        "api_version": VERSION,
        "body": draft.body,
        "date_created": format_datetime(delivery.received_at),
        "date_sent": format_datetime(sent_at) if sent_at else None,
        "date_updated": format_datetime(sent_at or delivery.received_at),
        "direction": "outbound-api",
        "error_code": error_code,
        "error_message": None,
        "from": sender,
        "messaging_service_sid": draft.service,
        "num_media": "0",
        "num_segments": segments,
        "price": None,
        "price_unit": "USD",
        "sid": delivery.message_id,
        "status": status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": draft.to,
        "uri": f"{uri}.json",
    }


def page(path: str, records: list[tuple[datetime | None, dict[str, object]]], largest_page: int) -> Reply:
    """One page of the list, newest first.

    Args:
        path: with its query.
        records: the account's messages, oldest first, each with its instant of sending. One that is not sent yet
            (`date_sent` is null) matches no filter by that date.
        largest_page: how many records a page may hold, whatever is asked for.
    """
    asked = {name: values[-1] for name, values in parse_qs(urlsplit(path).query).items()}
    matching = [
        each
        for sent_at, each in reversed(records)
        if asked.get("To") in (None, each["to"])
        and asked.get("From") in (None, each["from"])
        and _is_within(sent_at, asked)
    ]
    size = min(int(asked.get("PageSize", "50")), largest_page)
    number = int(asked.get("Page", "0"))
    start = number * size
    shown = matching[start : start + size]
    here = urlsplit(path).path

    def uri(at: int) -> str:
        query = {**asked, "PageSize": str(size), "Page": str(at), "PageToken": f"PA{at}"}
        return f"{here}?{urlencode(query)}"

    body = {
        "end": start + len(shown) - 1,
        "first_page_uri": uri(0),
        "messages": shown,
        "next_page_uri": uri(number + 1) if start + size < len(matching) else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1) if number else None,
        "start": start,
        "uri": uri(number),
    }
    return Reply(200, json.dumps(body).encode(), _JSON)


def _is_within(sent_at: datetime | None, asked: Mapping[str, str]) -> bool:
    """Twilio's filters by date: on a day, before (`DateSent<`) or from then on (`DateSent>`)."""
    on, before, since = (asked.get(name) for name in ("DateSent", "DateSent<", "DateSent>"))
    if on is before is since is None:
        return True
    if sent_at is None:
        return False
    return (
        (on is None or _instant(on) <= sent_at < _instant(on) + timedelta(days=1))
        and (before is None or sent_at <= _instant(before))
        and (since is None or sent_at >= _instant(since))
    )


def _instant(value: str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC)

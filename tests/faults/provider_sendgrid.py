"""SendGrid's v3 contract of sending, as the fake provider speaks it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from tests.faults.provider_behaviours import Behaviour
from tests.faults.provider_messages import Delivery, Draft, Kind, Reply

PATH = "/v3/mail/send"
TOUCH = "followthrough_touch"
_HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"
_JSON = (("Content-Type", "application/json"),)
_RESERVED = frozenset(
    {
        *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
        *("to", "from", "subject", "reply-to", "cc", "bcc"),
    }
)
"""Headers that SendGrid writes itself."""


def read(headers: Mapping[str, str], body: bytes, api_key: str) -> list[Draft] | Reply:
    """The messages that a request asks for, or SendGrid's answer to what is wrong with it."""
    if headers.get("Authorization") != f"Bearer {api_key}":
        return _error(401, "The provided authorization grant is invalid, expired, or revoked", None)
    try:
        request = json.loads(body)
    except ValueError:
        return _error(400, "Bad Request", None)
    wrong = _mistake(request)
    return _error(400, *wrong) if wrong else [_draft(request, each) for each in request["personalizations"]]


def accepted(delivery: Delivery) -> Reply:
    """SendGrid's answer to a message that it takes."""
    return Reply(202, b"", (("X-Message-Id", delivery.message_id),))


def failed(behaviour: Behaviour) -> Reply:
    """The error that a behaviour asks for."""
    if behaviour.status >= 500:
        return _error(behaviour.status, "Internal Server Error", None)
    reply = _error(behaviour.status, "something about jane@example.com is wrong", behaviour.named_field)
    if 300 <= behaviour.status < 400:
        return Reply(reply.status, reply.body, (*reply.headers, ("Location", "/elsewhere")))
    if behaviour.status != 429:
        return reply
    limits = [("X-RateLimit-Limit", "600"), ("X-RateLimit-Remaining", "0")]
    if behaviour.retry_after is not None:
        reset = datetime.now(UTC) + behaviour.retry_after
        limits.append(("X-RateLimit-Reset", str(round(reset.timestamp()))))
    return Reply(reply.status, reply.body, (*reply.headers, *limits))


def _mistake(request: dict[str, object]) -> tuple[str, str] | None:
    """What is wrong with a request, and in which field."""
    people = request.get("personalizations")
    if not isinstance(people, list) or not people:
        return "The personalizations field is required and must have at least one personalization.", "personalizations"
    for number, person in enumerate(people):
        to = person.get("to") or []
        if not to:
            return "The to array is required for all personalization objects.", f"personalizations.{number}.to"
        for index, recipient in enumerate(to):
            if not _is_address(recipient.get("email")):
                return "Does not contain a valid address.", f"personalizations.{number}.to.{index}.email"
        if not all(isinstance(value, str) for value in person.get("custom_args", {}).values()):
            return "Custom arguments must be strings.", f"personalizations.{number}.custom_args"
        if not (person.get("subject") or request.get("subject")):
            return "The subject is required.", "subject"
        if any(name.casefold() in _RESERVED for name in {**request.get("headers", {}), **person.get("headers", {})}):  # type: ignore[dict-item]
            return "The header is reserved and can't be set.", "headers"
    sender = request.get("from")
    if not isinstance(sender, dict) or not _is_address(sender.get("email")):
        return "The from object must be provided for every email send.", "from"
    reply_to = request.get("reply_to")
    if reply_to is not None and not (isinstance(reply_to, dict) and _is_address(reply_to.get("email"))):
        return "Does not contain a valid address.", "reply_to.email"
    categories = request.get("categories", [])
    if not isinstance(categories, list) or len(set(categories)) != len(categories) or len(categories) > 10:
        return "There can be 10 categories at most, each once.", "categories"
    content = request.get("content")
    if not isinstance(content, list) or not content:
        return "Unless a valid template_id is provided, the content parameter is required.", "content"
    if any(not part.get("value") for part in content):
        return "The content value must be a string at least one character in length.", "content.0.value"
    types = [part.get("type") for part in content]
    if types not in (["text/plain"], ["text/html"], ["text/plain", "text/html"]):
        return "If present, text/plain must be first, followed by text/html.", "content"
    return None


def _is_address(value: object) -> bool:
    if not isinstance(value, str):
        return False
    name, at, domain = value.rpartition("@")
    return bool(at and name and "." in domain and " " not in value)


def _draft(request: dict[str, object], person: dict[str, object]) -> Draft:
    parts = {part["type"]: part["value"] for part in request["content"]}  # type: ignore[attr-defined]
    arguments = dict(person.get("custom_args", {}))  # type: ignore[call-overload]
    return Draft(
        kind=Kind.SENDGRID,
        touch=arguments.get(TOUCH),
        to=person["to"][0]["email"],  # type: ignore[index]
        body=parts.get("text/plain", ""),
        html=parts.get("text/html"),
        sender=request["from"]["email"],  # type: ignore[index]
        subject=str(person.get("subject") or request.get("subject")),
        custom_args=arguments,
        headers={**request.get("headers", {}), **person.get("headers", {})},  # type: ignore[dict-item, call-overload]
        reply_to=request.get("reply_to", {}).get("email", ""),  # type: ignore[attr-defined]
        categories=list(request.get("categories", [])),  # type: ignore[call-overload]
        request=request,
    )


def _error(status: int, message: str, field: str | None) -> Reply:
    body = {"errors": [{"message": message, "field": field, "help": f"{_HELP}#message" if field else None}]}
    return Reply(status, json.dumps(body).encode(), _JSON)

"""Twilio's incoming texts: taken once, and answered where Twilio does not answer by itself."""

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from starlette.datastructures import ImmutableMultiDict
from twilio.twiml.messaging_response import MessagingResponse  # type: ignore[import-untyped]

from api.inbound import Inbox, Taken
from api.rest.auth import AskedServices
from api.services import Services
from api.webhooks import door
from api.webhooks.signatures import twilio_signed
from api.webhooks.twilio import LONGEST_FORM, SIGNATURE_HEADER, form_of, one, public_url
from leads.capture import CaptureRefused
from leads.model import Company
from leads.normalising import clean_text, normal_phone
from leads.replies import InboundKind, IncomingText

PATH = "/webhooks/twilio/inbound"
PROVIDER = "twilio"
_LONGEST_FIELD = 100
router = APIRouter(include_in_schema=False)
log = structlog.get_logger()


@router.post(PATH)
async def hear_text(request: Request, services: AskedServices) -> Response:
    """Take a text. Twilio may bring it again; what it says is taken once, and answered once."""
    keys = services.webhooks
    token = door.require_key(keys.twilio_auth_token)
    form = form_of(await door.read_body(request, LONGEST_FORM))
    if not twilio_signed(token, public_url(keys.base_url, PATH, request), form, request.headers.get(SIGNATURE_HEADER)):
        raise door.forbidden()
    text = read_text(form, services.company)
    async with door.trouble_asks_again():
        taken = await Inbox(services).take_text(text, PROVIDER)
    # With Advanced Opt-Out Twilio has answered already when it says what it took the text for.
    silent = keys.twilio_answers_stop or bool(text.said)
    return Response(_twiml(None if silent else _answer(taken, services)), media_type="application/xml")


def read_text(form: ImmutableMultiDict[str, str], company: Company) -> IncomingText:
    """The text of a callback; parameters that are not known are ignored.

    Raises:
        HTTPException: 400, it has no id or no sender.

    Source: Twilio, "Twilio's request to your incoming message Webhook URL".
    """
    sid, sender = one(form, "MessageSid") or one(form, "SmsSid"), one(form, "From")
    if not sid or not sender:
        raise HTTPException(400, "MessageSid and From: they are required")
    if max(map(len, (sid, sender))) > _LONGEST_FIELD:
        raise HTTPException(400, f"MessageSid and From: at most {_LONGEST_FIELD} characters")
    media = one(form, "NumMedia")
    return IncomingText(
        sid=_line(sid),
        sender=_sender(sender, company.country),
        recipient=_line(one(form, "To")[:_LONGEST_FIELD]),
        body=_text(one(form, "Body")),
        attachments=int(media) if media.isascii() and media.isdecimal() and len(media) < 4 else 0,
        said=one(form, "OptOutType").upper(),
    )


def _answer(taken: Taken, services: Services) -> str | None:
    """What the person gets back: one confirmation of a stop that changed something, and help whenever it is asked for.

    Source: 47 CFR 64.1200(a)(12): one confirmation, without marketing; CTIA: HELP names the company and the way out.
    """
    company = services.company
    if not taken.first:
        return None
    match taken.kind:
        case InboundKind.REVOCATION if taken.changed:
            return f"{company.name}: you will get no more messages from us. Reply START to get texts again."
        case InboundKind.HELP:
            reach = company.phone or company.sender_email
            return (
                f"{company.name}: "
                + (f"reach us at {reach}. " if reach else "")
                + "Reply STOP to get no more messages."
            )
    return None


def _twiml(text: str | None) -> str:
    response = MessagingResponse()
    if text is not None:
        response.message(text)
    return str(response)


def _sender(number: str, country: str) -> str:
    try:
        return normal_phone(number, country)
    except CaptureRefused:
        # A short code, or another messenger's address: it is no lead's number.
        return _line(number)


def _line(text: str) -> str:
    return " ".join(_text(text).split())


def _text(text: str) -> str:
    return clean_text("text", text) or ""

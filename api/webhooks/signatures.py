"""Whether a callback comes from the provider it seems to come from, as the providers' own libraries check it."""

import base64
from typing import TypeGuard

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sendgrid.helpers.eventwebhook import EventWebhook
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]


def sendgrid_signed(key: str, body: bytes, signature: str | None, sent_at: str | None) -> bool:
    """Whether SendGrid signed these very bytes.

    There is no limit on the signature's age: SendGrid repeats a batch for 24 hours and does not document whether it
    signs it anew, and events that come again change nothing.

    Args:
        key: SendGrid's public key, DER in base64.
        signature: the header X-Twilio-Email-Event-Webhook-Signature.
        sent_at: the header X-Twilio-Email-Event-Webhook-Timestamp, in s since 1970.

    Source: SendGrid, "Getting Started with the Event Webhook Security Features".
    """
    try:
        return _is_time(sent_at) and bool(EventWebhook(key).verify_signature(body.decode(), signature or "", sent_at))
    except ValueError:
        # Base64 that is none, or bytes that are no text: SendGrid sends neither.
        return False


def sendgrid_signed_bytes(key: str, body: bytes, signature: str | None, sent_at: str | None) -> bool:
    """The same for a body that may be in any charset, such as an email's; SendGrid's library takes text only.

    Source: SendGrid, "Securing your Inbound Parse Webhooks".
    """
    try:
        signed = base64.b64decode(signature or "", validate=True)
        if not _is_time(sent_at):
            return False
        EventWebhook(key).public_key.verify(signed, sent_at.encode() + body, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def _is_time(sent_at: str | None) -> TypeGuard[str]:
    """What is signed is the timestamp and the body in one, so nothing of the body may pass for the timestamp."""
    return sent_at is not None and sent_at.isascii() and sent_at.isdecimal()


def twilio_signed(token: str, url: str, form: ImmutableMultiDict[str, str], signature: str | None) -> bool:
    """Whether Twilio called this address with this form.

    Args:
        token: the account's auth token.
        url: the public address with its query, as Twilio knows it.
        form: the parameters of the body, blank and repeated ones included.
        signature: the header X-Twilio-Signature.

    Source: Twilio, "Webhooks Security: Validating Signatures from Twilio".
    """
    return bool(signature) and bool(RequestValidator(token).validate(url, form, signature))

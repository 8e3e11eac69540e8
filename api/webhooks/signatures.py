"""Whether a callback comes from the provider it seems to come from, as the providers' own libraries check it."""

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
    # What is signed is the timestamp and the body in one string, so nothing of the body may pass for the timestamp.
    if not signature or not sent_at or not (sent_at.isascii() and sent_at.isdecimal()):
        return False
    try:
        return bool(EventWebhook(key).verify_signature(body.decode("utf-8"), signature, sent_at))
    except ValueError:
        # Base64 that is none, or bytes that are no text: SendGrid sends neither.
        return False


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

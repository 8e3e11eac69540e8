"""SendGrid's Inbound Parse: emails that people, and machines, send to our reply domain."""

import hmac

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from api.inbound_emails import EmailInbox
from api.rest.auth import AskedServices
from api.webhooks import door
from api.webhooks.inbound_parse import MalformedEmail, read_email
from api.webhooks.keys import WebhookKeys
from api.webhooks.multipart import MalformedForm, read_parts
from api.webhooks.sendgrid import SIGNATURE_HEADER, TIMESTAMP_HEADER
from api.webhooks.signatures import sendgrid_signed_bytes
from leads.replies import IncomingEmail

LONGEST_EMAIL = 32 * 1024 * 1024
"""Bytes; SendGrid takes mails of 30 MB with their attachments, and the form adds a little."""
PROVIDER = "sendgrid"
router = APIRouter(prefix="/webhooks/sendgrid", include_in_schema=False)


@router.post("/inbound/{secret}", status_code=204)
async def hear_email(secret: str, request: Request, services: AskedServices) -> Response:
    """Take an email. It may come again; what it says is taken once."""
    keys = services.webhooks
    _require_secret(keys, secret)
    body = await door.read_body(request, LONGEST_EMAIL)
    signature, sent_at = request.headers.get(SIGNATURE_HEADER), request.headers.get(TIMESTAMP_HEADER)
    if keys.sendgrid_inbound_key and not sendgrid_signed_bytes(keys.sendgrid_inbound_key, body, signature, sent_at):
        raise door.forbidden()
    # A mail may be long and its text crooked; the event loop does not wait for it to be read.
    email = await run_in_threadpool(_read, request.headers.get("Content-Type"), body)
    async with door.trouble_asks_again():
        await EmailInbox(services, PROVIDER).take(email)
    return Response(status_code=204)


def _require_secret(keys: WebhookKeys, secret: str) -> None:
    """The path ends in the secret that was set.

    Raises:
        HTTPException: 404; it does not, or none is set: off, never open, and nobody learns which.
    """
    wanted = keys.sendgrid_inbound_secret
    if not wanted or not hmac.compare_digest(wanted.encode(), secret.encode("utf-8", "replace")):
        raise HTTPException(404, "there is nothing here")


def _read(content_type: str | None, body: bytes) -> IncomingEmail:
    try:
        return read_email(read_parts(content_type, body))
    except (MalformedForm, MalformedEmail) as error:
        raise HTTPException(400, f"the body is no email: {error}") from error
    except RecursionError as error:
        raise HTTPException(400, "the body is no email: its parts are nested too deep") from error

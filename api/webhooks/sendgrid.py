"""SendGrid's event webhook: what became of the emails we handed over."""

import json

import structlog
from fastapi import APIRouter, HTTPException, Request, Response

from api.reports import ProviderReports
from api.rest.auth import AskedServices
from api.webhooks import door
from api.webhooks.sendgrid_events import read_events
from api.webhooks.signatures import sendgrid_signed

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"
LONGEST_BATCH = 1024 * 1024
"""Bytes; SendGrid sends a batch once it has 768 KB."""
router = APIRouter(prefix="/webhooks/sendgrid", include_in_schema=False)
log = structlog.get_logger()


@router.post("/events", status_code=204)
async def hear_events(request: Request, services: AskedServices) -> Response:
    """Take a batch of events. Events repeat and come in any order; what they say is taken once."""
    key = door.require_key(services.webhooks.sendgrid_event_key)
    body = await door.read_body(request, LONGEST_BATCH)
    if not sendgrid_signed(key, body, request.headers.get(SIGNATURE_HEADER), request.headers.get(TIMESTAMP_HEADER)):
        raise door.forbidden()
    heard = read_events(_array(body))
    taken = await door.take(ProviderReports(services), heard.reports, heard.stops)
    log.info(
        "events of sendgrid taken",
        reports=taken.reports,
        changed=taken.changed,
        unknown=taken.unknown,
        stopped=taken.stopped,
        strange=heard.strange,
    )
    return Response(status_code=204)


def _array(body: bytes) -> list[object]:
    try:
        events = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the body is no JSON") from error
    if not isinstance(events, list):
        raise HTTPException(400, "the body is no array of events")
    return events

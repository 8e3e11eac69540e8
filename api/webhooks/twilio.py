"""Twilio's status callback: what became of the texts we handed over."""

from urllib.parse import parse_qsl
from uuid import UUID

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from starlette.datastructures import ImmutableMultiDict

from api.reports import ProviderReports
from api.rest.auth import AskedServices
from api.webhooks import door
from api.webhooks.signatures import twilio_signed
from api.webhooks.twilio_statuses import read_status
from leads.contract import TOUCH_PARAMETER, TWILIO_STATUS

SIGNATURE_HEADER = "X-Twilio-Signature"
LONGEST_FORM = 64 * 1024
"""Bytes."""
MOST_FIELDS = 500
router = APIRouter(include_in_schema=False)
log = structlog.get_logger()


@router.post(TWILIO_STATUS, status_code=204)
async def hear_status(request: Request, services: AskedServices) -> Response:
    """Take a status. Statuses repeat and come in any order; what they say is taken once."""
    keys = services.webhooks
    token = door.require_key(keys.twilio_auth_token)
    form = form_of(await door.read_body(request, LONGEST_FORM))
    if not twilio_signed(
        token, public_url(keys.base_url, TWILIO_STATUS, request), form, request.headers.get(SIGNATURE_HEADER)
    ):
        raise door.forbidden()
    status = one(form, "MessageStatus")
    if not status:
        raise HTTPException(400, "MessageStatus: it is required")
    touch_id = _touch_id(request)
    if touch_id is None:
        # A text that somebody sent through the same account without us.
        log.info("a status of twilio names no touch", status_known=False)
        return Response(status_code=204)
    report = read_status(touch_id, status, sid=one(form, "MessageSid"), error_code=one(form, "ErrorCode"))
    if report is not None:
        taken = await door.take(ProviderReports(services), [report])
        log.info("status of twilio taken", state=report.state, changed=taken.changed, unknown=taken.unknown)
    return Response(status_code=204)


def form_of(body: bytes) -> ImmutableMultiDict[str, str]:
    """The fields of a body, blank and repeated ones included.

    Raises:
        HTTPException: 400, there are too many.
    """
    try:
        # Blank values are signed too.
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400, f"the body has more than {MOST_FIELDS} fields") from error
    return ImmutableMultiDict(fields)


def public_url(base_url: str, path: str, request: Request) -> str:
    """The address as Twilio called it: behind a proxy the request itself knows another host, or no TLS."""
    query = request.scope["query_string"].decode("latin-1")
    return f"{base_url}{path}" + (f"?{query}" if query else "")


def _touch_id(request: Request) -> UUID | None:
    try:
        return UUID(request.query_params.get(TOUCH_PARAMETER, ""))
    except ValueError:
        return None


def one(form: ImmutableMultiDict[str, str], name: str) -> str:
    """A field's value, empty when it is missing.

    Raises:
        HTTPException: 400, it is there with different values.
    """
    values = set(form.getlist(name))
    if len(values) > 1:
        raise HTTPException(400, f"{name}: it is there more than once")
    return next(iter(values), "")

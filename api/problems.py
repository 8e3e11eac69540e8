"""Every error as an RFC 9457 problem document that names the field and says what to write instead."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from adapters.db.access import AlreadyAnswered, KeyReused, StillRunning
from adapters.db.cadences import UnknownCadence
from adapters.db.cases import LeadMerged, UnknownLead
from adapters.db.engine import DATABASE_ERRORS, driver_error, is_trouble
from adapters.db.paging import BadCursor
from cadences.refusals import CommandRefused
from leads.capture import CaptureRefused

MEDIA_TYPE = "application/problem+json"
REPLAY_HEADER = "Idempotent-Replay"
log = structlog.get_logger()


class FieldError(BaseModel):
    """One thing that is wrong with a request."""

    field: str
    message: str


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None
    incident: str | None = None
    """Under which id our log has it."""
    parts: dict[str, str] | None = None
    """Which part is not ready."""


class ValueRefused(Exception):
    """A value that could never be right, in contrast to one that does not fit the lead as it stands."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class UnknownTask(LookupError):
    """There is no task of this id."""


class UnknownBulkRun(LookupError):
    """There is no bulk run of this id."""


class PerhapsStored(Exception):
    """The database was lost while a change was being committed: nobody can say whether it was."""


class NotReady(Exception):
    """A part that we stand on is not ready."""

    def __init__(self, parts: Mapping[str, str]) -> None:
        super().__init__("not ready")
        self.parts = dict(parts)


def problem_response(
    status: int,
    detail: str,
    *,
    errors: Sequence[FieldError] | None = None,
    incident: str | None = None,
    parts: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The problem document as a response."""
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=list(errors) if errors else None,
        incident=incident,
        parts=dict(parts) if parts else None,
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True), status_code=status, media_type=MEDIA_TYPE, headers=headers
    )


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in (308, 400, 401, 404, 409, 413, 415, 422, 503)
}
"""For the OpenAPI document: how each error looks."""


def problem_schemas() -> dict[str, Any]:
    """What `PROBLEMS` refers to, for the components of the OpenAPI document."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    parts: dict[str, Any] = schema.pop("$defs")
    return {**parts, "Problem": schema}


def install(app: FastAPI) -> None:
    """Let the application answer every error with a problem document."""
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)


async def _refused_command(_: Request, refused: Any) -> JSONResponse:
    return _of_field(409, refused.field, refused.message)


async def _refused_value(_: Request, refused: Any) -> JSONResponse:
    return _of_field(422, refused.field, refused.message)


async def _unknown_cadence(_: Request, unknown: Any) -> JSONResponse:
    return _of_field(422, "cadence", f"no cadence {str(unknown)!r} was published")


async def _bad_cursor(_: Request, bad: Any) -> JSONResponse:
    return _of_field(422, "cursor", str(bad))


async def _unknown_lead(_: Request, __: Exception) -> JSONResponse:
    return problem_response(404, "there is no such lead")


async def _lead_merged(request: Request, merged: Any) -> JSONResponse:
    """The same call at the lead that this one lives on in; whoever asked for neither looks again."""
    parts = request.url.path.split("/")
    if str(merged.lead_id) not in parts:
        return problem_response(409, f"lead {merged.lead_id} was merged into lead {merged.into}; take that one")
    moved = "/".join(str(merged.into) if part == str(merged.lead_id) else part for part in parts)
    query = f"?{request.url.query}" if request.url.query else ""
    detail = f"the lead was merged into lead {merged.into}, which has all that belonged to it"
    return problem_response(308, detail, headers={"Location": f"{moved}{query}"})


async def _unknown_task(_: Request, __: Exception) -> JSONResponse:
    return problem_response(404, "there is no such task")


async def _unknown_bulk_run(_: Request, __: Exception) -> JSONResponse:
    return problem_response(404, "there is no such bulk run")


async def _answered(request: Request, answered: Any) -> JSONResponse:
    headers = {REPLAY_HEADER: "true"}
    name, address = _MADE_AT.get(request.url.path, ("", lead_address))
    if (made := answered.body.get(name)) is not None:
        headers["Location"] = address(made)
    # All but what was done was forgotten, unless the lead was erased since.
    media_type = MEDIA_TYPE if answered.status == HTTPStatus.GONE else None
    return JSONResponse(answered.body, status_code=answered.status, media_type=media_type, headers=headers)


async def _key_reused(_: Request, __: Exception) -> JSONResponse:
    return _of_field(422, "Idempotency-Key", "this key was given with another request; take a new one")


async def _still_running(_: Request, __: Exception) -> JSONResponse:
    detail = "the same request is being worked on; ask again in a second"
    return problem_response(409, detail, headers={"Retry-After": "1"})


async def _not_ready(_: Request, not_ready: Any) -> JSONResponse:
    wrong = [f"{part}: {state}" for part, state in not_ready.parts.items() if state != "ok"]
    return problem_response(503, "; ".join(wrong), parts=not_ready.parts)


async def _database_error(request: Request, error: Exception) -> JSONResponse:
    if not is_trouble(error):
        raise error
    return _database_trouble(request, error, "the database can't be reached or is in trouble; nothing was stored")


async def _perhaps_stored(request: Request, lost: Exception) -> JSONResponse:
    detail = "the database was lost while this was being stored, so it may have been stored; "
    if "idempotency-key" in request.headers:
        detail += "send it again under the same Idempotency-Key: it is not done twice"
    else:
        detail += "look before you send it again, and send writes with an Idempotency-Key: they are not done twice"
    return _database_trouble(request, lost.__cause__ or lost, detail)


def _database_trouble(request: Request, error: BaseException, detail: str) -> JSONResponse:
    said = driver_error(error)
    log.warning(
        "the database is in trouble",
        path=request.url.path,
        error=type(said).__name__,
        sqlstate=getattr(said, "sqlstate", None),
    )
    return problem_response(503, detail, headers={"Retry-After": "5"})


async def _http_error(_: Request, error: Any) -> JSONResponse:
    said = error.detail if error.detail and error.detail != HTTPStatus(error.status_code).phrase else None
    detail = said or _PLAIN.get(error.status_code) or HTTPStatus(error.status_code).phrase
    return problem_response(error.status_code, detail, headers=error.headers)


async def _invalid(_: Request, invalid: Any) -> JSONResponse:
    found: list[Mapping[str, Any]] = invalid.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem_response(400, "the body is no JSON", errors=[FieldError(field="body", message="it is no JSON")])
    if any(one["loc"][0] == "path" for one in found):
        return problem_response(404, "there is nothing at this address: its id is none")
    errors = [FieldError(field=_field(one["loc"]), message=_message(one)) for one in found]
    return problem_response(422, "; ".join(f"{one.field}: {one.message}" for one in errors[:5]), errors=errors)


def lead_address(lead_id: object) -> str:
    """Where a lead is found."""
    return f"/api/leads/{lead_id}"


def bulk_run_address(run_id: object) -> str:
    """Where a bulk run is found."""
    return f"/api/bulk-runs/{run_id}"


_MADE_AT = {"/api/leads": ("id", lead_address), "/api/bulk-runs": ("run", bulk_run_address)}
"""Paths under which something is made: what of the answer names it, and where it is found then."""


def _of_field(status: int, field: str, message: str) -> JSONResponse:
    return problem_response(status, f"{field}: {message}", errors=[FieldError(field=field, message=message)])


def _field(loc: Sequence[Any]) -> str:
    return ".".join(str(part) for part in loc[1:]) or str(loc[0])


def _message(error: Mapping[str, Any]) -> str:
    """Pydantic's words, without the input: that may be private, or long."""
    if error["type"] == "extra_forbidden":
        return "there is no such field"
    if error["type"] == "model_attributes_type":
        return "it must be a JSON object"
    if error["type"] == "missing":
        return "it is required"
    return str(error["msg"]).removeprefix("Value error, ")


_PLAIN = {
    404: "there is nothing at this address",
    405: "this address does not take that method",
}
_HANDLERS: dict[type[Exception], Any] = {
    CommandRefused: _refused_command,
    ValueRefused: _refused_value,
    CaptureRefused: _refused_value,
    UnknownCadence: _unknown_cadence,
    LeadMerged: _lead_merged,
    UnknownLead: _unknown_lead,
    UnknownTask: _unknown_task,
    UnknownBulkRun: _unknown_bulk_run,
    BadCursor: _bad_cursor,
    AlreadyAnswered: _answered,
    KeyReused: _key_reused,
    StillRunning: _still_running,
    NotReady: _not_ready,
    RequestValidationError: _invalid,
    HTTPException: _http_error,
    PerhapsStored: _perhaps_stored,
    **dict.fromkeys(DATABASE_ERRORS, _database_error),
}

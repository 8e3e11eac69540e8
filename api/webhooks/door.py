"""What every callback passes: is its webhook on, is its body short enough, and what it hears when we are in trouble."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from adapters.db.engine import driver_error, is_trouble
from api.reports import ProviderReports, Taken
from leads.sending import AddressReport, MessageReport

log = structlog.get_logger()


def require_key(key: str | None) -> str:
    """The key of a webhook.

    Raises:
        HTTPException: 404; a webhook that can't be checked is off, never open.
    """
    if not key:
        raise HTTPException(404, "this webhook is off: no key is set for it")
    return key


async def read_body(request: Request, longest: int) -> bytes:
    """The raw body, which is what was signed.

    Args:
        longest: bytes.

    Raises:
        HTTPException: 413, it is longer; 400, the caller went away before its end.
    """
    parts, length = [], 0
    try:
        async for part in request.stream():
            parts.append(part)
            length += len(part)
            if length > longest:
                detail = f"the body is longer than {longest} bytes"
                raise HTTPException(413, detail, headers={"Connection": "close"})
    except ClientDisconnect as gone:
        raise HTTPException(400, "the body broke off") from gone
    return b"".join(parts)


def forbidden() -> HTTPException:
    """The signature is missing or wrong; why is nobody's business."""
    return HTTPException(403, "the signature is missing or wrong")


async def take(reports: ProviderReports, heard: list[MessageReport], stops: Sequence[AddressReport] = ()) -> Taken:
    """Commit what a provider reports.

    Raises:
        HTTPException: 503, the database is in trouble; the provider sends the same again, which does nothing twice.
    """
    async with trouble_asks_again():
        return await reports.take(heard, stops)


@asynccontextmanager
async def trouble_asks_again() -> AsyncIterator[None]:
    """Have the provider send the same again when the database is in trouble; what was taken is not taken twice.

    Raises:
        HTTPException: 503.
    """
    try:
        yield
    except Exception as error:
        if not is_trouble(error):
            raise
        said = driver_error(error)
        log.warning(
            "what a provider sent could not be stored",
            error=type(said).__name__,
            sqlstate=getattr(said, "sqlstate", None),
        )
        detail = "the database is in trouble; send this again, nothing is done twice"
        raise HTTPException(503, detail, headers={"Retry-After": "5"}) from error

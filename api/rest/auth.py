"""Who is calling: bearer tokens, and the key under which a write may be repeated."""

from typing import Annotated, cast

from fastapi import Depends, Header, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from adapters.db.access import RepeatableWrite, Token, request_digest
from api.commands import LeadCommands
from api.services import Services
from api.writes import Caller

# Coroutines although they wait for nothing: FastAPI would run a plain function in a thread of its own.
_BEARER = HTTPBearer(auto_error=False, description="An API token: ft_…")


async def services_of(request: Request) -> Services:
    """The services that the application was made with."""
    return cast(Services, request.app.state.services)


async def commands_of(services: Annotated[Services, Depends(services_of)]) -> LeadCommands:
    """What carries out commands."""
    return LeadCommands(services)


async def token_of(
    services: Annotated[Services, Depends(services_of)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Token:
    """The caller's token; 401 without one that is in force."""
    token = await services.tokens.find(credentials.credentials) if credentials is not None else None
    if token is None:
        detail = "send an API token that is in force: Authorization: Bearer ft_…"
        raise HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})
    return token


async def caller_of(
    request: Request,
    token: Annotated[Token, Depends(token_of)],
    idempotency_key: Annotated[
        str | None,
        Header(
            pattern=r"^[\x21-\x7e]+$",
            max_length=255,
            description="Any text of your own; the same write under the same key is done once, and answered again.",
        ),
    ] = None,
) -> Caller:
    """The caller of a write, and the key under which it may be repeated."""
    if idempotency_key is None:
        return Caller(token)
    digest = request_digest(request.method, request.url.path, await request.body())
    return Caller(token, RepeatableWrite(idempotency_key, token.id, digest))


AskedServices = Annotated[Services, Depends(services_of)]
AskedCommands = Annotated[LeadCommands, Depends(commands_of)]
AskedBy = Annotated[Caller, Depends(caller_of)]

"""Whether we live, and whether everything we stand on is there; asked by machines, without a token."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.problems import NotReady
from api.rest.auth import AskedServices

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """We live."""

    status: str = "ok"


class Readiness(BaseModel):
    """Everything we stand on is there."""

    status: str = "ready"
    parts: dict[str, str]


@router.get("/healthz")
async def healthz() -> Health:
    """Whether this process lives."""
    return Health()


@router.get("/readyz", responses={503: {"description": "A part is not ready; the problem document says which."}})
async def readyz(services: AskedServices) -> Readiness:
    """Whether requests can be served, and which part is not ready."""
    parts = await services.readiness()
    if any(state != "ok" for state in parts.values()):
        raise NotReady(parts)
    return Readiness(parts=parts)

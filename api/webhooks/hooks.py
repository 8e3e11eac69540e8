"""The door for other programs: a delivery is checked, taken once, and answered."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request

from api.hook_intake import HookIntake
from api.rest.auth import AskedServices
from api.webhooks import door
from leads.hook_signatures import HookKeys, is_signed
from leads.named_sheets import SheetBroken

HOOKS_PATH = "/hooks"
LONGEST_BODY = 256 * 1024
"""Bytes."""
router = APIRouter(prefix=HOOKS_PATH, include_in_schema=False)


@router.post("/{name}")
async def take(request: Request, services: AskedServices, name: str) -> dict[str, Any]:
    """Take a delivery. Programs repeat them; each is taken once, and one that can't be read is kept for us to mend."""
    try:
        async with door.trouble_asks_again():
            sheet = await services.doors.hook(name, services.clock())
    except SheetBroken as broken:
        detail = "this hook is being mended; send this again, nothing is done twice"
        raise HTTPException(503, detail, headers={"Retry-After": "600"}) from broken
    if sheet is None:
        raise HTTPException(404, "there is no such hook")
    body = await door.read_body(request, LONGEST_BODY)
    secret = HookKeys(services.links.key.secret).of(name)
    if not is_signed(sheet.signature, secret, body, request.headers, services.clock()):
        raise door.forbidden()
    async with door.trouble_asks_again():
        return {"state": await HookIntake(services).take(sheet, body)}

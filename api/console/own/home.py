"""Where one lands: the page that one's role begins with."""

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import ui

from api.console.desk import Desk
from api.console.door import DESK, PREFIX
from api.console.pages import PAGES
from api.console.permissions import LANDS_ON


@ui.page("/")
async def home(request: Request) -> RedirectResponse:
    """Go on to where this role begins."""
    desk: Desk = request.scope[DESK]
    begins = next(one for one in PAGES if one.page is LANDS_ON[desk.person.role])
    return RedirectResponse(f"{PREFIX}{begins.path}", 303)

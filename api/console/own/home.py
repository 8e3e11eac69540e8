"""Where one lands: the first page that one's role may open."""

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import ui

from api.console.desk import Desk
from api.console.door import DESK, PREFIX
from api.console.pages import PAGES
from api.console.permissions import may_open


@ui.page("/")
async def home(request: Request) -> RedirectResponse:
    """Go on to the first page of the navigation."""
    desk: Desk = request.scope[DESK]
    first = next(one for one in PAGES if one.nav is not None and may_open(desk.person.role, one.page))
    return RedirectResponse(f"{PREFIX}{first.path}", 303)

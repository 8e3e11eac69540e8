"""The html of a message, alone in a frame in which nothing runs and from which nothing of the console is reached.

Whoever writes a template, or a question that one quotes, may write any html. It is served on its own address with a
policy of its own: no scripts, no forms, nothing loaded, an origin of its own; also for whoever opens that very address.
Only links work; they open in a new window, which is an ordinary one.
"""

from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse
from nicegui import app, ui

from api.console.desk import Desk
from api.console.door import DESK, PREFIX
from api.console.permissions import Page, may_open

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        f"sandbox {SANDBOX}",
    )
)


@app.get("/outbox/{letter_id}/html", include_in_schema=False)
async def show_html(request: Request, letter_id: UUID) -> HTMLResponse:
    """The html of a message of the local outbox."""
    desk: Desk = request.scope[DESK]
    if not may_open(desk.person.role, Page.OUTBOX):
        return _answer("This is not for you to see.", 403)
    message = await desk.services.outbox.message(letter_id)
    if message is None or message.html is None:
        return _answer("There is no such message any more.", 404)
    return _answer(message.html)


def frame(letter_id: UUID, title: str) -> ui.element:
    """The frame with the html of a message."""
    shown = ui.element("iframe").classes("ft-letter-html")
    shown.props["src"] = f"{PREFIX}/outbox/{letter_id}/html"
    shown.props["sandbox"] = SANDBOX
    shown.props["title"] = title
    shown.props["referrerpolicy"] = "no-referrer"
    return shown


def _answer(html: str, status: int = 200) -> HTMLResponse:
    page = f'<!doctype html><meta charset="utf-8"><base target="_blank">{html}'
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return HTMLResponse(page, status, headers=headers)

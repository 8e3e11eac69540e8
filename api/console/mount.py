"""Puts the console on the application, once in a process, since NiceGUI has one application in each."""

import logging
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from nicegui import app as console
from nicegui import ui

from api.console import areas, signing_in, single_sign_on
from api.console.cookies import Cookies
from api.console.door import PREFIX, Door
from api.console.kit import EXPECTED
from api.console.pages import nowhere
from api.console.wire import guard_sockets
from api.services import Services

STATIC = Path(__file__).parent / "static"
_RECONNECTS_WITHIN = 30.0
"""Seconds; a laptop that wakes up, or changes its network, finds its page as it was."""


def mount_console(app: FastAPI, services: Services) -> None:
    """Add the console's pages, its sign-in and its door to an application."""
    assert areas.AREAS
    secure = services.links.base_url.startswith("https://")
    cookies = Cookies(services.links.key.secret, secure=secure)
    app.include_router(signing_in.router)
    app.include_router(single_sign_on.router)
    app.mount(f"{PREFIX}/static", StaticFiles(directory=STATIC), name="console-static")
    ui.run_with(
        app,
        root=nowhere,
        mount_path=PREFIX,
        title="Followthrough",
        favicon=STATIC / "favicon.svg",
        dark=None,
        language="en-US",
        tailwind=False,
        binding_refresh_interval=None,
        reconnect_timeout=_RECONNECTS_WITHIN,
        gzip_middleware_factory=None,
        show_welcome_message=False,
    )
    guard_sockets()
    # Quasar would show a nameless bar at every request of a script's.
    console.config.quasar_config["loadingBar"]["skipHijack"] = True
    logging.getLogger("nicegui").addFilter(_without_words)
    console.add_exception_handler(RequestValidationError, _not_found)
    app.add_middleware(Door, services=services, cookies=cookies, secure=secure)


async def _not_found(request: Request, error: Exception) -> Response:
    """An address with a parameter that makes no sense is that of no page."""
    found: Response = await console.exception_handlers[404](request, error)  # type: ignore[misc]
    return found


def _without_words(record: logging.LogRecord) -> bool:
    """Keep what an error says out of the log, since it may quote a lead, and drop what was said to the person."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return True
    if isinstance(error, EXPECTED):
        return False
    record.msg, record.args, record.exc_info, record.exc_text = type(error).__name__, (), None, None
    return True

"""`follow web`: serves the application until it is told to stop."""

import logging

import uvicorn
from starlette.types import ASGIApp

from api.app import create_app
from api.bulk import bulk_at_work
from api.console.mount import mount_console
from runtime.services import open_services
from runtime.settings import Settings

_SOCKET_LINES = ("connection open", "connection closed", "connection rejected", '%s - "WebSocket')


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    async with open_services(settings) as services:
        app = create_app(services)
        mount_console(app, services)
        logging.getLogger("uvicorn.error").addFilter(is_no_socket)
        async with bulk_at_work(services):
            await uvicorn.Server(server_config(app, settings)).serve()


def is_no_socket(record: logging.LogRecord) -> bool:
    """Whether a line tells of something else than that a page of the console connected, which each visit does."""
    return record.levelno > logging.INFO or not str(record.msg).startswith(_SOCKET_LINES)


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How an application is served."""
    return uvicorn.Config(
        app,
        host=settings.web_host,
        port=settings.web_port,
        log_config=None,
        access_log=False,
        # How many forms come from one address says nothing where that is the proxy's.
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=5,
    )

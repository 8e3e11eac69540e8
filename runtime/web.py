"""`follow web`: serves the application until it is told to stop."""

import uvicorn
from starlette.types import ASGIApp

from api.app import create_app
from api.console.mount import mount_console
from runtime.services import open_services
from runtime.settings import Settings


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    async with open_services(settings) as services:
        app = create_app(services)
        mount_console(app, services)
        await uvicorn.Server(server_config(app, settings)).serve()


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

"""`follow web`: serves the application until it is told to stop."""

import uvicorn

from api.app import create_app
from runtime.services import open_services
from runtime.settings import Settings


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    async with open_services(settings) as services:
        config = uvicorn.Config(
            create_app(services),
            host=settings.web_host,
            port=settings.web_port,
            log_config=None,
            access_log=False,
            # How many forms come from one address counts for nothing where that is the proxy's.
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        await uvicorn.Server(config).serve()

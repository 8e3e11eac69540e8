"""The commands that run Followthrough, up, migrate, worker, web; and the one that says where, address."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import typer

from runtime import logs
from runtime.addresses import EMBEDDED_MISSING
from runtime.embedded.errors import StartError
from runtime.settings import Settings, load_settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(migrate)
    app.command()(worker)
    app.command()(web)
    app.command()(address)


def address() -> None:
    """Print where the web server is reached, also from a terminal that lacks the settings of `follow up`."""
    from runtime.served import as_served

    typer.echo(as_served(load_settings()).base_url)


def up() -> None:
    """Start everything on this machine: embedded servers, migrations, worker and web."""
    try:
        from runtime.prepare import prepare_embedded
        from runtime.up import up as start_everything
    except ModuleNotFoundError as missing:
        raise StartError(EMBEDDED_MISSING.format(missing.name)) from missing

    raise typer.Exit(start_everything(_settings(), prepare=prepare_embedded))


def migrate() -> None:
    """Bring the database and Temporal's namespace up to date and publish the shipped cadences."""
    from runtime.prepare import migrate_and_publish

    settings = _settings()
    _run(migrate_and_publish(settings))


def worker() -> None:
    """Run workflows and activities until told to stop."""
    from runtime.worker import run_worker

    settings = _settings()
    _run(run_worker(settings))
    # The SDK's core sometimes aborts while the interpreter tears down (sdk-python issue 300); let it settle.
    time.sleep(0.2)


def web() -> None:
    """Serve the console, the public pages and the REST interface."""
    from runtime.web import serve

    settings = _settings()
    _run(serve(settings))


def _settings() -> Settings:
    settings = load_settings()
    logs.configure(settings.log_level, as_json=settings.log_json)
    return settings


def _run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)

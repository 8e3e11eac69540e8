"""What has to be true before the worker and the web start: schema, cadences, people, Temporal's namespace, a token."""

import os
from datetime import timedelta
from pathlib import Path

import structlog

from adapters.db.access import ApiTokens
from adapters.db.accounts import Accounts
from adapters.db.migrate import SchemaTooNew, migrate
from adapters.db.sample_traces import BY
from adapters.temporal import (
    ensure_delivery_schedule,
    ensure_learning_schedule,
    ensure_liveness_schedule,
    ensure_reports_schedule,
    ensure_staff_mail_schedule,
)
from cadences.library import shipped
from leads.model import Colleague
from runtime import sample
from runtime.bootstrap import Foundation, connect_temporal, delivery_of, open_foundation, review_schedules_of
from runtime.embedded.errors import StartError
from runtime.settings import Settings
from runtime.temporal_setup import prepare_namespace

log = structlog.get_logger()

TOKEN_FILE = "token"
_TOKEN_NAME = "embedded"
_FIRST_WELCOME_LASTS = timedelta(days=1)


async def migrate_and_publish(settings: Settings) -> None:
    """`follow migrate`: the newest schema, Temporal's namespace, and the shipped cadences; harmless to repeat.

    Raises:
        StartError: a part can't be reached, or is newer than this program.
    """
    async with open_foundation(settings) as foundation:
        await _prepare(foundation)
        await _ensure_owner(foundation)


async def prepare_embedded(settings: Settings) -> str | None:
    """What `follow up` needs: the same, and for a newcomer a token, a first way in, and the sample business if wanted.

    Returns:
        Where the first admin chooses a password, once; None when an admin can sign in already.

    Raises:
        StartError: a part can't be reached, or is newer than this program.
    """
    async with open_foundation(settings) as foundation:
        await _prepare(foundation)
        await _ensure_token(foundation, settings.data_dir / TOKEN_FILE)
        if settings.loads_sample and await foundation.people.nothing_here_yet():
            await _load_sample(foundation)
        await _ensure_owner(foundation)
        return await _first_welcome(foundation)


async def _prepare(foundation: Foundation) -> None:
    settings = foundation.settings
    try:
        await migrate(foundation.engine)
    except SchemaTooNew as newer:
        raise StartError(str(newer)) from newer
    except OSError as unreachable:
        raise StartError(f"the database can't be reached: {unreachable}") from unreachable
    for bundle in shipped():
        if await foundation.shelf.publish_shipped(bundle, foundation.clock()):
            log.info("published", cadence=bundle.name, version=bundle.version[:12])
    client = await connect_temporal(settings)
    await prepare_namespace(client, settings.temporal_namespace)
    await ensure_liveness_schedule(client)
    await ensure_reports_schedule(client)
    await ensure_staff_mail_schedule(client)
    await review_schedules_of(foundation, client).ensure()
    await ensure_learning_schedule(client)
    if await ensure_delivery_schedule(client):
        announced = await delivery_of(foundation, client).announce_all()
        if announced:
            log.warning("this Temporal knows none of the leads; their workflows are started again", leads=announced)


async def _load_sample(foundation: Foundation) -> None:
    now = foundation.clock()
    await foundation.people.add(sample.COLLEAGUES, now)
    delivery = delivery_of(foundation, await connect_temporal(foundation.settings))
    for lead in sample.LEADS:
        captured = await foundation.intake.capture(lead, by=BY, now=foundation.clock())
        await delivery.deliver(captured.lead_id)


async def _ensure_owner(foundation: Foundation) -> None:
    """Somebody must be able to own a lead."""
    if not await foundation.people.all():
        owner = foundation.settings.default_owner
        await foundation.people.add([Colleague(owner, owner.capitalize())], foundation.clock())


async def _first_welcome(foundation: Foundation) -> str | None:
    accounts = Accounts(foundation.engine)
    if await accounts.has_admin():
        return None
    invitation = await accounts.invite(None, "follow up", foundation.clock(), lasts=_FIRST_WELCOME_LASTS)
    return foundation.links.welcome(invitation)


async def _ensure_token(foundation: Foundation, path: Path) -> None:
    """One token for this machine's owner, in a file that only they can read."""
    tokens = ApiTokens(foundation.engine)
    if path.exists() and await tokens.find(path.read_text(encoding="ascii").strip()) is not None:
        return
    token = await tokens.create(_TOKEN_NAME, foundation.clock())
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{token}\n")

"""Leads that hold because of a provider's account: resumed all at once, at a pace, when somebody has mended it."""

import asyncio
from datetime import timedelta

import structlog

from adapters.db.cases import UnknownLead
from api.commands import LeadCommands
from api.services import Services
from api.writes import Caller, ourselves
from cadences.refusals import CommandRefused

log = structlog.get_logger()


async def resume_held(
    services: Services, provider: str, by: str, *, per_second: float = 20.0, caller: Caller | None = None
) -> tuple[int, int]:
    """Resume every lead that a provider's account holds, by the same decision as a person's resume.

    Mails to colleagues that it refused are tried again within seconds, too.

    Args:
        by: who asks.
        per_second: how many leads at most in a second.
        caller: as whom each lead is resumed; the one who asks, at the command line, when left out.

    Returns:
        How many were resumed, and how many were not on hold any more.
    """
    await services.staff_mails.retry_now(provider, services.clock())
    commands, caller = LeadCommands(services), caller or ourselves(by)
    resumed = left = 0
    for lead_id in await services.alerts.held_by(provider, services.clock()):
        try:
            await commands.resume(lead_id, caller, None)
            resumed += 1
        except (CommandRefused, UnknownLead):
            left += 1
        await asyncio.sleep(timedelta(seconds=1 / per_second).total_seconds())
    log.info("leads resumed that a provider held", provider=provider, resumed=resumed, left=left)
    return resumed, left

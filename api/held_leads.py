"""Leads that hold because of a provider's account: let go on all at once, at a pace, when somebody has mended it."""

from uuid import UUID

import structlog

from adapters.db.leads_in_flight import MOST_CHOSEN
from api.bulk import BulkCommands
from api.bulk_wishes import GoOn
from api.services import Services

LEADS_PER_SECOND = 20.0
log = structlog.get_logger()


async def let_go_on(
    services: Services, provider: str, *, by: str, via: str, per_second: float = LEADS_PER_SECOND
) -> list[UUID]:
    """Have every lead resumed that a provider's account holds, by the same decision as a person's resume.

    Mails to colleagues that it refused are tried again within seconds, too.

    Args:
        by: who asks.
        via: the door it came through.
        per_second: how many leads at most in a second.

    Returns:
        The bulk run that does it; several where there are more leads than one may have, none where no lead is held.
    """
    await services.staff_mails.retry_now(provider, services.clock())
    held = await services.alerts.held_by(provider, services.clock())
    bulk, wish, chosen = BulkCommands(services), GoOn(provider=provider, per_second=per_second), f"held by {provider}"
    runs = [
        await bulk.begin(wish, held[start : start + MOST_CHOSEN], chosen=chosen, by=by, via=via)
        for start in range(0, len(held), MOST_CHOSEN)
    ]
    log.info("leads go on that a provider held", provider=provider, leads=len(held))
    return runs

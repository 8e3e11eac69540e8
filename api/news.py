"""What leads do without a colleague: committed under the lead's row lock, then told to its workflow."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from api.services import Services
from api.telling import tell
from cadences.case import Case
from leads.contract import CommandKind, Plan

Decide = Callable[[Case, datetime], Case]
log = structlog.get_logger()


class LeadNews:
    """Takes in what a lead itself did: wrote, pressed a link, stopped the messages."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def take(
        self,
        lead_id: UUID,
        kind: CommandKind,
        decide: Decide,
        *,
        by: str,
        details: Mapping[str, Any] | None = None,
        told: Callable[[Case], Mapping[str, Any]] | None = None,
        beside: Callable[[AsyncConnection, UUID], Awaitable[bool]] | None = None,
    ) -> Plan | None:
        """Commit one piece of news, and tell the workflow when it changed anything.

        Args:
            decide: the case that follows from it.
            by: whence it came, like `link` or `twilio`.
            details: what was said, in full; stays in the database.
            told: the news's own ids and instants, for the contract's `Told`, from the case that follows.
            beside: what is written in the same transaction before anything is decided, given whose it is by now;
                nothing is decided when it says False, because the same news was taken before.

        Returns:
            The plan that follows; None when nothing changed.

        Raises:
            UnknownLead: there is no lead of this id.
        """
        now = self._services.clock()
        async with self._services.cases.open(lead_id, now) as opened:
            lead_id, first = opened.case.lead.id, True

            async def write(connection: AsyncConnection) -> None:
                nonlocal first
                first = beside is None or await beside(connection, opened.case.lead.id)

            await opened.beside(write)
            case = decide(opened.case, now) if first else opened.case
            if case == opened.case:
                return None
            plan = await opened.save(case, kind, by=by, details=details or {}, told=told(case) if told else {})
        log.info("news of a lead taken", lead_id=str(lead_id), kind=kind.value, by=by, revision=plan.revision)
        await tell(self._services.delivery.deliver, lead_id)
        return plan

"""What providers report of messages: committed under the lead's row lock, and told to its workflow if it matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from adapters.db.cases import UnknownLead
from adapters.db.engine import is_trouble
from api.services import Services
from api.telling import tell_all
from cadences.hearing import message_reported
from leads.contract import CommandKind
from leads.sending import MessageReport

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of some reports."""

    reports: int
    """Those of messages in our ledger."""
    unknown: int
    """Those of messages that are not there, or not any more."""
    changed: int
    """Leads whose case changed; most reports change the ledger only."""


class ProviderReports:
    """Takes reports in. They may come again, late and in any order; the ledger keeps what is furthest along."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def take(self, reports: Sequence[MessageReport]) -> Taken:
        """Commit reports, one transaction for each lead, and tell the workflows of the leads that they changed.

        What is wrong with one lead keeps nobody else's reports from being taken; it is raised once all others are.

        Args:
            reports: in the order in which they happened.

        Raises:
            Exception: the database is in trouble, or a report could not be taken. Taking all of them again is right.
        """
        leads = await self._services.reading.leads_of_touches({report.touch_id for report in reports})
        of_lead: dict[UUID, list[MessageReport]] = {}
        for report in reports:
            if report.touch_id in leads:
                of_lead.setdefault(leads[report.touch_id], []).append(report)
        known, changed = sum(map(len, of_lead.values())), []
        failure: Exception | None = None
        for lead_id, theirs in of_lead.items():
            try:
                if await self._commit(lead_id, theirs):
                    changed.append(lead_id)
            except UnknownLead:
                # Erased since we looked.
                known -= len(theirs)
            except Exception as error:
                log.warning("reports could not be taken", lead_id=str(lead_id), error=type(error).__name__)
                failure = error
                if is_trouble(error):
                    break
        await tell_all(self._services.delivery.deliver, changed)
        if failure is not None:
            raise failure
        return Taken(reports=known, unknown=len(reports) - known, changed=len(changed))

    async def _commit(self, lead_id: UUID, reports: Sequence[MessageReport]) -> bool:
        """Write a lead's reports into the ledger; True when they changed its case as well."""
        now = self._services.clock()
        async with self._services.cases.open(lead_id, now) as opened:
            case, news = opened.case, []
            for report in reports:
                contact = await opened.report(report)
                if contact is None:
                    continue
                after = message_reported(case, report, contact=contact, now=now)
                if after != case:
                    news.append(report)
                case = after
            if not news:
                # No new revision: nobody but the ledger needs to know, and telling would cost each message an action.
                return False
            most = max(news, key=_weight)
            details = {"state": most.state.value, "code": most.code or None}
            plan = await opened.save(case, _kind(most), most.provider, details, {"touch_id": most.touch_id})
        log.info("a report changed a lead", lead_id=str(lead_id), kind=_kind(most).value, revision=plan.revision)
        return True


def _kind(report: MessageReport) -> CommandKind:
    if report.opted_out:
        return CommandKind.LEAD_OPTED_OUT
    return CommandKind.CONTACT_POINT_LOST if report.contact_dead else CommandKind.MESSAGE_REPORTED


def _weight(report: MessageReport) -> tuple[bool, bool]:
    """The workflow is told one thing of several: a stop before a lost contact point before all else."""
    return report.opted_out, report.contact_dead

"""What providers report of messages: committed under the lead's row lock, and told to its workflow if it matters."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import structlog

from adapters.db.cases import OpenCase, UnknownLead
from adapters.db.engine import is_trouble
from adapters.providers.error_codes import reported_trouble
from api.news import LeadNews
from api.services import Services
from api.telling import tell_all
from cadences.hearing import lead_opted_out, message_reported
from leads.contract import CommandKind
from leads.sending import AddressReport, MessageReport

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
    stopped: int = 0
    """Addresses that stopped messages of ours which are not in our ledger."""


class ProviderReports:
    """Takes reports in. They may come again, late and in any order; the ledger keeps what is furthest along."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def take(self, reports: Sequence[MessageReport], stops: Sequence[AddressReport] = ()) -> Taken:
        """Commit reports, one transaction for each lead, and tell the workflows of the leads that they changed.

        What is wrong with one lead keeps nobody else's reports from being taken; it is raised once all others are.

        Args:
            reports: in the order in which they happened.
            stops: addresses that stopped other mail of ours; they are taken like those of messages that are not in our
                ledger any more.

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
        others = [report for report in reports if report.touch_id not in leads]
        # A colleague who is tired of our mails stops no prospect's.
        internal = await self._services.staff_mails.reported(others, self._services.clock()) if others else set()
        forgotten = [
            AddressReport(report.address, report.provider, report.code)
            for report in others
            if report.touch_id not in internal and report.address
        ]
        stopped = dict.fromkeys([*stops, *forgotten])
        if failure is None:
            for stop in stopped:
                await self._stop(stop)
        if failure is not None:
            raise failure
        return Taken(reports=known, unknown=len(reports) - known, changed=len(changed), stopped=len(stopped))

    async def _stop(self, stop: AddressReport) -> None:
        """Suppress an address: of a lead, if it is one's, else on the company's own list alone."""
        services, why = self._services, f"{stop.provider} reports {stop.code}"
        entry = services.suppressions.entry(stop.address, None, why=why, by=stop.provider, now=services.clock())
        lead_id = (await services.suppressions.add_strangers({stop.address: [entry]})).get(stop.address)
        if lead_id is None:
            return
        with suppress(UnknownLead):  # Erased since; what it was stopped by stands on the list.
            await LeadNews(services).take(
                lead_id,
                CommandKind.LEAD_OPTED_OUT,
                lambda case, now: lead_opted_out(case, why=why, now=now),
                by=stop.provider,
                details={"code": stop.code},
            )

    async def _commit(self, lead_id: UUID, reports: Sequence[MessageReport]) -> bool:
        """Write a lead's reports into the ledger; True when they changed its case as well."""
        now, plan = self._services.clock(), None
        troubles: list[str] = []
        async with self._services.cases.open(lead_id, now) as opened:
            case, news = opened.case, []
            for report in reports:
                found = await opened.report(report)
                if found is None or found.again:
                    continue
                if found.news and await _tell_admin(opened, report):
                    troubles.append(report.code)
                after = message_reported(case, report, contact=found.contact, now=now)
                if after != case:
                    news.append(report)
                case = after
            # Else only the ledger needs to know; a new revision, and telling it, would cost each message an action.
            if news:
                most = max(news, key=_weight)
                details = {"state": most.state.value, "code": most.code or None}
                plan = await opened.save(case, _kind(most), most.provider, details, {"touch_id": most.touch_id})
        for code in troubles:
            log.error("a provider's account is in trouble", provider=reports[0].provider, code=code)
        if plan is None:
            return False
        log.info("a report changed a lead", lead_id=str(lead_id), kind=_kind(most).value, revision=plan.revision)
        return True


async def _tell_admin(opened: OpenCase, report: MessageReport) -> bool:
    """Alert the admin when a report says that the account is in trouble; True when that is new.

    The message itself had been accepted, so it is not sent again; and since others are accepted too, that does not
    resolve the alert: an admin does.
    """
    trouble = reported_trouble(report.provider, report.code)
    if trouble is None:
        return False
    reporter = f"reports of {report.provider}"
    return await opened.account_in_trouble(reporter, report.code, f"an accepted message failed: {trouble}")


def _kind(report: MessageReport) -> CommandKind:
    if report.opted_out:
        return CommandKind.LEAD_OPTED_OUT
    return CommandKind.CONTACT_POINT_LOST if report.contact_dead else CommandKind.MESSAGE_REPORTED


def _weight(report: MessageReport) -> tuple[bool, bool]:
    """The workflow is told one thing of several: a stop before a lost contact point before all else."""
    return report.opted_out, report.contact_dead

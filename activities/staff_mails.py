"""Sending mails to colleagues: claimed, handed to the company's email sender, recorded; never twice, never lost."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.ports import Clock, MessageSender, StaffMails
from cadences.messages import compose_staff_mail
from leads.contract import SEND_WITHIN, STAFF_MAIL_WATCH, StaffMailResult
from leads.links import Links
from leads.model import Company
from leads.sending import Found, OutcomeUnknown, Receipt, SendError, SendRefused
from leads.staff_mails import StaffMail, StaffMailState, settled_by

log = structlog.get_logger()

_ROUND = 50
"""So many mails at most are sent in one round."""


class StaffMailActivities:
    """What the schedule of the mails to colleagues asks for."""

    def __init__(
        self,
        mails: StaffMails,
        email: MessageSender,
        company: Company,
        links: Links,
        clock: Clock,
        every: timedelta,
        watch: timedelta = STAFF_MAIL_WATCH,
    ) -> None:
        self._mails = mails
        self._email = email
        self._company = company
        self._links = links
        self._clock = clock
        self._every = every
        self._rounds = max(1, int(watch / every))

    @activity.defn
    async def send_staff_mails(self) -> StaffMailResult:
        """Keep watch: send what waits, oldest first, look again after a while, and so on.

        One long watch instead of many short ones, as with the delivery of commands. A worker that stops hands the
        watch to the next.
        """
        sent = not_sent = 0
        for _ in range(self._rounds):
            result = await self.send_due(activity.heartbeat)
            sent, not_sent = sent + result.sent, not_sent + result.not_sent
            activity.heartbeat()
            with suppress(TimeoutError):
                await asyncio.wait_for(activity.wait_for_worker_shutdown(), self._every.total_seconds())
                raise ApplicationError("this worker stops; another one goes on")
        return StaffMailResult(sent=sent, not_sent=not_sent)

    async def send_due(self, progress: Callable[[], object] = lambda: None) -> StaffMailResult:
        """One round: send what is due now.

        Args:
            progress: called after each mail.
        """
        sent = not_sent = 0
        for _ in range(_ROUND):
            claimed = await self._mails.claim(self._email.provider, self._clock())
            if claimed is None:
                break
            if isinstance(claimed, StaffMailState):
                not_sent += 1
                continue
            result = await self._hand_over(claimed)
            settled = settled_by(result, claimed.attempts, self._clock())
            await self._mails.settle(claimed, settled, self._clock())
            progress()
            if settled.state is StaffMailState.SENT:
                sent += 1
                continue
            not_sent += 1
            log.warning("a mail to a colleague was not sent", mail_id=str(claimed.id), state=settled.state.value)
            if settled.trouble is not None:
                break  # The others would meet the same; they wait, and none of them is used up.
        return StaffMailResult(sent=sent, not_sent=not_sent)

    async def _hand_over(self, mail: StaffMail) -> Receipt | SendError:
        message = compose_staff_mail(mail, self._company, self._links)
        try:
            if not mail.interrupted:
                if self._clock() - mail.claimed_at > SEND_WITHIN:
                    # This process stood still after its claim; by the time it sends, another may have settled it.
                    return SendRefused("too late to send under this claim", retry_after=timedelta(0))
                return await self._email.send(message)
            if mail.provider != self._email.provider:
                return OutcomeUnknown(f"interrupted, and it is not {mail.provider} any more that mail goes to")
            finding = await self._email.find(message, mail.claimed_at)
        except SendError as error:
            return error
        if finding.found is Found.SENT and finding.receipt is not None:
            return finding.receipt
        if finding.found is Found.NOT_SENT:
            return SendRefused("interrupted before it reached the provider", retry_after=timedelta(0))
        return OutcomeUnknown("interrupted, and the provider can't say what became of it")

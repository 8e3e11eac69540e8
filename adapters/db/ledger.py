"""The ledger of one lead: what was claimed, what became of it, and what providers report of it later."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.deliverability import judge_domain
from adapters.db.documents import read_claim
from adapters.db.rows import TouchRow, table_of
from cadences.case import Case
from leads.sending import Claim, MessageReport, Receipt, TouchState

_OURS_TO_SETTLE = (TouchState.CLAIMED, TouchState.REFUSED, TouchState.UNKNOWN)
"""States that only we know about; the others a provider may have reported before we could record."""
_OLDER_NEWS = {
    TouchState.SENT: _OURS_TO_SETTLE,
    TouchState.DELIVERED: (*_OURS_TO_SETTLE, TouchState.SENT),
    TouchState.FAILED: (*_OURS_TO_SETTLE, TouchState.SENT, TouchState.DELIVERED),
}
"""What each report may follow on. Reports repeat and come in any order, and a bounce may follow a delivery."""
_TOUCHES = table_of(TouchRow)
_ITS_TOUCH = _TOUCHES.c.id == bindparam("touch_id", type_=Uuid())
_CLAIM = select(_TOUCHES).where(_ITS_TOUCH)
_INSERT_TOUCH = insert(_TOUCHES)
_UPDATE_TOUCH = update(_TOUCHES).where(_ITS_TOUCH)
_SETTLE_TOUCH = _UPDATE_TOUCH.where(_TOUCHES.c.state.in_(_OURS_TO_SETTLE))


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report found in the ledger."""

    contact: str
    """The contact point that the message went to."""
    news: bool
    """Whether it changed what stood there."""
    again: bool
    """This very report was taken before; what followed from it may have been undone by the person since (START)."""


class LeadLedger:
    """Reads and writes a lead's lines in an open transaction that holds the lead's row lock."""

    def __init__(
        self, connection: AsyncConnection, case: Case, now: datetime, claims: dict[UUID, Claim | None] | None = None
    ) -> None:
        """
        Args:
            claims: those that were read with the case.
        """
        self._connection = connection
        self._now = now
        self._claims = claims or {}
        self.case = case
        """The case as it was loaded."""

    async def claim_of(self, touch_id: UUID) -> Claim | None:
        """The ledger's claim of a step occurrence, if there is one."""
        if touch_id not in self._claims:
            row = (await self._connection.execute(_CLAIM, {"touch_id": touch_id})).mappings().one_or_none()
            self._claims[touch_id] = read_claim(row) if row is not None else None
        return self._claims[touch_id]

    async def claim(self, claim: Claim) -> None:
        """Write a new claim, or take a refused one again with the next attempt."""
        values = {
            "channel": claim.channel.value,
            "contact": claim.contact,
            "subject": claim.subject,
            "text": claim.text,
            "happened_at": claim.claimed_at,
            "state": claim.state.value,
            "attempt": claim.attempt,
            "provider": claim.provider,
            # What an attempt over another channel was called there says nothing of this one.
            "provider_message_id": None,
            "message_id": None,
            "sender": claim.sender or None,
            "segments": claim.segments,
            "variant": claim.variant,
            "error": None,
            "template": claim.template,
            "version": self.case.enrollment.version if claim.by is None else None,
            # What a lead is told of a meeting, or by a colleague, is none of the contacts that its cadence makes.
            "contact_number": None if ":" in claim.step_id else self.case.enrollment.attempts + 1,
            "personal": claim.by is not None,
            "by": claim.by,
            "owner_id": self.case.lead.owner.id,
        }
        self._claims[claim.touch_id] = claim
        if claim.attempt > 1:
            await self._connection.execute(_UPDATE_TOUCH, {"touch_id": claim.touch_id, **values})
            return
        of_step = {
            "id": claim.touch_id,
            "lead_id": self.case.lead.id,
            "enrollment_id": claim.enrollment_id,
            "step_id": claim.step_id,
            "occurrence": claim.occurrence,
        }
        await self._connection.execute(_INSERT_TOUCH, {**of_step, **values})

    async def settle(
        self, touch_id: UUID, state: TouchState, receipt: Receipt | None = None, error: str | None = None
    ) -> TouchState:
        """Record what became of a claim, unless a provider's report has said more already.

        Returns:
            The state in force.
        """
        values: dict[str, Any] = {"state": state.value, "settled_at": self._now, "error": error}
        if receipt is not None:
            values |= {"provider": receipt.provider, "provider_message_id": receipt.message_id}
        self._claims.pop(touch_id, None)
        if (await self._connection.execute(_SETTLE_TOUCH, {"touch_id": touch_id, **values})).rowcount:
            return state
        reported = await self._connection.scalar(select(TouchRow.state).where(TouchRow.id == touch_id))
        return TouchState(reported) if reported is not None else state

    async def report(self, report: MessageReport) -> Reported | None:
        """Write a provider's report into the ledger; one that is older news than what stands there changes nothing.

        A bounce or a complaint has the domain that it came from judged anew, once.

        Returns:
            What it found; None for a message that is not this lead's.
        """
        columns = (
            *(TouchRow.contact, TouchRow.sender, TouchRow.happened_at, TouchRow.message_id),
            *(TouchRow.state, TouchRow.error),
        )
        touch = (
            await self._connection.execute(
                select(*columns, TouchRow.bounced_at, TouchRow.complained_at).where(
                    TouchRow.id == report.touch_id, TouchRow.lead_id == self.case.lead.id
                )
            )
        ).one_or_none()
        if touch is None or touch.contact is None:
            return None
        marks: dict[str, Any] = {"message_id": report.mail_id} if report.mail_id and not touch.message_id else {}
        bad = {"bounced_at": report.bounced and not touch.bounced_at}
        bad |= {"complained_at": report.complained and not touch.complained_at}
        marks |= {name: self._now for name, is_new in bad.items() if is_new}
        changed = await self._connection.execute(
            update(TouchRow)
            .where(TouchRow.id == report.touch_id, TouchRow.state.in_(_OLDER_NEWS[report.state]))
            .values(
                state=report.state.value,
                settled_at=self._now,
                provider=report.provider,
                provider_message_id=func.coalesce(TouchRow.provider_message_id, report.message_id or None),
                error=report.code or None,
                **marks,
            )
        )
        if marks and not changed.rowcount:
            await self._connection.execute(update(TouchRow).where(TouchRow.id == report.touch_id).values(marks))
        if any(bad.values()) and touch.sender and "@" in touch.sender:
            company = self.case.company
            await judge_domain(self._connection, company, touch.sender, touch.happened_at, self._now)
        again = report.complained and not bad["complained_at"]
        again = again or (bool(report.code) and (touch.state, touch.error) == (report.state.value, report.code))
        return Reported(touch.contact, bool(changed.rowcount), again)

"""Writing what a decision found out: touches, answers, lost and suppressed contact points, news for colleagues."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, insert, literal, update
from sqlalchemy import case as either
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.contact_points import contact_point_values
from adapters.db.rows import (
    AnswerRow,
    ConsentRow,
    ContactPointRow,
    InquiryRow,
    LeadRow,
    StaffMailRow,
    StageChangeRow,
    TouchRow,
    table_of,
)
from adapters.db.slips import Wrote
from adapters.db.suppressions import ALL, Suppression, kind_of, reopen, suppress
from cadences.case import Case
from cadences.facts import (
    Accepted,
    AnswerGiven,
    ContactFound,
    ContactLost,
    Fact,
    Notice,
    QuestionAnswered,
    Reopened,
    SendSettled,
    Suppressed,
    TouchMade,
)
from leads.company_domains import business_domain
from leads.ids import derived_id
from leads.model import Channel, Consent, ContactKind, ContactPoint, Lead
from leads.sending import TouchState
from leads.suppression import SuppressionKey

_INSERT_TOUCH = postgresql.insert(table_of(TouchRow)).on_conflict_do_nothing().returning(table_of(TouchRow).c.id)
_INSERT_STAGE = insert(table_of(StageChangeRow)).returning(table_of(StageChangeRow).c.id)


class FactWriter:
    """Writes facts in the open transaction of the decision that found them out."""

    def __init__(
        self,
        connection: AsyncConnection,
        key: SuppressionKey,
        now: datetime,
        wrote: Wrote,
        by: str,
        why: str | None,
    ) -> None:
        """
        Args:
            wrote: notes the rows that are written.
            by: who decided.
            why: what was said or reported, in a word or two.
        """
        self._connection = connection
        self._key = key
        self._now = now
        self._wrote = wrote
        self._by = by
        self._why = why

    async def write(self, fact: Fact, before: Case, after: Case) -> None:
        """Write down one fact of a decision that made one case of another."""
        lead_id, enrollment_id = after.lead.id, after.enrollment.id
        match fact:
            case TouchMade():
                made = await self._connection.execute(_INSERT_TOUCH, _touch_values(fact, before, after))
                self._wrote.touches += made.scalars()
            case AnswerGiven():
                said = insert(AnswerRow).values(
                    lead_id=lead_id,
                    enrollment_id=enrollment_id,
                    answer=fact.answer,
                    by=fact.by,
                    note=fact.note,
                    said_at=self._now,
                )
                self._wrote.answers += (await self._connection.execute(said.returning(AnswerRow.id))).scalars()
            case SendSettled():
                settled = (
                    update(TouchRow)
                    .where(TouchRow.id == fact.touch_id, TouchRow.state == TouchState.UNKNOWN)
                    .values(state=(TouchState.SENT if fact.sent else TouchState.FAILED).value, settled_at=self._now)
                )
                self._wrote.settled += (await self._connection.execute(settled.returning(TouchRow.id))).scalars()
            case ContactLost():
                await self._connection.execute(
                    update(ContactPointRow)
                    .where(and_(ContactPointRow.lead_id == lead_id, ContactPointRow.value == fact.contact))
                    .values(lost=fact.why)
                )
                self._wrote.contacts.append(fact.contact)
                await self._revoke_consents(lead_id, fact.contact)
            case Accepted():
                await self.stage(after.lead, "accepted")
            case ContactFound():
                await self._add_contact_point(lead_id, fact.point)
            case QuestionAnswered():
                await self._answered(lead_id, fact)
            case Notice():
                await self._notify(lead_id, fact)
            case Suppressed():
                await self._suppress(lead_id, fact)
            case Reopened():
                await self._reopen(lead_id, fact.consent)

    async def stage(self, lead: Lead, stage: str | None = None) -> None:
        """Write down that a lead came to a stage: the one that it is in, unless another is named."""
        values = stage_values(lead, self._now, self._by, self._why)
        values |= {} if stage is None else {"stage": stage}
        self._wrote.stages += (await self._connection.execute(_INSERT_STAGE, values)).scalars()

    async def _add_contact_point(self, lead_id: UUID, point: ContactPoint) -> None:
        await self._connection.execute(insert(ContactPointRow), contact_point_values(lead_id, point, self._now))
        if point.kind is ContactKind.EMAIL:
            await self._connection.execute(
                update(LeadRow)
                .where(LeadRow.id == lead_id, LeadRow.company_domain.is_(None))
                .values(company_domain=business_domain(point.value))
            )

    async def _answered(self, lead_id: UUID, fact: QuestionAnswered) -> None:
        """Note at the questions that one answer was meant for who gave it."""
        answered = (
            update(InquiryRow)
            .where(
                and_(
                    InquiryRow.lead_id == lead_id,
                    InquiryRow.asked_at.between(fact.asked_from, fact.at),
                    InquiryRow.answered_at.is_(None),
                )
            )
            .values(answered_at=fact.at, answered_by=fact.by, answered_note=fact.note)
        )
        self._wrote.inquiries += (await self._connection.execute(answered.returning(InquiryRow.id))).scalars()

    async def _notify(self, lead_id: UUID, fact: Notice) -> None:
        """Write an email to a colleague, to be sent by itself; the same news is written once."""
        written = await self._connection.execute(
            postgresql.insert(StaffMailRow)
            .values(
                id=derived_id(lead_id, "notice", fact.kind, fact.colleague, fact.about),
                colleague_id=fact.colleague,
                kind=fact.kind,
                subject=fact.subject,
                text=fact.text,
                lead_id=lead_id,
                created_at=self._now,
            )
            .on_conflict_do_nothing()
            .returning(StaffMailRow.id)
        )
        self._wrote.mails += written.scalars()

    async def _suppress(self, lead_id: UUID, fact: Suppressed) -> None:
        await self._connection.execute(
            update(ContactPointRow)
            .where(and_(ContactPointRow.lead_id == lead_id, ContactPointRow.value == fact.contact))
            .values(_closed_on(fact.channel))
        )
        entry = Suppression(
            digest=self._key.digest(fact.contact),
            kind=kind_of(fact.contact),
            channel=fact.channel,
            why=fact.why,
            by=self._by,
            created_at=self._now,
        )
        await suppress(self._connection, [entry])
        await self._revoke_consents(lead_id, fact.contact, fact.channel)

    async def _reopen(self, lead_id: UUID, consent: Consent) -> None:
        why = f"the person wrote {consent.wording}"
        left = await reopen(
            self._connection, self._key, consent.contact, consent.channel, by=self._by, why=why, now=self._now
        )
        await self._connection.execute(
            update(ContactPointRow)
            .where(and_(ContactPointRow.lead_id == lead_id, ContactPointRow.value == consent.contact))
            .values(suppressed=ALL in left, suppressed_on=sorted(left - {ALL}))
        )
        await self._connection.execute(insert(ConsentRow).values(lead_id=lead_id, **asdict(consent)))

    async def _revoke_consents(self, lead_id: UUID, contact: str, channel: Channel | None = None) -> None:
        """On one channel, or on all: revoked, and kept as what was given once."""
        revoked = update(ConsentRow).where(
            and_(ConsentRow.lead_id == lead_id, ConsentRow.contact == contact, ConsentRow.revoked_at.is_(None))
        )
        if channel is not None:
            revoked = revoked.where(ConsentRow.channel == channel.value)
        revoked = revoked.values(revoked_at=self._now).returning(ConsentRow.id)
        self._wrote.consents += (await self._connection.execute(revoked)).scalars()


def _touch_values(fact: TouchMade, before: Case, after: Case) -> dict[str, Any]:
    """What a human did, for the ledger; a call of the plan counts as the next contact of its enrollment."""
    planned = before.enrollment if fact.step is not None else None
    touch = before.enrollment.next
    content = touch.content if touch is not None and touch.step == fact.step else None
    return {
        "id": fact.id,
        "lead_id": after.lead.id,
        "enrollment_id": None if fact.personal else before.enrollment.id,
        "step_id": fact.step.step_id if fact.step else None,
        "occurrence": fact.step.occurrence if fact.step else None,
        "channel": fact.channel.value,
        "state": TouchState.MADE.value,
        "personal": fact.personal,
        "text": fact.note,
        "outcome": fact.outcome,
        "variant": fact.variant,
        "by": fact.by,
        "happened_at": fact.happened_at,
        "template": content,
        "version": planned.version if planned else None,
        "contact_number": planned.attempts + 1 if planned else None,
        "owner_id": before.lead.owner.id,
    }


def stage_values(lead: Lead, now: datetime, by: str, why: str | None = None) -> dict[str, Any]:
    """That a lead came to the stage it is in, as a row."""
    return {
        "lead_id": lead.id,
        "stage": lead.stage.value,
        "at": now,
        "by": by,
        "owner_id": lead.owner.id,
        "why": why,
    }


def _closed_on(channel: Channel | None) -> dict[str, Any]:
    """What changes in the row of a contact point that is suppressed."""
    if channel is None:
        return {"suppressed": True}
    before, one = ContactPointRow.suppressed_on, literal([channel.value], postgresql.JSONB)
    return {"suppressed_on": either((before.op("@>")(one), before), else_=before.op("||")(one))}

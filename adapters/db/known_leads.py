"""What a known person brings along: facts for its lead, and words that are new or were said before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.contact_points import contact_point_values, note_do_not_call
from adapters.db.lead_writing import insert_consents
from adapters.db.rows import ContactPointRow, InquiryRow, LeadRow
from cadences.case import Case
from leads.capture import NewLead
from leads.company_domains import business_domain, company_domain
from leads.model import Consent, ContactPoint, Lead

SAME_WORDS_FOR = timedelta(days=7)
"""So long the same words are the same question, sent twice."""


async def add_facts(
    connection: AsyncConnection,
    lead: Lead,
    new: NewLead,
    given: Sequence[ContactPoint],
    consents: Sequence[Consent],
    now: datetime,
) -> bool:
    """Fill what the lead lacks; True when that may change its plan (contact points, consents, zone).

    Args:
        given: the contact points that came.
        consents: the permissions that came, to contact points that nobody closed.
    """
    added = await connection.execute(
        postgresql.insert(ContactPointRow)
        .values([contact_point_values(lead.id, point, now) for point in given])
        .on_conflict_do_nothing()
        .returning(ContactPointRow.id)
    )
    new_points = len(added.all())
    in_force = {(given.channel, given.contact) for given in lead.consents if given.revoked_at is None}
    fresh = [one for one in consents if (one.channel, one.contact) not in in_force]
    await insert_consents(connection, lead.id, fresh)
    checked = await _looked_up_again(connection, lead, new, given)
    filled: dict[str, Any] = {
        key: getattr(new, key)
        for key in ("name", "company", "source", "zone", "country", "region", "cost")
        if getattr(lead, key) is None and getattr(new, key) is not None
    }
    known = company_domain(lead.emails)
    if known is None and new.email is not None and (domain := business_domain(new.email)) is not None:
        filled["company_domain"] = domain
    if new.purchased_at is not None and (lead.purchased_at is None or new.purchased_at > lead.purchased_at):
        filled["purchased_at"] = new.purchased_at
    if new.reach is not None and new.reach != lead.reach:
        filled["reach"] = str(new.reach)  # A wish counts as it was last said.
    attributes = {**new.attributes, **lead.attributes}
    if attributes != dict(lead.attributes):
        filled["attributes"] = attributes
    if filled:
        await connection.execute(update(LeadRow).where(LeadRow.id == lead.id).values(filled))
    return bool(new_points or fresh or checked or filled.keys() & {"zone", "region", "purchased_at", "reach"})


async def _looked_up_again(
    connection: AsyncConnection, lead: Lead, new: NewLead, given: Sequence[ContactPoint]
) -> bool:
    """Take a newer look at the Do-Not-Call registry for a number that the lead has; True when there was one."""
    known = {point.value: point for point in lead.contacts}
    for point in given:
        before = known.get(point.value)
        if before is None or point.dnc_listed is None or point.dnc_checked_at is None:
            continue
        # Without a date of its own the same words again are no newer look.
        older = before.dnc_checked_at is None or before.dnc_checked_at < point.dnc_checked_at
        if older and (new.dnc_checked_at is not None or before.dnc_listed is not point.dnc_listed):
            await note_do_not_call(connection, point.value, listed=point.dnc_listed, at=point.dnc_checked_at)
            return True
    return False


async def was_asked(connection: AsyncConnection, case: Case, new: NewLead, now: datetime) -> bool:
    """Whether these words are known: asked in this enrollment lately, or ever, when they come from a file.

    Whoever asks the same again after an ending, or much later, asks anew: "please call me" is no question that
    is answered once and for all.
    """
    asked = select(func.max(InquiryRow.asked_at)).where(
        InquiryRow.lead_id == case.lead.id, InquiryRow.question == new.question
    )
    asked_at: datetime | None = await connection.scalar(asked)
    if asked_at is None or not new.asked_now:
        return asked_at is not None
    ended_at = case.enrollment.ended_at
    return asked_at > now - SAME_WORDS_FOR and (ended_at is None or asked_at > ended_at)

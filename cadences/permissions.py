"""Whether a channel may be used for a lead at all: contact points, consents, the Do-Not-Call registry, email law."""

from datetime import datetime, timedelta

from cadences.addressee import Addressee
from cadences.rules import RuleBook, shipped_rules
from leads.calendars import BusinessCalendar
from leads.model import Channel, Company, Consent, ContactKind, ContactPoint, Lead, LeadKind
from leads.reasons import Reason
from leads.regions import home_country, may_be_american
from leads.spans import Span, add_span

_CALENDAR = BusinessCalendar()


def blocked(
    channel: Channel,
    case: Addressee,
    at: datetime,
    *,
    answers_at_once: bool = False,
    book: RuleBook | None = None,
) -> Reason | None:
    """Why this channel can't be used for this lead whatever the hour; None when it can.

    What is blocked at an instant stays blocked until somebody learns something new of the lead.

    Args:
        at: when it would be used.
        answers_at_once: the email answers a question that was just asked, which needs no other permission.
        book: the rules of contact; those that are shipped when left out.
    """
    if channel is Channel.TASK:
        return None
    point = case.lead.contact_for(channel)
    if point is None:
        return Reason("channel", _why_none(channel, case.lead))
    consents = has_consent(channel, point, case.lead, case.company)
    match channel:
        case Channel.EMAIL:
            needless = consents or answers_at_once
            return None if needless else _unasked_email(case, at, book or shipped_rules())
        case Channel.SMS if not consents:
            return Reason("consent", "there is no complete consent to texts to this number")
    return None if consents else _do_not_call(point, case, at, book or shipped_rules())


def has_consent(channel: Channel, point: ContactPoint, lead: Lead, company: Company) -> bool:
    """Whether a consent in force covers the contact point, and its record is complete (T3)."""
    return any(
        consent.channel is channel
        and consent.contact == point.value
        and consent.revoked_at is None
        and _is_complete(consent, company)
        for consent in lead.consents
    )


def _is_complete(consent: Consent, company: Company) -> bool:
    # Records from before the seller was kept have none: they were all given to us.
    ours = not consent.seller.strip() or consent.seller.strip().casefold() == company.name.strip().casefold()
    return ours and all(part.strip() for part in (consent.wording, consent.method, consent.source))


def _why_none(channel: Channel, lead: Lead) -> str:
    kind, noun = ContactKind.PHONE, "phone number"
    if channel is Channel.EMAIL:
        kind, noun = ContactKind.EMAIL, "email address"
    points = [point for point in lead.contacts if point.kind is kind]
    if not points:
        return f"the lead has no {noun}"
    usable = [point for point in points if point.usable]
    if usable:
        word = {Channel.EMAIL: "emails", Channel.SMS: "texts", Channel.CALL: "calls"}[channel]
        return f"the lead's {noun} must not be used for {word}: it is on the suppression list"
    why = "it is on the suppression list" if points[0].suppressed else points[0].lost
    return f"the lead has no usable {noun}: {why}"


def _do_not_call(point: ContactPoint, case: Addressee, at: datetime, book: RuleBook) -> Reason | None:
    if not may_be_american(point.value):
        return None
    row = book.do_not_call(at.date())
    if row is None or _is_known(case, at, row.after_inquiry, row.after_purchase):
        return None
    if point.dnc_listed:
        return Reason("do not call", f"the number is on the Do-Not-Call registry ({row.citation})")
    if point.dnc_checked_at is None:
        if row.never_checked == "allow":
            return None
        return Reason("do not call", "the number was never looked up in the Do-Not-Call registry")
    if at > point.dnc_checked_at + timedelta(days=row.check_every_days):
        looked = f"last looked up in the Do-Not-Call registry on {point.dnc_checked_at.astimezone(case.zone):%d %b %Y}"
        words = f"the number was {looked}, more than {row.check_every_days} days before: check the registry again"
        return Reason("do not call", words)
    return None


def _unasked_email(case: Addressee, at: datetime, book: RuleBook) -> Reason | None:
    country = home_country(case.lead, case.company)
    row = book.email(country, at.date())
    if row is None or _is_known(case, at, row.after_inquiry, row.after_purchase):
        return None
    asked = _inquired_at(case.lead) is not None or case.lead.purchased_at is not None
    why = "and the last inquiry or purchase is too long ago" if asked else "and the person never asked us anything"
    return Reason("consent", f"email to {country} needs a consent ({row.citation}); there is none, {why}")


def _is_known(case: Addressee, at: datetime, after_inquiry: Span | None, after_purchase: Span | None) -> bool:
    """Whether an inquiry or a purchase still stands; it ends with the instant that its span leads to."""
    return any(
        began is not None and (span is None or at < add_span(began, span, case.zone, _CALENDAR))
        for began, span in ((_inquired_at(case.lead), after_inquiry), (case.lead.purchased_at, after_purchase))
    )


def _inquired_at(lead: Lead) -> datetime | None:
    """When the person last asked us something; whoever came by asking did so at least then.

    Who came with a backlog asked before, and nobody knows when.
    """
    came_by_asking = lead.kind is LeadKind.INBOUND and lead.backlog_id is None
    return lead.inquired_at or (lead.created_at if came_by_asking else None)

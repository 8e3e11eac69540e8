"""What somebody wrote into a form: read against its sheet, into a lead or into what to mend, and never lost."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leads.capture import CaptureRefused, NewConsent, NewLead
from leads.form_sheets import ATTRIBUTE, FormConsent, FormSheet
from leads.form_tokens import FormToken
from leads.model import Channel, Company
from leads.normalising import MAX_LINE, Reader, new_lead, normal_email, normal_phone

HONEYPOT = "homepage"
"""A field that no person sees; programs fill it in."""
KEY, TOKEN = "form_key", "form_token"
"""The hidden fields of every form."""
TICKED = "yes"
LEAST_SECONDS = timedelta(seconds=3)
"""Nobody fills in a form faster."""
GOOD_FOR = timedelta(days=1)
"""So long a form that was left open can be sent; then it is shown once more."""
_NOTHING = "Please write something: nothing came in."


@dataclass(frozen=True, slots=True)
class Filled:
    """What was written, and what is wrong with it."""

    lead: NewLead | None
    mistakes: Mapping[str, str]
    """By the field's name; under an empty one what is wrong with the whole."""


def box_of(consent: FormConsent) -> str:
    """What the box of a consent is called in a posted form."""
    return f"consent.{consent.channel}"


def too_old(token: FormToken, now: datetime) -> bool:
    """Whether the form lay open for so long that it is to be shown once more."""
    return now - token.shown_at > GOOD_FOR


def suspicion(posted: Mapping[str, str], token: FormToken | None, now: datetime, *, vouched_for: bool) -> str | None:
    """Why a program seems to have sent this; None where a person may well have.

    Args:
        vouched_for: a browser says that it was sent from one of the websites that hold a copy of the form.
    """
    if posted.get(HONEYPOT, "").strip():
        return "the field that no person sees was filled in"
    if token is not None:
        took = now - token.shown_at
        return f"it was filled in within {took.total_seconds():.1f} seconds" if took < LEAST_SECONDS else None
    if posted.get(TOKEN):
        return "its token is not one of ours"
    return None if vouched_for else "no website of yours vouches for it"


def words_of(sheet: FormSheet, posted: Mapping[str, str]) -> str:
    """Everything that was written, word for word, under the labels that the person saw."""
    lines = [f"{field.label}: {text}" for field in sheet.fields if (text := posted.get(field.name, "").strip())]
    lines += [f"[x] {consent.words}" for consent in sheet.consents if posted.get(box_of(consent)) == TICKED]
    return "\n".join(lines)


def sender_of(posted: Mapping[str, str], region: str) -> str:
    """Whom it seems to come from, in the one spelling under which a person is recognised, where that can be told.

    Args:
        region: the country of phone numbers that are written without a country code.
    """
    reader, email, phone = Reader(forgiving=True), posted.get("email"), posted.get("phone")
    known = reader.read(normal_email, email) or reader.read(normal_phone, phone, region)
    return known or " ".join((email or phone or "").split())[:MAX_LINE] or "somebody"


def read_answers(
    sheet: FormSheet, posted: Mapping[str, str], company: Company, *, page: str, address: str | None
) -> Filled:
    """What was written, as a lead; or what is wrong with each field, for the person to mend.

    Args:
        page: where the form was filled in.
        address: where from, as the network says.
    """
    mistakes = dict(_mistakes(sheet, posted))
    given = {field.name: posted.get(field.name, "") for field in sheet.fields if field.name not in mistakes}
    reader = Reader(forgiving=True)
    lead = _lead(sheet, given, words_of(sheet, posted), company, reader)
    for refusal in reader.refusals:
        field, _, message = refusal.partition(": ")
        mistakes.setdefault(field, _as_a_sentence(message))
    if lead is None and not mistakes:
        mistakes[""] = _NOTHING
    ticked = [consent for consent in sheet.consents if posted.get(box_of(consent)) == TICKED]
    for consent in ticked:
        if not given.get(consent.needs, "").strip():
            mistakes.setdefault(consent.needs, "Please fill this in too, or untick the box that goes with it.")
    if lead is None or mistakes:
        return Filled(None, mistakes)
    return Filled(replace(lead, consents=_consents(sheet, lead, ticked, company, page, address)), {})


def read_forgivingly(
    sheet: FormSheet,
    posted: Mapping[str, str],
    company: Company,
    *,
    page: str,
    address: str | None,
    sent_at: datetime,
    agreed: Collection[str],
) -> NewLead | None:
    """The same where nobody is there to mend anything: what is wrong becomes a person's task; None without a word.

    Args:
        sent_at: when it came in, perhaps days ago.
        agreed: the words of the form's consents as the person saw them; nobody agreed to others.
    """
    given = {field.name: posted.get(field.name, "") for field in sheet.fields}
    lead = _lead(sheet, given, words_of(sheet, posted), company, Reader(forgiving=True))
    if lead is None:
        return None
    reached = {"email": lead.email, "phone": lead.phone}
    ticked = [
        one
        for one in sheet.consents
        if posted.get(box_of(one)) == TICKED and reached[one.needs] and one.worded(company.name) in agreed
    ]
    consents = _consents(sheet, lead, ticked, company, page, address)
    return replace(lead, consents=tuple(replace(one, given_at=sent_at) for one in consents))


def _lead(sheet: FormSheet, given: Mapping[str, str], words: str, company: Company, reader: Reader) -> NewLead | None:
    """The lead that was written; None when there is nothing of one."""
    attributes = {name.removeprefix(ATTRIBUTE): text for name, text in given.items() if name.startswith(ATTRIBUTE)}
    try:
        return new_lead(
            region=company.country,
            email=given.get("email"),
            phone=given.get("phone"),
            name=given.get("name"),
            company=given.get("company"),
            question=given.get("question"),
            kind=sheet.kind.value,
            source=sheet.source,
            cadence=sheet.cadence,
            attributes=attributes,
            words=words,
            reader=reader,
        )
    except CaptureRefused:
        return None


def _mistakes(sheet: FormSheet, posted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What each field's own rules say."""
    for field in sheet.fields:
        text = posted.get(field.name, "").strip()
        if field.required and not text:
            yield field.name, "Please fill this in."
        elif field.choices and text and text not in field.choices:
            yield field.name, "Please choose one of these."


def _consents(
    sheet: FormSheet,
    lead: NewLead,
    ticked: list[FormConsent],
    company: Company,
    page: str,
    address: str | None,
) -> tuple[NewConsent, ...]:
    """The permissions that were given, in our own words: what a browser says of them counts for nothing."""
    given = []
    for consent in ticked:
        contact = lead.email if consent.needs == "email" else lead.phone
        if contact is not None:
            words, source = consent.worded(company.name), f"{sheet.source}: {page}"[:MAX_LINE]
            given.append(NewConsent(Channel(consent.channel), contact, words, "checkbox", source, address))
    return tuple(given)


def _as_a_sentence(message: str) -> str:
    sentence = f"{message[:1].upper()}{message[1:]}"
    return sentence if sentence.endswith(".") else f"{sentence}."

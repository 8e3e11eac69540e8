"""The fields a template may use: what each means, an example, and whether every lead has it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cadences.templating import Prose
from leads.inquiries import AnswerFound, Inquiry, Link
from leads.model import Channel, Colleague, Company, Consent, ContactKind, ContactPoint, Lead, LeadKind

ATTRIBUTES = "attributes"


@dataclass(frozen=True, slots=True)
class TemplateField:
    """One row of the table in docs/writing-cadences.md."""

    name: str
    meaning: str
    example: str
    always: bool = False
    """Every lead has it; the others need a default."""


TEMPLATE_FIELDS = (
    TemplateField("first_name", "the first word of the lead's name", "Maria"),
    TemplateField("name", "the lead's whole name", "Maria Lopez"),
    TemplateField("company", "the company the lead works for", "Lopez Bakery"),
    TemplateField("question", "the newest question the lead asked", "Do you deliver on Saturdays?"),
    TemplateField(
        "answers",
        "our answers to what the lead asked, a list to loop over; each has `title`, `text` and `links`",
        "one answer",
        always=True,
    ),
    TemplateField(
        "open_questions",
        "what a person still answers, a list to loop over: questions in the lead's own words",
        "Is Sunday possible?",
        always=True,
    ),
    TemplateField("answer_by", "by when a person answers them, on the lead's clock", "today before 5:15 pm"),
    TemplateField("email", "the lead's email address in use", "maria@example.com"),
    TemplateField("phone", "the lead's phone number in use", "+12025550143"),
    TemplateField("source", "where the lead came from", "website"),
    TemplateField("owner_name", "the whole name of the rep who owns the lead", "Sam Porter", always=True),
    TemplateField("owner_first_name", "the rep's first name", "Sam", always=True),
    TemplateField("owner_email", "the rep's email address", "sam@example.org"),
    TemplateField("owner_phone", "the rep's phone number", "+12025550177"),
    TemplateField("our_name", "our company's name", "Harbor Supply", always=True),
    TemplateField("our_phone", "our company's phone number", "+12025550100"),
    TemplateField("our_address", "our postal address, which also stands under each email", "1 Pier Road", always=True),
    TemplateField(
        "meeting_link",
        "the page on which the lead picks a time to meet the rep; in emails only",
        "https://example.org/m/AbC",
        always=True,
    ),
    TemplateField("occurrence", "1 the first time a step comes, 2 the second time of a repeat …", "1", always=True),
    TemplateField(f"{ATTRIBUTES}.NAME", "anything else the lead was captured with, by its name", "blue"),
)
"""Everything a template may name, besides the names under the cadence's own `defaults:`."""

KNOWN = frozenset(field.name for field in TEMPLATE_FIELDS if not field.name.startswith(ATTRIBUTES)) | {ATTRIBUTES}
EMAIL_ONLY = frozenset({"meeting_link"})
"""Fields that only emails have: who picks a time by a link proves nothing but having got the email."""
SAMPLE_MEETING_LINK = "https://example.org/m/AbC"
ALWAYS = frozenset(field.name for field in TEMPLATE_FIELDS if field.always) | {ATTRIBUTES}


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """One of our answers as templates see it."""

    title: str
    text: Prose
    links: Prose
    """A list in Markdown; empty where there are none."""


class Attributes:
    """A lead's attributes as templates see them: names only, none of a dict's methods."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {key: value for key, value in values.items() if str(value).strip()}

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values


def context(
    lead: Lead,
    company: Company,
    defaults: Mapping[str, str] | None = None,
    *,
    occurrence: int = 1,
    meeting_link: str | None = None,
    answer_by: str | None = None,
) -> dict[str, Any]:
    """What a template may name for this lead; what is unknown or blank is left out unless it has a default.

    Args:
        lead: the person written to.
        company: us.
        defaults: the cadence's `defaults:`; they also add fields of their own.
        occurrence: how often this step has come, this time included.
        meeting_link: where the lead picks a time to meet its owner; None where there is no such link.
        answer_by: by when a person answers; empty when that is late, None when nobody owes an answer.
    """
    values = {name: value for name, value in _known(lead, company) if value is not None and value.strip()}
    return {
        **{name: value for name, value in (defaults or {}).items()},
        **values,
        **({"answer_by": answer_by} if answer_by else {}),
        "answers": _answers(lead),
        "open_questions": lead.inquiry.unanswered if lead.inquiry is not None and answer_by is not None else (),
        "our_address": company.postal_address,
        "occurrence": occurrence,
        **({} if meeting_link is None else {"meeting_link": meeting_link}),
        ATTRIBUTES: Attributes(lead.attributes),
    }


def _answers(lead: Lead) -> tuple[AnswerShown, ...]:
    found = lead.inquiry.answers if lead.inquiry is not None else ()
    return tuple(AnswerShown(one.title, Prose(one.text), Prose(one.list_of_links)) for one in found)


def _known(lead: Lead, company: Company) -> Iterator[tuple[str, str | None]]:
    owner = lead.owner
    yield "first_name", lead.first_name
    yield "name", lead.name
    yield "company", lead.company
    yield "question", lead.question
    yield "email", lead.email
    yield "phone", lead.phone
    yield "source", lead.source
    yield "owner_name", owner.name
    yield "owner_first_name", owner.name.split()[0] if owner.name.split() else owner.name
    yield "owner_email", owner.email
    yield "owner_phone", owner.phone
    yield "our_name", company.name
    yield "our_phone", company.phone


SAMPLE_COMPANY = Company(
    name="Harbor Supply",
    zone="America/New_York",
    country="US",
    postal_address="1 Pier Road, Portland, ME 04101",
    phone="+12025550100",
    sender_name="Harbor Supply",
    sender_email="hello@example.org",
)
"""Us, in what `follow check` renders to count segments and look at subjects."""

SAMPLE_LEAD = Lead(
    id=UUID("00000000-0000-4000-8000-000000000001"),
    kind=LeadKind.INBOUND,
    created_at=datetime(2026, 3, 2, 15, 0, tzinfo=UTC),
    owner=Colleague("sam", "Sam Porter", "sam@example.org", "+12025550177"),
    generated_by=Colleague("kim", "Kim Reyes", "kim@example.org", "+12025550178"),
    name="Maria Lopez",
    company="Lopez Bakery",
    question="Do you deliver on Saturdays?",
    source="website",
    zone="America/New_York",
    country="US",
    contacts=(
        ContactPoint(ContactKind.EMAIL, "maria@example.com"),
        ContactPoint(ContactKind.PHONE, "+12025550143"),
    ),
    consents=(
        Consent(
            channel=Channel.SMS,
            contact="+12025550143",
            wording="You may text me about my question.",
            method="form",
            source="website",
            given_at=datetime(2026, 3, 2, 15, 0, tzinfo=UTC),
        ),
    ),
)
"""A lead that has everything, for the same purpose and for `follow preview`."""

ANSWERED_LEAD = replace(
    SAMPLE_LEAD,
    inquiry=Inquiry(
        answers=(
            AnswerFound(
                id="delivery-days",
                title="When we deliver",
                text="From Monday to **Saturday**, between 7 am and 4 pm.",
                links=(Link("Delivery days", "https://www.example.org/delivery"),),
                question="Do you deliver on Saturdays?",
                score=100.0,
            ),
        ),
        unanswered=("Is Sunday possible?",),
        topic="delivery",
    ),
)
"""The same lead, part of whose question we have an answer to."""

SAMPLE_PROMISE = "today before 5:15 pm"
"""By when a person answers that lead what is left."""

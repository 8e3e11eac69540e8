"""Templates and a lead made into what is sent or shown: an email, a text, a talk track."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple
from uuid import UUID

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from cadences import templating
from cadences.bundle import CadenceBundle
from cadences.fields import SAMPLE_MEETING_LINK, context
from cadences.library import email_shell
from cadences.prose import Values, render_prose
from cadences.reading import TEMPLATE_FILES
from cadences.sms import SmsEncoding, measure
from cadences.subjects import honest_subject
from cadences.templating import KEEP, RenderError
from leads.findings import Finding, Severity
from leads.model import Channel, Company, Lead
from leads.staff_mails import plain, replace_mentions
from leads.yaml_text import Source, read_source

__all__ = [
    "FooterLink",
    "RenderError",
    "RenderedEmail",
    "RenderedSms",
    "RenderedTalkTrack",
    "render_email",
    "render_letter",
    "render_sms",
    "render_staff_email",
    "render_staff_prose",
    "render_talk_track",
    "says_how_to_stop",
    "says_who",
]

MAX_SUBJECT = 200
MAX_SMS = 1600
"""Characters that Twilio takes in one text."""
STOP_WORDS = "Reply STOP to opt out."
FRONT_MATTER_KEYS = ("subject", "preheader")
ERASED_LEAD = "(an erased lead)"
"""What a lead is called that is not there any more."""
_WRITTEN_BY = "Followthrough wrote this for {}. Nobody reads answers to it."


class FooterLink(NamedTuple):
    """A link under every email: an answer to give, a way out."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """An email, complete: both parts carry the same words and our postal address."""

    subject: str
    preheader: str
    text: str
    html: str
    subject_as_written: str
    """Before a `Re:` or `Fwd:` that would be untrue was cut."""


@dataclass(frozen=True, slots=True)
class RenderedSms:
    """A text message and what it amounts to."""

    text: str
    encoding: SmsEncoding
    units: int
    segments: int


@dataclass(frozen=True, slots=True)
class RenderedTalkTrack:
    """What a rep reads before and during a call."""

    text: str
    html: str
    """A safe fragment of the same, for pages."""


@dataclass(frozen=True, slots=True)
class EmailTemplate:
    """An email's template in its parts; each part begins with as many empty lines as stand before it in the file."""

    subject: str
    preheader: str
    body: str
    matter: Source


def render_email(
    bundle: CadenceBundle,
    name: str,
    lead: Lead,
    company: Company,
    *,
    occurrence: int = 1,
    answer_by: str | None = None,
    footer_links: Sequence[FooterLink | tuple[str, str]] = (),
    follows: str | None = None,
    meeting_link: str = SAMPLE_MEETING_LINK,
) -> RenderedEmail:
    """Render the email template `name` for a lead.

    Args:
        bundle: the pinned cadence version.
        name: the template's name as the step gives it, like `checking-in`.
        lead: whom it is for.
        company: who it is from.
        occurrence: how often this step has come, this time included.
        answer_by: by when a person answers what our answers leave open; None when nobody owes an answer.
        footer_links: label and URL of what stands under every email; answer and unsubscribe links go here.
        follows: the subject of the email that this one follows up in its thread; a template's `Re:` means that one.
        meeting_link: where the lead picks a time to meet its owner.

    Raises:
        RenderError: the template is missing or can't be rendered for this lead, or the company has no postal
            address, without which no email may go out (15 USC 7704(a)(5)).
    """
    path, source = _source(bundle, Channel.EMAIL, name)
    if not company.postal_address.strip():
        raise RenderError(path, 1, "our own postal address is not set", "set the company's postal address")
    template = split_email(source, path)
    values = context(
        lead,
        company,
        bundle.cadence.defaults,
        occurrence=occurrence,
        answer_by=answer_by,
        meeting_link=meeting_link,
    )
    written = _one_line(templating.render(template.subject, path, values))
    subject = honest_subject(written, follows)
    if not subject:
        raise RenderError(path, 1, "the subject is empty for this lead", "give its fields a default")
    preheader = _one_line(templating.render(template.preheader, path, values))
    kept = Values()
    body = templating.render(template.body, path, values | {KEEP: kept.keep}).strip("\n")
    text, html = render_prose(body, kept)
    return _complete(subject, preheader, text, html, company, footer_links, written)


def render_letter(
    subject: str,
    body: str,
    kept: Values,
    company: Company,
    *,
    footer_links: Sequence[FooterLink | tuple[str, str]] = (),
) -> RenderedEmail:
    """Render an email that no cadence wrote, in the form that all our emails have.

    Args:
        subject: one line.
        body: Markdown of our own; other people's words stand in it as placeholders.
        kept: those words.

    Raises:
        RenderError: the company has no postal address.
    """
    if not company.postal_address.strip():
        raise RenderError("letter", 1, "our own postal address is not set", "set the company's postal address")
    text, html = render_prose(body, kept)
    return _complete(_one_line(subject), "", text, html, company, footer_links, subject)


def _complete(
    subject: str,
    preheader: str,
    text: str,
    html: str,
    company: Company,
    footer_links: Sequence[FooterLink | tuple[str, str]],
    written: str,
) -> RenderedEmail:
    """Both parts with what stands under every email."""
    links = [FooterLink(*link) for link in footer_links]
    return RenderedEmail(
        subject if len(subject) <= MAX_SUBJECT else subject[: MAX_SUBJECT - 1] + "…",
        preheader,
        text + _text_footer(company, links),
        _shell().render(subject=subject, preheader=preheader, body=Markup(html), company=company, footer_links=links),
        written,
    )


def render_staff_email(subject: str, markdown: str, company: Company, names: Mapping[UUID, str]) -> RenderedEmail:
    """An email to one of our own people: no template, no way out, and a word on who wrote it.

    Args:
        markdown: may mention leads by id (see `leads.staff_mails.mention`).
        names: what these leads are called.
    """
    signed = f"{markdown.strip()}\n\n---\n\n{_WRITTEN_BY.format(plain(company.name))}"
    text, html = render_staff_prose(signed, names)
    line = _one_line(subject)
    page = _shell().render(subject=line, preheader="", body=Markup(html), company=company, footer_links=())
    return RenderedEmail(line[:MAX_SUBJECT], "", text, page, line)


def render_staff_prose(markdown: str, names: Mapping[UUID, str]) -> tuple[str, str]:
    """Markdown that mentions leads by id, as plain text and as an html fragment, with their names."""
    kept = Values()
    return render_prose(replace_mentions(markdown, lambda lead_id: kept.keep(names.get(lead_id, ERASED_LEAD))), kept)


def render_sms(
    bundle: CadenceBundle, name: str, lead: Lead, company: Company, *, occurrence: int = 1, first: bool = False
) -> RenderedSms:
    """Render the text message `name` for a lead, and count its segments.

    Args:
        bundle: the pinned cadence version.
        name: the template's name as the step gives it, like `quick-note`.
        lead: whom it is for.
        company: who it is from.
        occurrence: how often this step has come, this time included.
        first: it is the first text to this number, which has to say who we are and how to stop (CTIA); what the
            template leaves out is added.

    Raises:
        RenderError: the template is missing or can't be rendered for this lead, or the text is too long to be sent.
    """
    path, source = _source(bundle, Channel.SMS, name)
    values = context(lead, company, bundle.cadence.defaults, occurrence=occurrence)
    text = "\n".join(line.strip() for line in templating.render(source, path, values).strip().split("\n"))
    if not text:
        raise RenderError(path, 1, "the text is empty for this lead", "write at least a sentence")
    if first:
        text = _introduced(text, company)
    if len(text) > MAX_SMS:
        raise RenderError(path, 1, f"the text has {len(text)} characters for this lead", f"{MAX_SMS} can be sent")
    size = measure(text)
    return RenderedSms(text, size.encoding, size.units, size.segments)


def says_who(text: str, company: Company) -> bool:
    """Whether a text names the company."""
    return company.name.casefold() in text.casefold()


def says_how_to_stop(text: str) -> bool:
    """Whether a text says how to stop the texts."""
    return re.search(r"\bSTOP\b", text) is not None


def _introduced(text: str, company: Company) -> str:
    """The text with what the first one to a number must say; the added words fit GSM-7."""
    said = text if says_who(text, company) else f"{company.name}: {text}"
    return said if says_how_to_stop(said) else f"{said} {STOP_WORDS}"


def render_talk_track(
    bundle: CadenceBundle,
    name: str,
    lead: Lead,
    company: Company,
    *,
    occurrence: int = 1,
    answer_by: str | None = None,
) -> RenderedTalkTrack:
    """Render the talk track `name` for a lead.

    Raises:
        RenderError: the template is missing or can't be rendered for this lead.
    """
    path, source = _source(bundle, Channel.CALL, name)
    values = context(lead, company, bundle.cadence.defaults, occurrence=occurrence, answer_by=answer_by)
    kept = Values()
    text, html = render_prose(templating.render(source, path, values | {KEEP: kept.keep}), kept)
    return RenderedTalkTrack(text, html)


def split_email(source: str, path: str) -> EmailTemplate:
    """An email template's front matter and body.

    Raises:
        RenderError: there is no front matter, or it is wrong; `read_email` has all that is.
    """
    template, findings = read_email(source, path)
    if findings or template is None:
        first = findings[0]
        raise RenderError(path, first.line, first.message, first.hint)
    return template


@lru_cache(maxsize=512)
def read_email(source: str, path: str) -> tuple[EmailTemplate | None, tuple[Finding, ...]]:
    """An email template's parts, and everything that is wrong with its front matter."""
    lines = source.split("\n")
    end = next((number for number, line in enumerate(lines) if number and line.rstrip() == "---"), None)
    if lines[0].rstrip() != "---" or end is None:
        hint = "begin the file with three lines: ---, subject: …, ---"
        return None, (Finding(path, 1, 1, Severity.ERROR, "the email has no front matter with a subject", hint),)
    matter = read_source("\n".join(lines[1:end]), path, first_line=2)
    if matter.complete:
        _check_front_matter(matter)
    if matter.findings:
        return None, tuple(_quote_braces(finding, lines) for finding in matter.findings)
    parts = {key: _placed(matter, key) for key in FRONT_MATTER_KEYS}
    return EmailTemplate(**parts, body="\n" * (end + 1) + "\n".join(lines[end + 1 :]), matter=matter), ()


def _check_front_matter(matter: Source) -> None:
    found = matter.value if isinstance(matter.value, dict) else {}
    if not str(found.get("subject") or "").strip():
        matter.report(matter.place(("subject",)), "the email has no subject", "add `subject: …` between the ---")
    for key, value in found.items():
        if key not in FRONT_MATTER_KEYS:
            hint = f"known here: {', '.join(FRONT_MATTER_KEYS)}"
            matter.report(matter.place((key,)), f"unknown key `{key}` in the front matter", hint)
        elif not isinstance(value, str) and value is not None:
            matter.report(matter.value_place((key,)), f"`{key}` must be text", "put it in quotes")


def _quote_braces(finding: Finding, lines: Sequence[str]) -> Finding:
    """A subject that starts with {{ is a mapping to YAML, and its complaint would help nobody."""
    line = lines[finding.line - 1] if finding.line <= len(lines) else ""
    key, _, value = line.partition(":")
    if "{{" not in value or value.lstrip().startswith(('"', "'")):
        return finding
    quoted = f"'{value.strip()}'" if '"' in value else f'"{value.strip()}"'
    message = f"`{key.strip()}` can't be read with its braces or colon"
    return Finding(finding.file, finding.line, 1, finding.severity, message, f"put it in quotes: {key}: {quoted}")


def _placed(matter: Source, key: str) -> str:
    found = matter.value.get(key) if isinstance(matter.value, dict) else None
    return "" if found is None else "\n" * (matter.value_place((key,)).line - 1) + str(found)


def _source(bundle: CadenceBundle, channel: Channel, name: str) -> tuple[str, str]:
    path = TEMPLATE_FILES[channel].format(name)
    if path not in bundle.templates:
        raise RenderError(path, 1, f"{bundle.name} has no template templates/{path}", "add the file, or mend the name")
    return path, bundle.templates[path]


def _one_line(text: str) -> str:
    """A header is one line: whatever separates lines in a lead's words becomes a space."""
    return " ".join(text.split())


def _text_footer(company: Company, links: Sequence[FooterLink]) -> str:
    lines = ["--", company.name, _one_line(company.postal_address), *(f"{link.label}: {link.url}" for link in links)]
    return "\n" + "\n".join(lines) + "\n"


@cache
def _shell() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(email_shell())

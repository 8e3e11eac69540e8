"""Rendering: other people's words come out literally, headers stay one line, nothing can hang."""

import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cadences.bundle import CadenceBundle
from cadences.fields import ALWAYS, ATTRIBUTES, EMAIL_ONLY, SAMPLE_COMPANY, SAMPLE_LEAD, TEMPLATE_FIELDS, context
from cadences.rendering import FooterLink, RenderedEmail, RenderError, render_email, render_sms, render_talk_track
from cadences.sms import SmsEncoding, measure
from cadences.templating import parse_template
from cadences.uses import field_uses
from leads.model import Lead

BARE = replace(SAMPLE_LEAD, name=None, company=None, question=None, source=None, contacts=())


class Page(HTMLParser):
    """What a mail program would see: elements, link targets and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def bundle(*, email: str = "", sms: str = "", call: str = "", defaults: str = "{}") -> CadenceBundle:
    text = f"cadence: plan\ndefaults: {defaults}\nsteps: [{{email: a}}, {{sms: a}}, {{call: a}}]\n"
    return CadenceBundle("plan", text, {"email/a.md": email, "sms/a.txt": sms, "call/a.md": call})


def email_of(
    body: str, lead: Lead = SAMPLE_LEAD, *, subject: str = "Hello", defaults: str = "{}", occurrence: int = 1
) -> RenderedEmail:
    source = f"---\nsubject: {subject}\n---\n{body}\n"
    return render_email(bundle(email=source, defaults=defaults), "a", lead, SAMPLE_COMPANY, occurrence=occurrence)


def test_email_has_subject_preheader_text_and_html() -> None:
    source = '---\nsubject: "For {{ company }}"\npreheader: Hi {{ first_name }}\n---\nHi **{{ first_name }}**,\nbye\n'
    email = render_email(bundle(email=source), "a", SAMPLE_LEAD, SAMPLE_COMPANY)
    assert email.subject == "For Lopez Bakery"
    assert email.preheader == "Hi Maria"
    assert email.text.startswith("Hi Maria,\nbye\n")
    page = Page(email.html)
    assert "strong" in page.tags
    assert "Hi Maria" in page.text.split("Hi Maria,")[0], "the preheader stands before the words"


def test_postal_address_stands_in_both_parts() -> None:
    email = email_of("Hi")
    assert SAMPLE_COMPANY.postal_address in email.text
    assert SAMPLE_COMPANY.postal_address in Page(email.html).text


def test_no_postal_address_no_email() -> None:
    plan = bundle(email="---\nsubject: Hi\n---\nHi\n")
    with pytest.raises(RenderError, match="postal address is not set"):
        render_email(plan, "a", SAMPLE_LEAD, replace(SAMPLE_COMPANY, postal_address=" "))


def test_footer_links_stand_in_both_parts() -> None:
    source = "---\nsubject: Hi\n---\nHi\n"
    links = [FooterLink("Stop <all>", "https://example.org/stop?a=1&b=2"), ("Yes", "https://example.org/yes")]
    email = render_email(bundle(email=source), "a", SAMPLE_LEAD, SAMPLE_COMPANY, footer_links=links)
    assert "Stop <all>: https://example.org/stop?a=1&b=2\nYes: https://example.org/yes" in email.text
    assert Page(email.html).links == ["https://example.org/stop?a=1&b=2", "https://example.org/yes"]


EVIL = [
    "<script>alert(1)</script>",
    "*bold* _it_ `code` # no heading",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "<https://evil.example>",
    "&amp; &lt; &#60;",
    "{{ our_name }} {% if %}",
    "\ue0000\ue001 \ue00099\ue001",
    "1. one",
    "~~~",
]


@pytest.mark.parametrize("words", EVIL)
def test_leads_words_come_out_literally(words: str) -> None:
    lead = replace(SAMPLE_LEAD, name=words, question=f"one\n\n    {words}\n> {words}\n```\n{words}")
    email = email_of("Hi {{ name }} and *{{ name }}*, `{{ name }}`:\n\n> {{ question }}\n\n- {{ name }}\n", lead)
    page = Page(email.html)
    allowed = {"html", "head", "meta", "title", "body", "table", "tr", "td", "p", "em", "code", "blockquote", "br"}
    assert set(page.tags) <= allowed | {"ul", "li"}
    assert page.links == []
    assert page.text.count(words) == 7
    assert email.text.count(words) == 7
    assert f"> ```\n> {words}" in email.text, "a quote stays a quote, line by line"


@pytest.mark.parametrize(
    "words", [*EVIL, "javascript:alert(1)", "data:text/html,x", "//evil.example", "https://ok.example/\ue000"]
)
def test_leads_words_never_make_a_dangerous_link(words: str) -> None:
    lead = replace(SAMPLE_LEAD, name=words)
    email = email_of('[a]({{ name }}) [b](https://example.org/?q={{ name }}) [c](x "{{ name }}")', lead)
    whole, part, _ = Page(email.html).links
    assert ":" not in whole
    assert not whole.startswith("//")
    assert part.startswith("https://example.org/?q=")
    assert set(part[23:]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%@+.-_~")


def test_own_link_and_phone_may_be_fields() -> None:
    body = "[book]({{ page }}) or [call](tel:{{ our_phone }})"
    email = email_of(body, defaults="{page: 'https://example.com/book?a=1&b=2'}")
    assert Page(email.html).links == ["https://example.com/book?a=1&b=2", "tel:+12025550100"]
    assert "book <https://example.com/book?a=1&b=2> or call <+12025550100>" in email.text


def test_raw_html_and_script_links_of_the_template_are_not_read() -> None:
    page = Page(email_of("<b>x</b> [y](javascript:alert(1))").html)
    assert "b" not in page.tags
    assert "a" not in page.tags
    assert "<b>x</b>" in page.text


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\x00\n"])
def test_subject_is_one_line(separator: str) -> None:
    lead = replace(SAMPLE_LEAD, company=f"A{separator}Bcc: everybody@example.com")
    subject = email_of("Hi", lead, subject='"For {{ company }}"').subject
    assert "Bcc: everybody@example.com" in subject
    assert len(subject.splitlines()) == 1
    assert subject.isprintable()


def test_long_subject_is_cut() -> None:
    subject = email_of("Hi", replace(SAMPLE_LEAD, company="x" * 500), subject='"For {{ company }}"').subject
    assert len(subject) == 200
    assert subject.endswith("…")


def test_empty_subject_is_refused() -> None:
    with pytest.raises(RenderError, match="the subject is empty for this lead"):
        email_of("Hi", BARE, subject='"{% if company %}x{% endif %}"')


def test_text_part_reads_without_markdown() -> None:
    email = email_of("# Title\n\n1. **one**\n2. two\n\n   - deep\n\n> a\n> b\n\n---\n\n[us](https://example.com)\n")
    assert email.text.startswith(
        "Title\n\n1. one\n2. two\n   - deep\n\n> a\n> b\n\n* * *\n\nus <https://example.com>\n"
    )


def test_line_of_tags_leaves_no_trace_and_a_line_that_ends_with_one_keeps_its_end() -> None:
    text = email_of("a\n{% if name %}\nb{% if name %}c{% endif %}\nd\n{% endif %}\ne").text
    assert text.startswith("a\nbc\nd\ne\n")


def test_occurrence_varies_the_words() -> None:
    body = '{{ ["zero", "one", "two"][occurrence % 3] }}'
    assert [email_of(body, occurrence=turn).text.split()[0] for turn in (1, 2, 3)] == ["one", "two", "zero"]


def test_lead_lacks_a_field_and_the_line_is_named() -> None:
    with pytest.raises(RenderError, match="this lead has no `company`, and it has no default") as caught:
        email_of("Hi\n\nfrom {{ company }}", BARE)
    assert (caught.value.name, caught.value.line) == ("email/a.md", 6)


def test_defaults_stand_in_for_what_the_lead_lacks() -> None:
    body = "{{ company }} {{ own }}"
    assert email_of(body, BARE, defaults="{company: us, own: mine}").text.startswith("us mine\n")
    assert email_of(body, defaults="{company: us, own: mine}").text.startswith("Lopez Bakery mine\n")


def test_blank_field_counts_as_missing() -> None:
    assert "company" not in context(replace(SAMPLE_LEAD, company="  "), SAMPLE_COMPANY)


def test_attributes_have_names_and_no_methods() -> None:
    lead = replace(SAMPLE_LEAD, attributes={"size": "12", "items": "3", "blank": " "})
    body = "{{ attributes.size }} {{ attributes.items }} {{ attributes.keys | default('none') }}"
    assert email_of(body + " {{ attributes.blank | default('-') }}", lead).text.startswith("12 3 none -\n")


def test_every_lead_has_the_fields_that_are_always_there() -> None:
    found = context(BARE, replace(SAMPLE_COMPANY, phone=""))
    assert found.keys() == ALWAYS - EMAIL_ONLY | {"owner_email", "owner_phone"}


def test_table_of_fields_is_what_the_context_offers() -> None:
    named = {field.name for field in TEMPLATE_FIELDS if not field.name.startswith(ATTRIBUTES)}
    offered = context(SAMPLE_LEAD, SAMPLE_COMPANY, answer_by="today", meeting_link="https://example.org/m/AbC")
    assert offered.keys() == named | {ATTRIBUTES}
    assert context(SAMPLE_LEAD, SAMPLE_COMPANY, answer_by="").keys() == named - EMAIL_ONLY - {"answer_by"} | {
        ATTRIBUTES
    }


@pytest.mark.parametrize(
    "body",
    [
        "{% for n in range(1000000000) %}x{% endfor %}",
        "{% for n in range(1000000000) %}{% endfor %}",
        "{% for n in range(90) %}{% for m in range(90) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ 'x' | center(1000000000) }}",
        "{% set x = [1, 1] %}{{ x }}",
        "{% set x %}xx{% endset %}",
        "{{ lipsum(100000) }}",
        "{{ 'a' ~ 'b' }}",
        "{{ name.__class__.__mro__ }}",
        "{{ name['__class__'] }}",
        "{{ self }}",
        "{% include 'x' %}",
        "{% import 'x' as x %}",
        "{% extends 'x' %}",
        "{% macro x() %}{% endmacro %}",
        "{% block x %}{% endblock %}",
        "{% for c in question %}{{ question }}{% endfor %}",
        "{{ 1 / 0 }}",
        "{{ [1, 2] }}",
        "{{ ((((" + "(" * 5000,
    ],
)
def test_template_can_not_hang_or_leave_its_sandbox(body: str) -> None:
    lead = replace(SAMPLE_LEAD, question="why? " * 2000)
    before = time.perf_counter()
    with pytest.raises(RenderError):
        email_of(body, lead)
    assert time.perf_counter() - before < 5


@pytest.mark.parametrize(
    "source", ["Hi", "---\nsubject: x\nHi", "---\npreheader: x\n---\nHi", "---\nsubject: ''\n---\nHi"]
)
def test_email_without_a_subject_is_refused(source: str) -> None:
    with pytest.raises(RenderError, match="subject"):
        render_email(bundle(email=source), "a", SAMPLE_LEAD, SAMPLE_COMPANY)


def test_missing_template_is_named() -> None:
    with pytest.raises(RenderError, match=r"plan has no template templates/sms/b\.txt"):
        render_sms(bundle(), "b", SAMPLE_LEAD, SAMPLE_COMPANY)


def test_sms_is_rendered_and_counted() -> None:
    sms = render_sms(bundle(sms="  Hi {{ first_name }} \nbye\n\n"), "a", SAMPLE_LEAD, SAMPLE_COMPANY)
    assert (sms.text, sms.encoding, sms.units, sms.segments) == ("Hi Maria\nbye", SmsEncoding.GSM_7, 12, 1)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("àéß@£Ω\n", "GSM-7", 7, 1),
        ("ł" + "a" * 69, "UCS-2", 70, 1),
        ("ł" + "a" * 70, "UCS-2", 71, 2),
        ("\u2019" * 134, "UCS-2", 134, 2),
        ("\u2019" * 135, "UCS-2", 135, 3),
        ("🎉" * 35, "UCS-2", 70, 1),
        ("🎉" * 36, "UCS-2", 72, 2),
        ("a" * 66 + "🎉" + "a" * 66, "UCS-2", 134, 3),
        ("`", "UCS-2", 1, 1),
    ],
)
def test_segments_are_counted_as_a_phone_company_does(text: str, encoding: str, units: int, segments: int) -> None:
    size = measure(text)
    assert (size.encoding.value, size.units, size.segments) == (encoding, units, segments)


def test_talk_track_is_text_and_safe_html() -> None:
    lead = replace(SAMPLE_LEAD, question="<img src=x onerror=alert(1)>")
    track = render_talk_track(bundle(call="# Call\n\n> {{ question }}\n\n1. Why?\n"), "a", lead, SAMPLE_COMPANY)
    assert track.text == "Call\n\n> <img src=x onerror=alert(1)>\n\n1. Why?\n"
    assert "img" not in Page(track.html).tags


@pytest.mark.parametrize(
    ("source", "unsafe"),
    [
        ("{{ company }}", ["company"]),
        ("{{ company | default('x') }}", []),
        ("{{ company | default('x') | upper }}", []),
        ("{{ company | upper | default('x') }}", ["company"]),
        ("{{ company | default(name) }}", ["name"]),
        ("{{ company or 'x' }}", []),
        ("{{ company or name }}", ["name"]),
        ("{{ company if company else name }}", ["name"]),
        ("{% if company %}{{ company }}{% else %}{{ company }}{% endif %}", ["company"]),
        ("{% if not company %}x{% else %}{{ company }}{% endif %}", []),
        ("{% if company is defined and name %}{{ company }}{{ name }}{% endif %}", []),
        ("{% if company or name %}{{ company }}{% endif %}", ["company"]),
        ("{% if not (company and name) %}{% else %}{{ company }}{{ name }}{% endif %}", []),
        ("{% if company == 'x' %}{% endif %}", ["company"]),
        ("{% if x %}{% elif company %}{{ company }}{% endif %}", []),
        ("{{ attributes.size }}{{ attributes['age'] }}", ["attributes.size", "attributes.age"]),
        ("{% if attributes.size %}{{ attributes.size }}{% endif %}", []),
        ("{% set turn = occurrence % 4 %}{{ turn }}", ["occurrence"]),
        ("{% for n in range(3) %}{{ n }}{{ loop.index }}{% endfor %}", []),
    ],
)
def test_uses_of_fields_know_where_a_lead_surely_has_them(source: str, unsafe: list[str]) -> None:
    assert [use.name for use in field_uses(parse_template(source, "t")) if not use.safe] == unsafe

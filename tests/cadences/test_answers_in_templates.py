"""The first email in all its cases, as text and as html; marketing's Markdown is rendered, a lead's words never are."""

from dataclasses import replace

import pytest

from cadences.answering import question_text
from cadences.bundle import CadenceBundle
from cadences.fields import ANSWERED_LEAD, SAMPLE_COMPANY, SAMPLE_LEAD
from cadences.library import shipped
from cadences.lint import check
from cadences.rendering import RenderedEmail, RenderError, render_email, render_sms, render_talk_track
from leads.answer_sheets import load_answers
from leads.answering import AnswerDesk
from leads.inquiries import AnswerFound, Inquiry
from leads.model import Lead
from leads.playbook import Playbook
from tests.cadences.test_rendering import Page, bundle, email_of

INBOUND = next(found for found in shipped() if found.name == "inbound-web")
BY = "today before 5:15 pm"
ANSWERED = ANSWERED_LEAD.inquiry or Inquiry()
ALL = replace(ANSWERED_LEAD, inquiry=replace(ANSWERED, unanswered=()))
NONE = replace(SAMPLE_LEAD, inquiry=Inquiry(unanswered=("Do you deliver on Saturdays?",)))
NO_QUESTION = replace(SAMPLE_LEAD, question=None)


def first_email(lead: Lead, answer_by: str | None = None) -> RenderedEmail:
    return render_email(INBOUND, "answer-the-question", lead, SAMPLE_COMPANY, answer_by=answer_by)


def body(email: RenderedEmail) -> str:
    """The words above the signature."""
    return email.text.split("Kind regards,")[0].rstrip()


def test_all_is_answered() -> None:
    email = first_email(ALL)
    assert body(email) == (
        "Hi Maria,\n\nThank you for asking. Here is what you wanted to know.\n\n"
        "When we deliver\n\nFrom Monday to Saturday, between 7 am and 4 pm.\n\n"
        "- Delivery days <https://www.example.org/delivery>\n\n"
        "So that we talk about the same thing, this is what you asked:\n\n> Do you deliver on Saturdays?\n\n"
        "If I took you up wrongly, or if something is missing, simply reply to this email. It comes straight to me."
    )
    page = Page(email.html)
    assert "https://www.example.org/delivery" in page.links
    assert "<strong>Saturday</strong>" in email.html
    assert page.tags.count("blockquote") == 1
    assert email.preheader == "Here is what you wanted to know."


def test_some_is_answered_and_the_rest_has_a_time() -> None:
    email = first_email(ANSWERED_LEAD, BY)
    assert "When we deliver" in body(email)
    assert (
        "I don't want to guess at the rest, so a colleague who knows it well answers you today before 5:15 pm:\n\n"
        "> Is Sunday possible?\n\nIf I took you up wrongly" in body(email)
    )
    assert "Is Sunday possible?" in Page(email.html).text


def test_nothing_is_answered_and_a_person_answers_by_a_time() -> None:
    email = first_email(NONE, BY)
    assert body(email) == (
        "Hi Maria,\n\nThank you for asking. So that we talk about the same thing, this is what reached me:\n\n"
        "> Do you deliver on Saturdays?\n\n"
        "I don't want to send you half an answer, so the person here who knows this best answers you today before "
        "5:15 pm.\n\n"
        "If something is missing, or if it is urgent, simply reply to this email. It comes straight to me."
    )


def test_no_question_is_asked_for_one() -> None:
    assert body(first_email(NO_QUESTION)) == (
        "Hi Maria,\n\n"
        "Thank you for getting in touch. Could you tell me in a sentence or two what you would like to know?\n\n"
        "I am the person who will look after this. You'll hear from me shortly; if you wrote in the evening or on a "
        "weekend, on the next working day.\n\n"
        "If it is urgent, simply reply to this email. It comes straight to me."
    )


@pytest.mark.parametrize("lead", [ANSWERED_LEAD, NONE])
def test_a_promise_that_is_late_already_names_no_time(lead: Lead) -> None:
    words = body(first_email(lead, ""))
    assert BY not in words
    assert "as soon as possible" in words or "You'll hear from me shortly" in words


def test_what_was_answered_by_a_person_meanwhile_is_not_promised_again() -> None:
    assert "Is Sunday possible?" not in body(first_email(ANSWERED_LEAD, None))


def test_a_leads_words_come_out_literally_beside_marketings_markdown() -> None:
    evil = "**bold** [x](https://evil.example) <script> {{ name }}"
    answer = AnswerFound(id="a", title=evil, text="**ours**", question=evil, score=90)
    lead = replace(SAMPLE_LEAD, question=evil, inquiry=Inquiry(answers=(answer,), unanswered=(evil,)))
    email = first_email(lead, BY)
    assert "<strong>ours</strong>" in email.html
    assert email.html.count("<strong>") == 2  # the title's own bold, and ours
    assert "script" not in Page(email.html).tags
    assert not [link for link in Page(email.html).links if "evil" in link]
    assert evil in email.text


def test_placeholders_in_marketings_words_are_no_placeholders() -> None:
    answer = AnswerFound(id="a", title="t", text="before \ue0000\ue001 after\x00", question="q", score=90)
    lead = replace(SAMPLE_LEAD, inquiry=Inquiry(answers=(answer,)))
    email = email_of("{% for answer in answers %}{{ answer.text }} {{ name }}{% endfor %}", lead)
    assert email.text.startswith("before 0 after Maria Lopez\n")


def test_talk_track_and_text_have_the_same_fields() -> None:
    plan = bundle(
        sms="{{ our_name }}: {{ answers | length }} answers. Reply STOP to opt out.",
        call="{% for open_question in open_questions %}{{ open_question }} {{ answer_by }}{% endfor %}",
    )
    assert render_sms(plan, "a", ALL, SAMPLE_COMPANY).text == "Harbor Supply: 1 answers. Reply STOP to opt out."
    assert (
        render_talk_track(plan, "a", ANSWERED_LEAD, SAMPLE_COMPANY, answer_by=BY).text == f"Is Sunday possible? {BY}\n"
    )


def test_the_first_calls_talk_track_shows_the_answers() -> None:
    track = render_talk_track(INBOUND, "first-call", ANSWERED_LEAD, SAMPLE_COMPANY, answer_by=BY).text
    assert "From Monday to Saturday, between 7 am and 4 pm." in track
    assert "A colleague answers the rest today before 5:15 pm:\n\n> Is Sunday possible?" in track


def test_answers_typed_in_lines_flow_wherever_they_are_read() -> None:
    """The shipped answers, each line of which ends where the file's width ends."""
    desk = AnswerDesk(load_answers(Playbook().files("answers")))
    (area,) = desk.look_up("Do you deliver to Boston?").answers
    (size,) = desk.look_up("How wide is a two-deck oven?").answers
    lead = replace(SAMPLE_LEAD, inquiry=Inquiry(answers=(area, size)))
    flows = "to your kitchen door. To Alaska and Hawaii the oven goes by sea freight, which adds"
    lists = "- One deck: 38 in wide, 34 in deep, 22 in high, 260 lb\n- Two decks: 38 in wide"
    paragraphs = "430 lb\n\nBoth go through a door of 36 inches, since they travel on their side. Leave 4 inches free"
    email = first_email(lead)
    plan = bundle(sms="{% for answer in answers %}{{ answer.text }}\n{% endfor %} Reply STOP to opt out.")
    texts = [
        email.text,
        render_sms(plan, "a", lead, SAMPLE_COMPANY).text,
        render_talk_track(INBOUND, "first-call", lead, SAMPLE_COMPANY).text,
        question_text(lead),
        f"{area.whole}\n\n{size.whole}",
    ]
    for text in texts:
        assert [words for words in (flows, lists, paragraphs) if words not in text] == []
    assert flows in email.html
    assert "<p" in email.html.split("260 lb")[1].split("Both go through")[0]
    assert email.html.split("260 lb")[1].lstrip().startswith("</li>")


def findings(words: str) -> list[str]:
    source = f"---\nsubject: Hello\n---\n{words}\n"
    text = "cadence: plan\nsteps:\n  - {email: a, repeat: {every: 3 months, until: an answer}}\n"
    return [
        found.message
        for found in check(CadenceBundle("plan", text, {"email/a.md": source}), known_cadences={"not-now"})
    ]


def test_the_lint_knows_lists_and_what_is_in_them() -> None:
    assert findings("Hi{% for answer in answers %} {{ answer.title }} {{ answer.text }}{% endfor %}") == []
    assert findings("Hi {{ answers }}") == ["this is no text but a list or an object; name one field of it"]
    assert findings("Hi {{ answers.title }}") == ["`answers` has no parts, so there is no `answers.title`"]
    assert findings("Hi {{ answer_by }}") == ["a lead may have no `answer_by`"]
    (missing,) = findings("Hi{% for answer in answers %} {{ answer.titel }}{% endfor %}")
    assert "titel" in missing


def test_a_typing_mistake_in_an_answers_part_never_goes_out() -> None:
    with pytest.raises(RenderError):
        email_of("{% for answer in answers %}{{ answer.titel }}{% endfor %}", ALL)

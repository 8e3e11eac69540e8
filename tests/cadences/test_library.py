"""The shipped cadences: whole, without a finding, and in words that a good business would use."""

import re
from dataclasses import replace

import pytest

from cadences.bundle import CadenceBundle
from cadences.fields import SAMPLE_COMPANY, SAMPLE_LEAD
from cadences.library import library_folder, shipped
from cadences.lint import check
from cadences.rendering import RenderedEmail, render_email, render_sms, render_talk_track
from cadences.schema import schema_text
from cadences.sms import SmsEncoding
from leads.model import ContactKind

BUNDLES = {bundle.name: bundle for bundle in shipped()}
BARE = replace(SAMPLE_LEAD, name=None, company=None, question=None, source=None)
TEMPLATES = [(bundle, path) for bundle in BUNDLES.values() for path in bundle.templates]
HYPE = re.compile(r"\b(amazing|exclusive|guarantee\w*|act now|last chance|free|synergy|excited)\b", re.IGNORECASE)
EMAILS = [(bundle, path) for bundle, path in TEMPLATES if path.startswith("email/")]


def name(path: str) -> str:
    return path.split("/")[1].rsplit(".", 1)[0]


def email(bundle: CadenceBundle, path: str, occurrence: int = 1) -> RenderedEmail:
    return render_email(bundle, name(path), SAMPLE_LEAD, SAMPLE_COMPANY, occurrence=occurrence)


def test_three_cadences_are_shipped() -> None:
    assert list(BUNDLES) == ["inbound-web", "not-now", "outbound-qualified"]


@pytest.mark.parametrize("bundle", BUNDLES.values(), ids=BUNDLES)
def test_shipped_cadence_has_no_finding(bundle: CadenceBundle) -> None:
    assert check(bundle, known_cadences=BUNDLES) == []


@pytest.mark.parametrize("bundle", BUNDLES.values(), ids=BUNDLES)
def test_shipped_cadence_names_the_schema(bundle: CadenceBundle) -> None:
    assert bundle.text.startswith("# yaml-language-server: $schema=./cadence.schema.json\n")


def test_committed_schema_is_the_generated_one() -> None:
    committed = (library_folder() / "cadence.schema.json").read_text("utf-8")
    assert committed == schema_text(), "run: follow schema > cadences/library/cadence.schema.json"


def test_inbound_web_is_the_plan_of_the_design() -> None:
    cadence = BUNDLES["inbound-web"].cadence
    plan = [
        (step.channel.value, step.content, str(step.after or step.wait or "at once"), str(step.if_ or ""))
        for step in cadence.steps
    ]
    assert plan == [
        ("email", "answer-the-question", "at once", ""),
        ("call", "first-call", "at once", ""),
        ("email", "checking-in", "3 business days", ""),
        ("sms", "quick-note", "7 business days", "sms consent"),
        ("call", "second-call", "2 weeks", ""),
        ("email", "case-study", "4 weeks", ""),
        ("sms", "still-here", "2 months", "sms consent"),
        ("sms", "still-here-2", "4 months", "sms consent"),
        ("call", "month-of-calls", "5 months", ""),
        ("email", "quarterly", "3 months", ""),
    ]
    calls, tail = cadence.steps[-2].repeat, cadence.steps[-1].repeat
    assert calls is not None
    assert (calls.times, str(calls.every)) == (5, "6 days")
    assert tail is not None
    assert (tail.until, str(tail.every)) == ("an answer", "3 months")
    assert cadence.steps[0].instead == "skip", "a lead with only a phone gets the call"
    assert (cadence.limits.per_day, cadence.limits.per_week) == (1, 4)
    assert cadence.first_response is not None
    assert str(cadence.first_response.within) == "30 minutes"


def test_outbound_ends_with_a_kick_back_after_few_touches() -> None:
    cadence = BUNDLES["outbound-qualified"].cadence
    assert cadence.on_silence is not None
    assert cadence.on_silence.return_to == "generator"
    assert sum(step.repeat.times or 1 if step.repeat else 1 for step in cadence.steps) <= 6
    assert all(step.channel != "sms" for step in cadence.steps), "nobody unasked is texted"


def test_not_now_begins_at_the_date_itself() -> None:
    first = BUNDLES["not-now"].cadence.steps[0]
    assert (first.after, first.wait) == (None, None)
    assert BUNDLES["inbound-web"].cadence.on_not_now.cadence == "not-now"


@pytest.mark.parametrize("lead", [SAMPLE_LEAD, BARE], ids=["whole", "bare"])
@pytest.mark.parametrize(("bundle", "path"), TEMPLATES, ids=[f"{bundle.name}:{path}" for bundle, path in TEMPLATES])
def test_every_template_renders_in_every_turn(bundle: CadenceBundle, path: str, lead: object) -> None:
    assert isinstance(lead, type(SAMPLE_LEAD))
    render = {"email": render_email, "sms": render_sms, "call": render_talk_track}[path.split("/")[0]]
    for turn in range(1, 6):
        rendered = render(bundle, name(path), lead, SAMPLE_COMPANY, occurrence=turn)  # type: ignore[operator]
        assert not re.search(r"{{|{%|\bNone\b|  |\n\n\n", rendered.text.replace("\n   ", "\n")), rendered.text


def test_question_is_quoted_back_in_the_first_email() -> None:
    first = email(BUNDLES["inbound-web"], "email/answer-the-question.md")
    assert "\n> Do you deliver on Saturdays?\n" in first.text
    assert "<blockquote" in first.html


@pytest.mark.parametrize(("bundle", "path"), EMAILS, ids=[path for _, path in EMAILS])
def test_email_is_personal_and_makes_no_noise(bundle: CadenceBundle, path: str) -> None:
    message = email(bundle, path)
    assert message.text.startswith("Hi Maria,\n\n")
    assert "Sam" in message.text
    assert "Harbor Supply" in message.text.split("--")[0], "signed with our name"
    assert len(message.text.split()) < 180, "short"
    assert "!" not in message.text + message.subject
    assert message.preheader
    assert len(message.subject) <= 60
    assert not re.search(
        r"\b(amazing|exclusive|guarantee\w*|act now|last chance|free|synergy|excited)\b", message.text, re.I
    )


@pytest.mark.parametrize("path", ["email/quarterly.md", "email/keeping-in-touch.md"])
def test_tail_says_something_else_four_times(path: str) -> None:
    bundle = next(bundle for bundle in BUNDLES.values() if path in bundle.templates)
    turns = [email(bundle, path, turn) for turn in range(1, 6)]
    assert len({turn.text for turn in turns}) == 4
    assert len({turn.subject for turn in turns}) == 4
    assert turns[4] == turns[0]


def test_emails_differ_from_each_other() -> None:
    found = [email(bundle, path) for bundle, path in EMAILS]
    assert len({message.subject for message in found}) == len(found)
    sentences = [
        part for message in found for part in re.findall(r"[A-Z][^.?!\n]{30,}[.?]", message.text.split("--")[0])
    ]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("path", [path for _, path in TEMPLATES if path.startswith("sms/")])
def test_text_is_one_segment_and_says_who_and_how_to_stop(path: str) -> None:
    lead = replace(SAMPLE_LEAD, name="Bartholomew Featherstonehaugh")
    sms = render_sms(BUNDLES["inbound-web"], name(path), lead, replace(SAMPLE_COMPANY, name="Harbor & Sons Supply"))
    assert sms.encoding is SmsEncoding.GSM_7
    assert sms.segments == 1
    assert "Harbor & Sons Supply" in sms.text
    assert sms.text.endswith("STOP to opt out.")


@pytest.mark.parametrize(("bundle", "path"), [pair for pair in TEMPLATES if pair[1].startswith("call/")])
def test_talk_track_has_all_a_rep_needs(bundle: CadenceBundle, path: str) -> None:
    track = render_talk_track(bundle, name(path), SAMPLE_LEAD, SAMPLE_COMPANY).text
    for part in ("Purpose:", "\nOpener\n", "\nQuestions\n", "\nVoicemail\n", "\nLog\n"):
        assert part in track
    assert len(re.findall(r"(?m)^\d\. .*\?$", track)) in (3, 4)


@pytest.mark.parametrize("question", ["Do you deliver on Saturdays?", None])
@pytest.mark.parametrize(("bundle", "path"), [pair for pair in TEMPLATES if pair[1].startswith("call/")])
def test_talk_track_says_what_is_true_of_who_called_and_left_no_email(
    bundle: CadenceBundle, path: str, question: str | None
) -> None:
    """No talk track knows how somebody came to us, nor that an email went out to whoever has no address."""
    phone_only = tuple(point for point in SAMPLE_LEAD.contacts if point.kind is ContactKind.PHONE)
    caller = replace(SAMPLE_LEAD, contacts=phone_only, question=question, source="phone call")
    spoken = " ".join(re.findall(r'"(.+)"', render_talk_track(bundle, name(path), caller, SAMPLE_COMPANY).text))
    assert "Hello Maria Lopez" in spoken
    assert not re.search(r"\b(website|wrote|written|email)\b", spoken), spoken
    assert not re.search(r"\b(your question|asked us)\b", spoken), spoken


def test_who_was_written_to_hears_of_it_on_the_first_call() -> None:
    track = render_talk_track(BUNDLES["inbound-web"], "first-call", SAMPLE_LEAD, SAMPLE_COMPANY).text
    assert "You got in touch with us with a question, and I would rather answer it in person." in track
    assert "I have also written you an email" in track

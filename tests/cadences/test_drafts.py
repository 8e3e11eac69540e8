"""A cadence being edited: its files, and everything that is wrong with them."""

import pytest

from cadences.drafts import MOST_TEMPLATES, Draft, NoSuchName, check_draft, draft_of, new_draft
from cadences.library import shipped
from leads.findings import Finding
from leads.model import Channel

INBOUND = next(bundle for bundle in shipped() if bundle.name == "inbound-web")
KNOWN = [bundle.name for bundle in shipped()]


def found(draft: Draft, colleagues: list[str] | None = None) -> list[tuple[str, int, str]]:
    return [(one.file, one.line, one.message) for one in _findings(draft, colleagues)]


def _findings(draft: Draft, colleagues: list[str] | None) -> list[Finding]:
    return check_draft(draft, known_cadences=KNOWN, colleagues=["mia"] if colleagues is None else colleagues)


def test_what_is_published_is_edited_and_published_again_as_the_same_version() -> None:
    draft = draft_of(INBOUND)
    assert draft.bundle.version == INBOUND.version
    assert next(iter(draft.files)) == "inbound-web.yaml"
    assert draft.files["templates/email/checking-in.md"] == INBOUND.templates["email/checking-in.md"]
    assert found(draft) == []


def test_a_new_cadence_begins_without_a_mistake() -> None:
    assert found(new_draft("price-list")) == []


@pytest.mark.parametrize("name", ["", "Price List", "1st", "a" * 61, "../escape", "a--b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(NoSuchName, match="small letters, digits and hyphens"):
        new_draft(name)
    with pytest.raises(NoSuchName, match="small letters, digits and hyphens"):
        new_draft("plan").with_template(Channel.EMAIL, name)


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS, Channel.CALL])
def test_a_new_template_is_right_once_a_step_names_it(channel: Channel) -> None:
    draft, file = new_draft("plan").with_template(channel, "more")
    assert found(draft) == [(file, 1, "no step names this template, so it will not be published")]
    assert file.removeprefix("templates/") not in draft.bundle.templates
    step = f"{{after: 1 week, {channel.value}: more, if: sms consent}}"
    draft = draft.with_file("plan.yaml", draft.text.replace("  - {wait", f"  - {step}\n  - {{wait"))
    assert found(draft) == []
    with pytest.raises(NoSuchName, match="already"):
        draft.with_template(channel, "more")


def test_renaming_a_template_renames_it_wherever_a_step_names_it() -> None:
    text = """cadence: plan
defaults: {first_name: there}
steps:
  - {email: hello, id: hello}
  - {call: "first-call", instead: {email: hello}, variants: {hello: first-call-2}}
  - {wait: 3 months, email: tail, variants: {b: hello}, repeat: {every: 3 months, until: an answer}}
"""
    draft, file = new_draft("plan").with_file("plan.yaml", text).renamed("templates/email/hello.md", "good-day")
    assert file == "templates/email/good-day.md"
    assert "email/hello.md" not in draft.templates
    assert draft.text.splitlines()[3:] == [
        "  - {email: good-day, id: hello}",
        '  - {call: "first-call", instead: {email: good-day}, variants: {hello: first-call-2}}',
        "  - {wait: 3 months, email: tail, variants: {b: good-day}, repeat: {every: 3 months, until: an answer}}",
    ]


def test_a_template_that_is_removed_is_missed_where_it_is_named() -> None:
    draft = new_draft("plan").without("templates/email/hello.md")
    assert found(draft) == [("plan.yaml", 9, "the template templates/email/hello.md is missing")]


def test_mistakes_in_the_yaml_and_in_templates_have_their_file_and_line() -> None:
    draft = draft_of(INBOUND)
    text = draft.text.replace("3 business days, email", "3 busy days, email").replace(
        "escalate_to: manager", "escalate_to: mio"
    )
    draft = draft.with_file("inbound-web.yaml", text)
    draft = draft.with_file("templates/sms/quick-note.txt", "Hi {{ frist_name }}\n")
    assert found(draft) == [
        (
            "inbound-web.yaml",
            10,
            "`escalate_to`: 'mio' is neither a role nor the id of a colleague who works here",
        ),
        ("inbound-web.yaml", 21, "'3 busy days' is no span of time"),
        ("templates/sms/quick-note.txt", 1, "no field is called `frist_name`"),
    ]


def test_while_the_yaml_can_not_be_read_no_template_is_called_superfluous() -> None:
    draft = new_draft("plan")
    broken = draft.with_file("plan.yaml", draft.text.replace("steps:", "steps: ["))
    assert {file for file, *_ in found(broken)} == {"plan.yaml"}


def test_where_nobody_knows_who_works_here_nobody_is_missed() -> None:
    draft = new_draft("plan")
    draft = draft.with_file("plan.yaml", draft.text + "on_reply: {escalate_to: zoe}\n")
    assert check_draft(draft, known_cadences=KNOWN, colleagues=["zoe"]) == []
    assert check_draft(draft, known_cadences=KNOWN) == []
    (one,) = check_draft(draft, known_cadences=KNOWN, colleagues=[])
    assert one.is_error


def test_a_file_that_is_far_too_long_is_refused_before_anything_reads_it() -> None:
    draft = new_draft("plan").with_file("templates/email/hello.md", "x" * 300_000)
    assert found(draft) == [("templates/email/hello.md", 1, "the file is larger than 256 KB")]


def test_more_templates_than_a_cadence_may_have_are_refused() -> None:
    draft = new_draft("plan")
    for number in range(MOST_TEMPLATES):
        draft, _ = draft.with_template(Channel.CALL, f"call-{number}")
    errors = [one for one in check_draft(draft, known_cadences=KNOWN) if one.is_error]
    assert [one.message for one in errors] == ["103 templates are more than the 100 that a cadence may have"]


def test_what_no_database_can_keep_is_left_out() -> None:
    draft = Draft("plan", "a\0b\ud800", {"email/a.md": "\0"})
    assert (draft.text, dict(draft.templates)) == ("ab?", {"email/a.md": ""})


def test_a_template_with_a_slip_in_its_name_brings_up_the_one_that_was_meant() -> None:
    draft = new_draft("plan")
    draft = draft.with_file("plan.yaml", draft.text.replace("email: still-there", "email: stil-there"))
    finding = check_draft(draft, known_cadences={"not-now"})[0]
    assert finding.message == "the template templates/email/stil-there.md is missing"
    assert finding.hint == "did you mean still-there?"
    # Of another kind it can't be.
    draft = draft.with_file("plan.yaml", draft.text.replace("email: stil-there", "email: first-cal"))
    assert check_draft(draft, known_cadences={"not-now"})[0].hint == "write that file, or mend the name first-cal"


def test_a_finding_is_as_long_as_the_value_at_which_it_points() -> None:
    draft = new_draft("plan")
    text = draft.text.replace("2 business days", "2 bussiness days").replace("every: 3 months", 'every: "3 moons"')
    text += "first_response: {within: 30 minutes, escalate_to: mrs mia}\n"
    draft = draft.with_file("plan.yaml", text)
    found = check_draft(draft, known_cadences={"not-now"}, colleagues={"mia"})
    lines = draft.text.split("\n")
    about = [lines[one.line - 1][one.column - 1 :][: one.length] for one in found if one.is_error]
    assert about == ["2 bussiness days", '"3 moons"', "mrs mia"]

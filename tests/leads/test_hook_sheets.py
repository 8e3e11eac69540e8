"""Hooks as YAML: the shipped example, and what is wrong with others, each mistake with its line."""

from datetime import timedelta
from pathlib import Path

import pytest

from leads.hook_sheets import HookSheet, hooks_of
from leads.playbook import Playbook
from leads.sheets import SheetError, sheet_of

GOOD = """hook: tool
source: form tool
signature: {header: X-Signature}
id: event.id
fields:
  email: data.email
  name: [data.first, data.last]
"""


def test_the_shipped_example_is_good() -> None:
    (example,) = hooks_of(Playbook()).all()
    assert (example.hook, example.signature.parts, example.signature.prefix) == ("example", ("", ""), "sha256=")


def test_what_is_signed_is_the_body_or_the_time_and_the_body() -> None:
    timed = GOOD.replace("{header: X-Signature}", "{header: X-Signature, timestamp: {header: X-Time}}")
    sheet = sheet_of(HookSheet, timed, "tool.yaml")
    assert sheet.signature.parts == ("{timestamp}.", "")
    assert sheet.signature.timestamp is not None
    assert sheet.signature.timestamp.good_for == timedelta(minutes=5)
    own = timed.replace("X-Time}}", 'X-Time, tolerance: 1 hour}, signed: "v0:{timestamp}:{body}"}')
    assert sheet_of(HookSheet, own, "tool.yaml").signature.parts == ("v0:{timestamp}:", "")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (GOOD.replace("header:", "heder:"), 3, "unknown key `heder`"),
        (GOOD.replace("id: event.id\n", ""), 1, "`id` is missing"),
        (GOOD.replace("event.id", "event..id"), 4, "'event..id' is no path"),
        (GOOD.replace("X-Signature", "X Signature"), 3, "'X Signature' is no header's name"),
        (GOOD.replace("}", ", encoding: octal}"), 3, "`encoding` can't be 'octal'"),
        (GOOD.replace("}", ', signed: "nothing"}'), 3, "the body must be signed"),
        (GOOD.replace("}", ', signed: "{timestamp}.{body}"}'), 3, "the time must be signed where there is one"),
        (GOOD.replace("}", ", timestamp: {header: X-T, tolerance: 2 business days}}"), 3, "has no fixed length"),
        (GOOD.replace("  email:", "  mail:"), 6, "'mail' is no field"),
        (GOOD.replace("  email: data.email\n  name:", "  company:"), 6, "nothing of a person is read"),
        (GOOD + "consents:\n  - {channel: sms, given: data.ok, words: Yes.}\n", 9, "needs the field phone"),
        (GOOD + "consents:\n  - {channel: email, given: data.ok}\n", 9, "has no words"),
        (GOOD + "consents:\n  - {channel: email, given: a, words: b, words_at: c}\n", 9, "leave one of the two out"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(SheetError) as wrong:
        sheet_of(HookSheet, text, "tool.yaml")
    assert (wrong.value.findings[0].line, said in str(wrong.value)) == (line, True), str(wrong.value)


def test_every_file_that_can_not_be_used_is_told_also_one_that_never_could(tmp_path: Path) -> None:
    (tmp_path / "hooks").mkdir()
    hooks = hooks_of(Playbook(tmp_path))
    assert hooks.troubles() == {}
    (tmp_path / "hooks" / "tool.yaml").write_text("hook: tool\n")
    assert list(hooks.troubles()) == ["tool"]
    (tmp_path / "hooks" / "tool.yaml").write_text(GOOD)
    assert hooks.troubles() == {}

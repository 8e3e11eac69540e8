"""Reading a cadence: what is right becomes the model, and every mistake is named at its very place."""

import time

import pytest

from cadences.errors import CadenceError
from cadences.reading import parse, read
from leads.findings import Finding, Severity
from leads.spans import Span, Unit
from leads.yaml_text import MAX_BYTES


def findings(text: str) -> list[Finding]:
    return list(read(text, "plan.yaml").findings)


def only(text: str) -> tuple[str, Finding]:
    """The one finding, and the text it points at."""
    found = findings(text)
    assert len(found) == 1, [str(finding) for finding in found]
    line = text.split("\n")[found[0].line - 1]
    return line[found[0].column - 1 :], found[0]


def in_step(step: str) -> str:
    return f"cadence: plan\nsteps:\n  - email: hello\n  - {step}\n"


def test_whole_cadence_is_read() -> None:
    cadence = parse(
        'cadence: plan\nhours: {days: "mon, wed", from: "08:30", to: "24:00", calendar: US-CA}\n'
        "steps:\n  - email: hello\n  - {after: 3 business days, call: ring, if: [has phone, not sms consent]}\n"
    )
    assert cadence.name == "plan"
    assert cadence.hours.days == {0, 2}
    assert cadence.steps[1].after == Span(3, Unit.BUSINESS_DAY)
    assert cadence.steps[1].if_ is not None
    assert str(cadence.steps[1].if_) == "has phone and not sms consent"


def test_finding_reads_like_a_compiler_message() -> None:
    assert str(Finding("a.yaml", 12, 5, Severity.ERROR, "no", "yes")) == "a.yaml:12:5: error: no"


@pytest.mark.parametrize(
    ("step", "at", "message", "hint"),
    [
        ("{emial: hi}", "emial", "unknown key `emial`", "did you mean `email`?"),
        ("{email: hi, delay: 3 days}", "delay", "unknown key `delay`", "did you mean `after`?"),
        ("{email: hi, every: 3 days}", "every", "unknown key `every`", "`every` belongs under `repeat:`"),
        ("{email: hi, if_: sms consent}", "if_", "unknown key `if_`", "did you mean `if`?"),
        ("{email: hi, xyz: 1}", "xyz", "unknown key `xyz`", "known here: email, sms, call, task"),
        ("{email: hi, after: 3d}", "3d", "'3d' is no span of time", 'did you mean "3 days"?'),
        ("{email: hi, after: a week}", "a week", "is no span of time", 'did you mean "1 week"?'),
        ("{email: hi, after: 2 years}", "2 years", "is no span of time", 'did you mean "24 months"?'),
        ("{email: hi, after: 3 buisness days}", "3 buis", "no span", 'did you mean "3 business days"?'),
        ("{email: hi, after: soon}", "soon", "is no span of time", 'write "30 minutes"'),
        ("{email: hi, after: 5}", "5", "5 is no span of time", 'write "30 minutes"'),
        ("{email: hi, sms: ho}", "sms: ho", "exactly one of `email`, `sms`, `call`, `task`", ""),
        ("{after: 3 days}", "{after", "exactly one of", ""),
        ("{email: hi, after: 1 day, wait: 1 day}", "wait", "`after` (from the first contact) or `wait`", ""),
        ("{email: hi, within: 1 day}", "within", "`within` is for calls and tasks", "goes out by itself"),
        ("{email: hi, after: }", "after", "`after` has no value", "remove the line"),
        ("{email: 12}", "12", "`email` must be text, not 12", 'email: "12"'),
        ("{call: Second Call}", "Second", '"Second Call" is no name', "write second-call"),
        ("{task: x, to: ownr}", "ownr", '`to` can\'t be "ownr"', 'did you mean "owner"?'),
        ("{email: hi, repeat: {every: 1 day}}", "{every", "a repeat needs an end", ""),
        ("{email: hi, repeat: {times: 3}}", "{times", "`every` is missing in `repeat`", "add `every`"),
        ("{email: hi, repeat: {every: 1 day, times: 1}}", "1}}", "`times` is too small: 1", "write 2 or more"),
        ("{email: hi, repeat: {every: 1 day, times: few}}", "few", "must be a whole number", "times: 4"),
        ("{email: hi, repeat: {every: 1 day, until: never}}", "never", "`until` can't be", '"an answer"'),
        ("{email: hi, instead: skp}", "skp", "`instead` can't be", "write skip, or a mapping"),
        ("{email: hi, instead: {cal: x}}", "cal", "unknown key `cal`", "did you mean `call`?"),
        ("{email: hi, instead: {call: x, sms: y}}", "sms", "takes exactly one of", ""),
        ("{sms: hi, if: sms consnt}", "sms consnt", "is no condition", 'did you mean "sms consent"?'),
        ("{sms: hi, if: first was conected}", "first", "is no condition", 'did you mean "first was connected"?'),
        ("{sms: hi, if: colour is red}", "colour", "a lead has no field 'colour'", "it has name, company"),
        ("{sms: hi, if: {a: b}}", "{a", "is no condition", "write"),
        ("hello", "hello", '"hello" is no step', "write `- email: NAME`"),
        ("[]", "[]", "a list is no step", "write `- email: NAME`"),
    ],
)
def test_mistake_in_a_step_is_named_at_its_place(step: str, at: str, message: str, hint: str) -> None:
    pointed, finding = only(in_step(step))
    assert finding.line == 4
    assert pointed.startswith(at)
    assert message in finding.message
    assert hint in finding.hint


@pytest.mark.parametrize(
    ("line", "at", "message", "hint"),
    [
        ("hours: {from: 9}", "9", "9 is no clock time", 'write it in quotes, like "09:00"'),
        ('hours: {from: "25:00"}', '"25', "is no clock time", "like"),
        ("hours: {days: mon-fry}", "mon-fry", "'mon-fry' names no days", "write mon-fri"),
        ('hours: {from: "10:00", to: "09:00"}', "to:", "hours never open", ""),
        ("hours: {calendar: XX}", "calendar", "'XX' is no known calendar", "a country like US"),
        ("limits: {per_day: 0}", "0", "`per_day` is too small: 0", "write 1 or more"),
        ("limits: {per_wek: 3}", "per_wek", "unknown key `per_wek`", "did you mean `per_week`?"),
        ("per_day: 3", "per_day", "unknown key `per_day`", "`per_day` belongs under `limits:`"),
        ("for: inbound", "inbound", "`for` can't be", "for: {kind: …}"),
        ("for: {kind: foo}", "foo", "`kind` can't be", "inbound or outbound or any"),
        (
            "first_response: {at_most: 1 month}",
            "1 month",
            "`at_most` counts on the clock on the wall",
            'write "24 hours"',
        ),
        ("defaults: {First Name: x}", "x", "is no name of a field", "write first_name"),
        ("defaults: {size: 12}", "12", "must be text, not 12", 'size: "12"'),
    ],
)
def test_mistake_elsewhere_is_named_at_its_place(line: str, at: str, message: str, hint: str) -> None:
    pointed, finding = only(f"cadence: plan\n{line}\nsteps:\n  - email: hello\n")
    assert finding.line == 2
    assert pointed.startswith(at)
    assert message in finding.message
    assert hint in finding.hint


def test_clock_without_quotes_is_read_and_mentioned() -> None:
    text = "cadence: plan\nhours: {to: 17:30}\nsteps: [{email: hello}]\n"
    pointed, finding = only(text)
    assert pointed.startswith("17:30")
    assert finding.severity is Severity.WARNING
    assert finding.hint == 'write it in quotes: "17:30"'
    assert read(text).cadence is not None


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("", 1, "the file is empty", "start with `cadence: NAME`"),
        ("# only a comment\n", 1, "the file is empty", "start with"),
        ("- a\n- b\n", 1, "a cadence is a mapping of keys, not a list", "start with"),
        ("hello\n", 1, 'not "hello"', "start with"),
        ("steps:\n  - email: hello\n", 1, "`cadence` is missing", "add `cadence`"),
        ("cadence: plan\n", 1, "`steps` is missing", "add `steps`"),
        ("cadence: plan\nsteps:\n", 2, "`steps` has no value", "write one after the colon"),
        ("cadence: plan\nsteps: []\n", 2, "`steps` is empty", "- "),
        ("cadence: plan\nsteps: {email: a}\n", 2, "`steps` must be a list", "- "),
        ("cadence: a\ncadence: b\nsteps: [{email: a}]\n", 2, "a second time; the first is in line 1", "keep one"),
        ("cadence: plan\nsteps:\n\t- email: a\n", 3, "a tab indents this line", "use spaces"),
        ("a: &x 1\nb: *x\n", 1, "`&x` names a place", "write the value out"),
        ("a: *x\n", 1, "`*x` refers to another place", "write the value out"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "the tag", "write the plain value"),
        ("%YAML 1.1\n---\na: 1\n", 2, "a % directive is not read", "remove the line"),
        ("cadence: a\n---\ncadence: b\n", 2, "a second document starts here", "one file holds one document"),
        ("cadence: plan: b\n", 1, "a second `: ` in one line", "quotes"),
        ("cadence: 'plan\nsteps: []\n", 1, "a quote is opened and never closed", "close it"),
        ("steps: [{email: a}\ncadence: b\n", 2, "is not closed, or a comma is missing", "bracket"),
        ("cadence: @plan\n", 1, "text can't start with @", "put the text in quotes"),
        ("cadence: \x07\n", 1, "control character (U+0007)", "delete it"),
        ("a: {{ x }}\n", 1, "a key must be a plain word", "quotes"),
    ],
)
def test_unreadable_file_is_explained(text: str, line: int, message: str, hint: str) -> None:
    found = findings(text)[0]
    assert found.line == line
    assert message in found.message
    assert hint in found.hint
    assert read(text).cadence is None


def test_all_mistakes_are_found_at_once() -> None:
    found = findings(
        "cadence: plan\nlimit: 3\nsteps:\n  - {emial: a}\n  - {email: a, after: 3d}\n  - {sms: a, if: x}\n"
    )
    assert sorted(finding.line for finding in found) == [2, 4, 5, 6]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 50_000,
        "- " * 50_000,
        "a: " + "[b, " * 50_000,
        "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "x" * (MAX_BYTES + 1),
        "a: [" + "b," * 100_000 + "]",
    ],
)
def test_bomb_is_refused_quickly(text: str) -> None:
    before = time.perf_counter()
    assert findings(text)
    assert read(text).cadence is None
    assert time.perf_counter() - before < 20


def test_parse_raises_with_all_findings() -> None:
    with pytest.raises(CadenceError, match=r"plan\.yaml:2:10: error: unknown key `emial`") as caught:
        parse("cadence: plan\nsteps: [{emial: a}]\n", "plan.yaml")
    assert len(caught.value.findings) == 1


def test_templates_are_named_even_in_a_file_with_mistakes() -> None:
    reading = read(
        "cadence: plan\nstep: 1\nsteps:\n"
        "  - {email: a, instead: {sms: b}}\n  - {call: c}\n  - {email: a}\n  - {email: ../x}\n"
    )
    assert list(reading.templates()) == ["email/a.md", "sms/b.txt", "call/c.md"]
    assert reading.cadence is None


def test_a_repeated_key_is_the_only_thing_that_is_said_about_it() -> None:
    text = (
        "cadence: twice\nsteps:\n  - {email: a}\n  - {wait: 3 months, email: b, repeat: {every: 3 months, times: 2}}\n"
    )
    again = read(text + "steps: []\n").findings
    assert [finding.message for finding in again] == ["`steps` stands here a second time; the first is in line 2"]

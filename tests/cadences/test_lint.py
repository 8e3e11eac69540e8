"""`check`: each mistake of a plan or a template has its finding, at its place, and a good plan has none."""

import pytest

from cadences.bundle import CadenceBundle
from cadences.lint import check
from cadences.reading import read
from leads.findings import Finding, Severity

EMAIL = "---\nsubject: Hello\n---\nHi {{ first_name }}\n"
SMS = "{{ our_name }}: hi. Reply STOP to opt out."
CALL = "# Call\n"
TAIL = "  - {wait: 3 months, email: tail, repeat: {every: 3 months, until: an answer}}\n"


def bundle(text: str, **templates: str) -> CadenceBundle:
    """A bundle in which each template that is not given is a good one; `email_a="…"` gives one."""
    good = {"email": EMAIL, "sms": SMS, "call": CALL}
    found = {path: good[path.split("/")[0]] for path in read(text).templates()}
    for name, source in templates.items():
        channel, _, template = name.partition("_")
        found[f"{channel}/{template}.{'txt' if channel == 'sms' else 'md'}"] = source
    return CadenceBundle("plan", text, found)


def findings(text: str, **templates: str) -> list[Finding]:
    return check(bundle(text, **templates), known_cadences={"not-now"})


def only(text: str, **templates: str) -> Finding:
    found = findings(text, **templates)
    assert len(found) == 1, [f"{finding} | {finding.hint}" for finding in found]
    return found[0]


def plan(*steps: str, head: str = "", tail: str = TAIL) -> str:
    """A plan of these steps, the first of them in line 4 plus the lines of `head`."""
    lines = "".join(f"  - {step}\n" for step in steps)
    return f"cadence: plan\ndefaults: {{first_name: there}}\n{head}steps:\n{lines}{tail}"


def pointed_at(text: str, finding: Finding) -> str:
    return text.split("\n")[finding.line - 1][finding.column - 1 :]


def test_good_plan_has_no_findings() -> None:
    text = plan("email: a", "call: b", "{after: 1 week, sms: c, if: sms consent}")
    assert findings(text) == []


@pytest.mark.parametrize(
    ("steps", "at", "severity", "message", "hint"),
    [
        (["email: a", "{after: 1 week, email: a}"], "a}", "error", 'the step in line 4 is called "a" too', "`id: a-2`"),
        (["email: a", '{after: 1 week, task: "??"}'], '"??"', "error", "the step has no name", "add `id: NAME`"),
        (
            ["{email: a, repeat: {every: 1 week, until: an answer}}"],
            "{wait",
            "error",
            '"tail" never comes: "a" before it repeats until an answer',
            "give that one `times`",
        ),
        (["{after: 5 days, email: a}", "{after: 3 days, email: b}"], "3 days", "error", "is over when", "`wait`"),
        (["{after: 1 month, email: a}", "{after: 3 weeks, email: b}"], "3 weeks", "error", "is over when", "`wait`"),
        (
            ["{email: a, repeat: {every: 1 week, times: 4}}", "{after: 2 weeks, call: b}"],
            "2 weeks",
            "error",
            '2 weeks after the first contact is over when "a" before it comes',
            "`wait`",
        ),
        (["{wait: 3 weeks, email: a}", "{after: 1 week, email: b}"], "1 week", "error", "is over when", "`wait`"),
        (["{after: 200 months, email: a}"], "200 months", "error", "more than ten years", "span"),
        (["{task: a, repeat: {every: 0 days, times: 3}}"], "0 days", "error", "no time at all", "1 day"),
        (["{call: a, repeat: {every: 2 hours, times: 3}}"], "2 hours", "warning", "more than one a day", "1 business"),
        (["{sms: a}"], "{sms", "warning", "nobody may be texted without written consent", "add `if: sms consent`"),
        (["{sms: a, if: not sms consent}"], "{sms", "warning", "without written consent", "if: sms consent"),
        (["{email: a, instead: {email: b}}"], "instead", "warning", "another email can't either", "another channel"),
        (["{task: a, instead: skip}"], "instead", "warning", "this is never used", "remove it"),
        (["{email: a, if: zz was sent}"], "zz was", "error", 'there is no step "zz"', "steps are called a, tail"),
        (["email: hello", "{call: c, if: helo was sent}"], "helo", "error", 'no step "helo"', 'did you mean "hello"?'),
        (["{email: a, if: tail was sent}"], "tail was", "error", '"tail" comes later than this step', "further up"),
        (["{email: a, if: a was sent}"], "a was", "error", '"a" is this step', "further up"),
        (
            ["email: a", "{call: b, if: a was voicemail}"],
            "a was",
            "warning",
            "an email and never ends",
            "sent, skipped",
        ),
        (["{email: a, if: [has phone, not has phone]}"], "[has", "error", "contradict each other", "keep one"),
        (
            ["{email: a, repeat: {every: 1 day, times: 9}}"],
            "1 day",
            "warning",
            "every 1 day is more than `limits` lets through",
            "per_week (4)",
        ),
        (["email: a", "email: b"], "email: b", "warning", "with this, 2 messages fall into one day", "per_day above 1"),
        (
            ["email: a", *(f"{{after: {n} days, email: b{n}}}" for n in range(1, 5))],
            "{after: 4",
            "warning",
            "with this, 5 messages fall into one week",
            "per_week above 4",
        ),
        (
            ["{email: a, repeat: {every: 1 week, times: 3, until: connected}}"],
            "connected",
            "warning",
            "an email never connects: it comes all 3 times",
            "repeat a call",
        ),
    ],
)
def test_mistake_in_the_steps_is_named_at_its_place(
    steps: list[str], at: str, severity: str, message: str, hint: str
) -> None:
    text = plan(*steps)
    finding = only(text)
    assert pointed_at(text, finding).startswith(at)
    assert finding.severity == severity
    assert message in finding.message
    assert hint in finding.hint


@pytest.mark.parametrize(
    "steps",
    [
        ["{after: 3 business days, email: a}", "{after: 4 days, email: b}"],
        ["{after: 5 business days, email: a}", "{after: 8 days, email: b}"],
        ["{after: 30 days, email: a}", "{after: 1 month, email: b}"],
        ["{after: 1 week, email: a}", "{after: 1 week, call: b}"],
        ["{sms: a, instead: skip}"],
        ["{call: a, repeat: {every: 1 week, times: 3}, if: not a was connected}"],
        ["{email: a, instead: {call: b}}", "{call: c, wait: 1 day, if: a was voicemail}"],
    ],
)
def test_what_may_be_right_is_no_finding(steps: list[str]) -> None:
    assert findings(plan(*steps)) == []


@pytest.mark.parametrize(
    ("head", "steps", "at", "severity", "message"),
    [
        ('hours: {from: "05:00", to: "08:00"}', ["call: a"], '"08:00"', "error", "never opens"),
        ('hours: {from: "21:00", to: "23:00"}', ["{sms: a, instead: skip}"], '"21:00"', "error", "never opens"),
        ('hours: {from: "07:00", to: "17:00"}', ["call: a"], '"07:00"', "warning", "wait until 08:00"),
        ('hours: {from: "09:00", to: "22:00"}', ["call: a"], '"22:00"', "warning", "stop at 21:00"),
        ("limits: {per_day: 5, per_week: 4}", ["email: a"], "5", "warning", "5 a day are never reached"),
        ("first_response: {within: 1 hour}", ["email: a"], "first_response", "warning", "no step lets a person answer"),
        (
            "first_response: {within: 1 hour}",
            ["{wait: 1 day, call: a}"],
            "{wait",
            "warning",
            "comes after the first-response target",
        ),
        ("on_not_now: {cadence: not-nw}", ["email: a"], "not-nw", "error", '"not-nw", which does not exist'),
        ("on_reply: {hold: 0 days}", ["email: a"], "0 days", "error", "`hold` of no time at all"),
        ("for: {kind: inbound}", ["{call: a, to: generator}"], "generator", "warning", "has no generator"),
        ("on_silence: {return_to: owner}", ["email: a"], "on_silence", "warning", "this is never reached"),
    ],
)
def test_mistake_in_the_rules_is_named_at_its_place(
    head: str, steps: list[str], at: str, severity: str, message: str
) -> None:
    text = plan(*steps, head=head + "\n")
    finding = only(text)
    assert pointed_at(text, finding).startswith(at)
    assert finding.severity == severity
    assert message in finding.message


MINUTE_A_WEEK = 'hours: {from: "09:00", to: "09:01", days: mon}'
SHORT_DAY = 'hours: {from: "10:00", to: "15:30"}'


@pytest.mark.parametrize(
    ("head", "step", "at", "days", "longest"),
    [
        (f"{MINUTE_A_WEEK}\nfirst_response: {{within: 9999 hours}}", "call: a", "9999 hours", 599_940, "1 hour"),
        (f"{MINUTE_A_WEEK}\non_reply: {{within: 61 minutes}}", "call: a", "61 minutes", 61, "1 hour"),
        (f"{MINUTE_A_WEEK}\non_yes: {{within: 2 hours}}", "call: a", "2 hours", 120, "1 hour"),
        (f"{SHORT_DAY}\non_reply: {{within: 331 hours}}", "call: a", "331 hours", 61, "330 hours"),
        (SHORT_DAY, "{call: a, within: 331 hours}", "331 hours", 61, "330 hours"),
        (SHORT_DAY, "{task: a, within: 9999 hours}", "9999 hours", 1818, "330 hours"),
        ('hours: {from: "00:00", to: "24:00"}', "{task: a, within: 1441 hours}", "1441 hours", 61, "1440 hours"),
    ],
)
def test_due_time_that_is_counted_for_ever_is_refused(head: str, step: str, at: str, days: int, longest: str) -> None:
    text = plan(step, head=f"{head}\n")
    finding = next(one for one in findings(text) if "days on which they open" in one.message)
    assert pointed_at(text, finding).startswith(at)
    assert finding.is_error
    assert f"{at} counted only while `hours` are open: that takes {days} days" in finding.message
    assert "`5 business days`" in finding.hint
    assert f"`{longest}` at most" in finding.hint


def test_due_time_after_the_steps_is_refused_too() -> None:
    text = plan("email: a", head=f"{SHORT_DAY}\non_silence: {{return_to: owner, within: 331 hours}}\n", tail="")
    finding = only(text)
    assert finding.is_error
    assert pointed_at(text, finding).startswith("331 hours")


@pytest.mark.parametrize(
    "head",
    [
        f"{SHORT_DAY}\non_reply: {{within: 330 hours}}",
        f"{SHORT_DAY}\non_reply: {{within: 9999 minutes}}",
        f"{SHORT_DAY}\non_yes: {{within: 200 days}}",
        'hours: {from: "00:00", to: "24:00"}\non_yes: {within: 1440 hours}',
    ],
)
def test_due_time_that_goes_by_in_time_is_no_finding(head: str) -> None:
    assert findings(plan("email: a", head=f"{head}\n")) == []


def test_hours_at_night_are_fine_for_email_alone() -> None:
    assert findings(plan("email: a", head='hours: {from: "22:00", to: "23:00"}\n')) == []


def test_first_call_at_once_keeps_the_first_response() -> None:
    assert findings(plan("email: a", "call: b", head="first_response: {within: 30 minutes}\n")) == []


def test_plan_that_ends_without_an_answer_is_refused() -> None:
    finding = only(plan("email: a", "{after: 1 week, call: b}", tail=""))
    assert finding.is_error
    assert finding.line == 5
    assert "ends without an answer" in finding.message
    assert "on_silence" in finding.hint


def test_plan_may_end_with_a_kick_back() -> None:
    assert findings(plan("email: a", head="on_silence: {return_to: owner}\n", tail="")) == []


@pytest.mark.parametrize(
    ("more", "message"),
    [("if: company is set", 'for a lead without "company is set"'), ("instead: skip", "is skipped for ever")],
)
def test_tail_that_some_leads_never_get_is_mentioned(more: str, message: str) -> None:
    finding = only(plan(f"{{email: a, {more}, repeat: {{every: 3 months, until: an answer}}}}", tail=""))
    assert finding.severity is Severity.WARNING
    assert message in finding.message


def test_name_must_be_the_files() -> None:
    finding = only(plan("email: a").replace("cadence: plan", "cadence: plam"))
    assert finding.is_error
    assert finding.hint == "write `cadence: plan`, or rename the file to plam.yaml"


def test_default_cannot_be_mistaken_for_a_span() -> None:
    text = plan("email: a").replace("{first_name: there}", "{first_name: there, wait: soon}")
    assert findings(text, email_a=EMAIL + "{{ wait }}") == []


def test_only_emails_have_the_page_of_free_times() -> None:
    text = plan("{email: a, instead: {sms: b}}")
    assert findings(text, email_a=EMAIL + "{{ meeting_link }}") == []
    (wrong,) = findings(text, sms_b=f"{SMS} {{{{ meeting_link }}}}")
    assert "only emails have `meeting_link`" in str(wrong)


def test_missing_template_is_named_where_it_is_used() -> None:
    text = plan("{email: a, instead: {sms: b}}")
    whole = bundle(text)
    left = {path: source for path, source in whole.templates.items() if path != "sms/b.txt"}
    (finding,) = check(CadenceBundle("plan", text, left), known_cadences={"not-now"})
    assert finding.message == "the template templates/sms/b.txt is missing"
    assert pointed_at(text, finding).startswith("b}")


@pytest.mark.parametrize(
    ("template", "line", "column", "severity", "message", "hint"),
    [
        (EMAIL + "\n{{ compny }}", 6, 4, "error", "no field is called `compny`", "did you mean `company`?"),
        (EMAIL + "a {{ company }}", 5, 6, "error", "a lead may have no `company`", "default"),
        (EMAIL + "company {{ company | default('x') }} {{ company }}", 5, 41, "error", "no `company`", "default"),
        (EMAIL + "{{ attributes.size }}", 5, 4, "error", "no `attributes.size`", "default"),
        (EMAIL + "{{ attributes }}", 5, 4, "error", "is a whole list", "attributes.size"),
        (EMAIL + "{{ our_name.upper }}", 5, 4, "error", "`our_name` has no parts", "| upper"),
        (EMAIL + "{% if name %}", 5, 1, "error", "never closed", "{% endif %}"),
        (EMAIL + "{{ name", 5, 1, "error", "never closed", "close {{ with }}"),
        (EMAIL + "{% foo %}", 5, 1, "error", "unknown tag 'foo'", "if, elif, else"),
        (EMAIL + "{{ first_name | shout }}", 5, 1, "error", "shout", "known: capitalize, d, default"),
        (EMAIL + "{% include 'x' %}", 5, 1, "error", "templates may not use this", "copy the words"),
        (EMAIL + "{{ 1 / 0 }}", 5, 1, "error", "division by zero", ""),
        ("Hello\n", 1, 1, "error", "no front matter with a subject", "subject: …"),
        ("---\npreheader: x\n---\nHi {{ first_name }}", 2, 1, "error", "no subject", "add `subject"),
        ("---\nsubject: ''\n---\nHi {{ first_name }}", 2, 1, "error", "no subject", "add `subject"),
        ("---\nsubject: a\nsubjct: b\n---\nHi {{ first_name }}", 3, 1, "error", "unknown key `subjct`", "subject"),
        ("---\nsubject: {{ name }}, hi\n---\nHi", 2, 1, "error", "can't be read with its braces", '"{{ name }}, hi"'),
        ("---\nsubject: Re your\n---\nHi {{ frst_name }}", 4, 7, "error", "`frst_name`", "`first_name`"),
        ("---\nsubject: 'Re: your'\n---\nHi {{ first_name }}", 2, 1, "error", "pretends", "unlawful"),
        ("---\nsubject: 'FWD : x'\n---\nHi {{ first_name }}", 2, 1, "error", "pretends", "unlawful"),
        ("---\nsubject: '{{ \"Re:\" }} x'\n---\nHi {{ first_name }}", 1, 1, "error", "pretends to be a reply", "say"),
        ("---\nsubject: Hi\n---\n\n", 5, 1, "error", "the email has no words", "write some"),
        (
            "---\nsubject: '{% if company %}x{% endif %}'\n---\nHi {{ first_name }}",
            1,
            1,
            "error",
            "the subject is empty for this lead (a lead without name, company and question)",
            "default",
        ),
    ],
)
def test_mistake_in_an_email_is_named_at_its_place(
    template: str, line: int, column: int, severity: str, message: str, hint: str
) -> None:
    finding = only(plan("email: a"), email_a=template)
    assert finding.file == "templates/email/a.md"
    assert (finding.line, finding.column, finding.severity) == (line, column, severity)
    assert message in finding.message
    assert hint in finding.hint


def test_e3_a_later_email_may_answer_an_earlier_one_but_none_was_passed_on() -> None:
    steps = ["email: a", "{after: 1 week, email: b}"]
    answer = "---\nsubject: 'Re: your question'\n---\nHi {{ first_name }}\n"
    assert findings(plan(*steps), email_b=answer) == []
    assert "pretends" in only(plan(*steps), email_a=answer).message
    assert "pretends" in only(plan(*steps), email_b=answer.replace("Re:", "Fwd:")).message


def test_the_words_that_a_first_text_gets_are_counted() -> None:
    finding = only(plan("{sms: a, if: sms consent}"), sms_a="{{ our_name }}: STOP " + "a" * 440)
    assert "takes 4 segments" in finding.message
    assert findings(plan("{sms: a, if: sms consent}"), sms_a="{{ our_name }}: STOP " + "a" * 437) == []


@pytest.mark.parametrize(
    ("template", "column", "message", "hint"),
    [
        (f"{SMS} It\u2019s us", 46, "\u2019 (U+2019) makes the whole text UCS-2", "write ' instead"),
        (f"{SMS} \u2013", 44, "\u2013 (U+2013)", "write - instead"),
        (f"{SMS}\u00a0x", 43, "a no-break space (U+00A0)", "write a plain space"),
        (f"{SMS} \U0001f389", 44, "U+1F389", "leave it out"),
        (SMS + " more" * 100, 1, "the text takes 4 segments", "shorten it to 3"),
        ("hi. Reply STOP to opt out.", 1, "does not say who it is from", "{{ our_name }}"),
        ("{{ our_name }}: hi", 1, "does not say how to stop", "Reply STOP"),
    ],
)
def test_weakness_of_a_text_is_a_warning(template: str, column: int, message: str, hint: str) -> None:
    finding = only(plan("{sms: a, if: sms consent}"), sms_a=template)
    assert finding.file == "templates/sms/a.txt"
    assert (finding.line, finding.column, finding.severity) == (1, column, "warning")
    assert message in finding.message
    assert hint in finding.hint


def test_only_the_first_text_must_say_how_to_stop() -> None:
    steps = ["{after: 1 week, sms: a, if: sms consent}", "{after: 2 weeks, sms: b, if: sms consent}"]
    assert findings(plan(*steps), sms_b="{{ our_name }}: hi") == []


@pytest.mark.parametrize(
    ("defaults", "message"),
    [
        ("{first_name: there, unused: x}", "no template names `unused`"),
        ("{first_name: there, our_name: x}", "every lead has `our_name`; this default is never used"),
    ],
)
def test_default_that_does_nothing_is_mentioned(defaults: str, message: str) -> None:
    finding = only(plan("email: a").replace("{first_name: there}", defaults))
    assert finding.severity is Severity.WARNING
    assert finding.message == message


def test_every_turn_of_a_repeat_is_rendered() -> None:
    finding = only(plan("{email: a, repeat: {every: 1 week, times: 4}}"), email_a=EMAIL + "{{ 1 / (occurrence - 3) }}")
    assert "division by zero" in finding.message


def test_mistakes_of_plan_and_templates_are_found_at_once() -> None:
    text = plan("{email: a, foo: 1}", "{after: 3d, email: b}")
    found = findings(text, email_a=EMAIL + "{{ zzz }}", email_b="no front matter")
    assert [(finding.file, finding.line) for finding in found] == [
        ("plan.yaml", 4),
        ("plan.yaml", 5),
        ("templates/email/a.md", 5),
        ("templates/email/b.md", 1),
    ]


@pytest.mark.parametrize(
    "text", ["", "- a\n", "a: [", "cadence: plan\nsteps: 3\n", "cadence: plan\nsteps: [3, [], {}]\n"]
)
def test_nonsense_is_only_refused(text: str) -> None:
    found = check(CadenceBundle("plan", text))
    assert found
    assert all(finding.is_error for finding in found)

"""Variants: which lead gets which, that it keeps it, and what of it stands in the plan."""

from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import pytest

from cadences.bundle import CadenceBundle
from cadences.facts import TouchMade
from cadences.lint import check
from cadences.messages import compose
from cadences.model import Step
from cadences.planning import plan
from cadences.preview import preview
from cadences.reading import read
from cadences.tasks import Outcome
from cadences.variants import Variant, variant_for, variants_of
from leads.findings import Finding
from leads.model import Channel
from tests.cadences.cases import (
    LEAD_ID,
    MONDAY,
    a_cadence,
    a_case,
    a_lead,
    begun,
    carried_out,
    completed,
)
from tests.links import LINKS

LEADS = [uuid5(LEAD_ID, str(number)) for number in range(10_000)]
SHORT = {"short": "hello-short"}
TAIL = {"wait": "3 months", "task": "look", "repeat": {"every": "3 months", "until": "an answer"}}


def a_step(**more: Any) -> Step:
    return Step.model_validate({"email": "hello", **more})


def shares(step: Step, cadence: str = "test") -> Counter[str]:
    found = (variant_for(lead, cadence, step) for lead in LEADS)
    return Counter(variant.name for variant in found if variant is not None)


def chi_square(seen: Counter[str], expected: dict[str, float]) -> float:
    assert seen.keys() == expected.keys()
    return sum((seen[name] - wanted) ** 2 / wanted for name, wanted in expected.items())


def lead_with(variant: str, step: Step) -> UUID:
    return next(lead for lead in LEADS if (found := variant_for(lead, "test", step)) and found.name == variant)


def test_a_step_without_variants_has_none() -> None:
    assert variants_of(a_step()) == ()
    assert variant_for(LEAD_ID, "test", a_step()) is None


def test_the_steps_own_template_is_the_original() -> None:
    assert variants_of(a_step(variants=SHORT)) == (Variant("original", "hello"), Variant("short", "hello-short"))


# The bounds are the chi-square distribution's upper 0.1 % points, as every table has them:
# 10.83 for one degree of freedom, 13.82 for two.


def test_ten_thousand_leads_are_split_in_halves() -> None:
    assert chi_square(shares(a_step(variants=SHORT)), {"original": 5000, "short": 5000}) < 10.83


def test_ten_thousand_leads_are_split_in_thirds() -> None:
    seen = shares(a_step(variants={**SHORT, "story": "hello-story"}))
    assert chi_square(seen, dict.fromkeys(("original", "short", "story"), 10_000 / 3)) < 13.82


def test_weights_are_kept() -> None:
    weights = {"original": 3, "short": 1, "story": 1}
    seen = shares(a_step(variants={**SHORT, "story": "hello-story"}, weights=weights))
    assert chi_square(seen, {"original": 6000, "short": 2000, "story": 2000}) < 13.82


def test_two_steps_and_two_cadences_split_independently() -> None:
    """Whoever got the short one here is as likely as anybody to get the short one there."""
    one, other = a_step(variants=SHORT), a_step(id="again", variants=SHORT)
    for there, cadence in ((other, "test"), (one, "elsewhere")):
        both = Counter(
            f"{variant_for(lead, 'test', one).name} {variant_for(lead, cadence, there).name}"  # type: ignore[union-attr]
            for lead in LEADS
        )
        expected = {f"{a} {b}": 2500.0 for a in ("original", "short") for b in ("original", "short")}
        assert chi_square(both, expected) < 16.27  # Three degrees of freedom.


def test_a_lead_keeps_its_variant_whatever_else_is_edited() -> None:
    before = a_step(variants={"short": "hello-short", "story": "hello-story"})
    after = a_step(variants={"story": "hello-story-2", "short": "hello-shorter"}, after="3 days", **{"if": "has email"})
    names = [(variant_for(lead, "test", before), variant_for(lead, "test", after)) for lead in LEADS[:1000]]
    assert all(one is not None and two is not None and one.name == two.name for one, two in names)


def test_a_variant_that_is_added_takes_leads_and_moves_no_others() -> None:
    before, after = a_step(variants=SHORT), a_step(variants={**SHORT, "story": "hello-story"})
    moved = Counter(
        (one.name, two.name)
        for lead in LEADS
        if (one := variant_for(lead, "test", before)) != (two := variant_for(lead, "test", after)) and one and two
    )
    assert set(moved) == {("original", "story"), ("short", "story")}


def test_the_plan_has_the_leads_variant_and_its_template() -> None:
    cadence = a_cadence({"email": "hello", "variants": SHORT}, TAIL)
    for name, template in (("original", "hello"), ("short", "hello-short")):
        lead = replace(a_lead(), id=lead_with(name, cadence.steps[0]))
        touch = begun(cadence, lead).enrollment.next
        assert touch is not None
        assert (touch.step.step_id, touch.variant, touch.content) == ("hello", name, template)


def test_the_message_is_made_from_the_variants_template() -> None:
    cadence = a_cadence({"email": "hello", "variants": SHORT}, TAIL)
    case = begun(cadence, replace(a_lead(), id=lead_with("short", cadence.steps[0])))
    case = replace(case, company=replace(case.company, postal_address="1 Quay"))
    templates = {
        "email/hello.md": "---\nsubject: Long\n---\nLong",
        "email/hello-short.md": "---\nsubject: Short\n---\nHi",
    }
    bundle = CadenceBundle("test", "cadence: test\nsteps: [{email: hello}]\n", templates)
    assert case.enrollment.next is not None
    assert compose(case, bundle, case.enrollment.next, LEAD_ID, LINKS).subject == "Short"


def test_every_repetition_is_the_same_variant() -> None:
    repeat = {"every": "1 week", "times": 4}
    cadence = a_cadence({"email": "hello", "variants": SHORT, "repeat": repeat}, TAIL)
    case = a_case(cadence, replace(a_lead(), id=lead_with("short", cadence.steps[0])))
    assert [touch.variant for touch in preview(case, MONDAY, touches=5)] == [*["short"] * 4, None]


def test_what_comes_instead_is_no_variant() -> None:
    cadence = a_cadence({"email": "hello", "variants": SHORT, "instead": {"call": "by-phone"}}, TAIL)
    touch = begun(cadence, a_lead(email=None)).enrollment.next
    assert touch is not None
    assert (touch.channel, touch.content, touch.variant) == (Channel.CALL, "by-phone", None)


def test_a_call_made_tells_which_talk_track_it_had() -> None:
    cadence = a_cadence({"call": "hello", "variants": SHORT}, TAIL)
    lead = replace(a_lead(), id=lead_with("short", cadence.steps[0]))
    case = completed(carried_out(begun(cadence, lead)), Outcome.VOICEMAIL)
    made = [fact for fact in case.facts if isinstance(fact, TouchMade)]
    assert [(touch.outcome, touch.variant) for touch in made] == [("voicemail", "short")]


def test_a_plan_that_is_made_anew_has_the_same_variant() -> None:
    cadence = a_cadence({"email": "hello", "variants": SHORT}, TAIL)
    case = begun(cadence)
    assert plan(case, MONDAY).enrollment.next == case.enrollment.next


def findings(step: str) -> list[Finding]:
    text = f"cadence: plan\non_silence: {{return_to: owner}}\nsteps: [{step}]\n"
    good = {"email": "---\nsubject: Hello\n---\nHi\n", "sms": "{{ our_name }}: hi. STOP\n", "call": "# Call\n"}
    templates = {path: good[path.split("/")[0]] for path in read(text).templates() if "missing" not in path}
    return check(CadenceBundle("plan", text, templates), known_cadences={"not-now"})


@pytest.mark.parametrize(
    "step",
    [
        "{email: a, variants: {short: b}}",
        "{email: a, variants: {short: b, story: c}, weights: {original: 2, short: 1, story: 1}, measure: yes}",
        '{call: a, variants: {short: b}, measure: "yes"}',
        "{sms: a, if: sms consent, variants: {short: b}, measure: reply}",
    ],
)
def test_good_variants_have_no_findings(step: str) -> None:
    assert findings(step) == []


@pytest.mark.parametrize(
    ("step", "message", "hint"),
    [
        ("{email: a, variants: {short: missing}}", "templates/email/missing.md is missing", "mend the name"),
        ("{task: a, variants: {short: b}}", "`variants` are templates, and a task has none", "an email"),
        ("{email: a, variants: {}}", "`variants` has 0 of them", "name one to 4"),
        ("{email: a, variants: {b: b, c: c, d: d, e: e, f: f}}", "`variants` has 5 of them", "name one to 4"),
        ("{email: a, variants: {original: b}}", "'original' is the step's own template", "another name"),
        ("{email: a, variants: {short: a}}", "compares 'a' with itself", "another template"),
        ("{email: a, variants: {b: c, d: c}}", "compares 'c' with itself", "another template"),
        ("{email: a, variants: {Short One: b}}", "is no name", "short-one"),
        ("{email: a, variants: [b]}", "can't be a list", "a mapping"),
        ("{email: a, weights: {original: 1}}", "`weights` compares nothing", "add `variants: {NAME: TEMPLATE}`"),
        ("{email: a, measure: reply}", "`measure` compares nothing", "or remove it"),
        ("{email: a, variants: {b: b}, weights: {b: 2}}", "must name each variant and no other", "original, b"),
        ("{email: a, variants: {b: b}, weights: {original: 0, b: 1}}", "`original` is too small: 0", "1 or more"),
        ("{call: a, variants: {b: b}, measure: reply}", "nobody replies to a call", "`measure: yes`"),
        ("{email: a, variants: {b: b}, measure: clicks}", '`measure` can\'t be "clicks"', "reply"),
        ("{email: a, variant: {b: b}}", "unknown key `variant`", "`variants`"),
    ],
)
def test_mistake_in_variants_is_named(step: str, message: str, hint: str) -> None:
    found = findings(step)
    assert len(found) == 1, found
    assert message in found[0].message
    assert hint in found[0].hint
    assert found[0].line == 3


def test_a_variant_of_the_first_email_may_not_pretend_to_answer_either() -> None:
    text = "cadence: plan\non_silence: {return_to: owner}\nsteps:\n  - {email: a, variants: {short: b}}\n"
    templates = {
        "email/a.md": "---\nsubject: Hello\n---\nHi\n",
        "email/b.md": '---\nsubject: "Re: Hello"\n---\nHi\n',
    }
    found = check(CadenceBundle("plan", text, templates), known_cadences={"not-now"})
    assert [finding.message for finding in found] == ["the subject pretends to be part of a conversation: Re:"]


def test_the_templates_of_all_variants_are_part_of_the_version() -> None:
    text = "cadence: plan\nsteps:\n  - {email: a, variants: {short: b}}\n"
    assert list(read(text).templates()) == ["email/a.md", "email/b.md"]

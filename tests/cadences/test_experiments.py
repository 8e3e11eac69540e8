"""Which experiments a cadence has, and when two versions of it have the same one."""

from cadences.bundle import CadenceBundle
from cadences.experiments import Experiment, experiments_of
from cadences.variants import Variant
from leads.experiments import Goal
from leads.model import Channel

TEMPLATES = {
    "email/a.md": "---\nsubject: A\n---\nA",
    "email/b.md": "---\nsubject: B\n---\nB",
    "call/c.md": "C",
    "call/d.md": "D",
}


def experiments(*steps: str, head: str = "", **templates: str) -> tuple[Experiment, ...]:
    lines = "".join(f"  - {step}\n" for step in steps)
    text = f"cadence: plan\n{head}steps:\n{lines}"
    return experiments_of(CadenceBundle("plan", text, {**TEMPLATES, **templates}))


def fingerprint(step: str, **more: str) -> str:
    return experiments(step, **more)[0].fingerprint


TWO = "{email: a, variants: {short: b}}"


def test_each_step_with_variants_is_one() -> None:
    found = experiments("{email: a, variants: {short: b}, sample: 400}", "call: x", "{call: c, variants: {brisk: d}}")
    assert [(one.step, one.channel, one.goal, one.sample) for one in found] == [
        ("a", Channel.EMAIL, Goal.REPLY, 400),
        ("c", Channel.CALL, Goal.YES, 220),
    ]
    assert found[0].variants == (Variant("original", "a"), Variant("short", "b"))


def test_an_edit_elsewhere_leaves_it_the_same() -> None:
    edited = experiments("{email: a, variants: {short: b}, after: 3 days, id: a}", "call: x", head="about: Else.\n")
    assert edited[0].fingerprint == fingerprint(TWO)


def test_other_words_shares_goals_and_samples_are_another_one() -> None:
    others = [
        fingerprint(TWO, **{"email/b.md": "---\nsubject: B\n---\nBetter words"}),
        fingerprint("{email: a, variants: {shorter: b}}"),
        fingerprint("{email: a, variants: {short: b}, weights: {original: 2, short: 1}}"),
        fingerprint("{email: a, variants: {short: b}, measure: yes}"),
        fingerprint("{email: a, variants: {short: b}, sample: 400}"),
    ]
    assert len({*others, fingerprint(TWO)}) == 6


def test_what_is_the_default_anyway_changes_nothing() -> None:
    said = "{email: a, variants: {short: b}, weights: {original: 1, short: 1}, measure: reply, sample: 220}"
    assert fingerprint(said) == fingerprint(TWO)

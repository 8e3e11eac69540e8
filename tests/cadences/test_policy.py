"""The written policy: everything configured is in it, nothing else, and the same configuration is the same version."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from cadences.library import shipped
from cadences.model import Cadence, FirstResponse, Step
from cadences.policy import _SAID_OF, Policy, PolicySheet, compose_policy, difference, follows_it
from cadences.policy_mail import policy_mail
from cadences.policy_sheets import policy_sheets
from cadences.policy_words import day_names
from cadences.rendering import render_staff_prose
from cadences.rules import read_rules, shipped_rules
from leads.model import Colleague, Role
from leads.playbook import Playbook
from leads.sheets import SheetError
from leads.work_hours import WorkHours
from leads.yaml_text import read_source
from tests.sample import COMPANY

TODAY = date(2026, 11, 20)
CADENCES = [bundle.cadence for bundle in shipped()]


def policy(**changes: object) -> Policy:
    given = {"company": COMPANY, "cadences": CADENCES, "rules": shipped_rules(), "today": TODAY, **changes}
    return compose_policy(**given)  # type: ignore[arg-type]


def cadence(**keys: object) -> Cadence:
    return Cadence.model_validate({"cadence": "x", "steps": [{"call": "first"}], **keys})


def of(**keys: object) -> str:
    return policy(cadences=[cadence(**keys)]).text


def test_the_same_configuration_is_the_same_text_and_version_in_whatever_order() -> None:
    assert policy(cadences=CADENCES[::-1]) == policy()
    assert policy().version == policy().version
    assert len(policy().version) == 12
    assert int(policy().version, 16)


def test_every_step_of_every_cadence_is_in_it_in_order() -> None:
    text = policy().text
    assert [line[4:] for line in text.split("\n") if line.startswith("### ")] == [one.name for one in CADENCES]
    for one in CADENCES:
        own = text.partition(f"### {one.name}\n")[2].partition("\n#")[0]
        places = [own.index(f"{number}. ") for number in range(1, len(one.steps) + 1)]
        assert places == sorted(places)
        for step, start in zip(one.steps, places, strict=True):
            assert step.content in own[start:].split("\n")[0]


def test_the_shipped_plan_reads_aloud() -> None:
    text = policy().text
    for line in (
        "- Touches happen Monday to Friday, 09:00 to 17:30 on the lead's own clock, not on public holidays of US; the "
        "first email to a question goes out at any hour.",
        "- Emails and texts: at most 1 in a day, and 4 in any seven days.",
        "- First response to a question: a person answers within 30 minutes of our hours, and within 24 hours in any "
        "case, by a connected call or in writing; a voicemail or an automatic message is none. When half of the time "
        "is gone the owner is warned, and when two thirds are gone the manager is told.",
        "- After a reply: answer the reply, within 30 minutes, then the manager is told. Automatic messages hold for 5 "
        "business days, and for as long as nobody has answered.",
        "- After a yes: take over: said yes, within 30 minutes, and won or lost within 10 business days of that; then "
        "the manager is told, each business day until it is.",
        "- After a personal touch: automatic messages pause for 5 business days.",
        "- After a not now: at the date it goes on with not-now.",
        "1. At once: email `answer-the-question`, left out where it can't be sent.",
        "2. At once: call `first-call`, by the owner, due with the first response, where that is still to come.",
        "4. 7 business days after the first contact: text `quick-note`, if sms consent.",
        "9. 5 months after the first contact: call `month-of-calls`, by the owner, 5 times, every 6 days.",
        "10. 3 months after the touch before: email `quarterly`, again and again, every 3 months until an answer.",
        "After the last step without an answer it goes back to the generator: no answer to five touches: find the "
        "right person, try another way, or record a no, within 10 business days.",
    ):
        assert f"\n{line}\n" in text, line


def test_the_law_stands_there_with_its_citations() -> None:
    text = policy().text
    for words in (
        "- everywhere: every day 08:00 to 21:00 (47 CFR 64.1200(c)(1); 16 CFR 310.4(c))",
        "- FL: every day 08:00 to 20:00, at most 3 calls and texts in 24 hours (Fla. Stat. 501.616(6))",
        "- RI: Monday to Friday 09:00 to 18:00, Saturday and Sunday 10:00 to 17:00 (R.I. Gen. Laws 5-61-3.6; not",
        "- email to people in CA needs a consent, an inquiry of the last 6 months, a purchase of the last 24 months (",
        "within 18 months of a purchase or 3 months of an inquiry; it is looked up again after 31 days, and a number "
        "that never was may be called (47 CFR 64.1200(c)(2), (f)(5); 16 CFR 310.4(b)(1)(iii)(B))",
        "- a stop covers every channel (47 CFR 64.1200(a)(10))",
        "the law gives 10 business days (15 USC 7704(a)(4)(A))",
    ):
        assert words in text, words


def test_law_is_that_of_the_day() -> None:
    before = policy(today=date(2021, 6, 30)).text
    assert "- FL:" not in before  # Its law began a day later.
    assert "- FL:" in policy(today=date(2021, 7, 1)).text


def test_a_narrower_revocation_is_said_as_it_is() -> None:
    folder = Path("cadences/rules")
    row = "covers: {email: [email], sms: [sms, call]}, citation: x, effective_from: 2000-01-01, confirmed: true"
    narrow = f"revocation:\n  - {{{row}}}\n"

    def text_of(name: str) -> str:
        text = (folder / name).read_text("utf-8")
        return narrow + text[text.index("deadline:") :] if name == "opting-out.yaml" else text

    assert "- a stop covers by email: email; by sms: call, sms (x)" in policy(rules=read_rules(text_of)).text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hours": {"days": "sat, mon", "from": "08:00", "to": "24:00"}}, "Monday and Saturday, 08:00 to 24:00"),
        ({"limits": {"per_day": 2, "per_week": 9}}, "at most 2 in a day, and 9 in any seven days"),
        ({"first_response": {"within": "2 hours"}}, "within 2 hours of our hours, and within 24 hours in any case"),
        ({"first_response": {"at_most": "3 days"}}, "within 30 minutes of our hours, and within 3 days in any case"),
        ({"first_response": {"escalate_to": "mia"}}, "when two thirds are gone mia is told."),
        (
            {"first_response": {"before_missed": "reassign"}},
            "when two thirds are gone another rep who is at work takes over, or the manager is told.",
        ),
        ({"first_response": {"within": "2 hours"}}, "After a yes: take over: said yes, within 2 hours, and won"),
        ({"on_yes": {"within": "3 hours", "escalate_to": "owner"}}, "then the owner is told, each business day"),
        ({"on_yes": {"decide_within": "3 weeks"}}, "within 1 hour, and won or lost within 3 weeks of that"),
        ({}, "After a yes: take over: said yes, within 1 hour, and won or lost within 10 business days of that"),
        ({"on_reply": {"task": "call *back*", "within": "1 day"}}, "After a reply: call \\*back\\*, within 1 day"),
        ({"on_personal_touch": {"pause": "3 weeks"}}, "messages pause for 3 weeks"),
        ({"on_not_now": {"cadence": "later"}}, "it goes on with later"),
        ({"steps": [{"email": "a", "instead": {"call": "b"}}]}, "1. At once: email `a`, else call b."),
        ({"steps": [{"task": "visit", "to": "manager", "within": "1 week", "expires": "2 weeks"}]},
         "1. At once: task visit, by the manager, due within 1 week, given up 2 weeks after that."),
        ({"steps": [{"call": "a", "repeat": {"every": "1 day", "times": 3, "until": "connected"}}]},
         "3 times, every 1 day until a call connects."),
        ({"steps": [{"email": "a", "variants": {"short": "b", "long": "c"}}]}, "`a`, or, to compare them, `b` and `c`"),
        ({"for": {"kind": "outbound"}}, "For outbound leads."),
    ],
)  # fmt: skip
def test_whatever_is_configured_changes_the_text(change: dict[str, object], said: str) -> None:
    text = of(**change)
    assert said in text
    assert (of() != text) is bool(change)


def test_a_key_that_has_no_words_yet_is_said_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_SAID_OF, FirstResponse, {"within"})
    monkeypatch.setitem(_SAID_OF, Step, {"call", "task", "email"})
    assert "Escalate to: mia." in of(first_response={"escalate_to": "mia"})
    assert "1. 2 days after the first contact: call `a`, by the owner. After: 2 days." in of(
        steps=[{"call": "b", "within": "1 hour"}, {"call": "a", "after": "2 days"}]
    ).replace("2. 2 days", "1. 2 days")


def test_every_key_of_a_cadence_is_known_here() -> None:
    """A new key is written out as it stands; this says that somebody should give it words."""
    for part, said in _SAID_OF.items():
        assert said == set(part.model_fields), part.__name__


def test_our_own_hours_are_in_it() -> None:
    us = replace(COMPANY, hours=WorkHours.parse("mon-sat 08:00-20:00", "US"), zone="Europe/Madrid")
    said = "Monday to Saturday, 08:00 to 20:00, Europe/Madrid, without the public holidays of US."
    assert said in policy(company=us).text


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({0, 1, 2, 3, 4}, "Monday to Friday"),
        ({0, 1, 3, 4, 5}, "Monday, Tuesday and Thursday to Saturday"),
        ({6}, "Sunday"),
        ({0, 6}, "Monday and Sunday"),
        (set(range(7)), "every day"),
        (set(), "never"),
    ],
)
def test_days_are_said_as_people_say_them(days: set[int], said: str) -> None:
    assert day_names(days) == said


def test_the_businesss_own_yaml_is_read_aloud(tmp_path: Path) -> None:
    (tmp_path / "routing.yaml").write_text(
        "about: Who knows it, keeps it.  # not read\n"
        "rules:\n  - rule: Spanish\n    when: {skills: spanish, sources: [web, fair]}\n    to: {role: rep}\n"
        "quick: true\ngoals: [50 %, 2]\nnone:\n"
    )
    (sheet,) = [one for one in policy_sheets(Playbook(tmp_path)) if one.title == "Who gets a lead"]
    text = policy(sheets=[sheet]).text
    expected = (
        "## Who gets a lead\n\n- about: Who knows it, keeps it.\n- rules:\n"
        "  - rule: Spanish; when: skills: spanish; sources: web, fair; to: role: rep\n"
        "- quick: yes\n- goals: 50 %, 2\n- none: none\n\n## What the law permits"
    )
    assert expected in text


def test_yaml_that_can_not_be_read_is_said_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "routing.yaml").write_text("rules:\n  - {rule: x\n")
    with pytest.raises(SheetError, match=r"routing\.yaml"):
        policy_sheets(Playbook(tmp_path))


def test_it_renders_as_a_page_and_as_plain_text() -> None:
    text, html = render_staff_prose(policy().text, {})
    assert "<h3" in html
    assert "\\" not in text


def test_who_follows_leads_up_or_is_told_gets_it() -> None:
    roles = [role for role in Role if follows_it(Colleague("x", "X", role=role))]
    assert roles == [Role.REP, Role.MANAGER, Role.PARTNER]
    assert not follows_it(Colleague("x", "X", active=False))


def test_the_mail_says_what_changed_since_the_version_that_was_acknowledged() -> None:
    before, now = policy(cadences=[cadence()]), policy(cadences=[cadence(about="New")])
    subject, first = policy_mail(now, COMPANY, "https://x/policy/t", None)
    assert subject == f"How we follow up every lead (version {now.version})"
    assert "Please read it, and say so here: <https://x/policy/t>" in first
    assert "~~~~" not in first
    assert first.endswith(now.text)
    subject, again = policy_mail(now, COMPANY, "https://x/policy/t", before.text)
    assert "has changed" in subject
    fence = again.split("~~~~")[1]
    assert [line for line in fence.split("\n") if line.startswith(("+", "-"))] == ["--- before", "+++ now", "+", "+New"]
    assert difference(now.text, now.text) == ""


def test_a_sheet_that_is_a_bare_list_is_read_too() -> None:
    sheet = PolicySheet("Goals", read_source("- a\n- {b: c}\n", "x.yaml").value)
    assert "## Goals\n\n- a\n- b: c\n" in policy(sheets=[sheet]).text

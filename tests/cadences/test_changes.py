"""What an edit changes, line by line and for leads."""

from cadences.bundle import CadenceBundle
from cadences.changes import Change, ChangedFile, LineKind, changed_files, changes_for_leads
from cadences.drafts import draft_of, new_draft
from cadences.library import shipped

INBOUND = next(bundle for bundle in shipped() if bundle.name == "inbound-web")


def edited(*replacements: tuple[str, str], **templates: str) -> CadenceBundle:
    """The shipped cadence with some words replaced, and some of its templates."""
    draft = draft_of(INBOUND)
    text = draft.text
    for before, after in replacements:
        assert before in text
        text = text.replace(before, after)
    draft = draft.with_file("inbound-web.yaml", text)
    for name, words in templates.items():
        channel, _, rest = name.partition("_")
        draft = draft.with_file(f"templates/{channel}/{rest.replace('_', '-')}.md", words)
    return draft.bundle


def shown(file: ChangedFile) -> list[list[str]]:
    signs = {LineKind.SAME: " ", LineKind.ADDED: "+", LineKind.REMOVED: "-"}
    return [[f"{signs[line.kind]}{line.text}" for line in stretch] for stretch in file.stretches]


def test_only_files_that_changed_are_shown_with_the_lines_around() -> None:
    before = {"a": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "b": "same\n"}
    (file,) = changed_files(before, {**before, "a": before["a"].replace("5", "five")})
    assert (file.file, file.added, file.removed) == ("a", 1, 1)
    assert shown(file) == [[" 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8"]]
    assert [(line.before, line.after) for line in file.stretches[0][2:5]] == [(4, 4), (5, None), (None, 5)]


def test_changes_far_apart_are_stretches_of_their_own() -> None:
    before = "".join(f"{number}\n" for number in range(40))
    (file,) = changed_files({"a": before}, {"a": before.replace("3\n", "three\n", 1).replace("37\n", "x\n")})
    assert [len(stretch) for stretch in file.stretches] == [8, 7]


def test_new_files_and_those_that_are_gone_are_shown_whole() -> None:
    new, gone = changed_files({"old": "a\n"}, {"new": "b\nc"})
    assert (new.file, shown(new)) == ("new", [["+b", "+c"]])
    assert (gone.file, shown(gone)) == ("old", [["-a"]])


def test_a_step_that_moves_is_read_aloud_before_and_after() -> None:
    assert changes_for_leads(INBOUND, edited(("after: 3 business days", "after: 4 business days"))) == [
        Change(
            "checking-in",
            "3 business days after the first contact: email “checking-in”.",
            "4 business days after the first contact: email “checking-in”.",
        )
    ]


def test_steps_come_go_and_change_their_order() -> None:
    call, text = "  - {after: 2 weeks, call: second-call}\n", "  - {after: 4 weeks, email: case-study}\n"
    gone = changes_for_leads(INBOUND, edited((call, "")))
    assert [(one.about, one.after) for one in gone] == [("second-call", "")]
    added = changes_for_leads(edited((call, "")), INBOUND)
    assert [(one.about, one.before) for one in added] == [("second-call", "")]
    swapped = changes_for_leads(INBOUND, edited((call + text, text + call)))
    assert [one.about for one in swapped] == ["order"]
    assert "second-call → case-study" in swapped[0].before
    assert "case-study → second-call" in swapped[0].after


def test_words_that_change_are_told_at_each_step_that_says_them() -> None:
    words = INBOUND.templates["email/checking-in.md"] + "\nMore.\n"
    assert changes_for_leads(INBOUND, edited(email_checking_in=words)) == [
        Change("checking-in", "", "The email “checking-in” says something else.")
    ]


def test_what_holds_for_the_whole_cadence_is_told() -> None:
    after = edited(
        ('to: "17:30"', 'to: "18:00"'), ("per_week: 4", "per_week: 3"), ("first_name: there", "first_name: you")
    )
    found = {one.about: one for one in changes_for_leads(INBOUND, after)}
    assert list(found) == ["hours", "limits", "defaults"]
    assert "09:00 to 18:00" in found["hours"].after
    assert found["defaults"].after == "Templates say first_name: you."


def test_a_trial_begins_begins_anew_and_ends() -> None:
    step = "email: checking-in}"
    trial = edited((step, "email: checking-in, variants: {short: case-study}}"))
    other = edited((step, "email: checking-in, variants: {short: case-study}, sample: 300}"))

    def said(before: CadenceBundle, after: CadenceBundle) -> str:
        return changes_for_leads(before, after)[-1].after

    assert said(INBOUND, trial) == "Its variants are compared from now on."
    assert said(trial, other) == "The comparison of its variants begins anew."
    assert said(trial, INBOUND) == "Its variants are compared no more; what was counted stays."


def test_of_a_new_cadence_everything_is_new_and_of_the_same_nothing() -> None:
    new = new_draft("plan").bundle
    found = changes_for_leads(None, new)
    assert all(one.before == "" for one in found)
    assert [one.about for one in found][-3:] == ["hello", "first-call", "still-there"]
    assert changes_for_leads(INBOUND, INBOUND) == []

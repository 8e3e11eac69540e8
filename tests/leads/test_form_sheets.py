"""Forms as YAML: the shipped one, and what is wrong with others, each mistake with its line."""

from pathlib import Path

import pytest

from leads.form_sheets import FormSheet, forms_of
from leads.named_sheets import SheetBroken, load_named
from leads.playbook import Playbook
from leads.sheets import SheetError, sheet_of

GOOD = """form: contact
title: Ask us
source: website
fields:
  - {name: email, label: Email}
  - {name: question, label: What?}
"""


def test_the_shipped_forms_are_good() -> None:
    forms = forms_of(Playbook()).all()
    assert [form.form for form in forms] == ["contact"]
    (contact,) = forms
    words = contact.consents[0].worded("Harbor Bakery")
    assert words.startswith("Harbor Bakery may send me text messages about my request")
    assert "{" not in words


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (GOOD.replace("label: Email", "lable: Email"), 5, "unknown key `lable`"),
        (GOOD.replace("source: website\n", ""), 1, "`source` is missing"),
        (GOOD.replace("form: contact", "form: Contact us"), 1, "'Contact us' can't stand in an address"),
        (GOOD.replace("name: email", "name: mail"), 5, "'mail' is no field"),
        (GOOD.replace("name: question", "name: email"), 5, "`email` is asked twice"),
        (GOOD.replace("name: email", "name: name").replace("name: question", "name: company"), 5, "nobody could be"),
        (GOOD + "consents:\n  - {channel: sms, words: Text me.}\n", 8, "a consent to sms needs the field phone"),
        (GOOD + "consents:\n  - {channel: fax, words: Fax me.}\n", 8, "`channel` can't be 'fax'"),
        (GOOD + 'consents:\n  - {channel: email, words: "{firm} may write."}\n', 8, "{firm} means nothing here"),
        (
            GOOD + "consents:\n  - {channel: email, words: a}\n  - {channel: email, words: b}\n",
            8,
            "a channel has two boxes",
        ),
        (GOOD + "redirect: /thanks\n", 7, "'/thanks' is no address of a page"),
        (GOOD + "redirect: 'javascript:alert(1)'\n", 7, "is no address of a page"),
        (GOOD + "origins: [https://www.example.com/contact]\n", 7, "is no origin"),
        (GOOD + "origins: [www.example.com]\n", 7, "is no origin"),
        (
            GOOD.replace("{name: question, label: What?}", "{name: question, label: W, choices: [a]}"),
            6,
            "nobody can choose",
        ),
        (
            GOOD.replace("{name: question, label: What?}", "{name: attributes.size, label: S, choices: [a, a]}"),
            6,
            "a choice stands there twice",
        ),
        (GOOD + "kind: sideways\n", 7, "`kind` can't be 'sideways'"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(SheetError) as wrong:
        sheet_of(FormSheet, text, "contact.yaml")
    assert (wrong.value.findings[0].line, said in str(wrong.value)) == (line, True), str(wrong.value)


def test_a_form_is_called_as_its_file_is(tmp_path: Path) -> None:
    (tmp_path / "sales.yaml").write_text(GOOD)
    (tmp_path / "other.yaml").write_text(GOOD.replace("title", "tilte"))
    with pytest.raises(SheetError) as wrong:
        load_named(FormSheet, "form", sorted(tmp_path.glob("*.yaml")))
    assert "other.yaml:2:1" in str(wrong.value)
    assert "sales.yaml:1:7: error: the file is called sales, and this contact" in str(wrong.value)


def test_a_file_that_became_wrong_leaves_the_last_good_form_in_force(tmp_path: Path) -> None:
    folder = tmp_path / "forms"
    folder.mkdir()
    path, forms = folder / "contact.yaml", forms_of(Playbook(tmp_path))
    path.write_text("form: contact\n")
    with pytest.raises(SheetBroken, match="`title` is missing"):
        forms.get("contact")
    path.write_text(GOOD)
    first = forms.get("contact")
    assert first is not None
    assert first.title == "Ask us"
    assert forms.trouble("contact") is None
    path.write_text(GOOD.replace("title: Ask us", "titel: Ask them"))
    assert forms.get("contact") == first
    assert "unknown key `titel`" in (forms.trouble("contact") or "")
    path.write_text(GOOD.replace("Ask us", "Ask us anything at all"))
    assert [form.title for form in forms.all()] == ["Ask us anything at all"]
    path.unlink()
    assert forms.get("contact") is None

"""An answer begun in a file: everything that was there stays, the question is there, and the words are asked for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.answer_drafts import new_file, with_answer
from leads.answer_sheets import AnswerSheet
from leads.playbook import Playbook
from leads.sheets import read_sheet, read_text
from tests.leads.test_answer_lint import GOOD

FIRST = AnswerSheet.model_validate(read_sheet(AnswerSheet, GOOD, "").value).answers[0]
OTHERWISE = (
    "topic: a\nanswers:\n- id: area\n  title: T\n  questions: {examples: [Is it?]}\n  answer: |\n    Yes.\n\n"
    "# who knows more\nexperts: [anna]\n"
)
"""Dashes at the left, and another key with a comment behind the answers."""


def written(text: str, words: str = "Yes.") -> AnswerSheet:
    """The file once somebody has written the words where they are asked for."""
    lines = text.split("\n")
    empty = [number for number, line in enumerate(lines) if line.strip() == "answer: |"]
    indent = lines[empty[-1]].index("answer") + 2
    if not lines[empty[-1] + 1].strip():
        lines[empty[-1] + 1] = " " * indent + words
    sheet = read_sheet(AnswerSheet, "\n".join(lines), "")
    assert sheet.value is not None, sheet.findings
    return sheet.value


def test_an_answer_is_begun_with_the_question_and_not_right_before_its_words_are_there() -> None:
    asked = ("Do you sell flour?", "flour: do you have some")
    begun = with_answer(GOOD, asked, {"area"})
    assert begun.text.startswith(GOOD)
    sheet = read_sheet(AnswerSheet, begun.text, "")
    assert [finding.message for finding in sheet.findings] == ["`answer` is empty"]
    first, new = written(begun.text).answers
    assert first == FIRST
    assert (new.id, new.title, new.questions.examples) == ("sell-flour", "Do you sell flour", asked)
    assert begun.answer == "sell-flour"
    assert begun.text.split("\n")[begun.line - 2] == "    answer: |"


def test_what_stands_behind_the_answers_stays_behind_them() -> None:
    begun = with_answer(OTHERWISE, ("Do you sell flour?",), ())
    sheet = written(begun.text)
    assert ([one.id for one in sheet.answers], sheet.experts) == (["area", "sell-flour"], ("anna",))
    assert "\n\n# who knows more\nexperts: [anna]\n" in begun.text


def test_a_new_file_is_begun() -> None:
    begun = with_answer(new_file("true"), (), ())
    sheet = written(begun.text)
    assert (sheet.topic, sheet.answers[0].id) == ("true", "new-answer")
    assert begun.text.startswith('topic: "true"\nexperts: []\nanswers:\n  - id: new-answer\n')


def test_ids_are_names_and_of_nobody_else() -> None:
    ids = [with_answer(GOOD, (asked,), {"flour", "flour-2"}).answer for asked in ("Flour?", "Is it?", "面粉?", "?")]
    assert ids == ["flour-3", "is-it", "answer", "answer"]


def test_a_text_that_is_no_yaml_gets_it_at_its_end() -> None:
    assert with_answer("topic: [\n", ("Flour?",), ()).text.startswith("topic: [\n\n  - id: flour\n")


@pytest.mark.parametrize("file", Playbook().files("answers"), ids=lambda path: path.stem)
def test_in_the_shipped_files_nothing_else_changes(file: object) -> None:
    text = read_text(file)  # type: ignore[arg-type]
    before = read_sheet(AnswerSheet, text, "").value
    assert before is not None
    after = written(with_answer(text, ("Do you sell flour?",), ()).text)
    assert after.model_copy(update={"answers": after.answers[:-1]}) == before


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda text: text.strip()), st.sampled_from([GOOD, OTHERWISE, new_file("x")]))
def test_whatever_somebody_asks_is_kept_word_for_word(asked: str, text: str) -> None:
    sheet = written(with_answer(text, (asked,), ()).text)
    assert sheet.answers[-1].questions.examples == (" ".join(asked.split()),)

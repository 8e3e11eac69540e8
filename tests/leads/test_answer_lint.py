"""Mistakes in the answers are said with their place and what to write instead."""

from collections.abc import Collection

import pytest

from leads.answer_lint import check_answers
from leads.answer_sheets import AnswerSheet, read_answers
from leads.playbook import Playbook
from leads.sheets import read_sheet

GOOD = """topic: delivery
experts: [anna]
answers:
  - id: area
    title: Where we deliver
    stage: comparing
    questions:
      patterns:
        - deliver to ...
      examples:
        - Do you deliver to Boston?
    answer: Yes, to every address.
    links:
      - {label: Areas, url: "https://www.example.com/areas"}
"""


def findings(*texts: str, colleagues: Collection[str] | None = None) -> list[tuple[str, int, int, str, str, str]]:
    sheets = [read_sheet(AnswerSheet, text, f"{number}.yaml") for number, text in enumerate(texts, 1)]
    found = check_answers(sheets, colleagues)
    return [(one.file, one.line, one.column, one.severity.value, one.message, one.hint) for one in found]


def test_the_shipped_answers_have_no_mistake() -> None:
    assert check_answers(read_answers(Playbook().files("answers")), {"mia", "anna", "ben"}) == []


def test_good_answers_have_no_finding() -> None:
    assert findings(GOOD, colleagues={"anna"}) == []


@pytest.mark.parametrize(
    ("wrong", "right", "line", "column", "message", "hint"),
    [
        ("deliver to ...", "delivery...", 9, 11, "the gap ... stands by itself", 'like "deliver to ..."'),
        ("deliver to ...", "ship/ to", 9, 11, "a word is missing beside a slash", 'look like "deliver/ship"'),
        ("deliver to ...", '"..."', 9, 11, "there is no word in it", "write the words"),
        ("stage: comparing", "stage: buying", 6, 12, "`stage` can't be 'buying'", "learning, comparing, deciding"),
        ("id: area", "id: Area 1", 4, 9, "String should match pattern", ""),
        ("https://www.example.com/areas", "www.example.com", 14, 29, "is no web address", "write it whole"),
        (
            "deliver to ...",
            "where ... deliver",
            9,
            11,
            "the pattern fits none of the examples of `area`",
            "add an exam",
        ),
    ],
)
def test_each_mistake_is_said_with_its_place(
    wrong: str, right: str, line: int, column: int, message: str, hint: str
) -> None:
    (found,) = findings(GOOD.replace(wrong, right))
    assert found[:4] == ("1.yaml", line, column, "error")
    assert message in found[4]
    assert hint in found[5]


def test_a_second_answer_of_the_same_id_is_an_error() -> None:
    (found,) = findings(GOOD, GOOD)
    assert found[:5] == ("2.yaml", 4, 9, "error", "the id `area` stands in 1.yaml:4 already")


def test_an_unknown_expert_is_an_error_where_colleagues_are_known() -> None:
    (found,) = findings(GOOD, colleagues={"ben", "mia"})
    assert found == ("1.yaml", 2, 11, "error", "there is no active colleague `anna`", "known: ben, mia")
    assert findings(GOOD, colleagues=None) == []


def test_two_answers_that_are_asked_for_alike_are_a_warning() -> None:
    other = GOOD.replace("id: area", "id: regions").replace("deliver to Boston?", "deliver to Boston, please?")
    found = findings(GOOD, other)
    assert [(one[0], one[1], one[3]) for one in found] == [("1.yaml", 11, "warning"), ("2.yaml", 11, "warning")]
    assert "`regions` is asked for by nearly the same words" in found[0][4]


def test_an_example_that_its_own_unless_excludes_is_an_error() -> None:
    (found,) = findings(GOOD.replace("    answer: Yes", "      unless: [boston]\n    answer: Yes"))
    assert found[1:5] == (11, 11, "error", "`unless` of `area` excludes this example")


def test_one_word_in_two_groups_of_synonyms_is_an_error() -> None:
    first = GOOD.replace("answers:\n", "synonyms:\n  - install/hook up\nanswers:\n", 1)
    second = GOOD.replace("id: area", "id: regions").replace(
        "answers:\n", "synonyms:\n  - pay/installment\nanswers:\n", 1
    )
    found = findings(first, second)
    assert found[0][:4] == ("2.yaml", 4, 5, "error")
    assert found[0][4] == "`installment` counts as the same word as `install`, which has other synonyms"


def test_a_list_in_lines_that_yaml_puts_together_is_a_warning() -> None:
    listed = "\n      - to Boston\n      - to Maine\n"
    (found,) = findings(GOOD.replace(" Yes, to every address.\n", f" >{listed}"))
    assert found[1:] == (
        *(12, 13, "warning", "the list in `area` becomes one line, since YAML puts these lines together"),
        "write `answer: |`",
    )
    assert findings(GOOD.replace(" Yes, to every address.\n", f" |{listed}")) == []


def test_an_answer_without_words_says_what_is_missing() -> None:
    found = findings(GOOD.replace("Yes, to every address.", "|"))
    assert found == [("1.yaml", 12, 13, "error", "`answer` is empty", "write it here")]


def test_the_questions_of_one_file_are_held_against_all_of_them() -> None:
    texts = (GOOD, GOOD.replace("id: area", "id: other").replace("topic: delivery", "topic: else"))
    sheets = [read_sheet(AnswerSheet, text, f"{number}.yaml") for number, text in enumerate(texts, 1)]
    assert [one.file for one in check_answers(sheets)] == ["1.yaml", "2.yaml"]
    assert [one.file for one in check_answers(sheets, only="2.yaml")] == ["2.yaml"]

"""What marketing types in lines is prose that flows: paragraphs and lists stay, ends of full lines go."""

import pytest
from markdown_it import MarkdownIt

from leads.answer_sheets import AnswerSheet
from leads.answering import AnswerDesk, AnswerLibrary
from leads.flowing import flowing, runs_together
from leads.sheets import sheet_of
from leads.yaml_text import Folded, read_source

SHEET = """topic: delivery
answers:
  - id: area
    title: Where we deliver
    questions:
      patterns: [deliver to ...]
      examples: [Do you deliver to Boston?]
    answer: {}
"""


def answer_of(written: str) -> str:
    """What a lead is answered where the answer was written like this in the file."""
    desk = AnswerDesk(AnswerLibrary((sheet_of(AnswerSheet, SHEET.format(written), "delivery.yaml"),)))
    (found,) = desk.look_up("Do you deliver to Boston?").answers
    return found.text


@pytest.mark.parametrize("mark", ["|", ">", "|-", ">+", ""])
def test_a_sentence_over_lines_is_one_and_an_empty_line_begins_a_paragraph(mark: str) -> None:
    written = f"{mark}\n      Yes, to every\n      address.\n\n      Even on\n      an island."
    assert answer_of(written) == "Yes, to every address.\n\nEven on an island."


def test_text_in_quotes_flows_too() -> None:
    assert answer_of('"Yes, to every\n      address.\n\n      Even here."') == "Yes, to every address.\n\nEven here."


@pytest.mark.parametrize(
    ("typed", "flows"),
    [
        ("one\ntwo", "one two"),
        ("one\n\ntwo\nthree", "one\n\ntwo three"),
        ("one  \ntwo", "one  \ntwo"),
        ("one\\\ntwo\nthree", "one\\\ntwo three"),
        ("Two sizes:\n- one,\n  narrow\n- two\n\nBoth\nfit.", "Two sizes:\n- one, narrow\n- two\n\nBoth fit."),
        ("1. one\n2. two\n   more\n   - a\n     b", "1. one\n2. two more\n   - a b"),
        ("- one\n\n  goes\n  on\n- two", "- one\n\n  goes on\n- two"),
        ("> one\n> two\nlazy\n>\n> three\n> four", "> one two lazy\n>\n> three four"),
        ("# Head\none\ntwo\n***\nend", "# Head\none two\n***\nend"),
        ("Head\n====\none\ntwo", "Head\n====\none two"),
        ("```\none\ntwo\n```\nthree\nfour", "```\none\ntwo\n```\nthree four"),
        ("    as it\n    is", "    as it\n    is"),
        (
            "see [the\nmap](https://example.com/map) **and\nmore**",
            "see [the map](https://example.com/map) **and more**",
        ),
    ],
)
def test_only_ends_of_full_lines_go(typed: str, flows: str) -> None:
    assert flowing(typed) == flows
    assert flowing(flows) == flows
    plain = MarkdownIt("commonmark")
    assert plain.render(flows).split() == plain.render(typed).split()


def test_yaml_says_which_text_it_put_together() -> None:
    source = read_source("a: |\n  x\n  y\nb: >\n  x\n\n  y\nc: x\n\n  y\nd: >\n  x\n  y\n", "x.yaml")
    assert [isinstance(source.at((key,)), Folded) for key in "abcd"] == [False, True, True, True]


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("- one deck - two decks\n", True),
        ("Two sizes:\n* one deck * two decks\n", True),
        ("1. one 2. two\n", True),
        ("- one deck\n", False),
        ("Open 7 am - 4 pm - every day\n", False),
    ],
)
def test_a_list_that_yaml_made_one_line_of_is_seen(text: str, does: bool) -> None:
    assert runs_together(Folded(text)) is does
    assert not runs_together(text)

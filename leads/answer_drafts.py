"""A file of answers with an answer begun in it: the question at hand is there, the words are still to be written."""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from leads.answer_sheets import AnswerSheet
from leads.sheets import read_sheet
from leads.wording import plain_words, says_little
from leads.yaml_text import Source

_LONGEST_ID = 60
_WORDS_OF_AN_ID = 4
_TITLE = 80
_PLAIN = re.compile(r"[A-Za-z][^:#\\]*[^:#\s\\]")
_NO_TEXT = ("true", "false", "null")
"""What YAML reads as something else than text, although it looks like some."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A text with an answer begun in it."""

    text: str
    answer: str
    """The id of that answer."""
    line: int
    """Where its words are to be written; counts from 1."""


def new_file(topic: str) -> str:
    """The text of a file in which no answer stands yet.

    Args:
        topic: what its answers are to have in common.
    """
    return f"topic: {_scalar(topic)}\nexperts: []\nanswers:\n"


def with_answer(text: str, asked: Sequence[str], taken: Collection[str]) -> Begun:
    """The file with one more answer at the end, which is not right until its words are there.

    Args:
        text: of a file; where its answers can't be told, the answer comes at the end.
        asked: the question in all its wordings, the first one for the title; one is made up where there is none.
        taken: ids that other answers have, also in other files.
    """
    examples = asked or ("Write a question as people ask it.",)
    source = read_sheet(AnswerSheet, text, "").source
    lines = text.rstrip("\n").split("\n")
    at = _after_answers(source, lines)
    indent = _indent(source)
    answer = _free_id(examples[0] if asked else "new answer", taken)
    question = " ".join(examples[0].split())
    title = question[:_TITLE].rstrip("?!. ") or question[:_TITLE] if asked else "What it is about"
    block = [
        f"- id: {_scalar(answer)}",
        f"  title: {_scalar(title)}",
        "  questions:",
        "    examples:",
        *(f"      - {_scalar(' '.join(one.split()))}" for one in examples),
        "  answer: |",
        "    ",
    ]
    gap = [""] if at and lines[at - 1].strip() and lines[at - 1].rstrip() != "answers:" else []
    new = [*lines[:at], *gap, *(f"{indent}{line}" for line in block), *lines[at:]]
    return Begun("\n".join(new) + "\n", answer, at + len(gap) + len(block))


def _after_answers(source: Source, lines: Sequence[str]) -> int:
    """How many lines stand before the place for one more answer: behind the list, before the next key of the file."""
    begins = source.keys.get(("answers",))
    if begins is None:
        return len(lines)
    later = [place.line for path, place in source.keys.items() if len(path) == 1 and place.line > begins.line]
    at = min(later) - 1 if later else len(lines)
    while at > begins.line and (not lines[at - 1].strip() or (later and lines[at - 1].startswith("#"))):
        at -= 1  # What stands above the next key, a comment or an empty line, is its own.
    return at


def _indent(source: Source) -> str:
    """How far the answers that are there stand from the left."""
    first = source.keys.get(("answers", 0, "id"))
    return " " * max(first.column - 3, 0) if first is not None else "  "


def _free_id(question: str, taken: Collection[str]) -> str:
    words = [word for word in plain_words(question) if not says_little(word)] or plain_words(question)
    slug = re.sub(r"[^a-z0-9]+", "-", "-".join(words[:_WORDS_OF_AN_ID]).lower()).strip("-")[: _LONGEST_ID - 4]
    slug = slug.strip("-") or "answer"
    number = 2
    found = slug
    while found in taken:
        found, number = f"{slug}-{number}", number + 1
    return found


def _scalar(text: str) -> str:
    """A text as YAML writes it in one line."""
    is_plain = _PLAIN.fullmatch(text) is not None and text.isprintable() and text.lower() not in _NO_TEXT
    return text if is_plain else "".join(map(_escaped, json.dumps(text, ensure_ascii=False)))


def _escaped(character: str) -> str:
    """A character as it may stand between quotes; what nobody sees is written by its number."""
    return character if character.isprintable() else f"\\U{ord(character):08x}"

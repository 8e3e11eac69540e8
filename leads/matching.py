"""Which answer a question asks for, and how surely; two that are both likely are no answer.

A question is compared word by word. A pattern has its words in their order, a keyword line in any order, and an example
as many as it has. What counts then is how much of the question an answer is about: a word that the answer never asks
for is a doubt, and a rare word says more than one that stands everywhere.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from leads.answer_sheets import GAP, AnswerLibrary, Shelved, forms
from leads.wording import Word, Wording

ENOUGH = 76.0
"""A score from which an answer is given: none of tests/leads/questions/tuned.tsv is answered wrongly from there on."""
MARGIN = 6.0
"""So much better than the next one it has to be."""
NEAR = 40.0
"""A score from which the answer at least tells the topic."""
_BASE = 40.0
"""What a pattern or keyword line counts by itself; the rest is how much of the question the answer is about."""
_IN_GAP = 0.5
"""How much a word that nobody knows counts where a pattern expects one: the place in "deliver to ..."."""
_GAP_WORDS = 5
"""So many words a gap stands for at most."""


@dataclass(frozen=True, slots=True)
class Match:
    """An answer that a question may ask for."""

    found: Shelved
    score: float
    """0 to 100."""
    by: str
    """The pattern, keywords or example that it was found by, for whoever wonders."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    shape: re.Pattern[str]
    line: str


@dataclass(frozen=True, slots=True)
class _Keywords:
    keys: frozenset[str]
    line: str


@dataclass(frozen=True, slots=True)
class _Example:
    words: tuple[Word, ...]
    line: str


@dataclass(frozen=True, slots=True)
class _Ways:
    """All ways to ask for one answer."""

    found: Shelved
    patterns: tuple[_Pattern, ...]
    keywords: tuple[_Keywords, ...]
    examples: tuple[_Example, ...]
    unless: tuple[_Keywords, ...]
    keys: frozenset[str]
    """Every word of them."""


class Matcher:
    """Finds the answer to a question in a library."""

    def __init__(self, library: AnswerLibrary) -> None:
        self.wording = Wording(
            [group for sheet in library.sheets for group in sheet.synonyms],
            [_sentences_of(one) for one in library.answers],
        )
        self._ways = {one.answer.id: self._read(one) for one in library.answers}

    def rank(self, question: str) -> list[Match]:
        """Every answer that has anything to do with the question, the likeliest first."""
        words = self.wording.read(question)
        matches = (self._match(ways, words) for ways in self._ways.values())
        return sorted((match for match in matches if match is not None), key=lambda match: -match.score)

    def fits(self, answer_id: str, pattern: str, question: str) -> bool:
        """Whether one pattern of an answer, as it is written, fits a question."""
        text = _spelled(self.wording.keys(question))
        return any(one.line == pattern and one.shape.search(text) for one in self._ways[answer_id].patterns)

    def excludes(self, answer_id: str, question: str) -> bool:
        """Whether the answer's `unless` says that this is another question."""
        keys = set(self.wording.keys(question))
        return any(one.keys <= keys for one in self._ways[answer_id].unless)

    def _read(self, one: Shelved) -> _Ways:
        asked = one.answer.questions
        return _Ways(
            one,
            tuple(_Pattern(_shape(keys), line) for keys, line in self._keys_of(asked.patterns)),
            tuple(_Keywords(frozenset(keys), line) for keys, line in self._keys_of(asked.keywords)),
            tuple(_Example(self.wording.read(example), example) for example in asked.examples),
            tuple(_Keywords(frozenset(keys), line) for keys, line in self._keys_of(asked.unless)),
            frozenset(key for sentence in _sentences_of(one) for key in self.wording.keys(sentence)),
        )

    def _keys_of(self, lines: Iterable[str]) -> Iterator[tuple[tuple[str, ...], str]]:
        """The words of each sentence that the lines stand for; those with the same words once."""
        seen: set[tuple[str, ...]] = set()
        for line in lines:
            for form in forms(line):
                keys: tuple[str, ...] = ()
                for number, part in enumerate(form.split(GAP)):
                    keys += ((GAP,) if number else ()) + self.wording.keys(part)
                if keys not in seen:
                    seen.add(keys)
                    yield keys, line

    def _match(self, ways: _Ways, words: Sequence[Word]) -> Match | None:
        keys = frozenset(word.key for word in words)
        if any(one.keys <= keys for one in ways.unless):
            return None
        score, by = max(self._scores(ways, words, keys), default=(0.0, ""))
        return Match(ways.found, round(score, 1), by) if score > 0 else None

    def _scores(self, ways: _Ways, words: Sequence[Word], keys: frozenset[str]) -> Iterator[tuple[float, str]]:
        whole = sum(word.weight for word in words)
        if not whole:
            return
        text = _spelled([word.key for word in words])
        own = sum(word.weight for word in words if word.key in ways.keys)
        for pattern in ways.patterns:
            if (found := pattern.shape.search(text)) is not None:
                first = text.count(" ", 0, found.start())
                inside = words[first : first + found.group().count(" ")]
                in_gap = sum(word.weight for word in inside if not self.wording.knows(word.key))
                yield _BASE + (100 - _BASE) * (own + _IN_GAP * in_gap) / whole, pattern.line
        for one in ways.keywords:
            if one.keys <= keys:
                yield _BASE + (100 - _BASE) * own / whole, one.line
        for example in ways.examples:
            yield 100 * _likeness(words, example.words), example.line


def surest(ranked: Sequence[Match]) -> Match | None:
    """The first of the ranked, if it is sure enough, and no other is sure enough too or nearly as good."""
    if not ranked or ranked[0].score < ENOUGH:
        return None
    second = ranked[1].score if len(ranked) > 1 else 0.0
    return None if second >= ENOUGH or ranked[0].score - second < MARGIN else ranked[0]


def _likeness(question: Sequence[Word], example: Sequence[Word]) -> float:
    """How much two questions have in common, of 0 to 1: Dice's measure over the weights of their words."""
    asked, known = ({word.key: word.weight for word in words} for words in (question, example))
    common = sum(asked[key] + known[key] for key in asked.keys() & known.keys())
    return common / (sum(asked.values()) + sum(known.values()))


def _shape(keys: Sequence[str]) -> re.Pattern[str]:
    """A pattern as an expression over spelled words; the last gap takes all that it may, the others as little."""
    gap = f"(?: [^ ]+){{0,{_GAP_WORDS}}}"
    last = len(keys) - 1
    parts = ((gap if at == last else f"{gap}?") if key == GAP else f" {re.escape(key)}" for at, key in enumerate(keys))
    return re.compile("".join(parts) + r"(?= |$)")


def _spelled(keys: Sequence[str]) -> str:
    return "".join(f" {key}" for key in keys)


def _sentences_of(one: Shelved) -> list[str]:
    """Every sentence in which an answer may be asked for; a gap is no word."""
    asked = one.answer.questions
    return [*(form for line in (*asked.patterns, *asked.keywords) for form in forms(line)), *asked.examples]

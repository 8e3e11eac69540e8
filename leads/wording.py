"""Words as they are compared: without case, accents, word endings and typing mistakes, and with synonyms made one.

Source: the library PyStemmer (Snowball) takes the endings off, rapidfuzz finds what a mistyped word was to be.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from rapidfuzz import process
from rapidfuzz.distance import OSA
from Stemmer import Stemmer

MAX_WORDS = 60
"""Words of one question that are compared; nobody needs more to ask it."""

_OF_LITTLE, _OF_NAME, _OF_UNKNOWN = 0.15, 0.25, 1.0
_TYPO_FROM, _TWO_TYPOS_FROM = 5, 9
"""Lengths from which one letter may be wrong, and two: shorter words are too near to each other."""
_SHORT_FORMS = (
    (re.compile(r"\b(what|where|who|how|when|it|that|there|here)['\u2019]?s\b"), r"\1 is"),
    (re.compile(r"n['\u2019]t\b"), " not"),
    (re.compile(r"['\u2019]re\b"), " are"),
    (re.compile(r"['\u2019]ll\b"), " will"),
    (re.compile(r"['\u2019]d\b"), " would"),
    (re.compile(r"['\u2019]ve\b"), " have"),
    (re.compile(r"['\u2019]m\b"), " am"),
    (re.compile(r"['\u2019]s\b"), " "),
    (re.compile(r"\bu\b"), "you"),
)
_WORD = re.compile(r"\w+")
_LITTLE = """
a able about actually again all also am an and another any anything are around as at available back be because been
before being both business but by can company considering correct could current currently details did do does dozen
each eight else enough even ever every few fine first five for four from further get give go goes going good guys had
has have having he hello hi how i if in info information interest interested into is it its just kind know let like
look looking love make many may maybe me might moment more much my myself near need needs next nine no not now of
offer offering offers ok okay on one ones only or other our ours ourselves place planning please possible possibly
question questions really right seven several shall she should six so some someone something somewhere soon still sure
take takes tell ten than thank thanks that the their them then there these they thing think thinking this those
thought three to today tomorrow too true two until up us use very want was way we well were what when where whether
which who why will wish with within wonder wondering work works would yes you your yours
"""
_LITTLE_WORDS = frozenset(_LITTLE.split())
"""Words that say little by themselves; patterns and keywords may still ask for them."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question, or a phrase that counts as one."""

    key: str
    """What it is compared by."""
    weight: float
    """How much it says: little for the small words, less than others for names and numbers that nobody knows."""


class Wording:
    """The words of one library: it knows their synonyms, and which mistyped word was to be which."""

    def __init__(self, synonyms: Iterable[Sequence[str]], texts: Sequence[Iterable[str]]) -> None:
        """Learn the words.

        Args:
            synonyms: groups of words and phrases that mean the same.
            texts: for each answer the sentences in which it may be asked for.
        """
        groups = [[plain_words(member) for member in group] for group in synonyms]
        spelled = {word for group in groups for words in group for word in words}
        spelled |= {word for sentences in texts for text in sentences for word in plain_words(text)}
        self._known = {stem(word) for word in spelled}
        self._by_letter: dict[str, list[str]] = {}
        for word in sorted(spelled):
            if len(word) >= _TYPO_FROM:
                self._by_letter.setdefault(word[0], []).append(word)
        phrases = {tuple(map(stem, words)): "_".join(map(stem, group[0])) for group in groups for words in group}
        self._phrases = phrases
        self._longest = max(map(len, phrases), default=1)
        self._weights: dict[str, float] = {}
        counts = Counter(key for sentences in texts for key in {key for text in sentences for key in self.keys(text)})
        self._weights = {key: log(1 + len(texts) / count) / log(1 + len(texts)) for key, count in counts.items()}

    def read(self, text: str) -> tuple[Word, ...]:
        """The words of a text, as they are compared."""
        spelled = plain_words(text)[:MAX_WORDS]
        names = _names_in(text)
        stems = [self._stem(word) for word in spelled]
        words: list[Word] = []
        at = 0
        while at < len(stems):
            length, key = self._phrase(stems, at)
            words.append(Word(key, self._weight(spelled[at] if length == 1 else "", key, names)))
            at += length
        return tuple(words)

    def keys(self, text: str) -> tuple[str, ...]:
        """The same without weights."""
        return tuple(word.key for word in self.read(text))

    def knows(self, key: str) -> bool:
        """Whether any answer is asked for in this word."""
        return key in self._weights

    def _phrase(self, stems: Sequence[str], at: int) -> tuple[int, str]:
        """How many words from here on count as one, and as which."""
        for length in range(min(self._longest, len(stems) - at), 0, -1):
            key = self._phrases.get(tuple(stems[at : at + length]))
            if key is not None:
                return length, key
        return 1, stems[at]

    def _stem(self, word: str) -> str:
        """The word without its ending or, if nobody knows it, that of the known word it must have been."""
        own = stem(word)
        if own in self._known or word in _LITTLE_WORDS or len(word) < _TYPO_FROM or not word.isalpha():
            return own
        wrong = 2 if len(word) >= _TWO_TYPOS_FROM else 1
        near = process.extractOne(word, self._by_letter.get(word[0], ()), scorer=OSA.distance, score_cutoff=wrong)
        # A timer is no mistyped time: other endings make other words.
        return own if near is None or word.startswith(near[0]) or near[0].startswith(word) else stem(near[0])

    def _weight(self, word: str, key: str, names: frozenset[str]) -> float:
        if word in _LITTLE_WORDS:
            return _OF_LITTLE
        if key in self._weights:
            return self._weights[key]
        return _OF_NAME if word in names or not word.isalpha() else _OF_UNKNOWN


_STEMMER = Stemmer("english")


def stem(word: str) -> str:
    """A word without its ending. English; of other languages it takes some off too, everywhere the same."""
    stemmed: str = _STEMMER.stemWord(word)
    return stemmed


def says_little(text: str) -> bool:
    """Whether a text has only words that mean nothing without what stands around them: "is that possible?"."""
    return all(word in _LITTLE_WORDS for word in plain_words(text))


def plain_words(text: str) -> list[str]:
    """The words of a text in small letters, without accents."""
    text = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one)).casefold()
    for short, long in _SHORT_FORMS:
        text = short.sub(long, text)
    return _WORD.findall(text)


def _names_in(text: str) -> frozenset[str]:
    """Words that are written with a capital although no sentence begins there."""
    found = re.finditer(r"(?<![.!?:]\s)(?<!^)\b[^\W\d_]\w*", text)
    return frozenset(word for one in found if one.group()[0].isupper() for word in plain_words(one.group()))

"""A message taken apart into the questions that it asks."""

import re
from collections.abc import Iterator

from leads.wording import says_little

MAX_MESSAGE = 4_000
"""Characters that are read; what a person asks stands at the beginning."""
MAX_QUESTIONS = 10
"""So many questions of one message are told apart; what comes after them stays together as the last one."""

_STARTS = (
    "what|how|when|where|which|who|whose|why|do|does|did|can|could|would|will|is|are|was|were|should|shall|may|"
    "have|has|any"
)
_ITEM = re.compile(r"^\s*(?:[-*\u2022\u2013]|\(?\d{1,2}[.):]|\(?[a-z][.)])\s+")
_SIGN_OFF = re.compile(
    r"^\s*(?:(?:(?:many|kind|best|warm) )?(?:thanks|thank you|regards|wishes|cheers|best|sincerely|yours)\b.{0,40}"
    r"|--.*)$",
    re.IGNORECASE,
)
_SHORTENED = "".join(rf"(?<!\b{word}\.)" for word in ("St", "Mt", "Ft", "Mr", "Mrs", "Ms", "Dr", "No", "Nr", "[A-Z]"))
"""What a full stop may end without ending the sentence: St. Louis, Washington D. C."""
_SENTENCE = re.compile(
    rf"(?<=[?])\s*(?=\S)|(?<=[.!;]){_SHORTENED}\s+(?=[A-Z0-9\"'(]|(?:{_STARTS}|please|also|and)\b)",
)
_JOINED = re.compile(
    rf",?\s+(?:and|also|plus|or)\s+(?:also\s+|then\s+|if so,?\s+)?(?=(?:{_STARTS})\b)|;\s+",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^,.!?]{0,40}[,.!]\s*|(?:and|also|so|but|then|plus|"
    r"secondly|finally|furthermore|first|second|third)\b,?\s+)+",
    re.IGNORECASE,
)
_ASKS = re.compile(rf"^(?:{_STARTS})\b", re.IGNORECASE)
_WISHES = re.compile(
    r"\b(?:please|(?:i|we)(?: would|'d|\u2019d) (?:like|love|need|want)|(?:i|we) (?:want|need|wonder|am wondering|"
    r"are wondering|was wondering|were wondering)|(?:tell|send|call|ring|email|give|let) (?:me|us)|interested in|"
    r"looking for|quote|information (?:on|about))\b",
    re.IGNORECASE,
)


def questions_in(message: str) -> tuple[str, ...]:
    """The questions and requests of a message, in its own words.

    A message in which nothing can be told as a question is one question as a whole: nobody asks us for nothing.
    """
    message = message[:MAX_MESSAGE].strip()
    sentences: list[str] = []
    items: set[int] = set()
    for block, is_item in _blocks(message):
        said = [part for sentence in _SENTENCE.split(block) for part in _parts(sentence)]
        items |= set(range(len(sentences), len(sentences) + len(said))) if is_item else set()
        sentences += said
    asked = [at for at, sentence in enumerate(sentences) if at in items or _asks(sentence)]
    found: list[str] = []
    for at in asked:
        # "We only have 208 volts. Is that enough?" asks with both sentences.
        if not says_little(sentences[at]):
            found.append(sentences[at])
        elif at and not says_little(sentences[at - 1]) and at - 1 not in asked:
            found.append(f"{sentences[at - 1]} {sentences[at]}")
    if not found:
        whole = " ".join(sentences) or " ".join(message.split())
        return (whole,) if whole else ()
    if len(found) > MAX_QUESTIONS:
        found = [*found[: MAX_QUESTIONS - 1], " ".join(found[MAX_QUESTIONS - 1 :])]
    return tuple(dict.fromkeys(found))


def _blocks(message: str) -> Iterator[tuple[str, bool]]:
    """Paragraphs and the items of lists, each as one line, up to where the message is signed; and which are items."""
    block: list[str] = []
    is_item = said = False
    for line in message.splitlines():
        if said and _SIGN_OFF.match(line):
            break
        said = said or bool(line.strip())
        item = _ITEM.match(line)
        if not line.strip() or item:
            if block:
                yield " ".join(block), is_item
            block, is_item = [], item is not None
        if words := " ".join(_ITEM.sub("", line).split()):
            block.append(words)
    if block:
        yield " ".join(block), is_item


def _parts(sentence: str) -> Iterator[str]:
    """A sentence that asks twice, as two: "Do you deliver, and what does it cost?"."""
    parts = [part.strip() for part in _JOINED.split(sentence)]
    begun = ""
    for part in parts:
        part = f"{begun} {part}".strip() if begun else part
        # A part that asks nothing by itself belongs to the next one.
        begun = "" if _asks(part) else part
        if not begun:
            yield _LEADING.sub("", part).strip() or part
    if begun:
        yield _LEADING.sub("", begun).strip() or begun


def _asks(sentence: str) -> bool:
    words = _LEADING.sub("", sentence).strip()
    return words.endswith("?") or bool(_ASKS.match(words)) or bool(_WISHES.search(words))

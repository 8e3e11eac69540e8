"""Questions that no answer fitted, those that ask the same put together, so that marketing sees what to write next."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rapidfuzz import fuzz

from leads.answering import AnswerDesk
from leads.wording import plain_words, says_little, stem

_ALIKE = 70.0
"""How much two questions have in common that count as one, of 0 to 100."""
SHOWN = 5
"""So many leads, and so many ways in which people answered, are named for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """One question that no answer fitted, and what became of it."""

    question: str
    lead_id: UUID
    asked_at: datetime
    topic: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    answered_note: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """How a person answered."""

    by: str
    at: datetime
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAlike:
    """Questions that ask the same."""

    question: str
    """The newest of them."""
    wordings: tuple[str, ...]
    """In how many ways it was asked, the newest first; not more than are shown."""
    count: int
    newest_at: datetime
    topic: str | None
    """What they come nearest to."""
    answered: int
    """How many of them a person answered."""
    given: tuple[Given, ...]
    """How, the newest first."""
    leads: tuple[UUID, ...]
    """Who asked, the newest first."""


def asked_alike(questions: Iterable[OpenQuestion]) -> list[AskedAlike]:
    """The questions in groups, the greatest first; of two that are as great the one with the newest question.

    Each joins the first group whose newest question it is like, so it takes the square of how many groups there are.
    """
    groups: list[tuple[str, list[OpenQuestion]]] = []
    for question in sorted(questions, key=lambda one: one.asked_at, reverse=True):
        words = _words(question.question)
        alike = next((members for head, members in groups if fuzz.token_sort_ratio(words, head) >= _ALIKE), None)
        if alike is None:
            groups.append((words, [question]))
        else:
            alike.append(question)
    found = [_group(members) for _, members in groups]
    return sorted(found, key=lambda one: (one.count, one.newest_at), reverse=True)


def still_open(groups: Iterable[AskedAlike], desk: AnswerDesk) -> list[AskedAlike]:
    """Those that the library has no answer to as it stands now."""
    return [one for one in groups if not desk.look_up(one.question).answers]


def name_of(question: str) -> str:
    """What stands for a question where its words must not: in an address, which logs and histories keep."""
    return hashlib.sha256(question.encode()).hexdigest()[:16]


def named(groups: Iterable[AskedAlike], name: str) -> AskedAlike | None:
    """The group in which a question of this name was asked; None where there is none."""
    return next((one for one in groups if any(name_of(words) == name for words in one.wordings)), None)


def _group(members: Sequence[OpenQuestion]) -> AskedAlike:
    newest = members[0]
    given = [
        Given(one.answered_by, one.answered_at, one.answered_note)
        for one in members
        if one.answered_by is not None and one.answered_at is not None
    ]
    return AskedAlike(
        question=newest.question,
        wordings=tuple(dict.fromkeys(one.question for one in members))[:SHOWN],
        count=len(members),
        newest_at=newest.asked_at,
        topic=next((one.topic for one in members if one.topic is not None), None),
        answered=len(given),
        given=tuple(sorted(given, key=lambda one: (one.note is not None, one.at), reverse=True)[:SHOWN]),
        leads=tuple(dict.fromkeys(one.lead_id for one in members))[:SHOWN],
    )


def _words(question: str) -> str:
    """The words that say something, without their endings; all of them where none does."""
    words = plain_words(question)
    return " ".join(stem(word) for word in words if not says_little(word)) or " ".join(words)

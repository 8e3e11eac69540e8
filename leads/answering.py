"""A message held against the library: what is answered, what is left to a person, and who knows most about it."""

from dataclasses import dataclass, field
from functools import cached_property

from leads.answer_sheets import AnswerLibrary
from leads.inquiries import AnswerFound, Link
from leads.matching import NEAR, Match, Matcher, surest
from leads.questions import questions_in


@dataclass(frozen=True, slots=True)
class Looked:
    """What the library says to a message."""

    answers: tuple[AnswerFound, ...] = ()
    unanswered: tuple[str, ...] = ()
    topic: str | None = None
    experts: tuple[str, ...] = ()
    """Ids of colleagues, whom to ask first; those of the topic that the unanswered part comes nearest to."""


@dataclass(frozen=True)
class AnswerDesk:
    """Answers messages from the library; an empty one answers nothing and asks nobody."""

    library: AnswerLibrary = field(default_factory=AnswerLibrary)

    @cached_property
    def matcher(self) -> Matcher:
        return Matcher(self.library)

    def look_up(self, message: str | None) -> Looked:
        """What the library says to a message; nothing at all where there is no message, or no library."""
        if not message or not self.library.answers:
            return Looked()
        answers: dict[str, AnswerFound] = {}
        unanswered: list[str] = []
        near: list[Match] = []
        sure: list[Match] = []
        for question in questions_in(message):
            ranked = self.matcher.rank(question)
            best = surest(ranked)
            if best is None:
                unanswered.append(question)
                near += ranked[:1]
                continue
            sure.append(best)
            answers.setdefault(best.found.answer.id, _found(best, question))
        nearest = max((match for match in near if match.score >= NEAR), key=lambda match: match.score, default=None)
        about = nearest or (sure[0] if sure else None)
        return Looked(
            tuple(answers.values()),
            tuple(unanswered),
            about.found.topic if about else None,
            about.found.experts if about else (),
        )


def _found(match: Match, question: str) -> AnswerFound:
    answer = match.found.answer
    return AnswerFound(
        id=answer.id,
        title=answer.title,
        text=answer.answer,
        links=tuple(Link(link.label, link.url) for link in answer.links),
        question=question,
        score=match.score,
    )

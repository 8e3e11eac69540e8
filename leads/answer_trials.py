"""Questions with the answers that they should get, and how well the library does on them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leads.answering import AnswerDesk
from leads.inquiries import AnswerFound

NONE = "-"
"""What stands for "no answer fits"."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A question, and the ids of the answers that it should get; None where nobody has said."""

    question: str
    expected: frozenset[str] | None
    line: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What a question got."""

    trial: Trial
    answers: tuple[AnswerFound, ...]
    unanswered: tuple[str, ...]
    nearest: str
    """What came nearest to a part that got no answer, and how near; for whoever wonders."""

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(answer.id for answer in self.answers)

    @property
    def is_right(self) -> bool | None:
        """None where nothing was expected."""
        return None if self.trial.expected is None else self.ids == self.trial.expected


@dataclass(frozen=True, slots=True)
class Tally:
    """All of them, counted."""

    judged: int
    """Questions of which somebody has said what they should get."""
    right: int
    given: int
    """Answers that were given to those."""
    wrong: int
    """Answers given that should not have been."""
    wanted: int
    """Answers that should have been given."""

    @property
    def precision(self) -> float:
        """The share of the given answers that were right; 1 when none was given."""
        return 1.0 if not self.given else (self.given - self.wrong) / self.given

    @property
    def recall(self) -> float:
        """The share of the wanted answers that were given; 1 when none was wanted."""
        return 1.0 if not self.wanted else (self.given - self.wrong) / self.wanted


def read_trials(text: str) -> Iterator[Trial]:
    """One question on a line; after a tab, the ids that it should get, with commas, or `-` for none.

    Empty lines, and those that begin with #, say nothing.
    """
    for number, line in enumerate(text.splitlines(), 1):
        question, tab, expected = line.partition("\t")
        if not question.strip() or question.startswith("#"):
            continue
        ids = frozenset(name.strip() for name in expected.split(",") if name.strip() not in ("", NONE))
        yield Trial(question.strip(), ids if tab else None, number)


def try_out(desk: AnswerDesk, trial: Trial) -> Tried:
    """Ask the library."""
    looked = desk.look_up(trial.question)
    ranked = [match for part in looked.unanswered for match in desk.matcher.rank(part)[:1]]
    nearest = ", ".join(f"{match.found.answer.id} {match.score:.0f}" for match in ranked)
    return Tried(trial, looked.answers, looked.unanswered, nearest)


def tally(tried: Sequence[Tried]) -> Tally:
    """Count what is right."""
    judged = [(one, one.trial.expected) for one in tried if one.trial.expected is not None]
    return Tally(
        judged=len(judged),
        right=sum(one.ids == expected for one, expected in judged),
        given=sum(len(one.ids) for one, _ in judged),
        wrong=sum(len(one.ids - expected) for one, expected in judged),
        wanted=sum(len(expected) for _, expected in judged),
    )

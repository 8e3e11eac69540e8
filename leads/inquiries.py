"""What a person asked, and what of it marketing's answers cover: as it was decided when the question came in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """Where there is more to read, or to download."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFound:
    """An answer of the library, word for word as it stood when the question came in."""

    id: str
    title: str
    text: str
    """Markdown, marketing's own."""
    links: tuple[Link, ...] = ()
    question: str
    """The part of the message that it answers."""
    score: float
    """How sure the match was, of 0 to 100."""

    @property
    def list_of_links(self) -> str:
        """The links as a list, in Markdown."""
        return "\n".join(f"- [{link.label}]({link.url})" for link in self.links)

    @property
    def whole(self) -> str:
        """The answer with its links below it, in Markdown."""
        return f"{self.text}\n\n{self.list_of_links}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One message of a lead: what is answered by the library, and what is left to a person."""

    answers: tuple[AnswerFound, ...] = ()
    unanswered: tuple[str, ...] = ()
    """The questions that no answer is sure enough for, in the person's own words."""
    topic: str | None = None
    """What it is about, as far as that can be told."""
    expert: str | None = None
    """The colleague who knows most about it; None for the lead's owner."""

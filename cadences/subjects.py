"""Subjects that say they belong to a conversation, and when that is true (15 USC 7704(a)(2))."""

import re

_MARKS = re.compile(r"^(?:\s*(re|aw|sv|antw|fwd?|wg)\s*(?:\[\d*\])?\s*:)+\s*", re.IGNORECASE)
_FORWARDS = frozenset({"fw", "fwd", "wg"})


def claims_conversation(subject: str) -> bool:
    """Whether it begins with `Re:`, `Fwd:`, or what other languages write for them."""
    return _MARKS.match(subject) is not None


def claims_forward(subject: str) -> bool:
    """Whether it says that somebody passed the email on, which is never so."""
    marks = _MARKS.match(subject)
    return marks is not None and marks[1].lower() in _FORWARDS


def honest_subject(subject: str, follows: str | None) -> str:
    """The subject; where it says that it answers an email, it is that email's own, and without one the mark is cut.

    Args:
        follows: the subject of the email of ours that this one follows up; None when there is none, or when its
            Message-ID is not known.
    """
    if not claims_conversation(subject):
        return subject
    followed = _MARKS.sub("", follows or "").strip()
    if followed and not claims_forward(subject):
        return f"Re: {followed}"
    return _MARKS.sub("", subject)

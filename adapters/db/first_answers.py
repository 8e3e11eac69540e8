"""What became of a question, by the one definition that all counts share: answered in time, late, waiting, not needed.

Each question is exactly one of these at any instant. The daily review has the same definition for its own facts
(`cadences.reviews`).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_


def waits(question: Any) -> ColumnElement[bool]:
    """A person waits for the answer now, in time or not; as the partial indexes have it."""
    return and_(question.answered_at.is_(None), question.moot_at.is_(None))


def is_waiting(question: Any, now: datetime) -> ColumnElement[bool]:
    """A person waits, and can still be answered in time."""
    return and_(waits(question), question.due_at >= now)


def is_in_time(question: Any) -> ColumnElement[bool]:
    """A person answered it by its due time."""
    return func.coalesce(question.answered_at <= question.due_at, false())


def is_not_needed(question: Any) -> ColumnElement[bool]:
    """Nobody had answered it when the person waited no more, and it was not late yet; what comes later is no answer."""
    moot = func.coalesce(question.moot_at <= question.due_at, false())
    return and_(moot, or_(question.answered_at.is_(None), question.answered_at > question.due_at))


def is_late(question: Any, now: datetime) -> ColumnElement[bool]:
    """It became due while the person waited, whatever came after."""
    return and_(func.coalesce(question.answered_at, now) > question.due_at, ~is_not_needed(question))


def is_answered(question: Any) -> ColumnElement[bool]:
    """A person answered it, in time or late."""
    return and_(question.answered_at.is_not(None), ~is_not_needed(question))

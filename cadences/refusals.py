"""What a command must fulfil, and how it is refused: the field that is wrong and what to do instead."""

from datetime import datetime, timedelta

from cadences.case import Case

CLOCK_SKEW = timedelta(minutes=5)
"""How far in the future a "past" instant may lie, for clocks that disagree."""
FARTHEST = timedelta(days=366 * 10)
"""How far in the future a date may lie."""


class CommandRefused(Exception):
    """The command makes no sense for this lead as it stands.

    Attributes:
        field: the part of the command that is wrong.
        message: what is wrong, and what to do instead.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def require_running(case: Case, field: str) -> None:
    if case.enrollment.ended is not None or case.enrollment.question_only:
        why = case.enrollment.ended.value if case.enrollment.ended else "only a question is open"
        raise CommandRefused(field, f"the lead's cadence is not running ({why})")


def require_past(field: str, at: datetime, now: datetime) -> None:
    if at > now + CLOCK_SKEW:
        raise CommandRefused(field, "it lies in the future; log a touch once it has happened")
    if at < now - FARTHEST:
        raise CommandRefused(field, "it lies more than ten years back")


def require_future(field: str, at: datetime, now: datetime) -> None:
    if at <= now:
        raise CommandRefused(field, "it lies in the past; name a later date")
    if at > now + FARTHEST:
        raise CommandRefused(field, "it lies more than ten years ahead")

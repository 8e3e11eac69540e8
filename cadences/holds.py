"""Holds: how a pause moves all that is left of a plan, and how its unused part is given back."""

from datetime import datetime

from cadences.case import Case, Enrollment, Hold, HoldReason
from leads.ids import derived_id
from leads.spans import Stretch, merged, move_local, wall_length


def place_hold(
    case: Case,
    reason: HoldReason,
    owner: str,
    since: datetime,
    until: datetime,
    note: str | None = None,
    *,
    now: datetime | None = None,
) -> Case:
    """Pause from `since` to `until` and move all that is left with it, as a whole.

    What an earlier pause already moved, and what lies before the last step or before a start in the future, is not
    moved twice. An active hold that lasts longer stays in force.

    Args:
        now: when it is placed; `since` when left out.
    """
    enrollment, earlier = case.enrollment, case.enrollment.hold
    counts_from = enrollment.previous_at or enrollment.started_at
    if _ahead(enrollment, now or since):
        counts_from = since
    pauses = merged((*enrollment.pauses, (max(since, counts_from), until)))
    case = _paused(case, pauses, now or since)
    if earlier is None or until > earlier.until:
        hold_id = derived_id(enrollment.id, "hold", reason, since.isoformat(), until.isoformat())
        under = earlier.over if earlier is not None and earlier.reason is not HoldReason.MANUAL else earlier
        under = under if under is not None and under.until > (now or since) else None
        case = case.enrolled(hold=Hold(hold_id, reason, owner, since, until, note, under))
    return case


def lift_hold(case: Case, now: datetime, *, whole: bool = False) -> Case:
    """End an active hold early and give back the part of the pause that was not used.

    Args:
        whole: also what somebody of ours placed before it; else that is in force again.
    """
    held = case.enrollment.hold
    if held is None:
        return case
    left = held.over if not whole and held.over is not None and held.over.until > now else None
    ends_at = left.until if left is not None else now
    pauses = merged((start, min(end, ends_at)) for start, end in case.enrollment.pauses)
    return _paused(case, pauses, now).enrolled(hold=left)


def _paused(case: Case, pauses: tuple[Stretch, ...], now: datetime) -> Case:
    """The case with other pauses, and all that is left moved by what that changes."""
    enrollment = case.enrollment
    by = wall_length(pauses, case.zone) - wall_length(enrollment.pauses, case.zone)
    case = case.enrolled(pauses=pauses, moved=enrollment.moved + by)
    if enrollment.previous_at is not None and _ahead(enrollment, now):
        return case.enrolled(previous_at=move_local(enrollment.previous_at, by, case.zone))
    return case.enrolled(moved_since_previous=enrollment.moved_since_previous + by)


def _ahead(enrollment: Enrollment, now: datetime) -> bool:
    """Whether the last step was left out ahead of its time, so that pauses still move it, and what follows with it."""
    return enrollment.previous_at is not None and enrollment.previous_at > now

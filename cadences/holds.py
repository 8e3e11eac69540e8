"""Holds: how a pause moves all that is left of a plan, and how its unused part is given back."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from cadences.case import Case
from cadences.enrollment import Enrollment, Hold, HoldReason
from leads.ids import derived_id
from leads.spans import Stretch, merged, move_local, wall_length

_PROMISED = (HoldReason.MANUAL, HoldReason.MEETING)
"""Pauses that somebody of ours placed, or agreed on: a longer one only covers them."""


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
    moved twice. The hold that lasts longest is in force; what somebody of ours placed or agreed on stays below it.

    Args:
        now: when it is placed; `since` when left out.
    """
    enrollment = case.enrollment
    counts_from = enrollment.previous_at or enrollment.started_at
    if _ahead(enrollment, now or since):
        counts_from = since
    pauses = merged((*enrollment.pauses, (max(since, counts_from), until)))
    case = _paused(case, pauses, now or since)
    hold_id = derived_id(enrollment.id, "hold", reason, since.isoformat(), until.isoformat())
    placed = Hold(hold_id, reason, owner, since, until, note)
    return case.enrolled(hold=_in_force([*placed_holds(enrollment.hold), placed], now or since))


def placed_holds(hold: Hold | None) -> Iterator[Hold]:
    """A hold, and those that it covers."""
    while hold is not None:
        yield hold
        hold = hold.over


def _in_force(holds: Iterable[Hold], now: datetime) -> Hold | None:
    """The longest of these holds, over those that are in force again should it be lifted; None when there is none."""
    ordered = sorted(holds, key=lambda one: one.until, reverse=True)
    if not ordered:
        return None
    longest, *others = ordered
    under: Hold | None = None
    for hold in reversed(others):
        if hold.reason in _PROMISED and hold.until > now:
            under = replace(hold, over=under)
    return replace(longest, over=under)


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


def lift_meeting(case: Case, now: datetime) -> Case:
    """End the hold for a meeting early, whether it is in force or covered by a longer one."""
    held = case.enrollment.hold
    if held is None or all(one.reason is not HoldReason.MEETING for one in placed_holds(held)):
        return case
    if held.reason is HoldReason.MEETING:
        return lift_hold(case, now)
    left = [one for one in placed_holds(held) if one.reason is not HoldReason.MEETING]
    return case.enrolled(hold=_in_force(left, now))


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

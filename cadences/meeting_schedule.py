"""What the machine does next about a lead's meetings, and when; and how long they keep it quiet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from cadences.case import Case
from cadences.enrollment import HoldReason
from cadences.holds import lift_meeting, place_hold, placed_holds
from cadences.office_hours import office_hours
from leads.contract import Wake, WakeKind
from leads.meetings import Meeting, MeetingState
from leads.model import Ending
from leads.spans import Span, Unit, add_span

UNANSWERED = Span(1, Unit.BUSINESS_DAY)
"""How long an invitation, and then its one reminder, may stay without an answer."""
ASKED_BEFORE = timedelta(hours=3)
"""So long before the start at the latest a person is asked to call; within it nobody is reminded any more."""


class Move(Enum):
    """What the machine does about a meeting."""

    TELL = auto()
    """Send the lead the meeting as it is now: an invitation, an update, or a cancellation."""
    NUDGE = auto()
    """Remind the lead, once, that the invitation is unanswered."""
    ASK = auto()
    """Have the organizer call, since nobody answered."""
    FOLLOW_UP = auto()
    """Ask the organizer how it was."""


@dataclass(frozen=True, slots=True)
class NextMove:
    """What the machine does about a meeting next, and when."""

    meeting: Meeting
    move: Move
    at: datetime

    @property
    def sends(self) -> bool:
        return self.move in (Move.TELL, Move.NUDGE)

    @property
    def step_id(self) -> str:
        """The step under which the ledger keeps what is sent."""
        return self.meeting.nudge_step if self.move is Move.NUDGE else self.meeting.invitation_step


def next_moves(case: Case) -> Iterator[NextMove]:
    """What comes next for each meeting for which anything does."""
    if case.enrollment.ended is Ending.NO:
        return  # A no means never: nothing is sent, and nobody is asked.
    for meeting in case.meetings:
        found = _next_move(case, meeting)
        if found is not None:
            yield found


def _next_move(case: Case, meeting: Meeting) -> NextMove | None:
    if meeting.is_news:
        return NextMove(meeting, Move.TELL, max(meeting.changed_at, meeting.not_before or meeting.changed_at))
    if not meeting.is_agreed or meeting.followed_up_at is not None:
        return None
    return _for_an_answer(case, meeting) or NextMove(meeting, Move.FOLLOW_UP, meeting.ends_at)


def _for_an_answer(case: Case, meeting: Meeting) -> NextMove | None:
    """The reminder of an unanswered invitation, then a person's call; None when neither comes (any more)."""
    told_at, last = meeting.told_at, meeting.starts_at - ASKED_BEFORE
    if meeting.state is not MeetingState.INVITED or meeting.asked_at is not None or told_at is None or told_at >= last:
        return None
    nudge_at = _unanswered_after(case, told_at)
    if meeting.nudged_at is None and nudge_at < last:
        at = max(nudge_at, meeting.not_before or nudge_at)
        if at < last:
            return NextMove(meeting, Move.NUDGE, at)
    asks_at = last if meeting.nudged_at is None else min(_unanswered_after(case, meeting.nudged_at), last)
    return NextMove(meeting, Move.ASK, asks_at)


def _unanswered_after(case: Case, at: datetime) -> datetime:
    """A business day later, in the cadence's hours."""
    calendar = case.cadence.hours.business_calendar()
    return office_hours(case).next_open(add_span(at, UNANSWERED, case.zone, calendar))[0]


def meeting_wakes(case: Case) -> Iterator[Wake]:
    """The instants at which the machine does something about meetings."""
    for one in next_moves(case):
        if one.sends:
            yield Wake(
                kind=WakeKind.SEND_INVITATION,
                at=one.at,
                step_id=one.step_id,
                occurrence=one.meeting.occurrence,
                summary="remind of a meeting" if one.move is Move.NUDGE else "tell of a meeting",
            )
        else:
            what = "have an invitation seen to" if one.move is Move.ASK else "ask how a meeting was"
            yield Wake(kind=WakeKind.SEE_TO_OVERDUE, at=one.at, summary=what)


def quiet(case: Case, now: datetime) -> Case:
    """The case held until the last of its agreed meetings is over, and for no meeting any longer; to be planned anew.

    What was held for a meeting that is off, or moved, is given back.
    """
    enrollment = case.enrollment
    ahead = [one for one in case.meetings if one.is_ahead(now) and one.ends_at > enrollment.started_at]
    last = max(ahead, key=lambda one: (one.ends_at, one.id), default=None)
    if enrollment.ended is not None or enrollment.question_only:
        return case
    held = next((one for one in placed_holds(enrollment.hold) if one.reason is HoldReason.MEETING), None)
    if held is not None and last is not None and (held.until, held.owner) == (last.ends_at, last.organizer):
        return case
    case = lift_meeting(case, now)
    if last is None:
        return case
    return place_hold(case, HoldReason.MEETING, last.organizer, now, last.ends_at, last.subject)

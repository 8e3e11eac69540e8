"""Work for people: what it asks, where it stands, and how it ends."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from leads.model import Channel


class TaskKind(StrEnum):
    """What a task asks of a person."""

    CALL = "call"
    """A call the cadence planned."""
    STEP = "step"
    """Other work the cadence planned."""
    REPLY = "reply"
    """Answer what the lead wrote."""
    QUESTION = "question"
    """Answer a question: what the library does not say, a new one of a lead that is being followed up or that had
    ended, or the first one of somebody for whom the plan asks nobody in time."""
    HAND_OVER = "hand_over"
    """The lead said yes: take it to won or lost."""
    UNKNOWN_SEND = "unknown_send"
    """Nobody knows whether a message went out: find out and say."""
    KICK_BACK = "kick_back"
    """The plan is used up without an answer: decide how to go on."""
    FIND_CONTACT = "find_contact"
    """No usable contact point is left, or none came in: find one, or close the lead."""
    INVITATION = "invitation"
    """An invitation to a meeting needs a person: nobody answered it, it was declined, or it could not be sent."""
    MEETING = "meeting"
    """A meeting is over: say how it was."""


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    """A person did it and said how it went."""
    EXPIRED = "expired"
    """Nobody did it in time; the plan went on."""
    CANCELLED = "cancelled"
    """Something else made it needless."""


class Outcome(StrEnum):
    """How a task ended; the first six are a call's."""

    CONNECTED = "connected"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no answer"
    WRONG_NUMBER = "wrong number"
    CALL_BACK = "call back"
    """The person asked to be called at a given time."""
    YES = "yes"
    NO = "no"
    NOT_NOW = "not now"
    DONE = "done"
    """The work is done."""
    ANSWERED = "answered"
    """The person's message was answered by a human."""
    NOTHING_NEEDED = "nothing needed"
    """The reply needs no answer; the plan goes on at once."""
    SENT = "sent"
    """The unknown message did go out."""
    NOT_SENT = "not sent"
    """The unknown message did not go out."""
    ACCEPTED = "accepted"
    """Sales took the qualified lead over; what is left is to win the order, or to lose it."""
    WON = "won"
    LOST = "lost"
    MEETING = "meeting"
    """A meeting was agreed."""
    CONFIRMED = "confirmed"
    """The person says that the meeting takes place."""
    HELD = "held"
    """The meeting took place."""
    NO_SHOW = "no-show"
    """The person did not come to it."""


TALKED_TO = frozenset({Outcome.CONNECTED, Outcome.CALL_BACK, Outcome.YES, Outcome.NO, Outcome.NOT_NOW, Outcome.MEETING})
"""How a call ends in which somebody was talked to."""


def asks_to_call(kind: TaskKind, contact: str | None) -> bool:
    """Whether a task is done by a call: the plan's own, or one that is owed beside the plan.

    Args:
        contact: the number that the task is for, or the address at which it may be answered.
    """
    number = contact is not None and "@" not in contact
    return kind is TaskKind.CALL or (kind is TaskKind.QUESTION and number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work for one of our people, with an owner and a due time."""

    id: UUID
    kind: TaskKind
    owner: str
    title: str
    created_at: datetime
    opens_at: datetime
    """From when it may be done: the lead's open hours, for a call."""
    due_at: datetime
    enrollment_id: UUID | None = None
    step_id: str | None = None
    occurrence: int = 1
    text: str = ""
    """What helps to do it: the talk track, the reply's words."""
    best_at: datetime | None = None
    """The best instant for it within its time, where something is known of that; a proposal."""
    contact: str | None = None
    """The number a call is for; a wrong one is struck off even when the lead has another by then. Where somebody who
    stopped us asks for an answer, or says yes, the address to which a person may write it."""
    escalate_to: str = "manager"
    escalate_at: datetime | None = None
    """When somebody else is told next; None when nobody is."""
    escalations: int = 0
    escalated_to: str | None = None
    """Who was told last: a colleague's id; the task stands in that colleague's list too."""
    expires_at: datetime | None = None
    """When the plan goes on without it; None for tasks that stay until they are done."""
    look_up_at: datetime | None = None
    """When the machine asks the provider next what became of the message; None when it does not ask (any more)."""
    away_at: datetime | None = None
    """When the next absence of its owner begins, and the task waits or goes to a stand-in."""
    back_to: str | None = None
    """Whose it is, while a stand-in has it: a colleague's id."""
    back_at: datetime | None = None
    """When the colleague is back who is away, and for whom it waits or a stand-in has it."""
    state: TaskState = TaskState.OPEN
    outcome: Outcome | None = None
    note: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state is TaskState.OPEN

    @property
    def is_call(self) -> bool:
        """Whether it is done by calling the lead."""
        return asks_to_call(self.kind, self.contact)

    @property
    def of_plan(self) -> bool:
        """Whether the plan waits for it."""
        return self.kind in (TaskKind.CALL, TaskKind.STEP)


def in_person(channel: Channel, content: str) -> str:
    """What somebody is to do about a step whose channel can't be used.

    Args:
        channel: that can't.
        content: the step's template or talk track.
    """
    noun = "text" if channel is Channel.SMS else channel.value
    return f"reach the lead in person, not by {noun} ({content.replace('-', ' ')})"

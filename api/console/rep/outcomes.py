"""How a rep says how a task ended: in which order the outcomes stand, what they are called, and by which key."""

from dataclasses import dataclass

from cadences.tasks import Outcome, TaskKind, asks_to_call

_ANSWERS = (Outcome.YES, Outcome.NO, Outcome.NOT_NOW)
SHOWN: dict[TaskKind, tuple[Outcome, ...]] = {
    TaskKind.CALL: (
        *(Outcome.CONNECTED, Outcome.VOICEMAIL, Outcome.NO_ANSWER, Outcome.WRONG_NUMBER, Outcome.CALL_BACK),
        *(Outcome.MEETING, *_ANSWERS),
    ),
    TaskKind.STEP: (Outcome.DONE, Outcome.CONNECTED, Outcome.MEETING, *_ANSWERS),
    TaskKind.REPLY: (Outcome.ANSWERED, Outcome.NOTHING_NEEDED, Outcome.MEETING, *_ANSWERS),
    TaskKind.QUESTION: (Outcome.ANSWERED, Outcome.NOTHING_NEEDED, Outcome.MEETING, *_ANSWERS),
    TaskKind.HAND_OVER: (
        *(Outcome.ACCEPTED, Outcome.WON, Outcome.LOST, Outcome.MEETING),
        *(Outcome.NO, Outcome.NOT_NOW),
    ),
    TaskKind.UNKNOWN_SEND: (Outcome.SENT, Outcome.NOT_SENT),
    TaskKind.KICK_BACK: _ANSWERS,
    TaskKind.FIND_CONTACT: (Outcome.DONE, Outcome.LOST, Outcome.NO),
    TaskKind.INVITATION: (Outcome.CONFIRMED, Outcome.DONE, Outcome.MEETING, *_ANSWERS),
    TaskKind.MEETING: (Outcome.HELD, Outcome.NO_SHOW, Outcome.MEETING, *_ANSWERS),
}
"""The usual outcome of each kind first."""
_OWED_CALL = tuple(
    part
    for one in SHOWN[TaskKind.CALL]
    for part in ((one, Outcome.ANSWERED, Outcome.NOTHING_NEEDED) if one is Outcome.WRONG_NUMBER else (one,))
)
"""The same of a call beside the plan, which is to answer a question that may need no answer."""
WORDS = {
    Outcome.CONNECTED: "Connected",
    Outcome.VOICEMAIL: "Voicemail",
    Outcome.NO_ANSWER: "No answer",
    Outcome.WRONG_NUMBER: "Wrong number",
    Outcome.CALL_BACK: "Call back …",
    Outcome.YES: "Yes",
    Outcome.NO: "No …",
    Outcome.NOT_NOW: "Not now …",
    Outcome.DONE: "Done",
    Outcome.ANSWERED: "Answered",
    Outcome.NOTHING_NEEDED: "Nothing needed",
    Outcome.SENT: "It went out",
    Outcome.NOT_SENT: "It did not go out",
    Outcome.ACCEPTED: "Accepted",
    Outcome.WON: "Won",
    Outcome.LOST: "Lost",
    Outcome.MEETING: "Meeting …",
    Outcome.CONFIRMED: "It takes place",
    Outcome.HELD: "It took place",
    Outcome.NO_SHOW: "Did not come",
}
"""What the buttons say; dots where something is asked first."""
_LETTERS = {
    Outcome.YES: "y",
    Outcome.NO: "x",
    Outcome.NOT_NOW: "n",
    Outcome.CALL_BACK: "b",
    Outcome.MEETING: "m",
    Outcome.WON: "w",
    Outcome.LOST: "z",
}
"""The same for all kinds of tasks, and never what a digit means elsewhere; all others are counted through."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An outcome as it is offered."""

    outcome: Outcome
    words: str
    key: str


def choices_of(kind: TaskKind, contact: str | None = None) -> list[Choice]:
    """How a task may be completed, the usual way first.

    Args:
        contact: the number that the task is for.
    """
    digits = iter("123456789")
    shown = _OWED_CALL if kind is TaskKind.QUESTION and asks_to_call(kind, contact) else SHOWN[kind]
    return [Choice(one, WORDS[one], _LETTERS.get(one) or next(digits)) for one in shown]

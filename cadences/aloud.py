"""A cadence read aloud: each step, and what its hours, limits and reactions say, in whole sentences."""

from collections.abc import Callable
from dataclasses import dataclass

from cadences.commands import HAND_OVER_WITHIN
from cadences.model import ROLES, Cadence, FirstResponse, Instead, OnSilence, Step
from cadences.policy_words import clock, day_names, list_of
from leads.model import Channel, LeadKind
from leads.staff_mails import plain

NOUN = {Channel.EMAIL: "email", Channel.SMS: "text", Channel.CALL: "call", Channel.TASK: "task"}
"""What a step is called."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How the words of a cadence stand in the text."""

    words: Callable[[str], str] = str
    """What somebody wrote: a task's title, a condition."""
    name: Callable[[str], str] = "“{}”".format
    """A template's name."""


PLAIN = Voice()
MARKDOWN = Voice(plain, "`{}`".format)


@dataclass(frozen=True, slots=True)
class StepAloud:
    """One step, read aloud."""

    when: str
    what: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.when}: {', '.join((self.what, *self.details))}."


def step_aloud(step: Step, cadence: Cadence, voice: Voice = PLAIN) -> StepAloud:
    """A step of a cadence."""
    what = voice.words(step.content) if step.channel is Channel.TASK else voice.name(step.content)
    return StepAloud(when_aloud(step), f"{NOUN[step.channel]} {what}", tuple(_details(step, cadence, voice)))


def when_aloud(step: Step) -> str:
    """When a step comes."""
    if step.after is not None:
        return f"{step.after} after the first contact"
    if step.wait is not None:
        return f"{step.wait} after the touch before"
    return "At once"


def _details(step: Step, cadence: Cadence, voice: Voice) -> list[str]:
    details = []
    if step.variants:
        details.append(f"or, to compare them, {list_of(voice.name(name) for name in step.variants.values())}")
    if not step.is_message:
        details.append(f"by the {step.to}")
    if step.within is not None:
        details.append(f"due within {step.within}")
    elif step is _first_call(cadence):
        details.append("due with the first response, where that is still to come")
    if step.expires is not None:
        details.append(f"given up {step.expires} after that")
    if step.if_ is not None:
        details.append(f"if {voice.words(str(step.if_))}")
    if step.repeat is not None:
        how_often = f"{step.repeat.times} times" if step.repeat.times is not None else "again and again"
        until = f" until {'a call connects' if step.repeat.until == 'connected' else 'an answer'}"
        details.append(f"{how_often}, every {step.repeat.every}{until if step.repeat.until else ''}")
    if step.instead == "skip":
        details.append("left out where it can't be sent")
    elif isinstance(step.instead, Instead):
        details.append(f"else {NOUN[step.instead.channel]} {voice.words(step.instead.content)}")
    return details


def _first_call(cadence: Cadence) -> Step | None:
    return next((step for step in cadence.steps if step.channel is Channel.CALL), None)


def audience_aloud(cadence: Cadence) -> str:
    """Which leads it is for."""
    return f"For {getattr(cadence.for_.kind, 'value', cadence.for_.kind)} leads."


def hours_aloud(cadence: Cadence) -> str:
    """When touches happen."""
    hours = cadence.hours
    calendar = f", not on public holidays of {hours.calendar}" if hours.calendar else ""
    asked = cadence.for_.kind is not LeadKind.OUTBOUND
    at_once = "; the first email to a question goes out at any hour" if asked else ""
    return (
        f"Touches happen {day_names(hours.days)}, {clock(hours.from_)} to {clock(hours.to)} on the lead's own "
        f"clock{calendar}{at_once}."
    )


def limits_aloud(cadence: Cadence) -> str:
    """How many messages there are at most."""
    limits = cadence.limits
    return f"Emails and texts: at most {limits.per_day} in a day, and {limits.per_week} in any seven days."


def first_response_aloud(target: FirstResponse, voice: Voice = PLAIN) -> str:
    """How fast a person answers, and what happens before it is too late."""
    told = whom(target.escalate_to, voice)
    takes_over = f"another rep who is at work takes over, or {told} is told"
    acts = takes_over if target.before_missed == "reassign" else f"{told} is told"
    return (
        f"First response to a question: a person answers within {target.within} of our hours, and within "
        f"{target.at_most} in any case, by a connected call or in writing; a voicemail or an automatic message is "
        f"none. When half of the time is gone the owner is warned, and when two thirds are gone {acts}."
    )


def reply_aloud(cadence: Cadence, voice: Voice = PLAIN) -> str:
    """What follows a reply."""
    reply = cadence.on_reply
    return (
        f"After a reply: {voice.words(reply.task)}, within {reply.within}, then {whom(reply.escalate_to, voice)} is "
        f"told. Automatic messages hold for {reply.hold}, and for as long as nobody has answered."
    )


def yes_aloud(cadence: Cadence, voice: Voice = PLAIN) -> str:
    """What follows a yes."""
    yes = cadence.on_yes
    within = yes.within or (cadence.first_response.within if cadence.first_response else HAND_OVER_WITHIN)
    return (
        f"After a yes: {voice.words(yes.task)}, within {within}, and won or lost within {yes.decide_within} of that; "
        f"then {whom(yes.escalate_to, voice)} is told, each business day until it is."
    )


def personal_touch_aloud(cadence: Cadence) -> str:
    """What follows a personal touch."""
    return f"After a personal touch: automatic messages pause for {cadence.on_personal_touch.pause}."


def not_now_aloud(cadence: Cadence) -> str:
    """What follows a "not now"."""
    return f"After a not now: at the date it goes on with {cadence.on_not_now.cadence}."


def silence_aloud(silence: OnSilence, voice: Voice = PLAIN) -> str:
    """What follows the last step."""
    return (
        f"After the last step without an answer it goes back to the {silence.return_to}: {voice.words(silence.task)}, "
        f"within {silence.within}."
    )


def whom(role: str, voice: Voice = PLAIN) -> str:
    """A role, or a colleague who is named."""
    return f"the {role}" if role in ROLES else voice.words(role)

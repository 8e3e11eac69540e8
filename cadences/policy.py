"""The written follow-up policy: Markdown made from what is really configured, and nothing else.

The same configuration gives the same text, letter for letter; so its hash is its version, and whoever has acknowledged
a version has acknowledged exactly that.
"""

import difflib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel

from cadences.commands import HAND_OVER_WITHIN
from cadences.model import (
    ROLES,
    Cadence,
    FirstResponse,
    Hours,
    Instead,
    Limits,
    OnNotNow,
    OnPersonalTouch,
    OnReply,
    OnSilence,
    OnYes,
    Step,
)
from cadences.planning import CALL_WITHIN, EXPIRES
from cadences.policy_law import law
from cadences.policy_words import clock, day_names, list_of, sheet_aloud
from cadences.rules import RuleBook
from leads.model import Channel, Colleague, Company, LeadKind, Role
from leads.staff_mails import plain
from leads.yaml_text import Value

VERSION_LENGTH = 12
"""Hexadecimal digits of the text's SHA-256."""
_NOUN = {Channel.EMAIL: "email", Channel.SMS: "text", Channel.CALL: "call", Channel.TASK: "task"}
_SAID_OF: dict[type[BaseModel], set[str]] = {
    Cadence: {
        *("cadence", "about", "for_", "hours", "limits", "first_response", "steps"),
        *("on_personal_touch", "on_reply", "on_yes", "on_not_now", "on_silence"),
        "defaults",  # How templates fill gaps is no rule for anybody's work; nor is how variants are compared.
    },
    Hours: {"days", "from_", "to", "calendar"},
    Limits: {"per_day", "per_week"},
    FirstResponse: {"within", "at_most", "before_missed", "escalate_to"},
    OnPersonalTouch: {"pause"},
    OnReply: {"task", "within", "hold", "escalate_to"},
    OnYes: {"task", "within", "decide_within", "escalate_to"},
    OnNotNow: {"cadence"},
    OnSilence: {"return_to", "task", "within"},
    Step: {
        *("email", "sms", "call", "task", "id", "after", "wait", "if_", "within", "expires", "repeat", "instead", "to"),
        *("variants", "weights", "measure", "sample"),
    },
}
"""Which keys of each part have words of their own in the text; whatever else is set is written out as it stands."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the policy."""

    text: str
    """Markdown."""

    @property
    def version(self) -> str:
        """The beginning of the text's SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:VERSION_LENGTH]


@dataclass(frozen=True, slots=True)
class PolicySheet:
    """A YAML file of the business's own that the policy reads aloud."""

    title: str
    value: Value


def compose_policy(
    company: Company, cadences: Sequence[Cadence], rules: RuleBook, today: date, sheets: Sequence[PolicySheet] = ()
) -> Policy:
    """The policy in force.

    Args:
        cadences: those that new leads take.
        today: which rows of law hold.
        sheets: routing, goals, and whatever else of the business's own YAML concerns everybody.
    """
    parts = [
        f"# How {plain(company.name)} follows up every lead",
        _promise(),
        _our_hours(company),
        "## The plans\n\n" + _in_general(),
        *(_cadence(cadence) for cadence in sorted(cadences, key=lambda one: one.name)),
        *(f"## {plain(sheet.title)}\n\n" + "\n".join(sheet_aloud(sheet.value)) for sheet in sheets),
        law(rules, today),
    ]
    return Policy("\n\n".join(parts) + "\n")


def follows_it(colleague: Colleague) -> bool:
    """Whether the policy is this colleague's to follow: whoever follows leads up, and whoever is told when it fails."""
    return colleague.active and colleague.role in (Role.REP, Role.PARTNER, Role.MANAGER)


def difference(before: str, after: str) -> str:
    """What changed between two texts, as a unified diff; empty when nothing did."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "now", n=1, lineterm="")
    return "\n".join(lines)


def _promise() -> str:
    lines = (
        "Every lead is followed up until it says yes or no. Silence never ends it.",
        "",
        "- **Yes** ends the automatic messages. The owner gets a task to take over, which somebody else is told of "
        "until the lead is won or lost.",
        "- **No** means never: all messages end, all open tasks are closed, and nobody writes again. If the person "
        "asks something later, that question is answered by a person, and nothing else follows.",
        "- **Not now** is a date, not an answer: the lead is left alone until then, and then followed up again.",
        "- **A personal touch** (a call, a meeting, an email of yours, logged or copied to us) pauses the automatic "
        "messages and closes the call that it made needless.",
        "- **A reply** pauses the automatic messages too, and becomes a task: a person answers.",
        "- **A stop** (unsubscribed, STOP, or in the person's own words) holds at once, for all of us.",
    )
    return "\n".join(lines)


def _our_hours(company: Company) -> str:
    hours = company.hours
    calendar = f", without the public holidays of {hours.calendar}" if hours.calendar else ""
    when = f"{day_names(hours.days)}, {clock(hours.opens)} to {clock(hours.closes)}, {plain(company.zone)}{calendar}"
    return f"## Our hours\n\n{when}."


def _in_general() -> str:
    return "\n".join(
        (
            "Who has a target of their own for first responses (`follow reps`) keeps to that one.",
            "",
            f"A call or task is due {CALL_WITHIN} after it may be done, and given up {EXPIRES} after that, where its "
            "step says nothing else. Whoever is named beside it is told when it is overdue.",
            "",
            "Where a step's channel can't be used for somebody, a call takes its place, and else a task to reach the "
            "person, where the step says nothing else.",
        )
    )


def _cadence(cadence: Cadence) -> str:
    kind = str(getattr(cadence.for_.kind, "value", cadence.for_.kind))
    lines = [f"### {cadence.name}", "", *([plain(cadence.about), ""] if cadence.about else [])]
    lines += [f"- For {kind} leads.", f"- {_hours(cadence)}", f"- {_limits(cadence)}"]
    lines.append(f"- {_first_response(cadence.target)}")
    lines += [f"- {line}" for line in _reactions(cadence)]
    lines += ["", *(f"{number}. {_step(step, cadence)}" for number, step in enumerate(cadence.steps, 1))]
    if cadence.on_silence is not None:
        silence = cadence.on_silence
        lines += [
            "",
            f"After the last step without an answer it goes back to the {silence.return_to}: {plain(silence.task)}, "
            f"within {silence.within}.{_what_else(silence)}",
        ]
    if more := _what_else(cadence):
        lines += ["", more.strip()]
    return "\n".join(lines)


def _hours(cadence: Cadence) -> str:
    hours = cadence.hours
    calendar = f", not on public holidays of {hours.calendar}" if hours.calendar else ""
    asked = cadence.for_.kind is not LeadKind.OUTBOUND
    at_once = "; the first email to a question goes out at any hour" if asked else ""
    return (
        f"Touches happen {day_names(hours.days)}, {clock(hours.from_)} to {clock(hours.to)} on the lead's own "
        f"clock{calendar}{at_once}.{_what_else(hours)}"
    )


def _limits(cadence: Cadence) -> str:
    limits = cadence.limits
    said = f"Emails and texts: at most {limits.per_day} in a day, and {limits.per_week} in any seven days."
    return said + _what_else(limits)


def _first_response(target: FirstResponse) -> str:
    takes_over = f"another rep who is at work takes over, or {_whom(target.escalate_to)} is told"
    acts = takes_over if target.before_missed == "reassign" else f"{_whom(target.escalate_to)} is told"
    said = (
        f"First response to a question: a person answers within {target.within} of our hours, and within "
        f"{target.at_most} in any case, by a connected call or in writing; a voicemail or an automatic message is "
        f"none. When half of the time is gone the owner is warned, and when two thirds are gone {acts}."
    )
    return said + _what_else(target)


def _reactions(cadence: Cadence) -> Iterator[str]:
    reply, yes = cadence.on_reply, cadence.on_yes
    yield (
        f"After a reply: {plain(reply.task)}, within {reply.within}, then {_whom(reply.escalate_to)} is told. "
        f"Automatic messages hold for {reply.hold}, and for as long as nobody has answered.{_what_else(reply)}"
    )
    within = yes.within or (cadence.first_response.within if cadence.first_response else HAND_OVER_WITHIN)
    yield (
        f"After a yes: {plain(yes.task)}, within {within}, and won or lost within {yes.decide_within} of that; then "
        f"{_whom(yes.escalate_to)} is told, each business day until it is.{_what_else(yes)}"
    )
    touch, later = cadence.on_personal_touch, cadence.on_not_now
    yield f"After a personal touch: automatic messages pause for {touch.pause}.{_what_else(touch)}"
    yield f"After a not now: at the date it goes on with {later.cadence}.{_what_else(later)}"


def _step(step: Step, cadence: Cadence) -> str:
    what = plain(step.content) if step.channel is Channel.TASK else f"`{step.content}`"
    parts = [f"{_when(step)}: {_NOUN[step.channel]} {what}"]
    if step.variants:
        parts.append(f"or, to compare them, {list_of(f'`{name}`' for name in step.variants.values())}")
    if not step.is_message:
        parts.append(f"by the {step.to}")
    if step.within is not None:
        parts.append(f"due within {step.within}")
    elif step is _first_call(cadence):
        parts.append("due with the first response, where that is still to come")
    if step.expires is not None:
        parts.append(f"given up {step.expires} after that")
    if step.if_ is not None:
        parts.append(f"if {plain(str(step.if_))}")
    if step.repeat is not None:
        how_often = f"{step.repeat.times} times" if step.repeat.times is not None else "again and again"
        until = f" until {'a call connects' if step.repeat.until == 'connected' else 'an answer'}"
        parts.append(f"{how_often}, every {step.repeat.every}{until if step.repeat.until else ''}")
    if step.instead == "skip":
        parts.append("left out where it can't be sent")
    elif isinstance(step.instead, Instead):
        parts.append(f"else {_NOUN[step.instead.channel]} {plain(step.instead.content)}")
    return f"{', '.join(parts)}.{_what_else(step)}"


def _first_call(cadence: Cadence) -> Step | None:
    return next((step for step in cadence.steps if step.channel is Channel.CALL), None)


def _when(step: Step) -> str:
    if step.after is not None:
        return f"{step.after} after the first contact"
    if step.wait is not None:
        return f"{step.wait} after the touch before"
    return "At once"


def _whom(role: str) -> str:
    """A role, or a colleague who is named."""
    return f"the {role}" if role in ROLES else plain(role)


def _what_else(part: BaseModel) -> str:
    """What is set in a part of a cadence and has no words of its own here: nothing configured is left out."""
    written = part.model_dump(mode="json", exclude_none=True, exclude_defaults=True, by_alias=True)
    names = {field.alias or name: name for name, field in type(part).model_fields.items()}
    said = _SAID_OF[type(part)]
    unsaid = ((key, value) for key, value in written.items() if names.get(key, key) not in said)
    return "".join(f" {plain(key.replace('_', ' ')).capitalize()}: {plain(str(value))}." for key, value in unsaid)

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

from cadences.aloud import (
    MARKDOWN,
    audience_aloud,
    first_response_aloud,
    hours_aloud,
    limits_aloud,
    not_now_aloud,
    personal_touch_aloud,
    reply_aloud,
    silence_aloud,
    step_aloud,
    yes_aloud,
)
from cadences.model import (
    Cadence,
    FirstResponse,
    Hours,
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
from cadences.policy_words import clock, day_names, sheet_aloud
from cadences.rules import RuleBook
from leads.model import Colleague, Company, Role
from leads.staff_mails import plain
from leads.yaml_text import Value

VERSION_LENGTH = 12
"""Hexadecimal digits of the text's SHA-256."""
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
    lines = [f"### {cadence.name}", "", *([plain(cadence.about), ""] if cadence.about else [])]
    lines += [f"- {audience_aloud(cadence)}", f"- {hours_aloud(cadence)}{_what_else(cadence.hours)}"]
    lines.append(f"- {limits_aloud(cadence)}{_what_else(cadence.limits)}")
    lines.append(f"- {first_response_aloud(cadence.target, MARKDOWN)}{_what_else(cadence.target)}")
    lines += [f"- {line}" for line in _reactions(cadence)]
    lines += ["", *(f"{number}. {_step(step, cadence)}" for number, step in enumerate(cadence.steps, 1))]
    if cadence.on_silence is not None:
        lines += ["", f"{silence_aloud(cadence.on_silence, MARKDOWN)}{_what_else(cadence.on_silence)}"]
    if more := _what_else(cadence):
        lines += ["", more.strip()]
    return "\n".join(lines)


def _reactions(cadence: Cadence) -> Iterator[str]:
    yield f"{reply_aloud(cadence, MARKDOWN)}{_what_else(cadence.on_reply)}"
    yield f"{yes_aloud(cadence, MARKDOWN)}{_what_else(cadence.on_yes)}"
    yield f"{personal_touch_aloud(cadence)}{_what_else(cadence.on_personal_touch)}"
    yield f"{not_now_aloud(cadence)}{_what_else(cadence.on_not_now)}"


def _step(step: Step, cadence: Cadence) -> str:
    return f"{step_aloud(step, cadence, MARKDOWN)}{_what_else(step)}"


def _what_else(part: BaseModel) -> str:
    """What is set in a part of a cadence and has no words of its own here: nothing configured is left out."""
    written = part.model_dump(mode="json", exclude_none=True, exclude_defaults=True, by_alias=True)
    names = {field.alias or name: name for name, field in type(part).model_fields.items()}
    said = _SAID_OF[type(part)]
    unsaid = ((key, value) for key, value in written.items() if names.get(key, key) not in said)
    return "".join(f" {plain(key.replace('_', ' ')).capitalize()}: {plain(str(value))}." for key, value in unsaid)

"""Conditions on a step (`if:`): consent, lead fields and earlier outcomes, in words that read aloud."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from leads.model import Channel, ContactKind, Lead

OUTCOMES = (
    "connected", "voicemail", "no answer", "wrong number", "call back", "meeting", "done", "expired", "sent", "skipped",
)  # fmt: skip
FIELDS = ("name", "company", "question", "source", "country", "kind", "zone", "cost")
CONDITION_FORM = (
    '"sms consent", "has email", "has phone", "company is set", "source is fair", "attributes.size is not small" '
    'or "first-call was connected", each with "not" before it if wanted'
)

_CONSENT = re.compile(r"^(email|sms|call) consent$")
_HAS = re.compile(r"^has (email|phone)$")
_FIELD = re.compile(r"^(attributes\.[a-z0-9_-]+|[a-z_]+) is (not )?(.+)$")
_OUTCOME = re.compile(r"^([a-z][a-z0-9-]*) was (not )?(" + "|".join(OUTCOMES) + ")$")


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of a condition, as read."""

    text: str
    kind: str
    subject: str
    value: str = ""
    negated: bool = False

    @classmethod
    def parse(cls, text: str) -> "Clause":
        """Read one line.

        Raises:
            ValueError: the line is no condition; the message says what to write instead.
        """
        words = " ".join(text.split())
        bare = words.removeprefix("not ")
        negated = bare != words
        if match := _CONSENT.match(bare):
            return cls(words, "consent", match.group(1), negated=negated)
        if match := _HAS.match(bare):
            return cls(words, "has", match.group(1), negated=negated)
        if match := _OUTCOME.match(bare):
            return cls(words, "outcome", match.group(1), match.group(3), negated != bool(match.group(2)))
        if match := _FIELD.match(bare):
            subject = match.group(1)
            if not subject.startswith("attributes.") and subject not in FIELDS:
                raise ValueError(f"a lead has no field {subject!r}; it has {', '.join(FIELDS)} and attributes.NAME")
            return cls(words, "field", subject, match.group(3), negated != bool(match.group(2)))
        raise ValueError(f"{text!r} is no condition; write {CONDITION_FORM}")

    def holds(self, lead: Lead, outcomes: Mapping[str, str]) -> bool:
        """Whether it is true of this lead now; `outcomes` maps a step's id to its last outcome."""
        match self.kind:
            case "consent":
                found = lead.consents_to(Channel(self.subject))
            case "has":
                found = lead.contact(ContactKind(self.subject)) is not None
            case "outcome":
                found = outcomes.get(self.subject) == self.value
            case _:
                actual = _field(lead, self.subject)
                found = bool(actual) if self.value == "set" else (actual or "").casefold() == self.value.casefold()
        return found != self.negated


def _field(lead: Lead, subject: str) -> str | None:
    if subject.startswith("attributes."):
        return lead.attributes.get(subject.removeprefix("attributes."))
    value = getattr(lead, subject)
    return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every clause must hold."""

    clauses: tuple[Clause, ...]

    def holds(self, lead: Lead, outcomes: Mapping[str, str]) -> bool:
        return all(clause.holds(lead, outcomes) for clause in self.clauses)

    def __str__(self) -> str:
        return " and ".join(clause.text for clause in self.clauses)


def _read(value: object) -> AllOf:
    if isinstance(value, AllOf):
        return value
    lines = [value] if isinstance(value, str) else value
    if not isinstance(lines, list | tuple) or not lines or not all(isinstance(line, str) for line in lines):
        raise ValueError(f"{value!r} is no condition; write {CONDITION_FORM}")
    return AllOf(tuple(Clause.parse(line) for line in lines))


def _show(value: AllOf) -> Any:
    return [clause.text for clause in value.clauses]


Condition = Annotated[
    AllOf,
    BeforeValidator(_read),
    PlainSerializer(_show),
    WithJsonSchema(
        {
            "description": f"One condition or a list of which all must hold: {CONDITION_FORM}.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
        }
    ),
]

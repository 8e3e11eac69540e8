"""The plans that the harness runs, as marketing would write them: touches all at once, then a long wait."""

from dataclasses import dataclass
from datetime import datetime

from cadences.bundle import CadenceBundle

MESSAGES = "faults-messages"
"""Emails and texts, and a call that is given up at once."""
LONG = "faults-long"
"""More touches than one run of the workflow has."""
CALLS = "faults-calls"
"""The plan waits for a call that a person makes."""
OTHER = "faults-other"
"""What a lead is switched to."""

_FOR_ALL = """
about: For the fault harness.
for: {kind: inbound}
hours: {days: mon-sun, from: "00:00", to: "24:00"}
limits: {per_day: 20, per_week: 100}
defaults: {first_name: there}
steps:
"""
_TAIL = "  - {wait: 6 months, email: tail, repeat: {every: 6 months, until: an answer}}\n"
_GIVEN_UP_AT_ONCE = "  - {call: ring, within: 0 minutes, expires: 0 minutes}\n"

_STEPS = {
    MESSAGES: (
        "  - email: note-1\n  - {sms: text-1, instead: skip}\n"
        + _GIVEN_UP_AT_ONCE
        + "  - email: note-2\n  - {sms: text-2, instead: skip}\n  - email: note-3\n"
    ),
    LONG: "".join(f"  - email: note-{n}\n  - {{sms: text-{n}, instead: skip}}\n" for n in range(1, 6)),
    CALLS: (
        "  - email: note-1\n  - {sms: text-1, instead: skip}\n  - {call: ring, within: 2 days}\n"
        "  - email: note-2\n  - {sms: text-2, instead: skip}\n"
    ),
    OTHER: "  - email: note-6\n  - {sms: text-6, instead: skip}\n",
}

MESSAGE_STEPS = {MESSAGES: 5, LONG: 10, CALLS: 2, OTHER: 2}
"""How many messages go out before the plan waits."""


def bundles() -> list[CadenceBundle]:
    """All of them, with their templates."""
    return [_bundle(name) for name in _STEPS]


def _bundle(name: str) -> CadenceBundle:
    source = f"cadence: {name}{_FOR_ALL}{_STEPS[name]}{_TAIL}"
    templates = {"email/tail.md": _email("tail"), "call/ring.md": "Ask how it goes.\n"}
    for number in range(1, 7):
        templates[f"email/note-{number}.md"] = _email(f"note {number}")
        templates[f"sms/text-{number}.txt"] = f"Hi {{{{ first_name }}}}, text {number}. Reply STOP to opt out.\n"
    used = {path: text for path, text in templates.items() if path.split("/")[1].split(".")[0] in source}
    return CadenceBundle(name, source, used)


def _email(words: str) -> str:
    return f"---\nsubject: {words}\n---\nHi {{{{ first_name }}}},\n\nthis is {words}.\n"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lead's number says that it lives."""

    zone: str
    prefix: str
    digits: int

    def number(self, of: int) -> str:
        """One of its numbers."""
        return f"{self.prefix}{of % 10**self.digits:0{self.digits}d}"


_TOKYO = Place("Asia/Tokyo", "+8135", 7)
_LONDON = Place("Europe/London", "+442079", 6)
_NEW_YORK = Place("America/New_York", "+121255", 5)
PLACES = (_TOKYO, _LONDON, _NEW_YORK)


def awake(now: datetime) -> Place:
    """A place where texts and calls are lawful at this hour and the next ones, whatever the season.

    The law's hours are 08:00 to 21:00 on the person's own clock.
    """
    if now.hour < 10:
        return _TOKYO
    return _LONDON if now.hour < 15 else _NEW_YORK

"""The hand-over note: what was tried with a lead that did not answer, what came back, and what is known of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cadences.case import Case
from cadences.facts import Assigned
from cadences.owners import given_to
from cadences.progress import task_created
from leads.model import Channel, Colleague, ContactPoint

MOST_TOLD = 40
"""So many contacts are told of, the newest."""
_LONGEST = 300
"""Characters of what somebody wrote or noted."""
_CAME_OF_IT = {"sent": "sent", "delivered": "delivered", "unknown": "nobody knows whether it arrived", "made": ""}


@dataclass(frozen=True, slots=True)
class Tried:
    """One contact, or one that was to be made and was not."""

    at: datetime
    channel: Channel
    what: str
    """The step's name, or `personal`."""
    state: str
    """What the ledger says of it; `expired` for a call that nobody made."""
    outcome: str | None = None
    by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that the person wrote."""

    at: datetime
    channel: Channel
    text: str


@dataclass(frozen=True, slots=True)
class Story:
    """What happened between us and a lead, oldest first."""

    tried: tuple[Tried, ...] = ()
    heard: tuple[Heard, ...] = ()


def returned(case: Case, story: Story, now: datetime) -> Case:
    """Silence: a person gets the lead back, with a task and the note; who found it owns it from now on."""
    silence, found_by = case.cadence.on_silence, case.lead.generated_by
    back = silence is not None and silence.return_to == "generator" and found_by is not None and found_by.active
    heir = found_by if back and found_by is not None and found_by.id != case.lead.owner.id else None
    case = task_created(case, now, hand_over_note(case, story, heir))
    return case if heir is None else given_to(case.with_fact(Assigned(no_answer(case))), heir)


def hand_over_note(case: Case, story: Story, heir: Colleague | None = None) -> str:
    """What whoever gets the lead back needs to go on from here.

    Args:
        heir: who found the lead and owns it from now on; None: it stays whose it is.
    """
    heard = [_line(one.at, case.zone, f"{one.channel.value}: {_short(one.text)}") for one in story.heard]
    parts = {"Tried": _tried(story, case.zone), "Heard": heard, "Known": list(_known(case))}
    told = [f"{title}:\n" + "\n".join(lines or ["- nothing"]) for title, lines in parts.items()]
    return "\n\n".join([_in_a_sentence(case, heir), *told])


def no_answer(case: Case) -> str:
    """Why a lead that stayed silent changes hands."""
    contacts = case.enrollment.attempts
    return f"no answer after {contacts} contact{'s' * (contacts != 1)}"


def _in_a_sentence(case: Case, heir: Colleague | None) -> str:
    said = no_answer(case).capitalize()
    if heir is None:
        return f"{said}: it is for a person to say how to go on."
    return f"{said}: back to {heir.name}, who found the lead; {case.lead.owner.name} followed it up."


def _tried(story: Story, zone: ZoneInfo) -> list[str]:
    told = [_line(one.at, zone, _what_came(one)) for one in story.tried[-MOST_TOLD:]]
    left_out = len(story.tried) - len(told)
    return [*([f"- {left_out} earlier ones"] if left_out else []), *told]


def _what_came(one: Tried) -> str:
    if one.state == "expired":
        return f"{one.channel.value} {one.what}: nobody made it in time"
    came = one.outcome or _CAME_OF_IT.get(one.state, one.state)
    by = f" ({one.by})" if one.by else ""
    note = f": {_short(one.note)}" if one.note else ""
    return f"{one.channel.value} {one.what}{f', {came}' if came else ''}{by}{note}"


def _known(case: Case) -> Iterator[str]:
    lead = case.lead
    who = ", ".join(part for part in (lead.name, lead.company) if part)
    if who:
        yield f"- {who}"
    yield f"- {', '.join(map(_contact, lead.contacts)) or 'no contact point'}"
    place = "-".join(part for part in (lead.country, lead.region) if part)
    yield f"- lives by {case.zone.key}{f', {place}' if place else ''}"
    if lead.source:
        yield f"- came from: {lead.source}"
    if lead.question:
        yield f"- asked: {_short(lead.question)}"
    for name, value in sorted(lead.attributes.items()):
        yield f"- {name}: {_short(value)}"


def _contact(point: ContactPoint) -> str:
    closed = point.lost or ("no messages, no calls" if point.suppressed else None)
    return f"{point.value} ({closed})" if closed else point.value


def _line(at: datetime, zone: ZoneInfo, text: str) -> str:
    return f"- {at.astimezone(zone):%a %d %b %Y %H:%M} {text}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"

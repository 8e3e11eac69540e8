"""What happened to a lead, thing by thing in words: the entries of its timeline.

Whoever reads them has a clock of their own, and so has the lead: an instant in an entry's words is on the lead's, which
is named. When the entry itself happened is in `at`, for the reader's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from textwrap import shorten
from typing import Any
from zoneinfo import ZoneInfo

from adapters.db.lead_views import TimelineEntry
from leads.contract import CommandKind
from leads.meetings import MeetingState, step_name
from leads.model import ContactKind, Stage
from leads.personal_emails import EmailState

_RESPONSE_STORY = {
    "warned_at": "half of the time to answer is gone: the owner is warned",
    "escalated_at": "about to be missed: escalated",
    "reassigned_at": "about to be missed: another rep takes over",
    "answered_at": "answered by a person",
}
_TOLD_ELSEWHERE = frozenset(
    kind.value
    for kind in (
        CommandKind.START,
        CommandKind.LOG_PERSONAL_TOUCH,
        CommandKind.RECORD_ANSWER,
        CommandKind.HOLD,
        CommandKind.COMPLETE_TASK,
        CommandKind.LEAD_ASKED_AGAIN,
        CommandKind.MESSAGE_REPORTED,
    )
)
"""Commands of which the timeline tells by what they made: a touch, an answer, a hold, a task, a question."""


_NOTE = 140
"""Characters of a hold's note: it may be a whole email, which stands in the touch that it came from."""


def _there(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}"


def _told_of(text: str, row: Mapping[str, Any]) -> str:
    return text if row["corrected_at"] is None else f"{text} (taken back)"


def newest_first(parts: Iterable[Iterable[TimelineEntry]], now: datetime) -> list[TimelineEntry]:
    """All that has happened by now, as one reads it: what came last stands at the top.

    Args:
        parts: each oldest first, in the order in which they follow one another when they happen at one instant: a
            lead that is captured is given to somebody, and only then its cadence begins.
    """
    happened = [entry for part in parts for entry in part if entry.at <= now]
    return sorted(happened, key=lambda entry: entry.at)[::-1]


def of_assignments(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    for row in rows:
        yield TimelineEntry(row["at"], "assignment", _told_of(f"given to {row['owner']}: {row['why']}", row), row["by"])


def of_questions(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    for row in rows:
        titles = ", ".join(answer["title"] for answer in row["answers"])
        yield TimelineEntry(
            row["asked_at"], "question", row["question"] + (f" (we answer: {titles})" if titles else "")
        )


def of_touches(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    for row in rows:
        what = "personal touch" if row["personal"] else step_name(row["step_id"] or "touch")
        times = f" ({row['occurrence']})" if (row["occurrence"] or 1) > 1 else ""
        said = row["outcome"] or row["subject"] or (row["text"] if row["personal"] else None)
        text = f"{row['channel']}: {what}{times}, {row['state']}" + (f": {said}" if said else "")
        yield TimelineEntry(row["happened_at"], "touch", text, row["by"], str(row["id"]))


def of_meetings(rows: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> Iterable[TimelineEntry]:
    for row in rows:
        when, reference = _there(row["starts_at"], zone), str(row["id"])
        text = f"meeting agreed with {row['organizer_name']}: {row['subject']}"
        yield TimelineEntry(row["agreed_at"], "meeting", text, row["asked_by"], reference)
        if row["sequence"]:
            words = "called off" if row["state"] == MeetingState.CANCELLED else f"changed: {when}"
            yield TimelineEntry(row["changed_at"], "meeting", f"meeting {words}", row["asked_by"], reference)
        if row["answered_at"] is not None:
            text = f"invitation for {when}: {row['state']}"
            yield TimelineEntry(row["answered_at"], "meeting", text, None, reference)


def of_tasks(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    for row in rows:
        reference = str(row["id"])
        yield TimelineEntry(row["created_at"], "task", f"to do for {row['owner']}: {row['title']}", None, reference)


def of_closed_tasks(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    for row in rows:
        if row["closed_at"] is not None:
            how = row["outcome"] or row["note"]
            text = f"{row['title']}: {row['state']}" + (f", {how}" if how else "")
            yield TimelineEntry(row["closed_at"], "task", text, row["closed_by"], str(row["id"]))


def of_holds(rows: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> Iterable[TimelineEntry]:
    for row in rows:
        reason, reference = row["reason"].replace("_", " "), str(row["id"])
        until = _there(row["until"], zone)
        note = f", {shorten(row['note'], _NOTE, placeholder=' …')}" if row["note"] else ""
        text = f"held until {until}: {reason}{note}"
        yield TimelineEntry(row["since"], "hold", text, row["owner"], reference)
        if row["lifted_at"] is not None:
            yield TimelineEntry(row["lifted_at"], "hold", f"hold ended early: {reason}", None, reference)


def of_answers(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    for row in rows:
        text = f"said {row['answer']}" + (f": {row['note']}" if row["note"] else "")
        yield TimelineEntry(row["said_at"], "answer", _told_of(text, row), row["by"])


def of_beginnings(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    for row in rows:
        yield TimelineEntry(row["started_at"], "enrollment", f"{row['cadence']} begins", None, str(row["id"]))


def of_endings(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    for row in rows:
        if row["ended_at"] is not None:
            text = f"{row['cadence']} ended: {row['ended'].replace('_', ' ')}"
            yield TimelineEntry(row["ended_at"], "enrollment", text, None, str(row["id"]))


def of_consents(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    for row in rows:
        yield TimelineEntry(row["given_at"], "consent", f"consent to {row['channel']}: {row['method']}")
        if row["revoked_at"] is not None:
            yield TimelineEntry(row["revoked_at"], "consent", f"consent to {row['channel']} revoked")


def of_notes(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    return (TimelineEntry(row["written_at"], "note", row["text"], row["by"], str(row["id"])) for row in rows)


def of_emails(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    """What a colleague wrote and what did not go out (yet); the ledger tells of the rest."""
    for row in rows:
        how = "on its way" if row["state"] == EmailState.WAITING else row["state"]
        why = f" ({row['why']})" if row["why"] else ""
        text = f"personal email, {how}: {row['subject']}{why}"
        yield TimelineEntry(row["settled_at"] or row["written_at"], "touch", text, row["by"], str(row["id"]))


def of_stages(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    for row in rows:
        if row["stage"] != Stage.NEW.value:  # that it was captured stands there already
            text = f"now {row['stage']}" + (f" ({row['why']})" if row["why"] else "")
            yield TimelineEntry(row["at"], "stage", _told_of(text, row), row["by"])


def of_responses(rows: Sequence[Mapping[str, Any]]) -> Iterable[TimelineEntry]:
    for row in rows:
        for name, text in _RESPONSE_STORY.items():
            if row[name] is not None:
                yield TimelineEntry(
                    row[name], "first response", text, row["answered_by"] if name == "answered_at" else None
                )


def _found(details: Mapping[str, Any]) -> str | None:
    """Of a change that brought new contact points: what that was."""
    return "found another way to reach the lead" if details.keys() & set(ContactKind) else None


_IDS = frozenset({"message"})
"""Details that name a row of ours, which tell a reader nothing."""


def of_commands(
    rows: Sequence[Mapping[str, Any]], zone: ZoneInfo, elsewhere: frozenset[str] = _TOLD_ELSEWHERE
) -> Iterable[TimelineEntry]:
    for row in rows:
        details = row["details"]
        if "undone" in details:
            text = f"taken back, since it was a slip: {details['undone'].replace('_', ' ')} by {details['by']}"
            yield TimelineEntry(row["created_at"], "correction", text, row["by"], details["command"])
        elif row["kind"] not in elsewhere and not {"meeting", "personal_email"} & details.keys():
            text = _found(details) or row["kind"].replace("_", " ")
            said = [
                f"until {_there(datetime.fromisoformat(value), zone)}" if name == "until" else str(value)
                for name, value in details.items()
                if value is not None and name not in _IDS
            ]
            text = _told_of(f"{text}: {', '.join(said)}" if said else text, row)
            yield TimelineEntry(row["created_at"], "command", text, row["by"], str(row["id"]))

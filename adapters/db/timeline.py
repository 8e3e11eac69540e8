"""What happened to a lead, thing by thing in words: the entries of its timeline.

Whoever reads them has a clock of their own, and so has the lead: an instant in an entry's words is on the lead's, which
is named. When the entry itself happened is in `at`, for the reader's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.db.lead_views import TimelineEntry
from leads.clocks import on_clock
from leads.contract import CommandKind
from leads.meetings import MeetingState, step_name
from leads.model import Channel, ContactKind, Stage
from leads.personal_emails import EmailState
from leads.replies import InboundKind
from leads.sending import TouchState

Row = Mapping[str, Any]
Rows = Sequence[Row]

BY = ("by", "owner", "owner_id", "escalated_to", "closed_by", "asked_by", "answered_by", "generated_by_id")
"""Columns of these rows in which a colleague may be named."""

_MESSAGE = {Channel.EMAIL: "email", Channel.SMS: "text"}
_MADE = {
    Channel.CALL: "Called",
    Channel.EMAIL: "Wrote an email",
    Channel.SMS: "Wrote a text",
    Channel.TASK: "Was in touch",
}
_WENT = {
    TouchState.CLAIMED: "on its way",
    TouchState.UNKNOWN: "of which nobody knows whether it went out",
}
"""Of the states of a message, those whose own name would not tell a reader."""
_CONSENT = {Channel.EMAIL: "emails", Channel.SMS: "texts", Channel.CALL: "calls"}
_RESPONSE = {
    "warned_at": "Half of the time to answer is gone: the owner is warned",
    "escalated_at": "The first answer is about to be missed: escalated",
    "reassigned_at": "The first answer is about to be missed: another rep takes over",
    "answered_at": "The first answer is given",
}
_COMMAND = {
    CommandKind.NOT_NOW: "Not now",
    CommandKind.RESUME: "Let go on",
    CommandKind.SKIP_STEP: "Step left out",
    CommandKind.SWITCH_CADENCE: "Goes on with the cadence",
    CommandKind.LEAD_ASKED_AGAIN: "Came in again",
    CommandKind.LEAD_OPTED_OUT: "Opted out",
    CommandKind.CONTACT_POINT_LOST: "Can't be reached there any more",
}
_HEARD = {
    InboundKind.AUTO_REPLY: "A machine replied for them",
    InboundKind.WRONG_PERSON: "Somebody else replied",
    InboundKind.BOUNCE: "A mail server reported back",
    InboundKind.CALENDAR: "Their calendar replied",
}
_TOLD_ELSEWHERE = frozenset(
    {
        CommandKind.START,
        CommandKind.LOG_PERSONAL_TOUCH,
        CommandKind.RECORD_ANSWER,
        CommandKind.HOLD,
        CommandKind.REASSIGN,
        CommandKind.COMPLETE_TASK,
        CommandKind.LEAD_ASKED_AGAIN,
        CommandKind.MESSAGE_REPORTED,
    }
)
"""Commands of which the timeline tells by what they made: a touch, an answer, a hold, an owner, a task, a question."""
_IDS = frozenset({"message", "touch_id"})
"""Details that name a row of ours, which tell a reader nothing."""


def newest_first(parts: Iterable[Iterable[TimelineEntry]], now: datetime) -> list[TimelineEntry]:
    """All that has happened by now, as one reads it: what came last stands at the top.

    Args:
        parts: each oldest first, in the order in which they follow one another when they happen at one instant: a
            lead that is captured is given to somebody, and only then its cadence begins.
    """
    happened = [entry for part in parts for entry in part if entry.at <= now]
    return sorted(happened, key=lambda entry: entry.at)[::-1]


class Story:
    """Tells of a lead's rows, on its clock and with the names of who works here."""

    def __init__(self, zone: ZoneInfo, names: Mapping[str, str]) -> None:
        """
        Args:
            zone: the lead's main one.
            names: of colleagues, by their ids.
        """
        self._zone = zone
        self._names = names

    def of_capture(self, lead: Row) -> Iterable[TimelineEntry]:
        yield self._entry(lead["created_at"], "captured", f"Came in: {lead['kind']}, {lead['source']}")

    def of_assignments(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            text = _told_of(f"Given to {self._name(row['owner'])}", row)
            yield self._entry(row["at"], "assignment", text, row["by"], said=row["why"], aside=True)

    def of_questions(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            titles = ", ".join(answer["title"] for answer in row["answers"])
            text = f"Asked; our answer: {titles}" if titles else "Asked"
            yield self._entry(row["asked_at"], "question", text, said=row["question"])

    def of_touches(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            made = row["state"] in (TouchState.MADE, TouchState.CORRECTED)
            yield self._entry(
                *(row["happened_at"], "touch", _made(row) if made else _message(row), row["by"]),
                reference=str(row["id"]),
                said=row["text"],
                channel=row["channel"],
            )

    def of_emails(self, rows: Rows) -> Iterable[TimelineEntry]:
        """What a colleague wrote and what did not go out (yet); the ledger tells of the rest."""
        for row in rows:
            how = "on its way" if row["state"] == EmailState.WAITING else row["state"]
            text = f"Personal email {how}: {row['subject']}" + (f" ({row['why']})" if row["why"] else "")
            yield self._entry(
                *(row["settled_at"] or row["written_at"], "touch", text, row["by"]),
                reference=str(row["id"]),
                channel=Channel.EMAIL.value,
            )

    def of_meetings(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            when, reference = self._there(row["starts_at"]), str(row["id"])
            text = f"Meeting agreed with {row['organizer_name']}: {row['subject']}"
            yield self._entry(row["agreed_at"], "meeting", text, row["asked_by"], reference=reference)
            if row["sequence"]:
                text = "called off" if row["state"] == MeetingState.CANCELLED else f"changed: {when}"
                yield self._entry(row["changed_at"], "meeting", f"Meeting {text}", row["asked_by"], reference=reference)
            if row["answered_at"] is not None:
                text = f"Answered the invitation for {when}"
                yield self._entry(row["answered_at"], "meeting", text, reference=reference)

    def of_tasks(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            text = f"To do for {self._name(row['owner'])}: {row['title']}"
            yield self._entry(row["created_at"], "task", text, reference=str(row["id"]), aside=True)

    def of_closed_tasks(self, rows: Rows, touches: Rows = ()) -> Iterable[TimelineEntry]:
        """How tasks ended.

        Args:
            touches: what was done; a task that was done by a touch needs no line of its own.
        """
        touched = {(row["happened_at"], row["by"]) for row in touches}
        for row in rows:
            done = (row["closed_at"], row["closed_by"])
            if row["closed_at"] is not None and not (row["outcome"] and done in touched):
                how = row["outcome"] or row["note"]
                text = f"{row['state'].capitalize()}: {row['title']}" + (f", {how}" if how else "")
                yield self._entry(*(row["closed_at"], "task", text, row["closed_by"]), reference=str(row["id"]))

    def of_holds(self, rows: Rows) -> Iterable[TimelineEntry]:
        """The pauses; one that follows another for the same reason without a gap only made it longer."""
        began: list[tuple[Row, Row]] = []
        for row in rows:
            if began and began[-1][1]["lifted_at"] == row["since"] and began[-1][1]["reason"] == row["reason"]:
                began[-1] = (began[-1][0], row)
            else:
                began.append((row, row))
        for first, last in began:
            reason, reference = last["reason"].replace("_", " "), str(last["id"])
            text = f"Paused until {self._there(last['until'])}: {reason}"
            yield self._entry(
                *(first["since"], "hold", text, first["owner"]), reference=reference, said=first["note"], aside=True
            )
            if last["lifted_at"] is not None:
                text = f"The pause ended early: {reason}"
                yield self._entry(last["lifted_at"], "hold", text, reference=reference, aside=True)

    def of_answers(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            text = _told_of(f"Said {row['answer']}", row)
            yield self._entry(row["said_at"], "answer", text, row["by"], said=row["note"])

    def of_beginnings(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            text = f"The cadence {row['cadence']} begins"
            yield self._entry(row["started_at"], "enrollment", text, reference=str(row["id"]), aside=True)

    def of_endings(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            if row["ended_at"] is not None:
                text = f"The cadence {row['cadence']} ended: {row['ended'].replace('_', ' ')}"
                yield self._entry(row["ended_at"], "enrollment", text, reference=str(row["id"]), aside=True)

    def of_consents(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            what = _CONSENT.get(row["channel"], row["channel"])
            yield self._entry(row["given_at"], "consent", f"Agreed to {what}: {row['method']}")
            if row["revoked_at"] is not None:
                yield self._entry(row["revoked_at"], "consent", f"Took back the consent to {what}")

    def of_notes(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            yield self._entry(
                *(row["written_at"], "note", "Note", row["by"]), reference=str(row["id"]), said=row["text"]
            )

    def of_stages(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            if row["stage"] != Stage.NEW.value:  # that it was captured stands there already
                text = f"Now {row['stage']}" + (f" ({row['why']})" if row["why"] else "")
                yield self._entry(row["at"], "stage", _told_of(text, row), row["by"], aside=True)

    def of_responses(self, rows: Rows) -> Iterable[TimelineEntry]:
        for row in rows:
            for name, text in _RESPONSE.items():
                if row[name] is not None:
                    by = row["answered_by"] if name == "answered_at" else None
                    yield self._entry(row[name], "first response", text, by, aside=True)

    def of_commands(self, rows: Rows, elsewhere: frozenset[CommandKind] = _TOLD_ELSEWHERE) -> Iterable[TimelineEntry]:
        for row in rows:
            details = row["details"]
            at, by = row["created_at"], row["by"]
            if "undone" in details:
                undone = details["undone"].replace("_", " ")
                text = f"Taken back, since it was a slip: {undone} by {self._name(details['by'])}"
                yield self._entry(at, "correction", text, by, reference=details["command"])
            elif row["kind"] not in elsewhere and not {"meeting", "personal_email"} & details.keys():
                yield self._command(row)

    def _command(self, row: Row) -> TimelineEntry:
        details, reference = dict(row["details"]), str(row["id"])
        heard = details.pop("kind", None)
        if heard is not None or row["kind"] == CommandKind.LEAD_REPLIED:
            what = _HEARD.get(heard) or _COMMAND.get(row["kind"], "Replied")
            text, said = _told_of(what, row), details.get("text")
            return self._entry(row["created_at"], "reply", text, row["by"], reference=reference, said=said)
        values = [
            f"until {self._there(datetime.fromisoformat(value))}" if name == "until" else str(value)
            for name, value in details.items()
            if value is not None and name not in _IDS
        ]
        if row["kind"] == CommandKind.PLAN_CHANGED and not _found(details) and len(values) == 1:
            text = values[0][:1].upper() + values[0][1:]
        else:
            what = _found(details) or _COMMAND.get(row["kind"]) or row["kind"].replace("_", " ").capitalize()
            text = f"{what}: {', '.join(values)}" if values else what
        return self._entry(row["created_at"], "command", _told_of(text, row), row["by"], reference=reference)

    def _entry(
        self,
        at: datetime,
        kind: str,
        text: str,
        by: str | None = None,
        *,
        reference: str | None = None,
        said: str | None = None,
        channel: str | None = None,
        aside: bool = False,
    ) -> TimelineEntry:
        return TimelineEntry(
            *(at, kind, text, by, reference),
            by_name=self._name(by) if by else None,
            said=(said or "").strip() or None,
            channel=channel,
            aside=aside,
        )

    def _name(self, colleague: str) -> str:
        return self._names.get(colleague, colleague)

    def _there(self, at: datetime) -> str:
        return on_clock(at, self._zone)


def _made(row: Row) -> str:
    """What a human did."""
    what = _MADE.get(row["channel"], "Was in touch")
    if not row["personal"]:
        what = f"{what} ({_step(row)})"
    text = f"{what}: {row['outcome']}" if row["outcome"] else what
    return f"{text} (taken back)" if row["state"] == TouchState.CORRECTED else text


def _message(row: Row) -> str:
    """What went out, or did not."""
    noun = _MESSAGE.get(row["channel"], row["channel"])
    noun = f"Personal {noun}" if row["personal"] else str(noun).capitalize()
    text = f"{noun} {_WENT.get(row['state'], row['state'])}: {row['subject'] or _step(row)}"
    return f"{text} ({row['error']})" if row["error"] else text


def _step(row: Row) -> str:
    name = step_name(row["step_id"] or "touch").replace("-", " ")
    return f"{name}, number {row['occurrence']}" if (row["occurrence"] or 1) > 1 else name


def _told_of(text: str, row: Row) -> str:
    return text if row["corrected_at"] is None else f"{text} (taken back)"


def _found(details: Mapping[str, Any]) -> str | None:
    """Of a change that brought new contact points: what that was."""
    return "Found another way to reach the lead" if details.keys() & set(ContactKind) else None

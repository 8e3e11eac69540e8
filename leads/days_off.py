"""Days off as a calendar file tells them (iCalendar, RFC 5545): all-day events, each with an id of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

_LONGEST_REASON = 200


class CalendarUnreadable(ValueError):
    """The text is no calendar; the message says what to do."""


@dataclass(frozen=True, slots=True)
class DaysOff:
    """One entry of a file: whole days, and whose."""

    external_id: str
    first_day: date
    last_day: date
    reason: str | None = None
    people: tuple[str, ...] = ()
    """Email addresses of those it is about; empty where the file does not say."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """An entry that is no days off, and why."""

    external_id: str
    why: str


def read_calendar(text: str) -> list[DaysOff | NotTaken]:
    """Every event of a calendar that is not cancelled; the newest version of each.

    Raises:
        CalendarUnreadable: it is none.
    """
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError, KeyError) as error:
        raise CalendarUnreadable("it is no iCalendar file; export days off as .ics, or as .csv") from error
    if not calendars:  # a file that was cut off must not look like one without days off
        raise CalendarUnreadable("there is no calendar in it; export days off as .ics, or as .csv")
    events = [event for calendar in calendars for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    newest = {_id_of(event): event for event in sorted(events, key=lambda one: int(one.get("SEQUENCE", 0)))}
    found = (_read(key, event) for key, event in newest.items())
    return [one for one in found if one is not None]


def _read(key: str, event: Event) -> DaysOff | NotTaken | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    summary = " ".join(str(event.get("SUMMARY", "")).split())[:_LONGEST_REASON] or None
    if "RRULE" in event or "RDATE" in event:
        why = "repeats; days that are always free belong into `follow reps set --hours`"
        return NotTaken(key, f"{summary or key} {why}")
    try:
        first, end = event.start, event.end
    except (ValueError, TypeError, AttributeError):  # icalendar's own complaint about a start or an end that is wrong
        return NotTaken(key, f"{summary or key} has no days that make sense")
    if isinstance(first, datetime) or isinstance(end, datetime):
        return NotTaken(key, f"{summary or key} is no all-day event")
    last = max(end - timedelta(days=1), first)  # the end is the first day that is not meant any more
    return DaysOff(key, first, last, summary, tuple(_people(event)))


def _id_of(event: Event) -> str:
    """The event's id, and which of its repetitions it is."""
    recurrence = event.get("RECURRENCE-ID")
    uid = str(event.get("UID", "")) or f"{event.get('DTSTART')} {event.get('SUMMARY', '')}"
    return uid if recurrence is None else f"{uid} {recurrence.to_ical().decode()}"


def _people(event: Event) -> Iterator[str]:
    attendees = event.get("ATTENDEE", [])
    named = attendees if isinstance(attendees, list) else [attendees]
    for person in named or [event.get("ORGANIZER", "")]:
        address = str(person).lower().removeprefix("mailto:").strip()
        if address:
            yield address

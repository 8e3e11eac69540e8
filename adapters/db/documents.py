"""How the pure values become rows and documents, and come back."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from cadences.enrollment import Enrollment, ResponseClock
from cadences.senders import SenderOffer
from cadences.tasks import Task
from leads.best_time import CallMade
from leads.inquiries import Inquiry
from leads.meetings import Meeting
from leads.model import Channel, Colleague, Consent, ContactPoint, Lead, LeadKind, Stage
from leads.sending import Claim
from leads.work_hours import WorkHours

_ENROLLMENT: TypeAdapter[Enrollment] = TypeAdapter(Enrollment)
_TASKS: TypeAdapter[tuple[Task, ...]] = TypeAdapter(tuple[Task, ...])
_CONSENTS: TypeAdapter[tuple[Consent, ...]] = TypeAdapter(tuple[Consent, ...])
_CONTACT_POINTS: TypeAdapter[tuple[ContactPoint, ...]] = TypeAdapter(tuple[ContactPoint, ...])
_COLLEAGUE: TypeAdapter[Colleague] = TypeAdapter(Colleague)
_MEETINGS: TypeAdapter[tuple[Meeting, ...]] = TypeAdapter(tuple[Meeting, ...])
_CLAIM: TypeAdapter[Claim] = TypeAdapter(Claim)
_INQUIRY: TypeAdapter[Inquiry] = TypeAdapter(Inquiry)
_OFFERS: TypeAdapter[tuple[SenderOffer, ...]] = TypeAdapter(tuple[SenderOffer, ...])
_RESPONSE: TypeAdapter[ResponseClock] = TypeAdapter(ResponseClock)
_CALLS: TypeAdapter[tuple[CallMade, ...]] = TypeAdapter(tuple[CallMade, ...])
_INSTANTS: TypeAdapter[tuple[datetime, ...]] = TypeAdapter(tuple[datetime, ...])


def enrollment_document(enrollment: Enrollment) -> dict[str, Any]:
    """The enrollment as JSON."""
    document: dict[str, Any] = _ENROLLMENT.dump_python(enrollment, mode="json")
    return document


def read_enrollment(document: Mapping[str, Any]) -> Enrollment:
    return _ENROLLMENT.validate_python(document)


def task_values(task: Task, lead_id: UUID) -> dict[str, Any]:
    """The task as a row."""
    return {**asdict(task), "lead_id": lead_id}


def inquiry_values(inquiry: Inquiry) -> dict[str, Any]:
    """What the library said to a question, as columns."""
    document = _INQUIRY.dump_python(inquiry, mode="json")
    return {"expert_id": document.pop("expert"), **document}


def read_inquiry(document: Mapping[str, Any] | None) -> Inquiry | None:
    return _INQUIRY.validate_python(document) if document is not None else None


def read_tasks(rows: list[dict[str, Any]] | None) -> tuple[Task, ...]:
    return _TASKS.validate_python([{key: row[key] for key in Task.__dataclass_fields__} for row in rows or []])


def meeting_values(meeting: Meeting, lead_id: UUID) -> dict[str, Any]:
    """The meeting as a row."""
    return {**asdict(meeting), "state": meeting.state.value, "lead_id": lead_id}


def read_meetings(rows: list[dict[str, Any]] | None) -> tuple[Meeting, ...]:
    return _MEETINGS.validate_python([{key: row[key] for key in Meeting.__dataclass_fields__} for row in rows or []])


def colleague_values(colleague: Colleague) -> dict[str, Any]:
    """The colleague as a row; absences have rows of their own."""
    values = {key: getattr(colleague, key) for key in Colleague.__dataclass_fields__ if key != "absences"}
    for written in ("hours", "first_response"):
        values[written] = None if values[written] is None else str(values[written])
    return {**values, "role": colleague.role.value, "skills": list(colleague.skills)}


def response_values(clock: ResponseClock, lead_id: UUID, owner_id: str) -> dict[str, Any]:
    """The clock of a first response as a row."""
    return {**asdict(clock), "lead_id": lead_id, "owner_id": owner_id}


def read_response(row: Mapping[str, Any] | None) -> ResponseClock | None:
    if row is None:
        return None
    return _RESPONSE.validate_python({key: row[key] for key in ResponseClock.__dataclass_fields__})


def read_colleague(row: Mapping[Any, Any]) -> Colleague:
    """The colleague from its row, or from its JSON with absences."""
    values = {key: row[key] for key in Colleague.__dataclass_fields__ if key != "absences"}
    absences = row.get("absences") or ()
    return _COLLEAGUE.validate_python({**values, "hours": _hours(values["hours"]), "absences": absences})


@lru_cache(maxsize=256)
def _hours(written: str | None) -> WorkHours | None:
    return None if written is None else WorkHours.parse(written)


def read_claim(row: Mapping[Any, Any]) -> Claim:
    """A message's row of the ledger, whether it comes as a row or as JSON."""
    kept = {key: row[key] for key in Claim.__dataclass_fields__ if key in row}
    return _CLAIM.validate_python(
        {
            **kept,
            "touch_id": row["id"],
            "claimed_at": row["happened_at"],
            "provider": row["provider"] or "",
            "sender": row["sender"] or "",
            "accepted": row["provider_message_id"] is not None,
        }
    )


def read_offers(rows: list[dict[str, Any]] | None) -> tuple[SenderOffer, ...]:
    return _OFFERS.validate_python(rows or [])


def read_pause(domain: Mapping[str, Any] | None) -> tuple[datetime, str] | None:
    """Until when, and why, a sending domain is paused; None when it never was."""
    if domain is None or domain["paused_until"] is None:
        return None
    return datetime.fromisoformat(domain["paused_until"]), domain["why"] or ""


def read_calls(rows: list[dict[str, Any]] | None) -> tuple[CallMade, ...]:
    return _CALLS.validate_python(rows or [])


def read_instants(values: list[str] | None) -> tuple[datetime, ...]:
    return _INSTANTS.validate_python(values or [])


def read_lead(
    row: Mapping[Any, Any],
    owner: Mapping[Any, Any],
    generated_by: Mapping[Any, Any] | None,
    contacts: list[dict[str, Any]] | None,
    consents: list[dict[str, Any]] | None,
    inquiry: Mapping[str, Any] | None = None,
) -> Lead:
    """The lead from its row and what belongs to it."""
    return Lead(
        id=row["id"],
        kind=LeadKind(row["kind"]),
        created_at=row["created_at"],
        owner=read_colleague(owner),
        name=row["name"],
        company=row["company"],
        question=row["question"],
        inquiry=read_inquiry(inquiry),
        source=row["source"],
        zone=row["zone"],
        country=row["country"],
        region=row["region"],
        reach=WorkHours.parse(row["reach"]) if row["reach"] else None,
        inquired_at=row["inquired_at"],
        purchased_at=row["purchased_at"],
        generated_by=read_colleague(generated_by) if generated_by else None,
        backlog_id=row["backlog_id"],
        cost=row["cost"],
        attributes=row["attributes"],
        contacts=_CONTACT_POINTS.validate_python(
            [{key: point[key] for key in ContactPoint.__dataclass_fields__} for point in contacts or []]
        ),
        consents=_CONSENTS.validate_python(
            [{key: row[key] for key in Consent.__dataclass_fields__} for row in consents or []]
        ),
        stage=Stage(row["stage"]),
    )


MESSAGE_CHANNELS = (Channel.EMAIL.value, Channel.SMS.value)
"""The channels whose touches count against a cadence's limits."""

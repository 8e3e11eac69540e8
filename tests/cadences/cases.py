"""Cases to decide on: a lead, a cadence and an enrollment, each with sensible values where a test does not care."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cadences.case import Case
from cadences.enrollment import Enrollment
from cadences.meeting_tasks import see_to_meetings
from cadences.model import Cadence
from cadences.planning import plan, wake
from cadences.progress import awaited_task, begin, message_sent, see_to_overdue, task_created
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, Task
from leads.contract import WakeKind
from leads.model import Channel, Colleague, Company, Consent, ContactKind, ContactPoint, Lead, LeadKind

COMPANY = Company(name="Harbor Supply", zone="America/New_York", country="US")
ANNA = Colleague("anna", "Anna Keller")
BEN = Colleague("ben", "Ben Okafor")
LEAD_ID = UUID("11111111-1111-4111-8111-111111111111")
ENROLLMENT_ID = UUID("22222222-2222-4222-8222-222222222222")
EMAIL = "maria@example.com"
PHONE = "+12125550143"
"""A number of New York, in one zone only."""
MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
"""Monday 2026-03-02, 10:00 in New York."""
ALWAYS_OPEN = {"days": "mon-sun", "from": "00:00", "to": "24:00"}
NO_LIMITS = {"per_day": 20, "per_week": 100}


def new_york(text: str) -> datetime:
    """The instant at which clocks in New York show `2026-03-02 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)


def local(instant: datetime | None, zone: str = "America/New_York") -> str:
    """`Mon 2026-03-02 10:00`, as the lead's clock shows it."""
    assert instant is not None
    return f"{instant.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}"


def a_cadence(*steps: dict[str, Any], **settings: Any) -> Cadence:
    """A cadence of the US business week, 09:00 to 17:30, unless it says otherwise."""
    return Cadence.model_validate(
        {
            "cadence": "test",
            "hours": {"days": "mon-fri", "from": "09:00", "to": "17:30", "calendar": "US"},
            "steps": list(steps),
            **settings,
        }
    )


def a_lead(
    *,
    email: str | None = EMAIL,
    phone: str | None = PHONE,
    zone: str | None = "America/New_York",
    sms: bool = False,
    kind: LeadKind = LeadKind.INBOUND,
    **values: Any,
) -> Lead:
    points = [(ContactKind.EMAIL, email), (ContactKind.PHONE, phone)]
    consents = (Consent(Channel.SMS, phone, "You may text me.", "form", "website", MONDAY),) if sms and phone else ()
    return Lead(
        id=LEAD_ID,
        kind=kind,
        created_at=MONDAY,
        owner=ANNA,
        name="Maria Lopez",
        question="Do you deliver on Saturdays?",
        zone=zone,
        contacts=tuple(ContactPoint(kind, value) for kind, value in points if value is not None),
        consents=consents,
        **values,
    )


def a_case(
    cadence: Cadence,
    lead: Lead | None = None,
    *,
    start: datetime = MONDAY,
    company: Company = COMPANY,
    **enrollment: Any,
) -> Case:
    """A case as it is enrolled, before it has begun."""
    lead = lead or a_lead()
    return Case(
        lead=lead,
        company=company,
        cadence=cadence,
        enrollment=Enrollment(
            id=ENROLLMENT_ID,
            cadence=cadence.name,
            version="0" * 64,
            started_at=start,
            **{"answers_question": lead.kind is LeadKind.INBOUND, **enrollment},
        ),
        manager="mia",
    )


def begun(cadence: Cadence, lead: Lead | None = None, *, start: datetime = MONDAY, **enrollment: Any) -> Case:
    """A case whose first touch is planned.

    The clock of the first response has tests of its own: here it runs only for a cadence that names a target.
    """
    case = begin(a_case(cadence, lead, start=start, **enrollment), start)
    return case if cadence.first_response else plan(replace(case, response=None, first_response_due_at=None), start)


def carried_out(case: Case, now: datetime | None = None) -> Case:
    """The case after what is due next has been done: the message sent, the task created, the overdue seen to."""
    due = wake(case)
    assert due is not None, "nothing is due any more"
    now = due.at if now is None else now
    if due.kind is WakeKind.SEE_TO_OVERDUE:
        return see_to_meetings(see_to_overdue(case, now), now)
    case = plan(case, now)
    touch = case.enrollment.next
    assert touch is not None
    if touch.act_at > now:
        return case
    if due.kind in (WakeKind.SEND_EMAIL, WakeKind.SEND_SMS):
        return message_sent(case, touch.step, now)
    return task_created(case, now)


def waited_for(case: Case) -> Task:
    """The open task that the plan waits for."""
    awaited = awaited_task(case)
    assert awaited is not None, "the plan waits for no task"
    return awaited[0]


def completed(case: Case, outcome: Outcome = Outcome.NO_ANSWER, now: datetime | None = None, **more: Any) -> Case:
    """The case after the task that the plan waits for was done, at its first open instant unless said otherwise."""
    task = waited_for(case)
    at = task.opens_at if now is None else now
    return complete_task(case, task_id=task.id, outcome=outcome, by="anna", note=None, now=at, **more)


def next_local(case: Case, zone: str = "America/New_York") -> str:
    """When the next touch may happen, on the lead's clock."""
    touch = case.enrollment.next
    return local(touch.opens_at if touch else None, zone)


def open_kinds(case: Case) -> list[str]:
    """The kinds of the open tasks."""
    return [task.kind.value for task in case.open_tasks]


def with_lead(case: Case, **changes: Any) -> Case:
    return replace(case, lead=replace(case.lead, **changes))


def reasons_of(case: Case) -> list[str]:
    """The rules that put the next touch where it is, in order."""
    touch = case.enrollment.next
    return [reason.rule for reason in touch.reasons] if touch else []


def texts(reasons: Iterable[Any]) -> str:
    return "; ".join(reason.text for reason in reasons)

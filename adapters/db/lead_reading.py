"""One lead with everything that belongs to it, and all of that merged into a timeline."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.documents import read_enrollment, read_lead, read_meetings
from adapters.db.lead_views import (
    AnswerView,
    AssignmentView,
    CommandView,
    ConsentView,
    ContactView,
    EndingView,
    EnrollmentView,
    LeadsSlipView,
    LeadView,
    QuestionView,
    SameDomainView,
    SlipView,
    StageView,
    TouchView,
    first_response_view,
)
from adapters.db.rows import (
    AnswerRow,
    AssignmentRow,
    ColleagueRow,
    CommandRow,
    ConsentRow,
    ContactPointRow,
    EnrollmentRow,
    FirstResponseRow,
    HoldRow,
    InquiryRow,
    LeadRow,
    MeetingRow,
    NoteRow,
    PersonalEmailRow,
    SlipRow,
    StageChangeRow,
    TaskRow,
    TouchRow,
)
from adapters.db.timeline import BY, Rows, Story, newest_first
from adapters.db.views import HoldView, TaskView, hold_view, meeting_view, next_touch_view, outcomes_of
from cadences.enrollment import Enrollment
from cadences.slips import UNDO_WITHIN
from leads.contract import CommandKind, Plan, workflow_id
from leads.model import Company
from leads.personal_emails import EmailState
from leads.zones import main_zone

View = TypeVar("View")

NEWEST = 200
"""So many of each thing are shown, the newest."""
HINTED = 20
"""So many leads of the same company's domain are shown; a hint needs no more."""

_OF_A_SLIP = (SlipRow.kind, SlipRow.by, SlipRow.said_at, SlipRow.revision)
_NOT_OUT = (EmailState.WAITING.value, EmailState.NOT_SENT.value)


class _Newest:
    """The newest rows of each table that belong to one lead."""

    def __init__(self, connection: AsyncConnection, lead_id: UUID) -> None:
        self._connection = connection
        self._lead_id = lead_id
        self.left_out = False

    async def of(self, table: Any, newest_by: Any, *conditions: ColumnElement[bool]) -> list[Mapping[str, Any]]:
        """At most `NEWEST` rows, newest first; notes when there are more."""
        found = await self._connection.execute(
            select(table.__table__)
            .where(table.lead_id == self._lead_id, *conditions)
            .order_by(newest_by.desc(), *(key.desc() for key in table.__table__.primary_key))
            .limit(NEWEST + 1)
        )
        rows: Sequence[Any] = found.mappings().all()
        self.left_out = self.left_out or len(rows) > NEWEST
        return list(rows[:NEWEST])


async def read_lead_view(
    connection: AsyncConnection, lead_id: UUID, company: Company, now: datetime
) -> LeadView | None:
    """The lead with everything; None when there is none."""
    row = await _lead_row(connection, lead_id)
    if row is None:
        return None
    newest = _Newest(connection, lead_id)
    contacts = await newest.of(ContactPointRow, ContactPointRow.id)
    consents = await newest.of(ConsentRow, ConsentRow.id)
    inquiries = await newest.of(InquiryRow, InquiryRow.asked_at)
    enrollments = await newest.of(EnrollmentRow, EnrollmentRow.started_at)
    touches = await newest.of(TouchRow, TouchRow.happened_at)
    closed = await newest.of(TaskRow, TaskRow.created_at, TaskRow.state != "open")
    waiting = await newest.of(TaskRow, TaskRow.created_at, TaskRow.state == "open")
    meetings = await newest.of(MeetingRow, MeetingRow.agreed_at)
    holds = await newest.of(HoldRow, HoldRow.since)
    answers = await newest.of(AnswerRow, AnswerRow.said_at)
    commands = await newest.of(CommandRow, CommandRow.revision)
    responses = await newest.of(FirstResponseRow, FirstResponseRow.asked_at)
    emails = await newest.of(PersonalEmailRow, PersonalEmailRow.written_at, PersonalEmailRow.state.in_(_NOT_OUT))
    notes = await newest.of(NoteRow, NoteRow.written_at)
    stages = await newest.of(StageChangeRow, StageChangeRow.id)
    assignments = [{**one, "owner": one["owner_id"]} for one in await newest.of(AssignmentRow, AssignmentRow.at)]
    people = await _colleagues(
        connection,
        *([row], touches, closed, waiting, meetings, holds, answers, commands, responses, emails, notes, stages),
        assignments,
    )
    same_domain = await _same_domain(connection, lead_id, row["company_domain"])
    slip = await _slip(connection, lead_id, row["revision"], now)

    owner, plan = people[row["owner_id"]], Plan.model_validate(row["plan"])
    lead = read_lead(row, owner, people.get(row["generated_by_id"]), _as_lists(contacts), _as_lists(consents))
    zone = main_zone(lead, company)
    current = next((one for one in enrollments if one["id"] == row["enrollment_id"]), None) or await _current(
        connection, row["enrollment_id"]
    )
    enrollment = read_enrollment(current["progress"])
    tasks = sorted([*waiting, *closed], key=lambda task: task["created_at"], reverse=True)[:NEWEST]
    began_with_it = [one for one in enrollments if one["started_at"] == row["created_at"]]
    called = {known: person["name"] for known, person in people.items()}
    story = Story(zone, called)
    timeline = newest_first(
        (
            story.of_capture(row),
            story.of_commands(commands[::-1]),
            story.of_assignments(assignments[::-1]),
            story.of_questions(inquiries[::-1]),
            story.of_consents(consents[::-1]),
            story.of_beginnings(began_with_it[::-1]),
            story.of_notes(notes[::-1]),
            story.of_emails(emails[::-1]),
            story.of_touches(touches[::-1]),
            story.of_meetings(meetings[::-1]),
            story.of_closed_tasks([*waiting, *closed][::-1], touches),
            story.of_answers(answers[::-1]),
            story.of_responses(responses[::-1]),
            story.of_stages(stages[::-1]),
            story.of_holds(holds[::-1]),
            story.of_endings(enrollments[::-1]),
            story.of_beginnings([one for one in enrollments[::-1] if one not in began_with_it]),
            story.of_tasks(sorted([*waiting, *closed], key=lambda task: task["created_at"])),
        ),
        now,  # a "not now" has an enrollment that begins later
    )
    names = {"lead_name": row["name"], "lead_company": row["company"]}
    return LeadView(
        id=lead.id,
        name=lead.name,
        company=lead.company,
        question=lead.question,
        kind=lead.kind.value,
        source=lead.source,
        zone=zone.key,
        stated_zone=lead.zone,
        country=lead.country,
        reach=str(lead.reach) if lead.reach else None,
        cost=lead.cost,
        currency=company.currency,
        attributes=dict(lead.attributes),
        stage=lead.stage.value,
        answer=row["answer"],
        ended=row["ended"],
        ended_at=row["ended_at"],
        ending=_ending(enrollment, _holding(answers), commands, touches, story),
        owner=lead.owner.id,
        owner_name=lead.owner.name,
        names=called,
        assignments=[_picked(AssignmentView, one) for one in _holding(assignments)],
        generated_by=row["generated_by_id"],
        created_at=lead.created_at,
        cadence=enrollment.cadence,
        version=enrollment.version,
        enrollment_id=enrollment.id,
        revision=row["revision"],
        temporal=workflow_id(lead.id),
        next_touch=next_touch_view(enrollment, zone),
        wakes_at=plan.wake.at if plan.wake else None,
        hold=hold_view(enrollment.hold, now),
        first_response=first_response_view(next(iter(responses), None), now),
        open_tasks=[task_view({**task, **names}, now) for task in sorted(waiting, key=lambda one: one["due_at"])],
        meetings=[meeting_view(one, zone) for one in read_meetings([dict(row) for row in meetings])],
        contacts=[_picked(ContactView, one) for one in reversed(contacts)],
        consents=[_picked(ConsentView, one) for one in reversed(consents)],
        questions=[_question_view(one) for one in inquiries],
        enrollments=[_picked(EnrollmentView, one) for one in enrollments],
        stages=[_picked(StageView, one) for one in _holding(stages)],
        touches=[_picked(TouchView, {**one, "step": one["step_id"]}) for one in touches],
        tasks=[task_view({**task, **names}, now) for task in tasks],
        holds=[_picked(HoldView, one) for one in holds],
        answers=[_picked(AnswerView, one) for one in _holding(answers)],
        commands=[_picked(CommandView, one) for one in commands],
        slip=slip,
        timeline=timeline[:NEWEST],
        company_domain=row["company_domain"],
        same_domain=same_domain,
        truncated=newest.left_out or len(timeline) > NEWEST,
    )


def task_view(row: Mapping[str, Any], now: datetime) -> TaskView:
    """A task's row, with its lead's name and company, as it is shown."""
    is_open = row["state"] == "open"
    extra = {
        "step": row["step_id"],
        "overdue": is_open and row["due_at"] < now,
        "outcomes": outcomes_of(row["kind"], row["contact"]) if is_open else [],
    }
    return _picked(TaskView, {**row, **extra})


async def _lead_row(connection: AsyncConnection, lead_id: UUID) -> Mapping[str, Any] | None:
    found = await connection.execute(select(LeadRow.__table__).where(LeadRow.id == lead_id, LeadRow.plan.is_not(None)))
    row = found.mappings().one_or_none()
    return dict(row) if row is not None else None


async def read_newest_slip_of(connection: AsyncConnection, colleague: str, now: datetime) -> LeadsSlipView | None:
    """What a colleague recorded last of any lead; None once it is no slip any more."""
    found = await connection.execute(
        select(*_OF_A_SLIP, LeadRow.id, LeadRow.name, LeadRow.company)
        .join(LeadRow, and_(LeadRow.id == SlipRow.lead_id, LeadRow.revision == SlipRow.revision))
        .where(SlipRow.by == colleague, SlipRow.said_at >= now - UNDO_WITHIN)
        .order_by(SlipRow.said_at.desc())
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else LeadsSlipView(row.id, row.name, row.company, _slip_view(row))


async def _slip(connection: AsyncConnection, lead_id: UUID, revision: int, now: datetime) -> SlipView | None:
    """What was recorded last and may be a slip; None once anything was decided about the lead since."""
    newest = (SlipRow.lead_id == lead_id, SlipRow.revision == revision, SlipRow.said_at >= now - UNDO_WITHIN)
    row = (await connection.execute(select(*_OF_A_SLIP).where(*newest))).one_or_none()
    return None if row is None else _slip_view(row)


def _slip_view(row: Any) -> SlipView:
    return SlipView(row.kind, row.by, row.said_at, row.said_at + UNDO_WITHIN, row.revision)


async def _current(connection: AsyncConnection, enrollment_id: UUID) -> Mapping[str, Any]:
    """The enrollment in force, should newer ones have pushed it off the list."""
    found = await connection.execute(select(EnrollmentRow.__table__).where(EnrollmentRow.id == enrollment_id))
    return dict(found.mappings().one())


async def _colleagues(connection: AsyncConnection, *told: Rows) -> dict[str, Mapping[str, Any]]:
    """Whoever is named in these rows and works, or worked, here."""
    named = {row[column] for rows in told for row in rows for column in BY if row.get(column)}
    found = await connection.execute(select(ColleagueRow.__table__).where(ColleagueRow.id.in_(named)))
    return {row["id"]: dict(row) for row in found.mappings()}


async def _same_domain(connection: AsyncConnection, lead_id: UUID, domain: str | None) -> list[SameDomainView]:
    """The newest other leads whose address is under the same company's domain."""
    if domain is None:
        return []
    columns = (LeadRow.id, LeadRow.name, LeadRow.company, LeadRow.owner_id, LeadRow.stage, LeadRow.created_at)
    found = await connection.execute(
        select(*columns)
        .where(LeadRow.company_domain == domain, LeadRow.id != lead_id, LeadRow.plan.is_not(None))
        .order_by(LeadRow.created_at.desc(), LeadRow.id.desc())
        .limit(HINTED)
    )
    return [SameDomainView(*row) for row in found]


def _as_lists(rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(row) for row in reversed(rows)]


def _holding(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without what was recorded by mistake and taken back; the timeline tells of that too."""
    return [row for row in rows if row["corrected_at"] is None]


def _picked(view: type[View], row: Mapping[str, Any]) -> View:
    fields: Iterable[str] = view.__dataclass_fields__  # type: ignore[attr-defined]
    return view(**{name: row[name] for name in fields})


def _ending(
    enrollment: Enrollment,
    answers: Sequence[Mapping[str, Any]],
    commands: Sequence[Mapping[str, Any]],
    touches: Sequence[Mapping[str, Any]],
    story: Story,
) -> EndingView | None:
    """Why the messages of the current enrollment ended; what was written at that very instant proves it."""
    at = enrollment.ended_at
    if enrollment.ended is None or at is None:
        return None
    evidence = [
        *story.of_answers([one for one in answers if one["said_at"] == at]),
        *story.of_commands(
            [one for one in commands if one["created_at"] == at], elsewhere=frozenset({CommandKind.START})
        ),
        *story.of_touches([one for one in touches if at in (one["settled_at"], one["happened_at"])]),
    ]
    return EndingView(enrollment.ended.value, enrollment.ended_why, at, evidence)


def _question_view(row: Mapping[str, Any]) -> QuestionView:
    return _picked(QuestionView, {**row, "answers": [answer["id"] for answer in row["answers"]]})

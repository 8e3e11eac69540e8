"""Everything about a lead that counts: how it stands, what holds of its history, and what every report reads of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_HISTORY = "'revision', 'plan', 'corrected_at'"
_QUESTIONS = {
    "lead": f"select to_jsonb(one) - array[{_HISTORY}] from leads as one where id = :lead",
    "plan": "select plan - 'revision' from leads where id = :lead",
    "enrollments": "select to_jsonb(one) from enrollments as one where lead_id = :lead",
    "open tasks": "select to_jsonb(one) - 'changed_at' from tasks as one where lead_id = :lead and state = 'open'",
    "other tasks that were done": (
        "select to_jsonb(one) - 'changed_at' from tasks as one where lead_id = :lead and state = 'done'"
    ),
    "holds in force": "select to_jsonb(one) from holds as one where lead_id = :lead and lifted_at is null",
    "meetings": "select to_jsonb(one) from meetings as one where lead_id = :lead and state <> 'cancelled'",
    "news of meetings": "select id from meetings where lead_id = :lead and (told is null or told < sequence)",
    "contact points": "select to_jsonb(one) from contact_points as one where lead_id = :lead",
    "consents": "select to_jsonb(one) from consents as one where lead_id = :lead",
    "inquiries": "select to_jsonb(one) from inquiries as one where lead_id = :lead",
    "first responses": "select to_jsonb(one) from first_responses as one where lead_id = :lead",
    "mails to colleagues": "select to_jsonb(one) from staff_mails as one where lead_id = :lead",
    "touches": "select to_jsonb(one) - 'settled_at' from touches as one where lead_id = :lead and state <> 'corrected'",
    "suppressions": "select to_jsonb(one) from suppressions as one",
    **{
        table: f"select to_jsonb(one) from {table} as one where lead_id = :lead and corrected_at is null"
        for table in ("answers", "stage_changes", "assignments")
    },
    "leads in reports": "select to_jsonb(one) from measured_leads as one where lead_id = :lead",
    "questions in reports": "select to_jsonb(one) from measured_questions as one where lead_id = :lead",
    "contacts in reports": (
        "select to_jsonb(one) from measured_contacts(timestamptz '-infinity') as one where lead_id = :lead"
    ),
    "sayings in reports": (
        "select to_jsonb(one) from measured_sayings(timestamptz '-infinity') as one where lead_id = :lead"
    ),
    "journeys in reports": (
        "select to_jsonb(one) from measured_journeys(timestamptz '-infinity', timestamptz 'infinity') as one "
        "where lead_id = :lead"
    ),
}


async def what_counts(engine: AsyncEngine, lead_id: UUID | str) -> dict[str, list[str]]:
    """By question, the rows that answer it."""
    found: dict[str, list[str]] = {}
    async with engine.connect() as connection:
        for name, question in _QUESTIONS.items():
            rows: Any = (await connection.execute(text(question), {"lead": UUID(str(lead_id))})).scalars()
            found[name] = sorted(repr(row) for row in rows)
    return found

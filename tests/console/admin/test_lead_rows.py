"""When the next thing of a lead is to happen, as its line in the list says it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from adapters.db.leads_in_flight import LeadLine
from adapters.db.views import NextTouchView
from api.console.admin.lead_rows import row_of

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
"""Friday, 10:00 in New York."""
HOUR = timedelta(hours=1)
CALL = NextTouchView(
    step="first-call",
    occurrence=1,
    channel="call",
    content="first-call",
    at=NOW,
    local_at=NOW,
    zone=NEW_YORK.key,
    prepared_at=NOW,
    due_at=NOW + HOUR,
    task_id=UUID(int=2),
    best_at=None,
    best_local_at=None,
    variant=None,
    reasons=[],
)


def when(touch: NextTouchView) -> str:
    line = LeadLine(
        id=UUID(int=1),
        name="Priya",
        company=None,
        kind="inbound",
        source=None,
        owner="anna",
        owner_name="Anna Keller",
        stage="working",
        cadence="inbound-web",
        version="1",
        created_at=NOW,
        next_touch=touch,
        hold=None,
        open_tasks=1,
        overdue=False,
        answer=None,
        ended=None,
        last_contact_at=None,
        last_channel=None,
        last_by=None,
    )
    return str(row_of(line, NEW_YORK, NOW)["when"])


@pytest.mark.parametrize(
    ("opens_in", "due_in", "said"),
    [
        (timedelta(0), HOUR, "due today 11:00"),
        (-HOUR, -HOUR / 2, "due today 09:30"),
        (HOUR, 5 * HOUR, "today 11:00 to 15:00"),
        (72 * HOUR, 76 * HOUR, "Mon 23 Nov 10:00 to 14:00"),
        (72 * HOUR, 96 * HOUR, "Mon 23 Nov 10:00 to Tue 24 Nov 10:00"),
    ],
)
def test_a_call_for_a_time_to_come_is_shown_from_when_to_when_and_else_when_it_is_due(
    opens_in: timedelta, due_in: timedelta, said: str
) -> None:
    """Who asked to be called back at eleven is not "due" at three, when the call would be late."""
    assert when(replace(CALL, at=NOW + opens_in, due_at=NOW + due_in)) == said


def test_what_is_no_task_yet_is_shown_when_it_happens() -> None:
    assert when(replace(CALL, task_id=None, at=NOW + HOUR)) == "today 11:00"

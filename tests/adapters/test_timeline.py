"""A lead's rows in words: what passed between people, and what the machine did about it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from adapters.db.lead_views import TimelineEntry
from adapters.db.timeline import Story

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
"""A Monday, 12:00 in New York."""
STORY = Story(ZoneInfo("America/New_York"), {"anna": "Anna Keller"})


def touch(**changed: Any) -> dict[str, Any]:
    values = {
        "id": uuid4(),
        "channel": "email",
        "state": "sent",
        "personal": False,
        "step_id": "checking-in",
        "occurrence": 1,
        "subject": "Did you get what you needed?",
        "text": "Hi Ann,\n\nDid you?",
        "outcome": None,
        "error": None,
        "by": None,
        "happened_at": NOON,
    }
    return values | changed


def hold(since: datetime, until: datetime, lifted_at: datetime | None = None, **changed: Any) -> dict[str, Any]:
    values = {"id": uuid4(), "reason": "reply", "note": None, "owner": "anna"}
    return values | {"since": since, "until": until, "lifted_at": lifted_at} | changed


def words(entries: Any) -> list[str]:
    return [entry.text for entry in entries]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({}, "Email sent: Did you get what you needed?"),
        ({"state": "delivered"}, "Email delivered: Did you get what you needed?"),
        ({"state": "claimed"}, "Email on its way: Did you get what you needed?"),
        (
            {"state": "refused", "error": "402 no credit"},
            "Email refused: Did you get what you needed? (402 no credit)",
        ),
        ({"state": "unknown", "subject": None}, "Email of which nobody knows whether it went out: checking in"),
        ({"channel": "sms", "subject": None, "occurrence": 3}, "Text sent: checking in, number 3"),
        ({"personal": True, "by": "anna"}, "Personal email sent: Did you get what you needed?"),
        ({"channel": "call", "state": "made", "outcome": "voicemail"}, "Called (checking in): voicemail"),
        ({"channel": "call", "state": "corrected", "outcome": "yes"}, "Called (checking in): yes (taken back)"),
        ({"state": "made", "personal": True}, "Wrote an email"),
        ({"channel": "task", "state": "made", "personal": True}, "Was in touch"),
    ],
)
def test_a_touch_is_told_as_what_was_done(changed: dict[str, Any], text: str) -> None:
    row = touch(**changed)
    (entry,) = STORY.of_touches([row])
    assert (entry.text, entry.said, entry.channel) == (text, row["text"], row["channel"])
    assert entry.aside is False


def test_a_pause_that_is_made_longer_again_and_again_is_one_pause() -> None:
    day = timedelta(days=1)
    often = [hold(NOON + day * n, NOON + day * (n + 1), NOON + day * n + day) for n in range(4)]
    last = hold(NOON + day * 4, NOON + day * 9)
    (entry,) = STORY.of_holds([*often, last])
    assert (entry.at, entry.text) == (NOON, "Paused until Wed 11 Mar 2026 13:00 in New York: reply")
    assert (entry.by, entry.by_name, entry.aside) == ("anna", "Anna Keller", True)


def test_pauses_of_different_kinds_or_with_a_gap_stand_each_for_themselves() -> None:
    hour = timedelta(hours=1)
    first = hold(NOON, NOON + 9 * hour, lifted_at=NOON + hour)
    other = hold(NOON + hour, NOON + 2 * hour, reason="personal_touch", note="Will call back.")
    again = hold(NOON + 3 * hour, NOON + 4 * hour, reason="personal_touch")
    told = list(STORY.of_holds([first, other, again]))
    assert words(told) == [
        "Paused until Mon 2 Mar 2026 21:00 in New York: reply",
        "The pause ended early: reply",
        "Paused until Mon 2 Mar 2026 14:00 in New York: personal touch",
        "Paused until Mon 2 Mar 2026 16:00 in New York: personal touch",
    ]
    assert told[2].said == "Will call back."


def test_a_task_that_was_done_by_a_touch_needs_no_line_of_its_own() -> None:
    def task(**changed: Any) -> dict[str, Any]:
        values = {"id": uuid4(), "title": "call: first call", "state": "done", "outcome": "connected", "note": None}
        return values | {"closed_at": NOON, "closed_by": "anna"} | changed

    call = touch(channel="call", state="made", by="anna")
    assert words(STORY.of_closed_tasks([task()], [call])) == []
    assert words(STORY.of_closed_tasks([task(closed_by="ben")], [call])) == ["Done: call: first call, connected"]
    expired = task(state="expired", outcome=None, note="nobody did it in time")
    assert words(STORY.of_closed_tasks([expired], [call])) == ["Expired: call: first call, nobody did it in time"]
    assert words(STORY.of_closed_tasks([task(closed_at=None)], [])) == []


def command(kind: str, /, **details: Any) -> TimelineEntry:
    row = {"id": uuid4(), "kind": kind, "by": "link", "created_at": NOON, "corrected_at": None, "details": details}
    (entry,) = STORY.of_commands([row])
    return entry


def test_what_a_lead_wrote_is_said_and_no_id_of_ours_is() -> None:
    reply = command("lead_replied", kind="reply", text="Tell me more.", message=str(uuid4()))
    assert (reply.kind, reply.text, reply.said) == ("reply", "Replied", "Tell me more.")
    machine = command("lead_replied", kind="auto_reply", text="Back on Monday.", message=str(uuid4()))
    assert (machine.text, machine.said) == ("A machine replied for them", "Back on Monday.")
    later = command("not_now", until=NOON.isoformat(), note=None, touch_id=str(uuid4()))
    assert later.text == "Not now: until Mon 2 Mar 2026 12:00 in New York"


@pytest.mark.parametrize(
    ("kind", "details", "text"),
    [
        ("plan_changed", {"merged": "merged with lead 7"}, "Merged with lead 7"),
        ("plan_changed", {"why": "days off"}, "Days off"),
        ("plan_changed", {"email": "ann@example.com"}, "Found another way to reach the lead: ann@example.com"),
        ("skip_step", {"step": "first-call"}, "Step left out: first-call"),
        ("resume", {}, "Let go on"),
        ("lead_opted_out", {"text": "STOP"}, "Opted out: STOP"),
    ],
)
def test_a_command_is_told_in_words(kind: str, details: dict[str, Any], text: str) -> None:
    assert command(kind, **details).text == text


def test_whoever_did_it_is_named_as_colleagues_are_and_others_by_the_word_they_came_with() -> None:
    row = {"at": NOON, "owner": "anna", "by": "website", "why": "no rule is for it", "corrected_at": None}
    (given,) = STORY.of_assignments([row])
    assert (given.text, given.said) == ("Given to Anna Keller", "no rule is for it")
    assert (given.by, given.by_name) == ("website", "website")

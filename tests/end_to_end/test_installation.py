"""The whole product on its embedded servers, as a newcomer starts it: leads over REST, stops, kills and restarts."""

import asyncio
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from cadences.library import library_folder
from leads.capture import NewLead
from runtime.addresses import with_servers
from runtime.bootstrap import open_foundation
from runtime.settings import load_settings
from tests.end_to_end.installation import Installation

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("house"))
    installation.start()
    yield installation
    installation.close()


def outbox_of(house: Installation, lead_id: str) -> list[Any]:
    return list(house.get(f"/api/outbox?lead={lead_id}")["items"])


def new_lead(house: Installation, name: str) -> str:
    captured = house.post(
        "/api/leads",
        {
            "email": f"{name}@example.com",
            "name": name.capitalize(),
            "question": "How much?",
            "kind": "inbound",
            "zone": "America/New_York",
        },
    )
    return str(captured["id"])


def open_tasks(house: Installation, lead_id: str) -> list[Any]:
    return [task for task in house.get(f"/api/leads/{lead_id}")["tasks"] if task["state"] == "open"]


def next_at(house: Installation, lead_id: str) -> datetime:
    return datetime.fromisoformat(house.get(f"/api/leads/{lead_id}")["next_touch"]["at"])


def waits(house: Installation) -> dict[str, Any]:
    """Each lead's next touch, with its explanation."""
    found = house.get("/api/leads?limit=100")["items"]
    assert len(found) >= 8
    return {lead["id"]: house.get(f"/api/leads/{lead['id']}")["next_touch"] for lead in found}


def test_a_newcomer_sees_first_emails_call_tasks_and_explained_waits(house: Installation) -> None:
    emails = house.wait_for(lambda: house.get("/api/outbox")["items"], 60)
    assert all(email["recipient"].endswith("example.com") for email in emails)
    tasks = house.wait_for(lambda: house.get("/api/tasks?state=open")["items"], 60)
    assert {task["owner"] for task in tasks} <= {"anna", "ben", "mia"}
    assert any(task["kind"] == "call" for task in tasks)
    for touch in waits(house).values():
        assert touch["reasons"]
        assert all(reason["text"] for reason in touch["reasons"])


def test_the_token_is_for_its_owner_only(house: Installation) -> None:
    token = house.folder / ".followthrough" / "token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600


def test_a_new_leads_first_email_stands_in_the_outbox_within_five_seconds(house: Installation) -> None:
    lead_id = new_lead(house, "quick")
    (email,) = house.wait_for(lambda: outbox_of(house, lead_id), 5)
    assert email["recipient"] == "quick@example.com"
    assert "How much?" in email["text"]


def test_a_personal_touch_moves_the_next_touch_by_the_cadences_pause(house: Installation) -> None:
    lead_id = new_lead(house, "touched")
    # An expert has the question as well, which the library does not answer; the plan waits for the step's task.
    task = house.wait_for(lambda: [one for one in open_tasks(house, lead_id) if one["kind"] == "step"], 10)[0]
    house.post(f"/api/tasks/{task['id']}/complete", {"outcome": "done"})
    before = next_at(house, lead_id)

    house.post(f"/api/leads/{lead_id}/touches", {"channel": "call", "note": "talked at length"})

    moved = next_at(house, lead_id) - before
    # Five business days are seven days on the wall, or more across a holiday; opening hours may add one to three.
    assert timedelta(days=5) <= moved <= timedelta(days=12)
    assert house.get(f"/api/leads/{lead_id}")["hold"]["reason"] == "personal_touch"


def test_a_no_ends_everything_and_nothing_is_sent_afterwards(house: Installation) -> None:
    lead_id = new_lead(house, "never")
    house.wait_for(lambda: outbox_of(house, lead_id), 5)
    house.wait_for(lambda: open_tasks(house, lead_id), 10)
    house.post(f"/api/leads/{lead_id}/answer", {"answer": "no"})

    lead = house.get(f"/api/leads/{lead_id}")
    assert lead["answer"] == "no"
    assert lead["next_touch"] is None
    assert open_tasks(house, lead_id) == []
    assert len(outbox_of(house, lead_id)) == 1
    refused = house.call("POST", f"/api/leads/{lead_id}/skip", {})
    assert refused.status_code in (409, 422)


async def test_a_lead_whose_workflow_was_never_told_is_followed_up_all_the_same(house: Installation) -> None:
    """As after a crash between the commit and the call to Temporal: nobody delivers but the schedule's watch."""
    settings = with_servers(load_settings(env_file=None, data_dir=house.folder / ".followthrough"))
    async with open_foundation(settings) as foundation:
        new = NewLead(email="forgotten@example.com", name="Fay", question="Anybody there?")
        captured = await foundation.intake.capture(new, by="crash", now=foundation.clock())
    found = await asyncio.to_thread(house.wait_for, lambda: outbox_of(house, str(captured.lead_id)), 60)
    assert found[0]["recipient"] == "forgotten@example.com"


def test_the_command_line_shows_the_same_in_a_second_terminal(house: Installation) -> None:
    known = "priya@harbor-bakery.example.com"
    for arguments in (["status"], ["leads"], ["tasks"], ["outbox"], ["lead", known]):
        shown = house.command(*arguments)
        assert shown.returncode == 0, shown.stderr
        assert shown.stdout.strip()


def test_a_token_of_the_command_line_opens_the_rest_interface_until_it_is_revoked(house: Installation) -> None:
    token = house.command("token", "crm").stdout.strip()
    url = f"http://127.0.0.1:{house.web_port}/api/leads"
    assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert "1 revoked" in house.command("token", "crm", "--revoke").stdout
    assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_marketing_publishes_a_cadence_and_a_broken_one_changes_nothing(house: Installation) -> None:
    library = house.folder / "library"
    shutil.copytree(library_folder(), library)
    file = library / "inbound-web.yaml"
    file.write_text(file.read_text().replace("3 business days", "4 business days"))
    first, again = (house.command("publish", str(file)) for _ in range(2))
    assert "published inbound-web" in first.stdout, first.stderr
    assert "unchanged inbound-web" in again.stdout

    file.write_text(file.read_text().replace("4 business days", "4 busy days"))
    broken = house.command("publish", str(file))
    assert broken.returncode == 1
    assert "inbound-web.yaml:" in broken.stdout
    assert "busy" in broken.stdout


def test_a_second_follow_up_in_the_same_folder_says_so_in_one_line(house: Installation) -> None:
    second = house.command("up")
    assert second.returncode == 1
    assert "Traceback" not in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def test_stopping_and_killing_leave_every_lead_where_it_was(house: Installation) -> None:
    before = waits(house)

    assert house.stop() == 0
    assert house.log.count("Traceback") == 0
    house.start()
    assert waits(house) == before

    killed = house.worker()
    assert killed is not None
    killed.kill()
    house.wait_for(lambda: house.worker() not in (None, killed), 60)
    assert waits(house) == before
    lead_id = new_lead(house, "after-the-worker-died")
    house.wait_for(lambda: outbox_of(house, lead_id), 30)

    before = waits(house)
    house.kill_everything()
    house.start()
    assert waits(house) == before
    lead_id = new_lead(house, "after-the-power-cut")
    house.wait_for(lambda: outbox_of(house, lead_id), 20)
    sent = [email["touch_id"] for email in house.get("/api/outbox?limit=200")["items"]]
    assert len(sent) == len(set(sent))


def test_a_temporal_that_lost_its_memory_leaves_nobody_stranded(house: Installation) -> None:
    forgotten = new_lead(house, "forgotten-by-temporal")
    house.wait_for(lambda: outbox_of(house, forgotten), 30)
    before = waits(house)
    assert house.stop() == 0
    for file in (house.folder / ".followthrough").glob("temporal.db*"):
        file.unlink()
    house.start()
    assert "started again" in house.log
    assert waits(house) == before
    house.post(f"/api/leads/{forgotten}/answer", {"answer": "no"})
    assert open_tasks(house, forgotten) == []

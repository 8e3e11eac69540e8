"""Nobody is thrown away as a bad lead: what lacks a contact point becomes a person's task, over REST."""

from datetime import timedelta
from typing import Any

import httpx

from tests.api.conftest import Capture
from tests.clocks import SettableClock

WORDS = {"name": "Ann", "question": "How much?", "source": "web form", "attributes": {"size": "4"}, "owner": "anna"}


async def incomplete(client: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
    response = await client.post("/api/leads", json=WORDS)
    assert response.status_code == 201
    answer = response.json()
    assert (answer["created"], answer["enrolled"], answer["incomplete"]) == (True, False, True)
    (task,) = (await client.get("/api/tasks", params={"lead": answer["id"]})).json()["items"]
    return answer["id"], task


async def test_a_lead_with_words_only_is_completed_by_a_person_and_then_followed_up(
    client: httpx.AsyncClient, clock: SettableClock
) -> None:
    lead_id, task = await incomplete(client)
    assert (task["kind"], task["owner"], task["outcomes"]) == ("find_contact", "anna", ["no", "done", "lost"])
    assert task["text"].endswith("What came in:\nname: Ann\nquestion: How much?\nsize: 4")

    clock.move_by(timedelta(minutes=20))
    early = await client.post(f"/api/tasks/{task['id']}/complete", json={"outcome": "done"})
    assert early.status_code == 409
    assert "add the contact point" in early.text
    added = await client.post(
        f"/api/leads/{lead_id}/contacts", json={"email": "Ann@Harbor.com", "phone": "(212) 555-0123", "by": "anna"}
    )
    assert added.status_code == 200
    assert added.json()["next_touch"] is None
    done = (await client.post(f"/api/tasks/{task['id']}/complete", json={"outcome": "done", "by": "anna"})).json()
    assert (done["ended"], done["next_touch"]["content"]) == (None, "answer-the-question")

    shown = (await client.get(f"/api/leads/{lead_id}")).json()
    assert [one["value"] for one in shown["contacts"]] == ["ann@harbor.com", "+12125550123"]
    assert shown["company_domain"] == "harbor.com"
    assert [one["ended"] for one in shown["enrollments"]] == [None, "unreachable"]
    told = [entry["text"] for entry in shown["timeline"]]
    assert "Found another way to reach the lead: ann@harbor.com, +12125550123" in told


async def test_the_same_words_again_join_the_lead(client: httpx.AsyncClient) -> None:
    lead_id, _ = await incomplete(client)
    again = await client.post("/api/leads", json=WORDS)
    assert (again.status_code, again.json()["id"], again.json()["created"]) == (200, lead_id, False)


async def test_what_a_program_can_mend_is_refused(client: httpx.AsyncClient, capture: Capture) -> None:
    lead_id, _ = await incomplete(client)
    other = (await capture(email="bob@example.com", phone="+12125550177"))["id"]
    for sent, status, said in (
        ({}, 422, "give an email address, a phone number, or both"),
        ({"email": "ann at example"}, 422, "is no email address"),
        ({"phone": "12"}, 422, "phone"),
        ({"email": "ann@example.com", "by": "nobody"}, 422, "no active colleague"),
        ({"email": "bob@example.com"}, 409, f"lead {other} has it"),
        ({"phone": "+12125550177"}, 409, f"lead {other} has it"),
    ):
        response = await client.post(f"/api/leads/{lead_id}/contacts", json=sent)
        assert (response.status_code, said in response.text) == (status, True), response.text
    missing = await client.post("/api/leads/0d4f9a52-7d3c-4f62-a4f5-6fc3ab2b7b11/contacts", json={"email": "a@b.com"})
    assert missing.status_code == 404


async def test_a_number_is_read_as_one_of_the_leads_own_country(client: httpx.AsyncClient) -> None:
    lead_id = (await client.post("/api/leads", json={**WORDS, "country": "DE"})).json()["id"]
    await client.post(f"/api/leads/{lead_id}/contacts", json={"phone": "030 901820"})
    shown = (await client.get(f"/api/leads/{lead_id}")).json()
    assert [one["value"] for one in shown["contacts"]] == ["+4930901820"]


async def test_a_contact_point_is_added_once_under_its_key(client: httpx.AsyncClient) -> None:
    lead_id, _ = await incomplete(client)
    sent = {"json": {"email": "ann@example.com"}, "headers": {"Idempotency-Key": "found"}}
    first = await client.post(f"/api/leads/{lead_id}/contacts", **sent)  # type: ignore[arg-type]
    again = await client.post(f"/api/leads/{lead_id}/contacts", **sent)  # type: ignore[arg-type]
    assert (first.status_code, again.status_code, again.json()["revision"]) == (200, 200, first.json()["revision"])

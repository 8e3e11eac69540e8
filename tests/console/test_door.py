"""The console's door: what is not reached without a session, from elsewhere, or by somebody else's page."""

import re
from uuid import uuid4

import httpx
import pytest
from nicegui import Client
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from adapters.db.audit_log import Outcome
from adapters.db.rows import AuditEntryRow
from api.console.desk import NotAllowed, SignedOut
from api.console.permissions import Action
from api.writes import Caller
from tests.console.stage import Stage

HTML = {"Accept": "text/html"}


async def signed_in(stage: Stage, colleague_id: str) -> httpx.AsyncClient:
    text = await stage.services.sessions.begin(colleague_id, "password", "a test", stage.clock())
    return httpx.AsyncClient(base_url=stage.url, cookies={"followthrough": text}, headers=HTML)


async def test_without_a_session_a_browser_is_sent_to_sign_in_and_a_program_is_refused(stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=stage.url) as stranger:
        sent = await stranger.get("/console/account?x=1", headers=HTML)
        refused = await stranger.get("/console/account")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/sign-in?next=/console/account%3Fx%3D1")
    assert refused.status_code == 401


async def test_every_page_has_its_headers_and_scripts_only_with_its_nonce(stage: Stage) -> None:
    async with await signed_in(stage, "anna") as anna:
        first, second = await anna.get("/console/account"), await anna.get("/console/account")
    policy = first.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    assert re.findall(r"<script(?! nonce=)", first.text) == []
    assert first.text.count(f'nonce="{nonce[1]}"') == first.text.count("<script")
    assert nonce[1] not in second.text
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert first.headers["Cache-Control"] == "no-store"


async def test_a_header_that_would_be_written_into_pages_is_ignored(stage: Stage) -> None:
    async with await signed_in(stage, "anna") as anna:
        page = await anna.get("/console/account", headers={"X-Forwarded-Prefix": "/evil"})
    assert "/evil" not in page.text


async def test_an_address_with_a_character_that_cannot_be_stored_is_read_without_it(stage: Stage) -> None:
    async with await signed_in(stage, "ada") as ada:
        for address in ("/leads?q=%00", "/leads?owner=an%00na", "/cadences/inbound-web%00"):
            assert (await ada.get(f"/console{address}")).status_code == 200


async def connected(stage: Stage, who: httpx.AsyncClient, client_id: str, origin: str) -> bool:
    cookie = f"followthrough={who.cookies.get('followthrough', '')}"
    socket = f"ws{stage.url.removeprefix('http')}/console/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    try:
        async with connect(
            f"{socket}&client_id={client_id}", origin=Origin(origin), additional_headers={"Cookie": cookie}
        ):
            return True
    except InvalidStatus as refused:
        return refused.response.status_code != 403


async def test_the_socket_of_a_page_is_its_opener_s_from_our_own_site(stage: Stage) -> None:
    async with await signed_in(stage, "anna") as anna, await signed_in(stage, "ben") as ben:
        page = await anna.get("/console/account")
        client_id = re.search(r"'client_id': '([0-9a-f-]{36})'", page.text)
        assert client_id is not None
        assert client_id[1] in Client.instances
        assert await connected(stage, anna, client_id[1], stage.url)
        assert not await connected(stage, anna, client_id[1], "https://evil.example.com")
        assert not await connected(stage, ben, client_id[1], stage.url)
        async with httpx.AsyncClient(base_url=stage.url) as stranger:
            assert not await connected(stage, stranger, client_id[1], stage.url)


async def test_what_is_posted_from_another_website_does_not_get_in(stage: Stage) -> None:
    async with await signed_in(stage, "anna") as anna:
        for headers in ({"Origin": "https://evil.example.com"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            assert (await anna.post("/console/account", headers=headers)).status_code == 403
        assert (await anna.post("/console/account", headers={"Origin": stage.url})).status_code == 405


async def test_an_action_is_refused_by_role_and_leaves_no_trace_of_being_done(stage: Stage) -> None:
    desk, worked = await stage.desk("anna"), []

    async def work(_: Caller) -> None:
        worked.append(True)

    with pytest.raises(NotAllowed, match="As rep"):
        await desk.do(Action.ERASE, work, lead_id=uuid4())
    assert worked == []


async def test_a_role_that_changed_counts_at_the_next_action(stage: Stage) -> None:
    desk = await stage.desk("mia")

    async def work(_: Caller) -> None:
        return None

    await desk.do(Action.RUN_BULK, work)
    await stage.services.people.change("mia", {"role": "rep"}, "US", stage.clock())
    with pytest.raises(NotAllowed):
        await desk.do(Action.RUN_BULK, work)
    await stage.services.people.deactivate("mia")
    with pytest.raises(SignedOut):
        await desk.do(Action.RUN_BULK, work)


async def test_an_action_on_somebody_elses_lead_is_refused(stage: Stage) -> None:
    from runtime.sample import LEADS

    captured = await stage.services.intake.capture(LEADS[0], by="test", now=stage.clock())
    lead = await stage.services.reading.lead(captured.lead_id, stage.services.company, stage.clock())
    assert lead is not None
    owner = lead.owner
    other = {"anna": "ben", "ben": "anna"}[owner]

    async def work(_: Caller) -> str:
        return "done"

    mine, others = await stage.desk(owner), await stage.desk(other)
    assert await mine.do(Action.COMPLETE_TASK, work, lead_id=captured.lead_id) == "done"
    with pytest.raises(NotAllowed, match="not one of yours"):
        await others.do(Action.COMPLETE_TASK, work, lead_id=captured.lead_id)
    manager = await stage.desk("mia")
    assert await manager.do(Action.COMPLETE_TASK, work, lead_id=captured.lead_id) == "done"


async def test_the_audit_log_says_how_a_change_went(stage: Stage) -> None:
    from sqlalchemy import select

    desk = await stage.desk("ada")

    async def works(_: Caller) -> None:
        return None

    async def fails(_: Caller) -> None:
        raise NotAllowed("no")

    await desk.do(Action.MAKE_TOKEN, works, subject="website", after={"name": "website"})
    with pytest.raises(NotAllowed):
        await desk.do(Action.MAKE_TOKEN, fails, subject="other")
    async with stage.engine.connect() as connection:
        row = AuditEntryRow
        found = await connection.execute(
            select(row.by, row.action, row.subject, row.outcome, row.after).order_by(row.id)
        )
        assert [tuple(one) for one in found] == [
            ("ada", "make_token", "website", Outcome.DONE, {"name": "website"}),
            ("ada", "make_token", "other", Outcome.REFUSED, None),
        ]


async def test_what_an_error_says_is_told_to_nobody(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object) -> None:
        raise RuntimeError("ann@example.com said so")

    monkeypatch.setattr(stage.services.merges, "into", fails)
    async with await signed_in(stage, "ada") as ada:
        page = await ada.get(f"/console/leads/{uuid4()}")
    assert page.status_code == 500
    assert "ann@example.com" not in page.text
    assert "our log has it as" in page.text

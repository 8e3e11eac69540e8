"""What comes over the sockets of open pages: heard only from the page's own browser, and only while it may stay."""

from uuid import UUID

import pytest
from nicegui import Client
from sqlalchemy import select, update

from adapters.db.erasure import Erasure
from adapters.db.rows import LeadRow, PersonalEmailRow
from api.console.rep.today import TodayPage
from leads.normalising import MAX_TEXT
from tests.console.hostile_page import HostilePage
from tests.console.rep.conftest import Bench
from tests.console.stage import Stage
from tests.sample import KEY


async def test_nobody_presses_on_the_page_of_somebody_else(bench: Bench, stage: Stage) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    async with (
        await HostilePage.of(stage, "anna", "/today") as anna,
        await HostilePage.of(stage, "ben", "/today") as ben,
    ):
        button = await anna.until_there("1")
        await anna.send(button, "press", "2", over=ben)
        await ben.settled()
        await anna.press("1")
    assert (await bench.outcomes(leads))["Ann One"] == ("connected", None, "anna")


async def test_nobody_listens_in_on_the_page_of_somebody_else(bench: Bench, stage: Stage) -> None:
    async with (
        await HostilePage.of(stage, "anna", "/today") as anna,
        await HostilePage.of(stage, "ben", "/today") as ben,
    ):
        spy = await ben.bare_socket()
        assert not await spy.call("handshake", anna.handshake)
        await spy.disconnect()
        assert Client.instances[anna.client_id].has_socket_connection


async def test_a_page_whose_session_is_over_is_heard_no_more(
    bench: Bench, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    picked, really = [], TodayPage._pick

    async def pick(page: TodayPage, task_id: UUID) -> None:
        picked.append(task_id)
        await really(page, task_id)

    monkeypatch.setattr(TodayPage, "_pick", pick)
    await bench.calls("Ann One", "Bea Two")
    async with await HostilePage.of(stage, "anna", "/today") as anna:
        await anna.until_there("1")
        rows = next(one["props"]["groups"] for one in anna._elements.values() if "total" in one.get("props", {}))
        second = rows[0]["rows"][1]["id"]
        await anna.send(anna.element(listens="pick"), "pick", second)
        await anna.until_shows("Hello Bea Two")
        picked.clear()
        await stage.services.sessions.revoke_all("anna", stage.clock())
        await anna.until_told("location.reload")
        await anna.send(anna.element(listens="pick"), "pick", second)
        await anna.settled()
    assert picked == []


async def test_a_page_is_read_anew_when_its_owner_has_another_role(bench: Bench, stage: Stage) -> None:
    await bench.lead("Ann One", owner="ben")
    async with await HostilePage.of(stage, "mia", "/leads") as mia:
        await mia.until_shows("Ann One")
        await stage.services.people.change("mia", {"role": "marketing"}, "US", stage.clock())
        await mia.until_told("location.reload")


async def test_a_page_keeps_up_when_a_dead_socket_is_noticed_after_a_new_one_came(bench: Bench, stage: Stage) -> None:
    async with await HostilePage.of(stage, "anna", "/today") as anna:
        second = await anna.second_socket()
        await second.disconnect()
        await anna.settled()
        await bench.call("Ann One")
        await anna.until_shows("Ann One")


async def test_a_lead_that_is_no_more_ones_own_is_left(bench: Bench, stage: Stage) -> None:
    lead_id = await bench.lead("Ann One")
    async with await HostilePage.of(stage, "anna", f"/leads/{lead_id}") as anna:
        await anna.until_shows("Ann One")
        async with stage.engine.begin() as connection:
            row = LeadRow
            await connection.execute(
                update(row).where(row.id == lead_id).values(owner_id="ben", revision=row.revision + 1)
            )
        await anna.until_told("location.reload")


async def test_a_lead_that_is_erased_while_it_is_on_the_desk_is_said_to_be_gone(bench: Bench, stage: Stage) -> None:
    lead_id = await bench.call("Ann One")
    async with await HostilePage.of(stage, "anna", "/today") as anna:
        await anna.until_there("1")
        await Erasure(stage.engine, KEY).erase(lead_id, "ada", stage.clock())
        await anna.until_shows("Done already")


async def test_what_is_pasted_is_kept_without_what_cannot_be_stored(bench: Bench, stage: Stage) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    async with await HostilePage.of(stage, "anna", "/today") as anna:
        note = anna.element(label="Note")
        await anna.send(note, "update:value", "said\0 yes \ud83d, \N{BIRTHDAY CAKE}")
        await anna.press("2")
    assert (await bench.outcomes(leads))["Ann One"] == (
        "voicemail",
        "said yes \N{REPLACEMENT CHARACTER}, \N{BIRTHDAY CAKE}",
        "anna",
    )


async def test_what_is_longer_than_anybody_reads_is_refused_and_stays_to_be_cut(bench: Bench, stage: Stage) -> None:
    leads = await bench.calls("Ann One", "Bea Two")
    async with await HostilePage.of(stage, "anna", "/today") as anna:
        await anna.send(anna.element(label="Note"), "update:value", "a" * (MAX_TEXT + 1))
        await anna.push("1")
        await anna.until_told("Note: it has 10001 characters; at most 10000 are kept")
        await anna.send(anna.element(label="Note"), "update:value", "a" * MAX_TEXT)
        await anna.press("1")
    assert (await bench.outcomes(leads))["Ann One"] == ("connected", "a" * MAX_TEXT, "anna")


async def test_a_subject_stays_on_its_line(bench: Bench, stage: Stage) -> None:
    lead_id = await bench.call("Ann One")
    async with await HostilePage.of(stage, "anna", "/today") as anna:
        await anna.push("e")
        await anna.until_shows('"label": "Subject"')
        await anna.send(anna.element(label="Subject"), "update:value", "Hello\r\nBcc: evil@example.com")
        await anna.push("ctrl+Enter")
        await anna.until_shows("email on its way")
    async with stage.engine.connect() as connection:
        asked = select(PersonalEmailRow.subject).where(PersonalEmailRow.lead_id == lead_id)
        assert await connection.scalar(asked) == "Hello Bcc: evil@example.com"

"""What comes over the sockets of open pages: heard only from the page's own browser, and only while it may stay."""

from nicegui import Client

from tests.console.hostile_page import HostilePage
from tests.console.rep.conftest import Bench
from tests.console.stage import Stage


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

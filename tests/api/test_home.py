"""The page at the root."""

import re

import httpx
from typer.main import get_command

from api.rest.home import COMMANDS
from api.services import Services
from runtime.cli.app import app as command_line
from tests.api.conftest import client_of


async def test_the_root_says_what_runs_and_where_to_look(services: Services) -> None:
    async with client_of(services, None) as stranger:
        page = await stranger.get("/")
        document = re.search(r'href="([^"]+openapi[^"]+)"', page.text)
        assert document is not None
        assert (await stranger.get(document[1])).status_code == 200
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Followthrough is running" in page.text
    assert all(name in page.text for name in COMMANDS)


async def test_the_page_loads_nothing(services: Services) -> None:
    async with client_of(services, None) as stranger:
        page = await stranger.get("/")
    assert not re.search(r"src=|<link|<script|<style|https?://", page.text)
    assert page.headers["Content-Security-Policy"] == "default-src 'none'"


def test_the_commands_that_the_page_names_exist() -> None:
    known = set(getattr(get_command(command_line), "commands"))  # noqa: B009
    named = {name.split()[1] for name in COMMANDS} - {"--help"}
    assert named <= known


async def test_only_the_root_is_a_page(client: httpx.AsyncClient) -> None:
    assert (await client.get("/index.html")).status_code == 404
    assert (await client.post("/")).status_code == 405

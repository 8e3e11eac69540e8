"""How the application is served: who calls is what a proxy of ours says, and nobody else."""

import logging

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from runtime.settings import Settings
from runtime.web import is_no_socket, server_config


async def who_calls(scope: Scope, receive: Receive, send: Send) -> None:
    client = Request(scope).client
    await PlainTextResponse(client.host if client else "nobody")(scope, receive, send)


@pytest.mark.parametrize(
    ("caller", "proxies", "seen"),
    [
        ("127.0.0.1", "127.0.0.1,::1", "203.0.113.7"),
        ("172.18.0.1", "127.0.0.1,::1", "172.18.0.1"),
        ("172.18.0.1", "172.16.0.0/12,192.168.0.0/16", "203.0.113.7"),
        ("198.51.100.9", "172.16.0.0/12", "198.51.100.9"),
    ],
)
async def test_only_a_proxy_of_ours_says_who_calls(caller: str, proxies: str, seen: str) -> None:
    config = server_config(who_calls, Settings(trusted_proxies=proxies))
    config.load()
    transport = httpx.ASGITransport(config.loaded_app, client=(caller, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://followthrough") as client:
        answer = await client.get("/", headers={"X-Forwarded-For": "203.0.113.7"})
    assert answer.text == seen


def test_what_is_no_network_is_named() -> None:
    with pytest.raises(ValueError, match="'proxy' is no address or network"):
        Settings(trusted_proxies="127.0.0.1, proxy")


@pytest.mark.parametrize(
    ("level", "said", "kept"),
    [
        (logging.INFO, '%s - "WebSocket %s" [accepted]', False),
        (logging.INFO, "connection open", False),
        (logging.INFO, "Started server process [%d]", True),
        (logging.ERROR, "connection handler failed", True),
    ],
)
def test_the_log_does_not_tell_of_each_page_that_connects(level: int, said: str, kept: bool) -> None:
    assert is_no_socket(logging.LogRecord("uvicorn.error", level, __file__, 1, said, (), None)) is kept

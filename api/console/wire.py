"""What comes over the sockets of open pages: heard only from a page's own browser, and only until the page is left."""

from collections.abc import Mapping
from typing import Any

from nicegui import Client, core

from api.console.door import opener_of, sits_at
from api.console.live import is_left

_MEANT_FOR_A_PAGE = ("event", "javascript_response", "ack", "log")
"""Messages that name the page they are about."""


def guard_sockets() -> None:
    """Let each socket speak for its own page only; NiceGUI itself believes whichever page a message names."""
    for name in _MEANT_FOR_A_PAGE:
        _guard(name)
    began = core.sio.handlers["/"]["handshake"]

    async def handshake(socket_id: str, message: Mapping[str, Any]) -> bool:
        client = Client.instances.get(str(message.get("client_id")))
        if client is None or not sits_at(core.sio.get_environ(socket_id)["asgi.scope"], opener_of(client)):
            return False
        done: bool = await began(socket_id, message)
        return done

    core.sio.on("handshake", handshake)


def _guard(name: str) -> None:
    heard = core.sio.handlers["/"][name]

    def hear(socket_id: str, message: Mapping[str, Any]) -> None:
        client = Client.instances.get(str(message.get("client_id")))
        # Its handshake puts a socket into the room of its page.
        if client is not None and client.id in core.sio.rooms(socket_id) and not is_left(client):
            heard(socket_id, message)

    core.sio.on(name, hear)

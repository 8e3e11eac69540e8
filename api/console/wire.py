"""What comes over the sockets of open pages: heard only from a page's own browser, and only until the page is left."""

import json
import re
from collections.abc import Mapping
from typing import Any

from nicegui import Client, core

from api.console.door import opener_of, sits_at
from api.console.live import is_left

_MEANT_FOR_A_PAGE = ("event", "javascript_response", "ack", "log")
"""Messages that name the page they are about."""
_UNSTORABLE = re.compile(r"\\u(0000|d[89a-f][0-9a-f]{2})", re.IGNORECASE)
"""NUL, and half of a character that has two halves, as a browser writes them; a whole one it writes as it is."""


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
            heard(socket_id, {**message, "args": [_storable(one) for one in message.get("args", ())]})

    core.sio.on(name, hear)


def _storable(written: str | None) -> str | None:
    """What a page says, as JSON, without characters that NiceGUI and PostgreSQL refuse: pasted text may have some."""
    if written is None or not _UNSTORABLE.search(written):
        return written
    return json.dumps(_without(json.loads(written)), ensure_ascii=False)


def _without(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_without(one) for one in value]
        case dict():
            return {_without(name): _without(one) for name, one in value.items()}
        case _:
            return value

"""A page in the hands of somebody hostile: what no browser of ours would send, over NiceGUI's own protocol."""

import asyncio
import json
from typing import Any, Self
from uuid import uuid4

import httpx
import socketio

from tests.bench.console_page import ConsolePage
from tests.console.stage import Stage


class HostilePage(ConsolePage):
    """An open page that obeys nobody: it does not leave when it is told to."""

    def __init__(self, stage: Stage, path: str, session: str) -> None:
        super().__init__(int(stage.url.rpartition(":")[2]), f"/console{path}", session)
        self._stage = stage
        self._told: list[str] = []
        """What it was told to run, and to say."""
        self._socket.on("run_javascript", self._hear)
        self._socket.on("notify", self._hear)

    @classmethod
    async def of(cls, stage: Stage, who: str, path: str) -> Self:
        """A page that somebody opens in a session of its own; use it as a context."""
        return cls(stage, path, await stage.services.sessions.begin(who, "password", "a test", stage.clock()))

    @property
    def client_id(self) -> str:
        """What NiceGUI calls the page."""
        return self._client_id

    @property
    def handshake(self) -> dict[str, Any]:
        """What its socket said of itself when it was opened."""
        return self._asked | {"old_tab_id": None}

    def shows(self, text: str) -> bool:
        """Whether a text was sent to the browser, visible or not."""
        return text in json.dumps(list(self._elements.values()), ensure_ascii=False)

    async def until_shows(self, text: str) -> None:
        """Wait until a text was sent.

        Raises:
            TimeoutError: it does not come.
        """
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: self.shows(text))

    async def until_told(self, words: str) -> None:
        """Wait until the page is told to run, or to say, something with these words in it.

        Raises:
            TimeoutError: it is not.
        """
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: any(words in told for told in self._told))

    def element(self, **wanted: Any) -> int:
        """The newest element with these props, or this event to listen to (`listens`)."""
        listens = wanted.pop("listens", None)
        return max(
            number
            for number, one in self._elements.items()
            if wanted.items() <= one.get("props", {}).items()
            and (listens is None or any(event["type"] == listens for event in one.get("events", ())))
        )

    async def send(self, element: int, kind: str, *args: Any, over: "HostilePage | None" = None) -> None:
        """Send an event of an element of this page.

        Args:
            over: by the socket of which page; its own when left out.
        """
        listener = next(one for one in self._elements[element]["events"] if one["type"] == kind)
        event = {"id": element, "client_id": self._client_id, "listener_id": listener["listener_id"]}
        socket = (over or self)._socket
        await socket.emit("event", event | {"args": [json.dumps(one) for one in args]})

    async def settled(self) -> None:
        """Wait until the server has read all that was sent: it answers a message that means nothing only after it."""
        await self._socket.call("handshake", {"client_id": "nobody's"})

    async def second_socket(self) -> socketio.AsyncClient:
        """Another socket of the same page, as a browser opens one before the server knows that the first is dead."""
        socket = socketio.AsyncClient(reconnection=False)
        asked = {**self._asked, "document_id": str(uuid4())}
        await socket.connect(
            f"{self._url}?{httpx.QueryParams(asked)}",
            headers=dict(self._headers),
            transports=["websocket"],
            socketio_path="/console/_nicegui_ws/socket.io",
        )
        return socket

    async def bare_socket(self) -> socketio.AsyncClient:
        """A socket of the same session that does not say for which page it is."""
        socket = socketio.AsyncClient(reconnection=False)
        await socket.connect(
            self._url,
            headers=dict(self._headers),
            transports=["websocket"],
            socketio_path="/console/_nicegui_ws/socket.io",
        )
        return socket

    async def _hear(self, data: dict[str, Any]) -> None:
        async with self._changed:
            self._told.append(data.get("code") or data["message"])
            self._changed.notify_all()

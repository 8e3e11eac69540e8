"""An open page of the console without a browser: NiceGUI's own protocol over a real web socket."""

import ast
import asyncio
import json
import re
import time
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
import socketio

_ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.DOTALL)
_QUERY = re.compile(r"query: (\{.*?\}),\n")
_ANSWERS_WITHIN = 20.0
"""Seconds."""


class ConsolePage:
    """A page as its browser has it: the elements by their ids, kept up by what the server sends."""

    def __init__(self, port: int, path: str, session: str) -> None:
        """
        Args:
            session: the text of the cookie of somebody who is signed in.
        """
        self._url = f"http://127.0.0.1:{port}"
        self._path = path
        self._headers = {"Cookie": f"followthrough={session}", "Origin": self._url}
        self._socket = socketio.AsyncClient(reconnection=False)
        self._socket.on("update", self._update)
        self._changed = asyncio.Condition()
        self._elements: dict[int, dict[str, Any]] = {}
        self._client_id = ""
        self._asked: dict[str, Any] = {}
        """What the socket is opened with."""

    async def __aenter__(self) -> Self:
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{self._url}{self._path}", headers=self._headers, timeout=30)
        if answer.status_code != 200:
            raise RuntimeError(f"{self._path} was answered with {answer.status_code}")
        elements, query = _ELEMENTS.search(answer.text), _QUERY.search(answer.text)
        if elements is None or query is None:
            raise RuntimeError(f"{self._path} is no page of NiceGUI's")
        await self._take(json.loads(_as_written(elements[1])))
        asked = {key: "true" if value is True else value for key, value in ast.literal_eval(query[1]).items()}
        self._client_id = asked["client_id"]
        self._asked = asked | {"document_id": str(uuid4()), "tab_id": str(uuid4()), "old_tab_id": ""}
        await self._socket.connect(
            f"{self._url}?{httpx.QueryParams(self._asked)}",
            headers=dict(self._headers),
            transports=["websocket"],
            socketio_path="/console/_nicegui_ws/socket.io",
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.disconnect()

    def button(self, key: str) -> int | None:
        """The newest element with a button that a key presses; None without one."""
        return max((number for number, element in self._elements.items() if _has(element, key)), default=None)

    async def until_there(self, key: str, *, but: int | None = None) -> int:
        """Wait for a button; for another one than `but`.

        Raises:
            TimeoutError: it does not come.
        """
        async with asyncio.timeout(_ANSWERS_WITHIN), self._changed:
            await self._changed.wait_for(lambda: self.button(key) not in (None, but))
        found = self.button(key)
        assert found is not None
        return found

    async def press(self, key: str) -> float:
        """Press a button and wait until the page offers it anew, for the next lead; seconds that took."""
        number = await self.until_there(key)
        pressed = time.monotonic()
        await self.push(key)
        await self.until_there(key, but=number)
        return time.monotonic() - pressed

    async def until_gone(self, key: str, number: int) -> None:
        """Wait until a button that was pressed is there no more: its press has had its effect, or was refused.

        Raises:
            TimeoutError: it stays.
        """
        async with asyncio.timeout(_ANSWERS_WITHIN), self._changed:
            await self._changed.wait_for(lambda: self.button(key) != number)

    async def push(self, key: str) -> int:
        """Press a button, and wait for nothing; the button that was pressed."""
        number = await self.until_there(key)
        element = self._elements[number]
        kind = "press" if "groups" in element["props"] else "click"
        listener = next(one for one in element["events"] if one["type"] == kind)
        event = {"id": number, "client_id": self._client_id, "listener_id": listener["listener_id"]}
        await self._socket.emit("event", event | {"args": [json.dumps(key)] if kind == "press" else []})
        return number

    async def _update(self, data: dict[str, Any]) -> None:
        await self._take(data)

    async def _take(self, data: dict[str, Any]) -> None:
        async with self._changed:
            for number, element in data.items():
                if not number.lstrip("-").isdigit():
                    continue
                if element is None:
                    self._elements.pop(int(number), None)
                else:
                    self._elements[int(number)] = element
            self._changed.notify_all()


def _has(element: dict[str, Any], key: str) -> bool:
    """Whether a key presses it, or one of the buttons that are drawn in it together."""
    props = element.get("props", {})
    if props.get("data-key") == key:
        return not props.get("disable")
    return any(one.get("key") == key for group in props.get("groups", ()) for one in group.get("buttons", ()))


def _as_written(text: str) -> str:
    """What NiceGUI escapes for the page, as it was: entities of html, and what would end JavaScript's own string."""
    for escaped, plain in (("&lt;", "<"), ("&gt;", ">"), ("&#96;", "`"), ("&#36;", "$"), ("&amp;", "&")):
        text = text.replace(escaped, plain)
    return text

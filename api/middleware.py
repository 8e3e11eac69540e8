"""What every request passes before a route sees it: a limit on its body, and an answer should we fail."""

import traceback
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_response

LONGEST_BODY = 64 * 1024
"""Bytes."""
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
log = structlog.get_logger()


class _CallerGone(Exception):
    """The caller went away before its whole body had come."""


class JsonBodies:
    """Under one path: bodies are JSON and no longer than the limit, whether their length was announced or not.

    A body is read whole before the route begins, so one that is too long has no effect at all.
    """

    def __init__(self, app: ASGIApp, *, under: str, longest: int = LONGEST_BODY) -> None:
        self._app = app
        self._under = under
        self._longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _WRITES or not scope["path"].startswith(self._under):
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        announced = headers.get(b"content-length", "")
        try:
            body = None if announced.isdecimal() and int(announced) > self._longest else await self._read(receive)
        except _CallerGone:
            # Half a request is none, and there is nobody to answer.
            return
        if body is None:
            detail = f"the body is longer than {self._longest} bytes"
            refusal = problem_response(413, detail, headers={"Connection": "close"})
            await refusal(scope, receive, send)
            return
        if body and not _is_json(headers.get(b"content-type", "")):
            await problem_response(415, "the body must be application/json")(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive) -> bytes | None:
        """The whole body; None as soon as it is too long.

        Raises:
            _CallerGone: the rest of it will never come.
        """
        parts, length = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _CallerGone
            part = message.get("body", b"")
            parts.append(part)
            length += len(part)
            if length > self._longest:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)


class Incidents:
    """An error that nobody expected becomes a 500 with an id under which the log has it, and tells no more."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            incident = str(uuid4())
            # The message of an error may quote what a lead said; where it happened never does.
            where = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-5:]]
            log.error(
                "a request failed", incident=incident, path=scope["path"], error=type(error).__name__, where=where
            )
            if started:
                raise
            detail = "something went wrong on our side; our log has it under this incident"
            await problem_response(500, detail, incident=incident)(scope, receive, send)


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand out the body that was read, then whatever comes after it."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay

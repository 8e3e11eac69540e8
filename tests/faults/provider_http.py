"""The fake provider's HTTP server: a thread for each connection, which may also be cut or left without an answer."""

import contextlib
import select
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.faults.provider_messages import Reply

_LOOK = timedelta(milliseconds=200)
"""How often a silent connection looks whether the other side has gone."""
_END = timedelta(seconds=10)


class Cut(Exception):
    """Close the connection instead of answering."""


class Silence(Exception):
    """Never answer."""


Answering = Callable[[str, str, Mapping[str, str], bytes], Reply]
"""From method, path with query, headers and body to the answer; may raise `Cut` or `Silence`."""


class LoopbackServer:
    """Answers HTTP on a port of 127.0.0.1 by a function, until closed."""

    def __init__(self, answering: Answering, port: int = 0) -> None:
        self.mistakes: list[BaseException] = []
        self.closing = threading.Event()
        self.answering = answering
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="fake provider")
        self._thread.daemon = True
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def wait(self, duration: timedelta) -> None:
        """Wait, but not beyond `close`."""
        self.closing.wait(duration.total_seconds())

    def close(self) -> None:
        """Stop, cut every connection and wait for their threads."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.end_connections()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, owner: LoopbackServer, port: int) -> None:
        self.owner = owner
        self._connections: set[socket.socket] = set()
        self._ended = threading.Condition()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._ended:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._ended:
            self._connections.discard(request)
            self._ended.notify_all()

    def end_connections(self) -> None:
        """Cut what is open, and wait for the threads."""
        with self._ended:
            for each in self._connections:
                _cut(each)
            self._ended.wait_for(lambda: not self._connections, _END.total_seconds())

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that died before its answer is the point of it all; anything else is a mistake of the fake."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.owner.mistakes.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    """Head and body leave in one packet."""
    server: _Server

    def do_GET(self) -> None:
        self._respond(b"")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:
            # The sender died while writing; no provider acts on half a request.
            self.close_connection = True
            return
        self._respond(body)

    def _respond(self, body: bytes) -> None:
        owner = self.server.owner
        try:
            reply = owner.answering(self.command, self.path, self.headers, body)
        except Cut:
            self._hang_up()
            return
        except Silence:
            self._keep_silent(owner.closing)
            self._hang_up()
            return
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _hang_up(self) -> None:
        self.close_connection = True
        _cut(self.connection)

    def _keep_silent(self, closing: threading.Event) -> None:
        """Until the other side goes away, or the server closes."""
        while not closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], _LOOK.total_seconds())
            if readable:
                return

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet: the tests look at state, not at logs."""


def _cut(connection: socket.socket) -> None:
    # Unless the other side was faster.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)

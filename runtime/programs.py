"""Our own two programs, the worker and the web server, as child processes of `follow up`."""

import http.client
import json
import signal
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from runtime.embedded.errors import StartError
from runtime.embedded.processes import ChildProcess, ProcessRecords, StopStep, wait_until

WORKER_STOP = (StopStep(signal.SIGTERM, timedelta(seconds=20)),)  # it finishes the activities that it has begun
WEB_STOP = (StopStep(signal.SIGTERM, timedelta(seconds=10)),)
WEB_READY_WITHIN = timedelta(seconds=90)
ANSWER_WITHIN = timedelta(seconds=5)  # one request for readiness
READY_PATH = "/readyz"


class Worker(ChildProcess):
    """The Temporal worker; it has no readiness of its own: without Temporal it waits, and leads wait with it."""

    def __init__(
        self, command: Sequence[str], *, log: Path, environment: Mapping[str, str], records: ProcessRecords
    ) -> None:
        super().__init__(
            "the worker", command, log=log, environment=environment, stop_steps=WORKER_STOP, records=records
        )

    def prepare(self) -> None:
        """Needs nothing."""

    def wait_until_ready(self) -> None:
        """Returns at once."""


class Web(ChildProcess):
    """The web server, ready when it says so itself.

    Args:
        command: Its command line.
        url: Where it can be reached from this machine.
        log: The file for its output.
        environment: Its environment variables.
        records: Where to note the process for the next start.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        url: str,
        log: Path,
        environment: Mapping[str, str],
        records: ProcessRecords,
    ) -> None:
        super().__init__(
            "the web server", command, log=log, environment=environment, stop_steps=WEB_STOP, records=records
        )
        self._url = url
        self._answer = "no answer"

    def prepare(self) -> None:
        """Needs nothing."""

    def wait_until_ready(self) -> None:
        """Blocks until GET /readyz answers 200.

        Raises:
            StartError: It ended or took too long; with what it said last.
        """
        over = wait_until(lambda: self._is_ready() or not self.is_running(), within=WEB_READY_WITHIN)
        if not self.is_running():
            ending = self.ending() or "never started"
            raise StartError(f"{self.name} did not start ({ending}): {self.last_words()}; see {self.log}")
        if not over:
            raise StartError(
                f"{self.name} was not ready after {WEB_READY_WITHIN.total_seconds():g} s ({self._answer}); "
                f"see {self.log}"
            )

    def _is_ready(self) -> bool:
        # http.client, because urllib would ask a proxy from the environment for 127.0.0.1.
        place = urlsplit(self._url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=ANSWER_WITHIN.total_seconds())
        try:
            connection.request("GET", READY_PATH)
            response = connection.getresponse()
            body = response.read(2_000).decode("utf-8", errors="replace")
        except (OSError, http.client.HTTPException) as error:
            self._answer = f"{READY_PATH}: {error}"
            return False
        finally:
            connection.close()
        self._answer = f"{READY_PATH} says {response.status} {_in_one_line(body)}"
        return response.status == http.client.OK


def _in_one_line(body: str) -> str:
    try:
        return json.dumps(json.loads(body))
    except ValueError:
        return " ".join(body.split())

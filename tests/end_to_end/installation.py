"""One installation as its owner has it: `follow up` in an empty folder, on free ports, with its REST interface."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil

START_WITHIN = 90.0
STOP_WITHIN = 60.0


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Installation:
    """`follow up` as a child process."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._settings = {f"FOLLOW_{name}": value for name, value in (settings or {}).items()}
        self.web_port = free_port()
        self._ports = {
            "FOLLOW_WEB_PORT": str(self.web_port),
            "FOLLOW_TEMPORAL_PORT": str(free_port()),
            "FOLLOW_TEMPORAL_UI_PORT": str(free_port()),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("FOLLOW_")}
        return bare | self._ports | self._settings | {"COLUMNS": "200", "NO_COLOR": "1"}

    @property
    def log(self) -> str:
        return (self.folder / "up.log").read_text()

    def start(self) -> None:
        """Start everything, and return once it says that it runs."""
        with (self.folder / "up.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "runtime.cli", "up"],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_for(lambda: "is running" in self.log or self._ended(), START_WITHIN)
        assert not self._ended(), self.log

    def stop(self) -> int:
        """Ctrl-C, and the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(STOP_WITHIN)

    def children(self) -> list[psutil.Process]:
        assert self._process is not None
        return psutil.Process(self._process.pid).children(recursive=True)

    def worker(self) -> psutil.Process | None:
        """The worker's process; None while there is none."""
        for child in self.children():
            try:
                if child.cmdline()[-1:] == ["worker"]:
                    return child
            except psutil.Error:
                continue
        return None

    def kill_everything(self) -> None:
        """SIGKILL to `follow up` and all its servers at once, as a power cut would."""
        assert self._process is not None
        doomed = [*self.children(), psutil.Process(self._process.pid)]
        for process in doomed:
            process.suspend()
        for process in doomed:
            process.kill()
        self._process.wait(STOP_WITHIN)
        psutil.wait_procs(doomed, timeout=STOP_WITHIN)

    def close(self) -> None:
        """Leave nothing running, whatever the test did."""
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """One REST call with the installation's own token."""
        token = (self.folder / ".followthrough" / "token").read_text().strip()
        return httpx.request(
            method,
            f"http://127.0.0.1:{self.web_port}{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.call("POST", path, body)
        assert answer.is_success, answer.text
        return answer.json()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A `follow` command in a second terminal."""
        return subprocess.run(
            [sys.executable, "-m", "runtime.cli", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def wait_for(self, condition: Callable[[], Any], seconds: float) -> Any:
        """Poll until the condition is truthy; its value."""
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < deadline, f"it did not happen within {seconds} s: {self.log}"
            time.sleep(0.1)

    def _ended(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None

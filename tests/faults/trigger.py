"""A trigger that lies beside the processes: the harness arms a named point, and whoever reaches it stops there.

It is a file, because the processes that reach the points are killed, and others are started in their place.
"""

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_IDLE = b"-"


@dataclass(frozen=True, slots=True)
class Shot:
    """One armed point."""

    point: str
    passes: int = 0
    """How often it is passed by before the shot."""
    stops: bool = False
    """The process stands still (SIGSTOP) instead of dying."""


class Trigger:
    """Armed by the harness, pulled in the processes under test."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fired = path.with_suffix(".fired")
        self._notes = path.with_suffix(".notes")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self.stood_still = False
        """Whether this process was stopped at a point, and goes on again."""

    def arm(self, *shots: Shot) -> None:
        """Arm these points, one after the other; forget what was fired and noted before."""
        with self._locked():
            self._fired.write_text("")
            self._notes.write_text("")
            self._write(list(shots))

    def disarm(self) -> None:
        """Nothing stops from now on."""
        with self._locked():
            self._write([])

    def reached(self, point: str) -> None:
        """Stop here, if this point is armed; the shot is gone before the process is."""
        # Looked at without the lock: nearly always nothing is armed.
        if os.pread(self._file, 1, 0) == _IDLE:
            return
        with self._locked():
            shots = self._read()
            if not shots or shots[0].point != point:
                return
            first, *rest = shots
            if first.passes:
                self._write([Shot(first.point, first.passes - 1, first.stops), *rest])
                return
            self._write(rest)
            with self._fired.open("a") as fired:
                fired.write(f"{point}\t{os.getpid()}\n")
        os.kill(os.getpid(), signal.SIGSTOP if first.stops else signal.SIGKILL)
        self.stood_still = True

    def note(self, text: str) -> None:
        """Leave a line for the verdict."""
        with self._notes.open("a") as notes:
            notes.write(f"{text}\n")

    @property
    def fired(self) -> list[tuple[str, int]]:
        """The points that were fired since they were armed, each with the process's id."""
        lines = self._fired.read_text().splitlines() if self._fired.exists() else []
        return [(point, int(pid)) for point, pid in (line.split("\t") for line in lines)]

    @property
    def notes(self) -> list[str]:
        """What was left for the verdict."""
        return self._notes.read_text().splitlines() if self._notes.exists() else []

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _read(self) -> list[Shot]:
        text = os.pread(self._file, 65536, 0)
        return [] if text[:1] in (_IDLE, b"") else [Shot(**shot) for shot in json.loads(text)]

    def _write(self, shots: list[Shot]) -> None:
        whole = [{"point": shot.point, "passes": shot.passes, "stops": shot.stops} for shot in shots]
        text = json.dumps(whole).encode() if shots else _IDLE
        os.pwrite(self._file, text, 0)
        os.ftruncate(self._file, len(text))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # A file of its own for each holder: locks belong to the open file, which a fork shares.
        with self._path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

"""The folder with everything that the embedded mode keeps: checked, marked with its layout, held by one process."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from runtime.embedded.errors import StartError
from runtime.served import forget

LAYOUT = 1  # rises when an older Followthrough could no longer use the folder
# What may lie in a folder that has no layout yet: other commands may have been there first.
OURS = re.compile(
    r"lock|pid|layout|addresses\.json(\.part)?|logs|secret(\..*)?|token|outbox|postgres(\.new)?|socket|temporal\.db.*|processes\..*"
)
SHOWN = 3  # foreign files named in the message
ELSEWHERE = "or name another folder with FOLLOW_DATA_DIR"


class DataFolder:
    """The data folder at a path; nothing is touched before `held`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.processes = self.path / "processes.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Makes or checks the folder and keeps every other `follow up` out of it while the block runs.

        Raises:
            StartError: It cannot be used, or another process holds it.
        """
        self._make()
        lock = FileLock(self.path / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise StartError(
                f"Followthrough already runs in {self.path} (process {self._holder()}): stop it first, {ELSEWHERE}"
            ) from error
        except OSError as error:
            raise StartError(f"{self.path} cannot be locked: {error.strerror or error}; {ELSEWHERE}") from error
        try:
            self._mark()
            # Beside the lock, not in it: opening a lock file to try it may empty it.
            (self.path / "pid").write_text(f"{os.getpid()}\n", encoding="ascii")
            forget(self.path)  # Of a run that was killed.
            yield
        finally:
            forget(self.path)
            (self.path / "pid").unlink(missing_ok=True)
            lock.release()

    def _make(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            foreign = sorted(entry.name for entry in self.path.iterdir() if not OURS.fullmatch(entry.name))
            if foreign and not (self.path / "layout").exists():
                more = ", ..." if len(foreign) > SHOWN else ""
                raise StartError(
                    f"{self.path} is not Followthrough's: it has {', '.join(foreign[:SHOWN])}{more}; "
                    f"empty it, {ELSEWHERE}"
                )
            with tempfile.NamedTemporaryFile(dir=self.path, prefix="processes."):
                pass  # the only sure way to learn whether we may write here
        except (FileExistsError, NotADirectoryError) as error:
            raise StartError(f"{self.path} is not a folder: move it away, {ELSEWHERE}") from error
        except OSError as error:
            raise StartError(f"{self.path} cannot be written: {error.strerror}; {ELSEWHERE}") from error

    def _mark(self) -> None:
        mark = self.path / "layout"
        if not mark.exists():
            mark.write_text(f"{LAYOUT}\n", encoding="ascii")
            return
        found = mark.read_text(encoding="ascii", errors="replace").strip()
        if not found.isdecimal():
            raise StartError(f"{mark} is damaged (it should hold a number): restore it, {ELSEWHERE}")
        if int(found) > LAYOUT:
            raise StartError(
                f"{self.path} was written by a newer Followthrough (layout {found}, this one knows {LAYOUT}): "
                f"update Followthrough, {ELSEWHERE}"
            )

    def _holder(self) -> str:
        with suppress(OSError):
            return (self.path / "pid").read_text(encoding="ascii").strip() or "unknown"
        return "unknown"

"""The files of the answer library in the playbook's folder: read with a mark, and written whole or not at all."""

import asyncio
import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from leads.playbook import Playbook
from leads.sheets import read_text

FOLDER = "answers"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")


class NotWritable(Exception):
    """The file can't be written; the message says why, and what would help."""


class ChangedMeanwhile(Exception):
    """The file is not as it was read any more; nothing was written."""


class NoSuchFileName(ValueError):
    """No file can be called so, or another one is; the text says which, and nothing was done."""


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """One file as it was read."""

    name: str
    """Without `.yaml`."""
    text: str
    mark: str | None
    """What changes when the text does; None for a file that is not there."""


class AnswerFiles:
    """The files of one installation; those that are shipped are read and never written."""

    def __init__(self, playbook: Playbook) -> None:
        self._playbook = playbook

    def names(self) -> list[str]:
        """What the files are called."""
        return [path.stem for path in self._playbook.files(FOLDER)]

    def others(self, name: str) -> list[Path]:
        """All files but this one."""
        return [path for path in self._playbook.files(FOLDER) if path.stem != name]

    def why_not(self) -> str | None:
        """Why nothing can be written here; None where it can."""
        if self._playbook.folder is None:
            return "These are the shipped answers; set FOLLOW_PLAYBOOK_DIR to a folder with your own in answers/."
        folder = self._playbook.folder / FOLDER
        if not folder.is_dir():
            return "These are the shipped answers; make a folder answers/ in that of FOLLOW_PLAYBOOK_DIR for your own."
        if not os.access(folder, os.W_OK):
            return "The web server may not write into the folder of the answers; they are edited where they come from."
        return None

    def require_free(self, name: str) -> None:
        """Let a new file be called so.

        Raises:
            NoSuchFileName: it can't be, or there is a file of this name.
        """
        if _NAME.fullmatch(name) is None:
            raise NoSuchFileName("use small letters, digits and hyphens, like delivery-times")
        if self._path(name) is not None:
            raise NoSuchFileName(f"there is a file {name} already")

    async def read(self, name: str) -> AnswerFile | None:
        """A file; None if there is none of this name.

        Raises:
            SheetError: it can't be read, or is no text.
        """
        path = self._path(name)
        return None if path is None else await asyncio.to_thread(_read, name, path)

    async def write(self, file: AnswerFile, text: str) -> AnswerFile:
        """Write another text over a file that was read: whoever reads it meanwhile has the one or the other, whole.

        Raises:
            ChangedMeanwhile: somebody else wrote it since, also if it was removed, or made, since.
            NotWritable: it can't be written; what was there is there.
        """
        folder = self._folder()
        path = self._path(file.name)
        if path is None and (file.mark is not None or _NAME.fullmatch(file.name) is None):
            raise ChangedMeanwhile
        return await asyncio.to_thread(_write, file, path or folder / f"{file.name}.yaml", text)

    async def rename(self, file: AnswerFile, name: str) -> AnswerFile:
        """Call a file otherwise; at no instant is it there twice, or not at all.

        Raises:
            ChangedMeanwhile: somebody else wrote it since, renamed or removed it.
            NoSuchFileName: it can't be called so, or another file is.
            NotWritable: it can't be renamed; it is called as before.
        """
        folder = self._folder()
        self.require_free(name)
        if (path := self._path(file.name)) is None:
            raise ChangedMeanwhile
        return await asyncio.to_thread(_rename, file, path, folder / f"{name}.yaml")

    async def remove(self, file: AnswerFile) -> None:
        """Remove a file that was read; of a link, the link.

        Raises:
            ChangedMeanwhile: somebody else wrote it since, or removed it.
            NotWritable: it can't be removed; it is still there.
        """
        self._folder()
        if (path := self._path(file.name)) is None:
            raise ChangedMeanwhile
        await asyncio.to_thread(_remove, file, path)

    def _folder(self) -> Path:
        if (why := self.why_not()) is not None or self._playbook.folder is None:
            raise NotWritable(why or "")
        return self._playbook.folder / FOLDER

    def _path(self, name: str) -> Path | None:
        return next((path for path in self._playbook.files(FOLDER) if path.stem == name), None)


def _read(name: str, path: Path) -> AnswerFile:
    text = read_text(path).replace("\r\n", "\n")
    return AnswerFile(name, text, hashlib.sha256(text.encode()).hexdigest())


def _write(file: AnswerFile, path: Path, text: str) -> AnswerFile:
    # Where a link stands in the folder, what it leads to is written.
    place = path.resolve()
    beside: Path | None = None
    try:
        with _alone_in(path.parent):
            _require_unchanged(file, path)
            handle, written = tempfile.mkstemp(dir=place.parent, prefix=".")
            beside = Path(written)
            with open(handle, "w", encoding="utf-8", newline="\n") as new:
                new.write(text)
                new.flush()
                os.fsync(new.fileno())
            beside.chmod(place.stat().st_mode & 0o777 if place.exists() else 0o644)
            beside.replace(place)
            return _read(file.name, path)
    except OSError as error:
        if beside is not None:
            beside.unlink(missing_ok=True)
        raise _not_done(error) from error


def _rename(file: AnswerFile, path: Path, new: Path) -> AnswerFile:
    try:
        with _alone_in(path.parent):
            _require_unchanged(file, path)
            if os.path.lexists(new):
                raise NoSuchFileName(f"there is a file {new.stem} already")
            path.rename(new)
            return _read(new.stem, new)
    except OSError as error:
        raise _not_done(error) from error


def _remove(file: AnswerFile, path: Path) -> None:
    try:
        with _alone_in(path.parent):
            _require_unchanged(file, path)
            path.unlink()
    except OSError as error:
        raise _not_done(error) from error


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let no other page, and no other web process, come between the look at a file and its change."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _require_unchanged(file: AnswerFile, path: Path) -> None:
    there = _read(file.name, path).mark if path.exists() else None
    if there != file.mark:
        raise ChangedMeanwhile


def _not_done(error: OSError) -> NotWritable:
    return NotWritable(f"It can't be written here ({error.strerror or error}); nothing has changed.")

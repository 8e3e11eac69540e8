"""The files of the answer library in the playbook's folder: read with a mark, and written whole or not at all."""

import asyncio
import hashlib
import os
import re
import tempfile
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

    def could_be(self, name: str) -> bool:
        """Whether a new file may be called so."""
        return _NAME.fullmatch(name) is not None

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
        if (why := self.why_not()) is not None or self._playbook.folder is None:
            raise NotWritable(why or "")
        path = self._path(file.name)
        if path is None and (file.mark is not None or not self.could_be(file.name)):
            raise ChangedMeanwhile
        return await asyncio.to_thread(_write, file, path or self._playbook.folder / FOLDER / f"{file.name}.yaml", text)

    def _path(self, name: str) -> Path | None:
        return next((path for path in self._playbook.files(FOLDER) if path.stem == name), None)


def _read(name: str, path: Path) -> AnswerFile:
    text = read_text(path).replace("\r\n", "\n")
    return AnswerFile(name, text, hashlib.sha256(text.encode()).hexdigest())


def _write(file: AnswerFile, path: Path, text: str) -> AnswerFile:
    there = _read(file.name, path).mark if path.exists() else None
    if there != file.mark:
        raise ChangedMeanwhile
    # Where a link stands in the folder, what it leads to is written.
    place = path.resolve()
    beside: Path | None = None
    try:
        handle, written = tempfile.mkstemp(dir=place.parent, prefix=".")
        beside = Path(written)
        with open(handle, "w", encoding="utf-8", newline="\n") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        beside.chmod(place.stat().st_mode & 0o777 if place.exists() else 0o644)
        beside.replace(place)
    except OSError as error:
        if beside is not None:
            beside.unlink(missing_ok=True)
        raise NotWritable(f"It can't be written here ({error.strerror or error}); nothing has changed.") from error
    return _read(file.name, path)

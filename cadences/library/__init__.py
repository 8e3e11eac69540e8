"""Marketing's own files: the cadences that are shipped, their templates, and how they are read from disk."""

import difflib
from functools import cache
from pathlib import Path

from cadences.bundle import CadenceBundle
from cadences.errors import CadenceError
from cadences.reading import read
from leads.findings import Finding, Severity
from leads.yaml_text import MAX_BYTES


def library_folder() -> Path:
    """The folder of the shipped cadences."""
    return Path(__file__).parent


def library_files() -> list[Path]:
    """The shipped cadences' YAML files, by name."""
    return sorted(library_folder().glob("*.yaml"))


def shipped() -> list[CadenceBundle]:
    """The cadences that come with Followthrough, by name."""
    return [read_bundle(path) for path in library_files()]


def read_bundle(path: Path) -> CadenceBundle:
    """Read a cadence file and, from the folder `templates` beside it, the templates that it names.

    A template that is missing is left out: `check` says so, with the line that names it.

    Raises:
        CadenceError: a file can't be read; its finding says why.
    """
    text = _text(path)
    templates = {}
    for name in read(text, str(path)).templates():
        template = path.parent / "templates" / name
        if template.is_file():
            templates[name] = _text(template)
    return CadenceBundle(path.name.removesuffix(path.suffix), text, templates, str(path))


def templates_beside(path: Path) -> list[str]:
    """The templates that a cadence file could name: their paths in the folder `templates` beside it."""
    folder = path.parent / "templates"
    return sorted(one.relative_to(folder).as_posix() for one in folder.glob("*/*") if one.is_file())


@cache
def email_shell() -> str:
    """The html around every email's words (Jinja2, autoescaped)."""
    return (library_folder() / "email-shell.html").read_text("utf-8")


def _text(path: Path) -> str:
    """The text of a file of a reasonable size.

    Raises:
        CadenceError: it can't be read, is too large, or is no text.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise _unreadable(path, "this is a folder", f"name the files in it: {path}/*.yaml") from None
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file", _look_alike(path)) from None
    except OSError as error:
        raise _unreadable(path, f"the file can't be read: {error.strerror or error}", "") from None
    if len(data) > MAX_BYTES:
        raise _unreadable(path, f"the file is larger than {MAX_BYTES // 1024} KB", "a cadence is a page or two")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "save it as UTF-8 text" if b"\x00" not in data else "this looks like a program's file, not text"
        raise _unreadable(path, "this is no UTF-8 text", hint, line) from None
    return text


def _unreadable(path: Path, message: str, hint: str, line: int = 1) -> CadenceError:
    return CadenceError([Finding(str(path), line, 1, Severity.ERROR, message, hint)])


def _look_alike(path: Path) -> str:
    names = [found.name for found in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean {path.parent / near[0]}?" if near else ""

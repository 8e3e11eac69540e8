"""The data folder: one process at a time, marked, and refused in one line when it cannot be used."""

import os
import stat
from pathlib import Path

import pytest

from runtime.data_folder import LAYOUT, DataFolder
from runtime.embedded.errors import StartError


def refusal(path: Path) -> str:
    with pytest.raises(StartError) as caught, DataFolder(path).held():
        pass
    assert "\n" not in str(caught.value)
    assert "FOLLOW_DATA_DIR" in str(caught.value)
    return str(caught.value)


def test_a_new_folder_is_private_and_marked(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data"
    with DataFolder(path).held():
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert (path / "layout").read_text() == f"{LAYOUT}\n"
        assert (path / "pid").read_text() == f"{os.getpid()}\n"
    assert sorted(entry.name for entry in path.iterdir()) == ["layout", "lock"]
    with DataFolder(path).held():
        pass


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    with DataFolder(tmp_path).held():
        assert refusal(tmp_path).startswith(f"Followthrough already runs in {tmp_path} (process {os.getpid()})")
        assert (tmp_path / "pid").exists()


def test_a_folder_of_a_newer_followthrough_is_refused(tmp_path: Path) -> None:
    (tmp_path / "layout").write_text("99\n")
    assert "written by a newer Followthrough (layout 99, this one knows 1): update" in refusal(tmp_path)


def test_a_damaged_mark_is_refused(tmp_path: Path) -> None:
    (tmp_path / "layout").write_bytes(b"\xffone")
    assert f"{tmp_path}/layout is damaged" in refusal(tmp_path)


def test_a_folder_with_other_things_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
        (tmp_path / name).touch()
    assert "is not Followthrough's: it has a.txt, b.txt, c.txt, ...; empty it" in refusal(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4


def test_what_other_commands_leave_is_not_foreign(tmp_path: Path) -> None:
    for name in ("secret", "token", "logs", "temporal.db-wal", "postgres"):
        (tmp_path / name).touch()
    with DataFolder(tmp_path).held():
        pass


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    assert f"{tmp_path}/data is not a folder: move it away" in refusal(tmp_path / "data")
    assert "is not a folder" in refusal(tmp_path / "data" / "below")


def test_a_folder_that_cannot_be_written_is_refused() -> None:
    # /proc takes no files from anybody, root included.
    assert "cannot be written" in refusal(Path("/proc/followthrough"))
    assert "/proc" in refusal(Path("/proc/self/task"))

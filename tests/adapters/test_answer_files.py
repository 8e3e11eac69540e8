"""Files of answers are written whole or not at all, over nothing that somebody else wrote, and nowhere else."""

import os
from pathlib import Path

import pytest

from adapters.answer_files import AnswerFile, AnswerFiles, ChangedMeanwhile, NotWritable
from leads.playbook import Playbook


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers/prices.yaml").write_text("topic: prices\n")
    return tmp_path


@pytest.fixture
def files(folder: Path) -> AnswerFiles:
    return AnswerFiles(Playbook(folder))


async def known(files: AnswerFiles, name: str = "prices") -> AnswerFile:
    found = await files.read(name)
    assert found is not None
    return found


async def test_a_file_is_replaced_whole_and_keeps_who_may_read_it(files: AnswerFiles, folder: Path) -> None:
    path = folder / "answers/prices.yaml"
    path.chmod(0o640)
    before = path.stat().st_ino
    saved = await files.write(await known(files), "topic: costs\n")
    assert (path.read_text(), saved) == ("topic: costs\n", await known(files))
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.stat().st_ino != before  # another file in its place, and no half of one at any time
    assert os.listdir(folder / "answers") == ["prices.yaml"]
    assert (await files.write(saved, "topic: money\n")).text == "topic: money\n"


async def test_what_somebody_else_wrote_is_not_written_over(files: AnswerFiles, folder: Path) -> None:
    read, path = await known(files), folder / "answers/prices.yaml"
    path.write_text("topic: theirs\n")
    with pytest.raises(ChangedMeanwhile):
        await files.write(read, "topic: mine\n")
    assert path.read_text() == "topic: theirs\n"
    path.unlink()
    with pytest.raises(ChangedMeanwhile):
        await files.write(read, "topic: mine\n")
    assert not path.exists()


async def test_where_a_link_leads_is_written(files: AnswerFiles, folder: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_text("topic: service\n")
    (folder / "answers/service.yaml").symlink_to(real)
    await files.write(await known(files, "service"), "topic: help\n")
    assert real.read_text() == "topic: help\n"
    assert (folder / "answers/service.yaml").is_symlink()


async def test_where_nothing_can_be_written_the_file_stays_and_the_reason_is_told(
    files: AnswerFiles, folder: Path
) -> None:
    # Not even root makes files there.
    (folder / "answers/system.yaml").symlink_to("/proc/version")
    read = await known(files, "system")
    with pytest.raises(NotWritable, match=r"can't be written here \(.+\); nothing has changed"):
        await files.write(read, "topic: mine\n")
    assert (await known(files, "system")) == read


async def test_shipped_files_are_read_only(tmp_path: Path) -> None:
    for playbook, what in ((Playbook(), "set FOLLOW_PLAYBOOK_DIR"), (Playbook(tmp_path), "make a folder answers/")):
        files = AnswerFiles(playbook)
        read = await known(files, "delivery")
        assert what in (files.why_not() or "")
        with pytest.raises(NotWritable, match=what):
            await files.write(read, "topic: mine\n")


@pytest.mark.parametrize("name", ["../prices", "answers/prices", "prices.yaml", "", "."])
async def test_what_is_no_file_of_the_folder_is_not_there(files: AnswerFiles, name: str) -> None:
    assert await files.read(name) is None
    with pytest.raises(ChangedMeanwhile):
        await files.write(AnswerFile(name, "", None), "topic: mine\n")

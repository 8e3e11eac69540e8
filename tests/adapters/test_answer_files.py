"""Files of answers are written whole or not at all, over nothing that somebody else wrote, and nowhere else."""

import asyncio
import os
from pathlib import Path

import pytest

from adapters.answer_files import AnswerFile, AnswerFiles, ChangedMeanwhile, NoSuchFileName, NotWritable
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


async def test_of_many_who_write_at_once_one_does_and_all_others_are_told(files: AnswerFiles, folder: Path) -> None:
    read = await known(files)
    texts = [f"topic: {number}\n" for number in range(30)]
    results = await asyncio.gather(*(files.write(read, text) for text in texts), return_exceptions=True)
    (written,) = [one for one in results if isinstance(one, AnswerFile)]
    assert [type(one) for one in results if not isinstance(one, AnswerFile)] == [ChangedMeanwhile] * 29
    assert (folder / "answers/prices.yaml").read_text() == written.text


async def test_a_new_file_is_made_where_there_is_none_of_its_name(files: AnswerFiles, folder: Path) -> None:
    new = AnswerFile("delivery-times", "", None)
    made = await files.write(new, "topic: times\n")
    assert (folder / "answers/delivery-times.yaml").read_text() == "topic: times\n"
    assert (folder / "answers/delivery-times.yaml").stat().st_mode & 0o777 == 0o644
    assert await known(files, "delivery-times") == made
    with pytest.raises(ChangedMeanwhile):  # somebody else made one of this name meanwhile
        await files.write(new, "topic: mine\n")


async def test_a_file_is_renamed_over_no_other_one(files: AnswerFiles, folder: Path) -> None:
    (folder / "answers/costs.yaml").write_text("topic: costs\n")
    (folder / "answers/gone.yaml").symlink_to(folder / "nowhere")
    read = await known(files)
    for taken in ("costs", "gone"):
        with pytest.raises(NoSuchFileName, match=f"there is a file {taken} already"):
            await files.rename(read, taken)
    renamed = await files.rename(read, "what-it-costs")
    assert renamed == AnswerFile("what-it-costs", read.text, read.mark)
    assert sorted(os.listdir(folder / "answers")) == ["costs.yaml", "gone.yaml", "what-it-costs.yaml"]
    assert await known(files, "what-it-costs") == renamed
    with pytest.raises(ChangedMeanwhile):  # under its old name there is none any more
        await files.rename(read, "another")


async def test_a_file_is_removed_as_it_was_read_and_not_otherwise(files: AnswerFiles, folder: Path) -> None:
    read, path = await known(files), folder / "answers/prices.yaml"
    path.write_text("topic: theirs\n")
    for change in (files.remove(read), files.rename(read, "costs")):
        with pytest.raises(ChangedMeanwhile):
            await change
    assert path.read_text() == "topic: theirs\n"
    await files.remove(await known(files))
    assert os.listdir(folder / "answers") == []
    with pytest.raises(ChangedMeanwhile):
        await files.remove(read)


@pytest.mark.parametrize("name", ["../prices", "answers/prices", "prices.yaml", "", ".", "Prices", "über", "a" * 61])
async def test_no_file_can_be_called_so(files: AnswerFiles, folder: Path, name: str) -> None:
    with pytest.raises(NoSuchFileName, match="small letters, digits and hyphens"):
        await files.rename(await known(files), name)
    assert os.listdir(folder / "answers") == ["prices.yaml"]


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
        for change in (files.write(read, "topic: mine\n"), files.rename(read, "new"), files.remove(read)):
            with pytest.raises(NotWritable, match=what):
                await change


@pytest.mark.parametrize("name", ["../prices", "answers/prices", "prices.yaml", "", "."])
async def test_what_is_no_file_of_the_folder_is_not_there(files: AnswerFiles, name: str) -> None:
    assert await files.read(name) is None
    with pytest.raises(ChangedMeanwhile):
        await files.write(AnswerFile(name, "", None), "topic: mine\n")

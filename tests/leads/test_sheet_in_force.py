"""A sheet that is read again when its file changes."""

import os
from pathlib import Path

import pytest

from leads.playbook import Playbook
from leads.routing_sheet import FILE, Routing
from leads.sheet_in_force import SheetInForce

GOOD = "about: ours\nrules: []"


@pytest.fixture
def in_force(tmp_path: Path) -> SheetInForce[Routing]:
    own = Playbook(tmp_path)
    return SheetInForce(Routing, lambda: own.file(FILE), Playbook().file(FILE))


def write(folder: Path, text: str, second: int) -> None:
    """Write the file with a time of its own, since two writes may fall into one tick of the file system's clock."""
    (folder / FILE).write_text(text, encoding="utf-8")
    os.utime(folder / FILE, (second, second))


def test_an_own_file_comes_into_force_and_goes_again(in_force: SheetInForce[Routing], tmp_path: Path) -> None:
    shipped = in_force.read()
    write(tmp_path, GOOD, 1)
    assert in_force.read().about == "ours"
    (tmp_path / FILE).unlink()
    assert in_force.read() == shipped


@pytest.mark.parametrize("wrong", ["", "rules: [", "rules: [{rule: x}]", "\x00"])
def test_a_wrong_file_leaves_the_last_good_one_in_force(
    in_force: SheetInForce[Routing], tmp_path: Path, wrong: str
) -> None:
    write(tmp_path, GOOD, 1)
    in_force.read()
    write(tmp_path, wrong, 2)
    assert in_force.read().about == "ours"
    assert in_force.trouble is not None
    assert str(tmp_path / FILE) in in_force.trouble
    write(tmp_path, GOOD, 3)
    in_force.read()
    assert in_force.trouble is None


def test_a_file_that_was_never_right_leaves_the_shipped_one_in_force(
    in_force: SheetInForce[Routing], tmp_path: Path
) -> None:
    write(tmp_path, "rules: 1", 1)
    assert [rule.rule for rule in in_force.read().rules] == ["whoever knows the company"]
    assert in_force.trouble is not None

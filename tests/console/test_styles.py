"""The console's stylesheet: one meaning for each class, and nothing in it that a browser would trip over."""

import re
from collections import Counter
from pathlib import Path

import pytest

from api.console.mount import STATIC

SHEET = (STATIC / "console.css").read_text(encoding="utf-8")
BARE = re.sub(r"/\*.*?\*/", "", SHEET, flags=re.DOTALL)


def test_each_class_has_one_rule_of_its_own() -> None:
    """Outside of what holds for some screens only; of two rules far apart, each means something else by the class."""
    everywhere = re.sub(r"@(?:media|layer)[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", BARE)
    selectors = re.findall(r"(?:^|\})\s*(\.ft-[\w-]+)\s*\{", everywhere)
    assert [name for name, times in Counter(selectors).items() if times > 1] == []
    assert len(selectors) > 100


def test_every_brace_is_closed() -> None:
    depth = 0
    for brace in re.findall(r"[{}]", BARE):
        depth += 1 if brace == "{" else -1
        assert depth in (0, 1, 2)
    assert depth == 0


@pytest.mark.parametrize("file", sorted(STATIC.iterdir()), ids=lambda file: file.name)
def test_no_marks_of_a_conflict_are_left(file: Path) -> None:
    assert re.findall(r"^(?:<{7}|={7}|>{7})", file.read_text(encoding="utf-8"), re.MULTILINE) == []

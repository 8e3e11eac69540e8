"""The page on enrolling names the columns that are really read."""

import re
from pathlib import Path

from api.csv_table import COLUMNS

PAGE = (Path(__file__).parents[2] / "docs" / "enrolling-leads.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| (.*?) \|", PAGE, re.MULTILINE)


def plain(name: str) -> str:
    return re.sub(r"[_\-\s]+", " ", name)


def test_every_column_stands_there_and_no_other() -> None:
    documented = {plain(name) for name, _ in ROWS} - {"attributes.NAME"}
    assert documented == {plain(name) for name in COLUMNS} - {"first name", "last name"}


def test_every_other_name_of_a_column_is_understood() -> None:
    for name, others in ROWS:
        for other in re.findall(r"`([^`]+)`", others):
            if other not in ("first name", "last name"):
                known = next(aliases for column, aliases in COLUMNS.items() if plain(column) == plain(name))
                assert plain(other) in known, f"{other} is not understood as {name}"

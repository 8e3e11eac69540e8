"""Files of the business's own: what is right becomes its model, what is wrong is said with its place."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from leads.clock_times import Days
from leads.sheets import SheetError, load_sheet, read_sheet, sheet_of
from leads.spans import Span


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Part):
    to: str
    weight: int = Field(1, ge=1)
    within: Span | None = None


class Rules(_Part):
    days: Days = Field(frozenset({0}))
    rules: tuple[Rule, ...]


def test_what_is_right_becomes_the_model() -> None:
    found = sheet_of(Rules, "days: mon-tue\nrules:\n  - {to: anna, weight: 2, within: 2 hours}\n", "routing.yaml")
    assert found.days == frozenset({0, 1})
    assert found.rules[0].weight == 2


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("rules:\n  - {to: anna, wieght: 2}\n", 2, 16, "unknown key `wieght`", "did you mean `weight`?"),
        ("rules:\n  - {weight: 2}\n", 2, 5, "`to` is missing", "add `to: …` here"),
        ("rules:\n  - {to: anna, weight: 0}\n", 2, 24, "`weight`: it must be greater than or equal to 1 (it is 0)", ""),
        ("days: mondays\nrules: []\n", 1, 7, "'mondays' names no days", "write mon-fri, or mon, wed, fri"),
        ("rules:\n  - {to: anna, within: soon}\n", 2, 24, "'soon' is no span of time", 'write "30 minutes"'),
        ("", 1, 1, "the file is empty, or no mapping", "known here: days, rules"),
        ("rules: [\n", 2, 1, "this is no YAML", "look at this line and the one before"),
    ],
)
def test_each_mistake_is_said_with_its_place(text: str, line: int, column: int, message: str, hint: str) -> None:
    sheet = read_sheet(Rules, text, "routing.yaml")
    assert sheet.value is None
    finding = sheet.findings[0]
    assert (finding.file, finding.line, finding.column) == ("routing.yaml", line, column)
    assert message in finding.message
    assert hint in finding.hint


def test_a_missing_file_is_said_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match=r"goals\.yaml:1:1: error: the file can't be read: No such file"):
        load_sheet(Rules, tmp_path / "goals.yaml")


def test_all_mistakes_of_a_file_are_in_the_error() -> None:
    with pytest.raises(SheetError) as caught:
        sheet_of(Rules, "rules:\n  - {weight: 0}\n  - {to: anna, toe: ben}\n", "routing.yaml")
    assert len(caught.value.findings) == 3

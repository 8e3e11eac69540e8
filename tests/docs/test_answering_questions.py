"""The guide to answers says what is true: every key of the files, and an example that passes the check."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from leads.answer_lint import check_answers
from leads.answer_sheets import Answer, AnswerSheet, BuyingStage, Questions
from leads.matching import ENOUGH
from leads.sheets import read_sheet

GUIDE = (Path(__file__).parents[2] / "docs/answering-questions.md").read_text("utf-8")


@pytest.mark.parametrize(("part", "model"), [("file", AnswerSheet), ("answer", Answer), ("questions", Questions)])
def test_table_has_exactly_the_keys_of_the_model(part: str, model: type[BaseModel]) -> None:
    table = GUIDE.split(f"<!-- keys: {part} -->\n")[1].split("\n\n")[0]
    assert re.findall(r"(?m)^\| `(\w+)` \|", table) == list(model.model_fields)


def test_the_example_passes_the_check() -> None:
    (example,) = re.findall(r"(?ms)^```yaml\n(.*?)^```$", GUIDE)
    assert check_answers([read_sheet(AnswerSheet, example, "example.yaml")], {"anna"}) == []


def test_stages_and_the_threshold_are_those_of_the_code() -> None:
    assert all(f"`{stage.value}`" in GUIDE for stage in BuyingStage)
    assert f"An answer is given from {ENOUGH:.0f} on" in GUIDE

"""The answers follow their files, and a mistake in one of them takes nothing away."""

import os
from pathlib import Path

import pytest

from leads.answers_in_force import AnswersInForce
from tests.leads.test_answer_lint import GOOD

PAYMENT = GOOD.replace("delivery", "payment").replace("id: area", "id: cards").replace("deliver", "pay")
BROKEN = GOOD.replace("topic: delivery", "topic:")


@pytest.fixture
def answers(tmp_path: Path) -> AnswersInForce:
    return AnswersInForce(lambda: sorted(tmp_path.glob("*.yaml")))


def write(folder: Path, text: str, second: int, name: str = "delivery") -> None:
    """Write a file with a time of its own, since two writes may fall into one tick of the file system's clock."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    os.utime(path, (second, second))


def ids(answers: AnswersInForce) -> list[str]:
    return [one.answer.id for one in answers.read().library.answers]


def test_files_come_change_and_go(answers: AnswersInForce, tmp_path: Path) -> None:
    assert ids(answers) == []
    write(tmp_path, GOOD, 1)
    write(tmp_path, PAYMENT, 1, "payment")
    assert ids(answers) == ["area", "cards"]
    write(tmp_path, GOOD.replace("id: area", "id: places"), 2)
    assert ids(answers) == ["places", "cards"]
    (tmp_path / "payment.yaml").unlink()
    assert ids(answers) == ["places"]
    assert answers.files == (tmp_path / "delivery.yaml",)


def test_a_file_with_a_mistake_keeps_what_it_said_before(answers: AnswersInForce, tmp_path: Path) -> None:
    write(tmp_path, GOOD, 1)
    answers.read()
    write(tmp_path, BROKEN, 2)
    assert ids(answers) == ["area"]
    assert answers.trouble is not None
    assert f"{tmp_path / 'delivery.yaml'}:1:1: error: `topic` is missing" in answers.trouble
    write(tmp_path, GOOD.replace("id: area", "id: places"), 3)
    assert ids(answers) == ["places"]
    assert answers.trouble is None


def test_a_file_that_never_was_right_gives_no_answers_and_takes_none_of_the_others(
    answers: AnswersInForce, tmp_path: Path
) -> None:
    write(tmp_path, BROKEN, 1)
    write(tmp_path, PAYMENT, 1, "payment")
    assert ids(answers) == ["cards"]
    assert answers.trouble is not None
    (tmp_path / "delivery.yaml").unlink()
    assert ids(answers) == ["cards"]
    assert answers.trouble is None


def test_what_did_not_change_is_not_prepared_again(answers: AnswersInForce, tmp_path: Path) -> None:
    write(tmp_path, GOOD, 1)
    first = answers.read()
    assert answers.read() is first
    write(tmp_path, GOOD, 2)
    assert answers.read() is first
    write(tmp_path, BROKEN, 3)
    assert answers.read() is first

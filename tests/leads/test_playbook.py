"""Which of the business's files count: its own, else the shipped ones."""

from pathlib import Path

from leads.playbook import Playbook


def test_own_files_win_and_what_lacks_is_the_shipped_one(tmp_path: Path) -> None:
    own = Playbook(tmp_path)
    (tmp_path / "goals.yaml").write_text("goals: []\n")
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "mine.yaml").write_text("answers: []\n")
    assert own.file("goals.yaml") == tmp_path / "goals.yaml"
    assert own.file("routing.yaml") == Playbook().file("routing.yaml")
    assert own.files("answers") == [tmp_path / "answers" / "mine.yaml"]
    assert own.files("forms") == Playbook().files("forms")

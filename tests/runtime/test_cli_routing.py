"""`follow routing`, as an admin types it, on the real database."""

from pathlib import Path

import pytest

from adapters.db.cadences import CadenceShelf
from runtime.settings import PREFIX
from tests.runtime.conftest import Follow


@pytest.fixture
def follow(commands: Follow, shelf: CadenceShelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Follow:
    """Run `follow routing` in a folder with a playbook of its own."""
    monkeypatch.setenv(f"{PREFIX}PLAYBOOK_DIR", str(tmp_path))
    return lambda *words: commands("routing", *words)


def test_the_shipped_rules_are_in_force(follow: Follow) -> None:
    ran = follow("check")
    assert ran.exit_code == 0, ran.output
    assert "routing.yaml: these rules are in force" in ran.output


def test_every_mistake_is_named_with_its_line(follow: Follow, tmp_path: Path) -> None:
    (tmp_path / "routing.yaml").write_text(
        "rules:\n  - {rule: a, to: {reps: casper}}\n  - {rule: b, to: {team: north}}\n", encoding="utf-8"
    )
    ran = follow("check")
    assert ran.exit_code == 1
    assert "routing.yaml:2:26: error: there is no colleague 'casper' (`follow reps` shows who there is)" in ran.output
    assert "routing.yaml:3:19: warning: nobody is meant by this" in ran.output
    assert "1 error:" in ran.output


def test_a_file_that_is_no_yaml_is_one_line(follow: Follow, tmp_path: Path) -> None:
    (tmp_path / "routing.yaml").write_text("rules: [", encoding="utf-8")
    ran = follow("check")
    assert ran.exit_code == 1
    assert "routing.yaml:1:9: error:" in ran.output


def test_it_says_who_would_get_a_lead_and_why(follow: Follow, tmp_path: Path) -> None:
    (tmp_path / "routing.yaml").write_text(
        "rules: [{rule: food, when: {territory: US-CA, industry: food, source: fair}, to: {reps: ben}}]",
        encoding="utf-8",
    )
    lead = ("--country", "us", "--region", "California", "--source", "fair", "--attribute", "industry=Food")
    ran = follow("test", *lead)
    assert ran.exit_code == 0, ran.output
    lines = ran.output.splitlines()
    assert lines[:2] == ["Ben Okafor (ben)", "  rule 'food' (source fair, territory US-CA, industry food)"]
    ran = follow("test", "--phone", "+1 212 555 0111")
    assert "  no rule is for it" in ran.output


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("--country", "XX"), "follow: --country: 'XX' is no country", 1),
        (("--phone", "12"), "follow: --phone: '12'", 1),
        (("--attribute", "food"), "write name=value", 2),
    ],
)
def test_what_makes_no_sense_is_refused(follow: Follow, words: tuple[str, ...], said: str, code: int) -> None:
    ran = follow("test", *words)
    assert ran.exit_code == code
    assert said in ran.output

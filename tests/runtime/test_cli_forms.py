"""`follow forms`, as a person types it."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from click.testing import Result
from typer.testing import CliRunner

from runtime.cli.app import app
from runtime.settings import PREFIX


def follow(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}PUBLIC_URL", "https://follow.example.com")
    monkeypatch.setenv(f"{PREFIX}SECRET", "a secret for tests only")
    monkeypatch.setenv(f"{PREFIX}COMPANY_NAME", "Bread & Butter")


@pytest.fixture
def playbook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of forms of the business's own."""
    monkeypatch.setenv(f"{PREFIX}PLAYBOOK_DIR", str(tmp_path / "own"))
    folder = tmp_path / "own" / "forms"
    folder.mkdir(parents=True)
    return folder


def test_the_forms_are_shown_with_their_addresses() -> None:
    shown = follow("forms")
    assert shown.exit_code == 0
    assert "https://follow.example.com/forms/contact  Ask us anything (source: contact form)" in shown.output


def test_a_copy_for_a_website_is_plain_html() -> None:
    made = follow("forms", "snippet", "contact")
    assert made.exit_code == 0
    assert "add the website to `origins:`" in made.stderr
    form = BeautifulSoup(made.stdout, "html.parser").find("form")
    assert isinstance(form, Tag)
    assert form["action"] == "https://follow.example.com/forms/contact"
    key = form.find("input", {"name": "form_key"})
    assert isinstance(key, Tag)
    assert len(str(key["value"])) == 26
    assert "Bread & Butter may send me text messages" in form.get_text()
    missing = follow("forms", "snippet", "none")
    assert (missing.exit_code, "there is no form 'none'; there are: contact" in missing.stderr) == (1, True)


def test_mistakes_are_named_with_their_lines(playbook: Path) -> None:
    (playbook / "sales.yaml").write_text("form: sales\ntitle: Sales\nfields:\n  - {name: mail, label: Mail}\n")
    (playbook / "fair.yaml").write_text("form: fair\ntitle: F\nsource: fair\nfields: [{name: email, label: Email}]\n")
    for words in (("forms", "check"), ("forms",), ("forms", "snippet", "fair")):
        ran = follow(*words)
        assert ran.exit_code == 1
        assert f"{playbook}/sales.yaml:1:1: error: `source` is missing (add `source: …` here)" in ran.stderr
        assert f"{playbook}/sales.yaml:4:12: error: 'mail' is no field" in ran.stderr
    (playbook / "sales.yaml").unlink()
    good = follow("forms", "check")
    assert (good.exit_code, good.output) == (0, "1 good: fair\n")

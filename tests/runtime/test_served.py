"""Where a running `follow up` serves, found from a terminal that lacks its settings."""

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from runtime.addresses import with_servers
from runtime.cli.app import app
from runtime.served import FILE, as_served, forget, note
from runtime.settings import Settings, load_settings


def follow(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder of a `follow up` that runs on ports of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    folder = tmp_path / ".followthrough"
    folder.mkdir()
    note(load_settings(web_port=8100, temporal_port=7300, temporal_ui_port=8300), folder)
    return folder


def test_another_terminal_finds_what_the_first_one_set(folder: Path) -> None:
    found = with_servers(load_settings())
    assert (found.local_web_url, found.temporal_address) == ("http://127.0.0.1:8100", "127.0.0.1:7300")
    assert found.temporal_ui_url == "http://127.0.0.1:8300"
    assert "http://127.0.0.1:8100/forms/contact" in follow("forms").output
    assert 'action="http://127.0.0.1:8100/forms/contact"' in follow("forms", "snippet", "contact").output
    assert follow("address").output == "http://127.0.0.1:8100\n"


def test_what_is_set_here_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLLOW_WEB_PORT", "8200")
    monkeypatch.setenv("FOLLOW_TEMPORAL_ADDRESS", "temporal.example.com:7233")
    found = with_servers(load_settings())
    assert (found.base_url, found.temporal_address) == ("http://127.0.0.1:8200", "temporal.example.com:7233")


def test_a_public_address_is_found_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note(load_settings(public_url="https://follow.example.com", web_port=8100), folder)
    assert follow("address").output == "https://follow.example.com\n"
    monkeypatch.setenv("FOLLOW_PUBLIC_URL", "https://other.example.com")
    assert follow("address").output == "https://other.example.com\n"


@pytest.mark.parametrize("text", [None, "", "{}", '{"web_port": 0}', "[1]", "\xff"])
def test_without_a_note_or_with_a_damaged_one_the_settings_count(folder: Path, text: str | None) -> None:
    if text is None:
        forget(folder)
        forget(folder)
    else:
        (folder / FILE).write_text(text, encoding="latin-1")
    assert as_served(load_settings()) == Settings()

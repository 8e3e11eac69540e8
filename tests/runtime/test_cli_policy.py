"""`follow policy`, as a manager types it, on the real database."""

import asyncio
from pathlib import Path

from runtime.settings import PREFIX
from tests.runtime.conftest import Follow


async def test_it_is_printed_sent_once_and_its_acknowledgements_shown(follow: Follow, tmp_path: Path) -> None:
    async def typed(*words: str) -> str:
        ran = await asyncio.to_thread(follow, "policy", *words)
        assert ran.exit_code == 0, ran.output
        return ran.output

    shown = await typed()
    assert shown.startswith("# How Example Company follows up every lead\n")
    assert "1. At once: email `answer-the-question`" in shown
    assert "anna" not in shown

    assert "is in" in await typed("--html", "policy.html")
    page = (tmp_path / "policy.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "<code>answer-the-question</code>" in page

    assert "not sent to anna, ben, mia yet" in await typed("status")
    sent = await typed("send")
    assert "anna: asked" in sent
    assert "goes to 3 colleagues" in sent
    again = await typed("send")
    assert "anna: was asked before" in again
    assert "is new to nobody" in again
    status = await typed("status")
    assert "Anna Keller (anna)" in status
    assert "not sent" not in status


async def test_a_broken_file_is_one_clear_line(follow: Follow, tmp_path: Path, monkeypatch: object) -> None:
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "routing.yaml").write_text("rules: [\n")
    (tmp_path / ".env").write_text(f"{PREFIX}PLAYBOOK_DIR=book\n")
    for words in (("policy",), ("policy", "send"), ("policy", "status")):
        ran = await asyncio.to_thread(follow, *words)
        assert ran.exit_code == 1
        assert "routing.yaml" in ran.output
        assert "Traceback" not in ran.output

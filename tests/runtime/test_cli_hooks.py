"""`follow hooks`, as a person types it."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.hook_deliveries import HookDeliveries
from adapters.db.rows import HookDeliveryRow
from runtime.settings import PREFIX
from tests.clocks import SettableClock
from tests.runtime.conftest import Follow


def test_the_hooks_are_shown_with_address_and_secret(follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}PUBLIC_URL", "https://follow.example.com")
    monkeypatch.setenv(f"{PREFIX}SECRET", "a secret for tests only")
    shown = follow("hooks")
    assert "https://follow.example.com/hooks/example  example form tool (HMAC-SHA256 in hex" in shown.output
    secret = follow("hooks", "secret", "example").output.strip()
    assert (len(secret), secret.isalnum()) == (52, True)
    missing = follow("hooks", "secret", "none")
    assert (missing.exit_code, "there is no hook 'none'; there are: example" in missing.output) == (1, True)


def test_mistakes_are_named_with_their_lines(follow: Follow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(f"{PREFIX}PLAYBOOK_DIR", str(tmp_path))
    (tmp_path / "hooks").mkdir()
    path = tmp_path / "hooks" / "tool.yaml"
    path.write_text("hook: tool\nsource: s\nsignature: {header: X}\nid: id\nfields: {mail: data.mail}\n")
    wrong = follow("hooks", "check")
    assert (wrong.exit_code, f"{path}:5:9: error: 'mail' is no field" in wrong.output) == (1, True)
    path.write_text(path.read_text().replace("mail:", "email:"))
    good = follow("hooks", "check")
    assert (good.exit_code, good.output) == (0, "1 good: tool\n")


async def test_what_failed_is_shown_and_replayed(follow: Follow, engine: AsyncEngine, clock: SettableClock) -> None:
    async def typed(*words: str) -> tuple[int, str]:
        ran = await asyncio.to_thread(follow, *words)
        return ran.exit_code, ran.output

    body = '{"event": {"id": "1"}, "data": {"email": "zoe@example.com", "message": "Is it me?"}}'
    await HookDeliveries(engine).fail("example", "1", body, "mend [fields]", clock())
    await HookDeliveries(engine).fail("example", "2", "{}", "empty", clock())
    async with engine.connect() as connection:
        found = await connection.execute(select(HookDeliveryRow.external_id, HookDeliveryRow.id))
        ids = {row.external_id: row.id for row in found}
    code, shown = await typed("hooks", "deliveries", "--state", "failed", "--body")
    assert code == 0
    for part in ("mend [fields]", str(ids["1"])[:8], "zoe@example.com"):
        assert part in shown
    code, done = await typed("hooks", "replay", str(ids["1"])[:13])
    assert (code, "taken; it is lead " in done) == (0, True)
    assert "Is it me?" in (await typed("lead", "zoe@example.com"))[1]
    for words, said in (
        (("hooks", "replay", str(ids["1"])), "already"),
        (("hooks", "replay", str(ids["2"])), "nothing of a person stands at any of"),
        (("hooks", "replay", "zzzz"), "no delivery is called 'zzzz'"),
        (("hooks", "deliveries", "--state", "lost"), "it is taken or failed"),
    ):
        code, refused = await typed(*words)
        assert (code, said in refused) == (1, True)

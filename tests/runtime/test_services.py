"""Readiness: each part is asked, whatever is wrong with it, and asking never fails."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.engine import connect
from adapters.db.migrate import migrate
from api.services import Services
from api.webhooks.keys import WebhookKeys
from runtime.embedded.errors import StartError
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.services import open_services
from runtime.settings import Settings, load_settings

With = Callable[[str], Settings]
NOBODY = "127.0.0.1:1"


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> With:
    """The settings with a database, and a Temporal that nobody answers for."""
    monkeypatch.chdir(tmp_path)

    def settings(url: str) -> Settings:
        monkeypatch.setenv("FOLLOW_DATABASE_URL", url)
        monkeypatch.setenv("FOLLOW_TEMPORAL_ADDRESS", NOBODY)
        return load_settings()

    return settings


async def readiness(settings: Settings) -> dict[str, str]:
    async with open_services(settings) as services:
        return await ready(services)


async def ready(services: Services) -> dict[str, str]:
    return await services.readiness()


async def test_the_webhooks_are_off_until_their_keys_are_set(
    over: With, postgres: EmbeddedPostgres, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_services(over(postgres.url("tests"))) as services:
        assert services.webhooks == WebhookKeys(base_url="http://127.0.0.1:8000")
    key = (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglS"
        "I8eNEc6wEA3F+g=="
    )
    for name, value in {
        "SENDGRID_EVENT_KEY": key,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "token",
        "TWILIO_SENDER": "+12125550100",
        "PUBLIC_URL": "https://follow.example.com/base/",
    }.items():
        monkeypatch.setenv(f"FOLLOW_{name}", value)
    async with open_services(over(postgres.url("tests"))) as services:
        assert services.webhooks == WebhookKeys(
            sendgrid_event_key=key, twilio_auth_token="token", base_url="https://follow.example.com/base"
        )


async def test_a_current_database_is_ready(over: With, postgres: EmbeddedPostgres, engine: AsyncEngine) -> None:
    parts = await readiness(over(postgres.url("tests")))
    assert parts["database"] == "ok"
    assert parts["temporal"].startswith("can't be reached")


async def test_an_empty_database_is_not_ready(over: With, postgres: EmbeddedPostgres) -> None:
    postgres.create_database("empty")
    parts = await readiness(over(postgres.url("empty")))
    assert parts["database"] == "its schema is not current; run `follow migrate`"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("postgresql://me@/x?host=/nowhere&port=5432", "FileNotFoundError"),
        ("postgresql://me@127.0.0.1:1/x", "ConnectionRefusedError"),
    ],
)
async def test_an_absent_database_is_not_ready(over: With, url: str, kind: str) -> None:
    settings = over(url)
    assert (await readiness(settings))["database"] == f"can't be reached ({kind})"
    with pytest.raises(StartError, match="the database does not answer"):
        async with open_services(settings, must_answer=True):
            pass


async def test_a_database_that_lets_nobody_in_is_not_ready(over: With, postgres: EmbeddedPostgres) -> None:
    settings = over(postgres.url("nowhere"))
    assert (await readiness(settings))["database"] == "can't be reached (InvalidCatalogNameError)"
    with pytest.raises(StartError, match="the database does not answer"):
        async with open_services(settings, must_answer=True):
            pass
    postgres.create_database("closed")
    admin = connect(postgres.url("postgres"))
    try:
        async with admin.begin() as connection:
            await connection.execute(text("alter database closed allow_connections false"))
    finally:
        await admin.dispose()
    parts = await readiness(over(postgres.url("closed")))
    assert parts["database"] == "can't be reached (ObjectNotInPrerequisiteStateError)"


async def test_a_database_with_something_else_in_it_is_not_ready(over: With, postgres: EmbeddedPostgres) -> None:
    postgres.create_database("other")
    other = connect(postgres.url("other"))
    try:
        await migrate(other)
        async with other.begin() as connection:
            await connection.execute(text("alter table alembic_version rename column version_num to version"))
    finally:
        await other.dispose()
    parts = await readiness(over(postgres.url("other")))
    assert parts["database"] == "can't be used (UndefinedColumnError)"

"""Settings: read from the environment and `.env`, refused in words a person understands, documented in full."""

import os
import stat
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import phonenumbers
import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from runtime import setting_values
from runtime.addresses import with_servers
from runtime.bootstrap import company_of
from runtime.settings import (
    FOR_TESTS,
    Settings,
    SettingsError,
    environment,
    load_settings,
    signing_secret,
    variable,
)
from tests.console.chromium import NAMED, SKIPPED

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("FOLLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_defaults_need_nothing() -> None:
    settings = load_settings()
    assert settings.data_dir == Path(".followthrough")
    assert settings.asyncpg_url is None
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.redeliver_every == timedelta(seconds=10)


def test_environment_wins_over_the_file_and_empty_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("FOLLOW_WEB_PORT=8100\nFOLLOW_TEMPORAL_PORT=7300\nOTHER=1\n")
    monkeypatch.setenv("FOLLOW_WEB_PORT", "8200")
    monkeypatch.setenv("FOLLOW_DATABASE_URL", "")
    settings = load_settings()
    assert (settings.web_port, settings.temporal_port, settings.database_url) == (8200, 7300, None)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FOLLOW_WEB_PORT", "eighty", "FOLLOW_WEB_PORT: must be a whole number (it is 'eighty')"),
        ("FOLLOW_TEMPORAL_PORT", "0", "FOLLOW_TEMPORAL_PORT: must be greater than or equal to 1 (it is '0')"),
        ("FOLLOW_LOG_JSON", "maybe", "FOLLOW_LOG_JSON: must be yes or no, or true or false (it is 'maybe')"),
        ("FOLLOW_LOG_LEVEL", "loud", "'DEBUG', 'INFO', 'WARNING', 'ERROR' or 'CRITICAL'"),
        ("FOLLOW_REDELIVER_EVERY", "soon", "FOLLOW_REDELIVER_EVERY: must be a number of seconds (it is 'soon')"),
        ("FOLLOW_REDELIVER_EVERY", "-3", "FOLLOW_REDELIVER_EVERY: must be greater than 0 seconds"),
        ("FOLLOW_COMPANY_ZONE", "America/NewYork", "must be an IANA time zone such as America/New_York"),
        ("FOLLOW_COMPANY_COUNTRY", "USA", "FOLLOW_COMPANY_COUNTRY: must be a country's two letters"),
        ("FOLLOW_COMPANY_CURRENCY", "euros", "FOLLOW_COMPANY_CURRENCY: must be the three letters of a currency in use"),
        ("FOLLOW_COMPANY_CURRENCY", "euros", "(ISO 4217), such as EUR (it is 'euros')"),
        ("FOLLOW_COMPANY_CURRENCY", "€", "(ISO 4217), such as EUR (it is '€')"),
        ("FOLLOW_COMPANY_CURRENCY", "DEM", "(ISO 4217), such as USD (it is 'DEM')"),
        ("FOLLOW_COMPANY_HOURS", "weekdays", "FOLLOW_COMPANY_HOURS: 'weekdays' means no hours"),
        ("FOLLOW_COMPANY_PHONE", "12", "FOLLOW_COMPANY_PHONE: must be a phone number"),
        ("FOLLOW_COMPANY_PHONE", "call us", "FOLLOW_COMPANY_PHONE: must be a phone number"),
        ("FOLLOW_SENDER_EMAIL", "hello", "FOLLOW_SENDER_EMAIL: must be an email address"),
        ("FOLLOW_DEFAULT_OWNER", "Ann Lee", "FOLLOW_DEFAULT_OWNER: must be lower-case letters"),
        ("FOLLOW_TEMPORAL_ADDRESS", "temporal", "FOLLOW_TEMPORAL_ADDRESS: must be host:port"),
        ("FOLLOW_PUBLIC_URL", "follow.example.com", "FOLLOW_PUBLIC_URL: must be a web address"),
        ("FOLLOW_DATABASE_URL", "mysql://u:hidden-word@h/x", "must begin with postgresql://, not mysql://"),
        ("FOLLOW_DATABASE_URL", "postgresql://u:hidden-word@h", "FOLLOW_DATABASE_URL: must name a database"),
        ("FOLLOW_DATABASE_URL", "hidden-word", "FOLLOW_DATABASE_URL: must be a URL"),
        ("FOLLOW_SECRET", "hidden-word", "FOLLOW_SECRET: must have at least 16 characters"),
        ("FOLLOW_REPLY_DOMAIN", "reply", "FOLLOW_REPLY_DOMAIN: must be a domain"),
        ("FOLLOW_LEAD_ADDRESS", "reply.example.com", "FOLLOW_LEAD_ADDRESS: must be an email address"),
        ("FOLLOW_SENDGRID_INBOUND_SECRET", "hidden-word", "INBOUND_SECRET: must have at least 16 characters"),
        ("FOLLOW_SENDGRID_INBOUND_SECRET", "hidden-word/hidden-word", "INBOUND_SECRET: must be letters, digits"),
        ("FOLLOW_SENDGRID_INBOUND_KEY", "key", "FOLLOW_SENDGRID_INBOUND_KEY: must be the verification key"),
        ("FOLLOW_EMAIL_PER_SECOND", "0", "FOLLOW_EMAIL_PER_SECOND: must be greater than 0"),
        ("FOLLOW_SMS_PER_SECOND", "many", "FOLLOW_SMS_PER_SECOND: must be a number"),
        ("FOLLOW_OIDC_ISSUER", "http://id.example.com", "FOLLOW_OIDC_ISSUER: must begin with https://"),
        ("FOLLOW_WEBPORT", "1", "FOLLOW_WEBPORT: there is no such setting; did you mean FOLLOW_WEB_PORT?"),
    ],
)
def test_a_bad_value_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    message = str(caught.value)
    assert said in message
    assert message.startswith(name)
    assert len(message.splitlines()) == 1
    assert "hidden-word" not in message


def test_single_sign_on_needs_a_provider_and_a_name_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLLOW_OIDC_CLIENT_SECRET", "hidden-word")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == "single sign-on needs both FOLLOW_OIDC_ISSUER and FOLLOW_OIDC_CLIENT_ID"
    monkeypatch.setenv("FOLLOW_OIDC_ISSUER", "https://id.example.com/realms/us/")
    monkeypatch.setenv("FOLLOW_OIDC_CLIENT_ID", "followthrough")
    settings = load_settings()
    assert settings.oidc_issuer == "https://id.example.com/realms/us"
    assert "hidden-word" not in repr(settings)


def test_variables_of_the_tests_are_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {NAMED, SKIPPED} == FOR_TESTS
    for name in FOR_TESTS:
        monkeypatch.setenv(name, "1")
    assert load_settings() == load_settings(env_file=None)


def test_every_mistake_is_named_at_once() -> None:
    Path(".env").write_text("FOLLOW_WEB_PORT=x\nFOLLOW_SENDER_EMAIL=x\nFOLLOW_COLOUR=red\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    named = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    assert named == ["FOLLOW_COLOUR", "FOLLOW_WEB_PORT", "FOLLOW_SENDER_EMAIL"]


def test_a_file_that_is_no_text_is_one_clear_line() -> None:
    Path(".env").write_bytes(b"FOLLOW_COMPANY_NAME=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read: .*$"):
        load_settings()


@pytest.mark.parametrize(
    ("given", "translated"),
    [
        ("postgresql://u:p%40w@db:5433/leads", "postgresql+asyncpg://u:p%40w@db:5433/leads"),
        ("postgres://u@db/leads", "postgresql+asyncpg://u@db/leads"),
        (
            "postgresql://u@db/leads?sslmode=require&channel_binding=require",
            "postgresql+asyncpg://u@db/leads?ssl=require",
        ),
    ],
)
def test_database_urls_are_translated_for_asyncpg(given: str, translated: str) -> None:
    settings = load_settings(database_url=given)
    assert settings.asyncpg_url == translated
    assert given not in repr(settings)


@pytest.mark.parametrize(
    ("host", "url"), [("0.0.0.0", "http://127.0.0.1:8000"), ("::", "http://[::1]:8000"), ("web", "http://web:8000")]
)
def test_the_web_server_is_reachable_whatever_it_listens_on(host: str, url: str) -> None:
    assert load_settings(web_host=host).local_web_url == url
    assert load_settings(web_host=host, public_url="https://f.example.com/").base_url == "https://f.example.com"


def test_a_child_process_sees_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = load_settings(
        data_dir=Path("/tmp/x y"),
        database_url="postgresql://u:p@h/d",
        company_name='Smith & "Sons"',
        company_phone="+1 212 555 0100",
        redeliver_every=timedelta(milliseconds=1500),
        secret=SecretStr("a" * 20),
        log_json=True,
    )
    for name, value in environment(given).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == given


def test_the_example_names_every_setting_with_its_default_and_meaning() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    shown = {}
    for meaning, line in pairwise(lines):
        if line.startswith("#FOLLOW_"):
            name, _, default = line.removeprefix("#").partition("=")
            shown[name] = (meaning.removeprefix("# "), default)
    assert shown.keys() == {variable(name) for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        assert shown[variable(name)][0] == field.description


def test_the_example_uncommented_is_the_defaults() -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("\n#FOLLOW_", "\nFOLLOW_")
    Path("example.env").write_text(text)
    assert len(dotenv_values("example.env")) == len(Settings.model_fields)
    assert load_settings(env_file=Path("example.env")) == load_settings()


def test_the_secret_is_made_once_and_for_us_only() -> None:
    settings = load_settings(data_dir=Path("data"))
    first = signing_secret(settings)
    assert len(first.get_secret_value()) >= 32
    assert signing_secret(settings) == first
    assert stat.S_IMODE(Path("data/secret").stat().st_mode) == 0o600
    assert [path.name for path in Path("data").iterdir()] == ["secret"]


def test_a_set_secret_wins_and_a_damaged_one_is_refused() -> None:
    assert signing_secret(load_settings(secret=SecretStr("b" * 16))).get_secret_value() == "b" * 16
    Path("data").mkdir()
    Path("data/secret").write_text("short")
    with pytest.raises(SettingsError, match="too short: remove the file"):
        signing_secret(load_settings(data_dir=Path("data")))


def test_servers_that_are_not_named_are_the_embedded_ones(tmp_path: Path) -> None:
    found = with_servers(load_settings(temporal_port=7300, temporal_ui_port=8300))
    assert found.temporal_address == "127.0.0.1:7300"
    assert found.temporal_ui_url == "http://127.0.0.1:8300"
    assert found.asyncpg_url is not None
    assert found.asyncpg_url.startswith("postgresql+asyncpg://followthrough@/followthrough?host=")
    assert found.data_dir == tmp_path / ".followthrough"


def test_servers_that_are_named_are_kept() -> None:
    named = load_settings(database_url="postgresql://u@db/d", temporal_address="t:7233", data_dir=Path("/x"))
    assert with_servers(named) == named


def test_emails_come_from_the_companys_name_unless_another_is_set() -> None:
    ours = load_settings(env_file=None, company_name="Acme Tools")
    assert company_of(ours).sender_name == "Acme Tools"
    other = load_settings(env_file=None, company_name="Acme Tools", sender_name="Anna at Acme")
    assert company_of(other).sender_name == "Anna at Acme"


def test_costs_are_in_the_countrys_currency_unless_another_is_set() -> None:
    assert company_of(load_settings(env_file=None)).currency == "USD"
    assert company_of(load_settings(env_file=None, company_country="de")).currency == "EUR"
    swiss = load_settings(env_file=None, company_country="DE", company_currency=" chf ")
    assert company_of(swiss).currency == "CHF"


def test_every_country_that_the_company_may_be_in_has_a_currency() -> None:
    for country in phonenumbers.SUPPORTED_REGIONS:
        assert setting_values.currency(setting_values.currency_of(country))

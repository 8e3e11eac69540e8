"""`follow providers check` as a person types it: what each channel uses, the public address, exit codes, no secrets."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from adapters.db.engine import connect
from adapters.db.senders import Senders
from adapters.providers.checks.findings import State
from adapters.providers.checks.public_address import check_public_url
from api.webhooks import sendgrid, sendgrid_inbound, twilio_inbound
from leads.model import Channel
from runtime import logs, provider_checks
from runtime.channels import channels
from runtime.cli.app import app
from runtime.embedded.errors import StartError
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.settings import Settings, environment, load_settings
from tests.faults.provider import FakeProvider
from tests.faults.provider_account import SERVICE_SID
from tests.runtime.provider_setup import DNS, NUMBER, SECRET, SENDER, amiss, by_service, checked, set_up, settings
from tests.sample import COMPANY

OK, MISSING, WRONG, UNTOLD, UNUSED = State
Check = Callable[..., Result]


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        set_up(provider)
        yield provider
        assert provider.mistakes == []
        assert provider.attempts == {}


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Run the command with these settings, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is for a whole process; this one is the tests'

    def run(given: Settings, *words: str) -> Result:
        for name, value in environment(given).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("FOLLOW_DATA_DIR")  # where there is none, there is no database of ours either
        return CliRunner().invoke(app, ["providers", "check", *words])

    return run


def test_the_local_outbox_needs_nothing(check: Check) -> None:
    ran = check(load_settings(env_file=None))
    assert (ran.exit_code, ran.exception) == (0, None)
    assert "email: local outbox (no FOLLOW_SENDGRID_API_KEY: nothing is sent)" in ran.output
    assert "texts: local outbox (no FOLLOW_TWILIO_ACCOUNT_SID: nothing is sent)" in ran.output
    assert "to send, set FOLLOW_SENDGRID_API_KEY" in ran.output
    assert "nothing to do" in ran.output


def test_everything_there_is_0(check: Check, provider: FakeProvider, tmp_path: Path) -> None:
    (tmp_path / "dns.txt").write_text(DNS)
    ran = check(settings(provider), "--dns", "dns.txt")
    assert (ran.exit_code, ran.exception) == (0, None), ran.output
    assert "nothing to do" in ran.output
    assert "not looked at" in ran.output  # there is no database here whose senders could be


def test_something_lacking_is_1_and_said(check: Check, provider: FakeProvider) -> None:
    provider.account.domains = []
    ran = check(settings(provider))
    assert ran.exit_code == 1
    assert "1 to do" in ran.output
    assert f"sender {SENDER}" in ran.output


def test_every_sender_of_the_database_is_looked_at(
    check: Check, provider: FakeProvider, postgres: EmbeddedPostgres, engine: AsyncEngine
) -> None:
    asyncio.run(add_senders(postgres))
    given = settings(provider, database_url=postgres.url("tests"), temporal_address="127.0.0.1:9")
    ran = check(given)
    assert ran.exit_code == 1
    assert "not looked at" not in ran.output
    assert "sender anna@acme-tools.com" in ran.output
    assert "sender +12125550177" in ran.output
    assert "bob@other.com" not in ran.output
    assert "1 to do" in ran.output


async def add_senders(postgres: EmbeddedPostgres) -> None:
    """An address that SendGrid knows, a number that Twilio doesn't, and an address that is stopped."""
    now = datetime(2026, 11, 20, 15, tzinfo=UTC)
    engine = connect(postgres.url("tests"))
    senders = Senders(engine, COMPANY)
    await senders.add("anna@acme-tools.com", Channel.EMAIL, now)
    await senders.add("+12125550177", Channel.SMS, now)
    await senders.add("bob@other.com", Channel.EMAIL, now)
    await senders.stop("bob@other.com")
    await engine.dispose()


def test_no_secret_is_ever_shown(check: Check, provider: FakeProvider) -> None:
    provider.account.parse_settings[0]["url"] = "https://elsewhere.example.com/an-older-secret"
    for refused in ([], ["/v3/user", "/v1"], ["/v3", "/2010"]):
        provider.account.forbidden = refused
        output = check(settings(provider)).output
        for secret in (provider.api_key, provider.auth_token, SECRET, "an-older-secret"):
            assert secret not in output


def test_a_file_that_is_none_is_one_line(check: Check, tmp_path: Path) -> None:
    (tmp_path / "dns.txt").write_text("hello dear world")
    for file, words in (("none.txt", "can't be read"), ("dns.txt", "dns.txt: line 1: unknown rdatatype")):
        ran = check(load_settings(env_file=None), "--dns", file)
        assert isinstance(ran.exception, StartError)
        assert words in str(ran.exception)


@pytest.mark.parametrize(
    ("url", "state"),
    [
        (None, MISSING),
        ("https://follow.acme-tools.com", OK),
        ("https://follow.acme-tools.com/some/path", OK),
        ("https://8.8.8.8", OK),
        ("http://follow.acme-tools.com", WRONG),
        ("https://localhost:8000", WRONG),
        ("https://127.0.0.1:8000", WRONG),
        ("https://[::1]", WRONG),
        ("https://192.168.1.10", WRONG),
        ("https://follow", WRONG),
        ("https://follow.local", WRONG),
        ("https://follow.internal.", WRONG),
    ],
)
def test_the_public_address_must_be_reached_from_everywhere_by_https(url: str | None, state: State) -> None:
    assert check_public_url(url).state is state


def test_an_address_of_our_own_machine_is_wrong_for_either_channel(provider: FakeProvider) -> None:
    only_texts = settings(provider, sendgrid_api_key=None, public_url="http://127.0.0.1:8000")
    assert amiss(checked(only_texts))["public address"] is WRONG


def test_the_examples_of_a_fresh_installation_are_named(provider: FakeProvider) -> None:
    given = settings(provider, company_name=None, company_postal_address=None, sender_name=None, sender_email=None)
    named = {what for what in amiss(checked(given)) if what.startswith("FOLLOW_")}
    company = {"FOLLOW_COMPANY_NAME", "FOLLOW_COMPANY_POSTAL_ADDRESS"}
    assert named == company | {"FOLLOW_SENDER_EMAIL"}


def test_each_channel_says_what_it_uses(provider: FakeProvider) -> None:
    assert channels(settings(provider)) == {
        "email": f"SendGrid, from {SENDER}, replies to reply.acme-tools.com; reports on",
        "texts": f"Twilio, from {NUMBER}; webhooks on",
    }
    bare = by_service(provider, public_url=None, reply_domain=None, sendgrid_event_key=None)
    assert channels(bare) == {
        "email": f"SendGrid, from {SENDER}, replies to the same address; reports off (no FOLLOW_SENDGRID_EVENT_KEY)",
        "texts": f"Twilio, from messaging service {SERVICE_SID}; webhooks off (no FOLLOW_PUBLIC_URL)",
    }
    deaf = settings(provider, sendgrid_inbound_secret=None)
    assert "not heard (no FOLLOW_SENDGRID_INBOUND_SECRET)" in channels(deaf)["email"]


def test_the_addresses_that_providers_are_told_are_those_that_we_serve() -> None:
    routers = (sendgrid.router, sendgrid_inbound.router, twilio_inbound.router)
    served = [route.path for router in routers for route in router.routes]  # type: ignore[attr-defined]
    inbound = f"{provider_checks.SENDGRID_INBOUND}/{{secret}}"
    assert served == [provider_checks.SENDGRID_EVENTS, inbound, provider_checks.TWILIO_INBOUND]

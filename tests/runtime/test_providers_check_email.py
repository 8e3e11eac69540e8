"""`follow providers check` for email: each thing that can lack at SendGrid is taken away once, through its client."""

from collections.abc import Iterator
from typing import Any

import pytest

from adapters.providers.checks.findings import State
from adapters.providers.checks.sendgrid_checks import WANTED_EVENTS
from api.webhooks.sendgrid_events import EVENTS
from tests.adapters.provider_trouble import nobody_listens
from tests.faults import provider_account
from tests.faults.provider import FakeProvider
from tests.runtime.provider_setup import DOMAIN, PUBLIC, REPLIES, SECRET, SENDER, amiss, checked, set_up, settings

OK, MISSING, WRONG, UNTOLD, UNUSED = State
WHAT = f"sender {SENDER}"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        set_up(provider)
        yield provider
        assert provider.mistakes == []
        assert provider.attempts == {}


def test_a_complete_set_up_needs_nothing(provider: FakeProvider) -> None:
    found = checked(settings(provider))
    assert amiss(found) == {}
    emails = {what: each.state for what, each in found.items() if each.channel == "email"}
    assert emails == dict.fromkeys(["API key", "scope mail.send", WHAT, "event webhook", "inbound parse"], OK)


def test_a_key_that_is_not_accepted_ends_the_look_ups(provider: FakeProvider) -> None:
    found = checked(settings(provider, sendgrid_api_key="another-key"))
    assert amiss(found) == {"API key": WRONG}
    assert WHAT not in found
    assert not any("verified" in path for path in provider.account.looked_up)


def test_a_sendgrid_that_is_away_is_no_wrong_key(provider: FakeProvider) -> None:
    provider.account.down = True
    assert "answered with 503" in checked(settings(provider))["API key"].note
    with nobody_listens() as url:
        away = checked(
            settings(provider, sendgrid_url=url, twilio_account_sid=None, twilio_auth_token=None, twilio_sender=None)
        )
    assert away["API key"].state is WRONG
    assert "no readable answer" in away["API key"].note


def test_a_refusal_of_everything_points_to_the_list_of_addresses(provider: FakeProvider) -> None:
    provider.account.forbidden = ["/v3/"]
    assert "IP Access Management" in checked(settings(provider))["API key"].note


def test_a_key_that_may_not_send_lacks_a_scope(provider: FakeProvider) -> None:
    provider.account.scopes = ["alerts.read"]
    assert amiss(checked(settings(provider))) == {"scope mail.send": MISSING}


def test_a_key_that_may_only_send_can_t_look_and_is_not_blamed(provider: FakeProvider) -> None:
    provider.account.forbidden = ["/v3/verified_senders", "/v3/whitelabel", "/v3/user"]
    found = checked(settings(provider))
    assert amiss(found) == {}
    assert [found[what].state for what in (WHAT, "event webhook", "inbound parse")] == [UNTOLD] * 3
    assert "this key may not look there without the scope user.webhooks.event" in found["event webhook"].note


@pytest.mark.parametrize(
    ("domains", "verified", "state", "words"),
    [
        ([], {}, MISSING, f"authenticate the domain {DOMAIN}"),
        ([provider_account.domain("other.com")], {}, MISSING, "authenticate the domain"),
        ([provider_account.domain(DOMAIN, valid=False)], {}, WRONG, "has not found the DNS records"),
        ([], {SENDER: False}, WRONG, "waits for the click"),
        ([], {SENDER.upper(): True}, OK, "as a single sender"),
        ([provider_account.domain(DOMAIN, valid=False)], {SENDER: True}, OK, "as a single sender"),
        ([provider_account.domain("tools.com"), provider_account.domain("com")], {}, UNTOLD, "only a first email"),
    ],
)
def test_a_sender_is_verified_by_its_domain_or_by_itself(
    provider: FakeProvider, domains: list[Any], verified: dict[str, bool], state: State, words: str
) -> None:
    provider.account.domains, provider.account.verified_senders = domains, verified
    found = checked(settings(provider))
    assert (found[WHAT].state, words in found[WHAT].note) == (state, True), found[WHAT]


def test_a_domain_without_its_records_is_wrong_though_single_senders_can_t_be_seen(provider: FakeProvider) -> None:
    provider.account.domains = [provider_account.domain(DOMAIN, valid=False)]
    provider.account.forbidden = ["/v3/verified_senders"]
    assert amiss(checked(settings(provider))) == {WHAT: WRONG}


def test_a_domain_beyond_the_first_page_is_found(provider: FakeProvider) -> None:
    many = [provider_account.domain(f"d{number}.com") for number in range(450)]
    provider.account.domains = [*many, provider_account.domain(DOMAIN)]
    assert checked(settings(provider))[WHAT].state is OK


def test_every_other_sender_is_looked_at_too(provider: FakeProvider) -> None:
    found = checked(settings(provider), more_addresses=["anna@acme-tools.com", SENDER, "bob@other.com"])
    assert found["sender anna@acme-tools.com"].state is OK
    assert amiss(found) == {"sender bob@other.com": MISSING}


@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        ({"url": f"{PUBLIC}/webhooks/sendgrid"}, MISSING, f"make one that posts to {PUBLIC}/webhooks/sendgrid/events"),
        ({"enabled": False}, WRONG, "switched off"),
        ({"bounce": False, "spam_report": False}, WRONG, "bounce, spam_report"),
        ({"public_key": ""}, WRONG, "not signed"),
        ({"public_key": "another"}, WRONG, "is not this webhook's key"),
    ],
)
def test_the_event_webhook_must_be_ours_on_complete_and_signed(
    provider: FakeProvider, change: dict[str, Any], state: State, words: str
) -> None:
    provider.account.event_webhooks[1] |= change
    found = checked(settings(provider))
    assert amiss(found) == {"event webhook": state}
    assert words in found["event webhook"].note


def test_a_key_that_the_list_does_not_show_is_asked_for(provider: FakeProvider) -> None:
    webhook = provider.account.event_webhooks[1]
    del webhook["public_key"]
    provider.account.signing_keys = {str(webhook["id"]): provider.event_public_key}
    assert amiss(checked(settings(provider))) == {}


def test_without_our_key_the_one_to_set_is_shown(provider: FakeProvider) -> None:
    found = checked(settings(provider, sendgrid_event_key=None))
    assert amiss(found) == {"event webhook": MISSING}
    assert f"FOLLOW_SENDGRID_EVENT_KEY={provider.event_public_key}" in found["event webhook"].note
    provider.account.forbidden = ["/v3/user/webhooks/event"]
    assert amiss(checked(settings(provider, sendgrid_event_key=None))) == {"event webhook": MISSING}


def test_the_events_that_are_wanted_are_those_that_are_heard() -> None:
    assert {name.replace("_report", "report") for name in WANTED_EVENTS} == set(EVENTS)


def test_replies_need_both_settings_or_none(provider: FakeProvider) -> None:
    neither = checked(settings(provider, reply_domain=None, sendgrid_inbound_secret=None))
    assert (neither["inbound parse"].state, amiss(neither)) == (UNUSED, {})
    for lacking in ("reply_domain", "sendgrid_inbound_secret"):
        found = checked(settings(provider, **{lacking: None}))
        assert amiss(found) == {"inbound parse": MISSING}
        assert f"FOLLOW_{lacking.upper()}" in found["inbound parse"].note


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"hostname": "other.acme-tools.com"}, MISSING),
        ({"url": f"{PUBLIC}/webhooks/sendgrid/inbound/another-secret"}, WRONG),
        ({"url": f"{PUBLIC}/webhooks/sendgrid/inbound"}, WRONG),
        ({"url": f"http://acme-tools.com/webhooks/sendgrid/inbound/{SECRET}"}, WRONG),
    ],
)
def test_inbound_parse_must_bring_the_reply_domain_s_mail_here(
    provider: FakeProvider, change: dict[str, Any], state: State
) -> None:
    provider.account.parse_settings[0] |= change
    found = checked(settings(provider))
    assert amiss(found) == {"inbound parse": state}
    assert f"{PUBLIC}/webhooks/sendgrid/inbound/<FOLLOW_SENDGRID_INBOUND_SECRET>" in found["inbound parse"].note
    assert SECRET not in found["inbound parse"].note
    assert "another-secret" not in found["inbound parse"].note


def test_the_key_of_inbound_parse_must_be_one_that_sendgrid_signs_with(provider: FakeProvider) -> None:
    what, given = "inbound parse's signature", settings(provider, sendgrid_inbound_key=provider.event_public_key)
    assert what not in checked(settings(provider))
    assert amiss(checked(given)) == {what: WRONG}
    provider.account.parse_keys = ["another", provider.event_public_key]
    assert checked(given)[what].state is OK
    provider.account.forbidden = ["/v3/user/webhooks/security"]
    assert checked(given)[what].state is UNTOLD


def test_the_lead_address_is_one_of_the_reply_domain(provider: FakeProvider) -> None:
    assert amiss(checked(settings(provider, lead_address=f"sales@{REPLIES}"))) == {}
    assert amiss(checked(settings(provider, lead_address=SENDER))) == {f"lead address {SENDER}": WRONG}

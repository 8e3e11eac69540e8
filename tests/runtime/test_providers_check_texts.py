"""`follow providers check` for texts: each thing that can lack at Twilio is taken away once, through its client."""

from collections.abc import Iterator

import pytest

from adapters.providers.checks.findings import State
from tests.adapters.provider_trouble import nobody_listens
from tests.faults import provider_account
from tests.faults.provider import FakeProvider
from tests.faults.provider_account import SERVICE_SID, Service
from tests.runtime.provider_setup import NUMBER, PUBLIC, amiss, by_service, checked, set_up, settings

OK, MISSING, WRONG, UNTOLD, UNUSED = State
INBOUND = f"{PUBLIC}/webhooks/twilio/inbound"
A2P = "US registration (A2P 10DLC)"
SENDER = f"sender {NUMBER}"
SERVICE = f"sender {SERVICE_SID}"
TOLL_FREE = "+18885550100"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        set_up(provider)
        yield provider
        assert provider.mistakes == []
        assert provider.attempts == {}


def test_a_complete_set_up_needs_nothing(provider: FakeProvider) -> None:
    for sender, given in ((SENDER, settings(provider)), (SERVICE, by_service(provider))):
        found = checked(given)
        assert amiss(found) == {}
        texts = {what: each.state for what, each in found.items() if each.channel == "texts"}
        assert texts == dict.fromkeys(["account", "delivery reports", sender, "incoming texts", A2P], OK)


def test_a_token_that_is_not_accepted_ends_the_look_ups(provider: FakeProvider) -> None:
    found = checked(settings(provider, twilio_auth_token="another-token"))
    assert amiss(found) == {"account": WRONG}
    assert SENDER not in found
    assert amiss(checked(settings(provider, twilio_account_sid="AC" + "0" * 32))) == {"account": WRONG}


def test_a_twilio_that_is_away_is_no_wrong_token(provider: FakeProvider) -> None:
    with nobody_listens() as url:
        away = checked(settings(provider, twilio_url=url))
    assert amiss(away) == {"account": WRONG}
    assert "no readable answer" in away["account"].note
    provider.account.down = True
    assert "answered with 503" in checked(settings(provider))["account"].note


def test_an_account_must_be_active_and_paid(provider: FakeProvider) -> None:
    provider.account.twilio_type = "Trial"
    assert amiss(checked(settings(provider))) == {"paid account": MISSING}
    provider.account.twilio_status = "suspended"
    found = checked(settings(provider))
    assert amiss(found) == {"account": WRONG}
    assert "suspended" in found["account"].note


def test_the_number_must_be_the_account_s_and_able_to_text(provider: FakeProvider) -> None:
    provider.account.numbers = [provider_account.number(NUMBER, sms=False)]
    assert amiss(checked(settings(provider))) == {SENDER: WRONG}
    provider.account.numbers = [provider_account.number(f"{NUMBER}0")]
    assert amiss(checked(settings(provider))) == {SENDER: MISSING}


def test_every_other_number_is_looked_at_too(provider: FakeProvider) -> None:
    found = checked(settings(provider), more_numbers=["+12125550177", NUMBER])
    assert amiss(found) == {"sender +12125550177": MISSING}


def test_the_messaging_service_must_exist_and_have_a_number_that_texts(provider: FakeProvider) -> None:
    [service] = provider.account.services
    provider.account.numbers = [provider_account.number(NUMBER, sms=False)]
    assert amiss(checked(by_service(provider))) == {SERVICE: WRONG}
    service.numbers = []
    assert amiss(checked(by_service(provider))) == {SERVICE: MISSING}
    service.short_codes = ["12345"]
    assert checked(by_service(provider))[SERVICE].state is OK
    provider.account.services = []
    assert amiss(checked(by_service(provider))) == {SERVICE: MISSING}


@pytest.mark.parametrize(("url", "state"), [(None, MISSING), ("https://me:secret@elsewhere.example.com", WRONG)])
def test_incoming_texts_of_a_service_must_come_here(provider: FakeProvider, url: str | None, state: State) -> None:
    provider.account.services[0].inbound_request_url = url
    for given in (settings(provider), by_service(provider)):
        found = checked(given)
        assert amiss(found) == {"incoming texts": state}
        assert INBOUND in found["incoming texts"].note
        assert "secret" not in found["incoming texts"].note


def test_incoming_texts_go_where_the_number_says_if_its_service_leaves_it_to_it(provider: FakeProvider) -> None:
    provider.account.services[0].use_inbound_webhook_on_number = True
    for given in (settings(provider), by_service(provider)):
        assert amiss(checked(given)) == {"incoming texts": MISSING}
    provider.account.numbers = [provider_account.number(NUMBER, sms_url=INBOUND)]
    for given in (settings(provider), by_service(provider)):
        assert amiss(checked(given)) == {}


@pytest.mark.parametrize(
    ("campaigns", "state", "words"),
    [
        ([], MISSING, "register the brand"),
        (["IN_PROGRESS"], MISSING, "IN_PROGRESS; wait"),
        (["FAILED"], WRONG, "FAILED; see why"),
        (["FAILED", "IN_PROGRESS"], MISSING, "wait"),
        (["FAILED", "VERIFIED"], OK, "VERIFIED"),
    ],
)
def test_a_us_number_must_be_registered(provider: FakeProvider, campaigns: list[str], state: State, words: str) -> None:
    provider.account.services[0].campaigns = campaigns
    for given in (settings(provider), by_service(provider)):
        registration = checked(given)[A2P]
        assert (registration.state, words in registration.note) == (state, True), registration


def test_a_us_number_outside_of_any_service_can_t_be_registered(provider: FakeProvider) -> None:
    provider.account.services = [Service(sid="MG" + "0" * 32)]
    provider.account.numbers = [provider_account.number(NUMBER, sms_url=INBOUND)]
    found = checked(settings(provider))
    assert amiss(found) == {A2P: MISSING}
    assert "30034" in found[A2P].note


def test_a_toll_free_number_must_be_verified(provider: FakeProvider) -> None:
    what = f"toll-free verification of {TOLL_FREE}"
    provider.account.numbers.append({**provider_account.number(TOLL_FREE, sms_url=INBOUND), "sid": "PN" + "0" * 32})
    given = settings(provider, twilio_sender=TOLL_FREE)
    assert amiss(checked(given)) == {what: MISSING}
    for status, state in (("IN_REVIEW", MISSING), ("TWILIO_REJECTED", WRONG), ("TWILIO_APPROVED", OK)):
        provider.account.toll_free = {NUMBER: "TWILIO_APPROVED", TOLL_FREE: status}
        found = checked(given)
        assert (found[what].state, A2P in found) == (state, False)


def test_a_number_of_another_country_needs_no_us_registration(provider: FakeProvider) -> None:
    number = "+442071838750"
    provider.account.numbers = [provider_account.number(number, sms_url=INBOUND)]
    found = checked(settings(provider, twilio_sender=number))
    assert (found[A2P].state, amiss(found)) == (UNUSED, {})


def test_what_the_token_may_not_see_is_not_called_missing(provider: FakeProvider) -> None:
    for path, what in (
        (f"/v1/Services/{SERVICE_SID}/Compliance", A2P),
        ("/v1/Services", SENDER),
        (f"/2010-04-01/Accounts/{provider.account_sid}/Incoming", SENDER),
    ):
        provider.account.forbidden = [path]
        found = checked(settings(provider))
        assert (found[what].state, amiss(found)) == (UNTOLD, {}), path
    provider.account.forbidden = ["/2010-04-01"]
    assert amiss(checked(settings(provider))) == {"account": WRONG}


def test_without_a_public_address_nobody_can_report(provider: FakeProvider) -> None:
    found = checked(settings(provider, public_url=None))
    assert found["delivery reports"].state is MISSING

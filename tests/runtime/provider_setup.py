"""A business whose providers are set up completely, at the fake provider; tests take one thing away at a time."""

from typing import Any

from adapters.providers.checks.dns_records import DnsRecords
from adapters.providers.checks.findings import Check, State
from runtime.provider_checks import check_providers
from runtime.settings import Settings, load_settings
from tests.faults import provider_account
from tests.faults.provider import FakeProvider
from tests.faults.provider_account import SERVICE_SID, Service

PUBLIC = "https://follow.acme-tools.com"
SENDER = "hello@acme-tools.com"
DOMAIN = "acme-tools.com"
REPLIES = "reply.acme-tools.com"
SECRET = "a-secret-of-thirty-characters0"
NUMBER = "+12125550199"
DNS = f"""
; what dig prints
{DOMAIN}.                  300 IN TXT   "v=spf1 include:_spf.example.net -all"
em1234.{DOMAIN}.           300 IN CNAME u7.wl123.sendgrid.net.
s1._domainkey.{DOMAIN}.    300 IN CNAME s1.domainkey.u7.wl123.sendgrid.net.
s2._domainkey.{DOMAIN}.    300 IN CNAME s2.domainkey.u7.wl123.sendgrid.net.
_dmarc.{DOMAIN}.           300 IN TXT   "v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}"
{REPLIES}.                 300 IN MX    10 mx.sendgrid.net.
"""


def settings(provider: FakeProvider, **changes: Any) -> Settings:
    """The settings of that business; None takes one away."""
    given = {
        "public_url": PUBLIC,
        "company_name": "Acme Tools",
        "company_postal_address": "7 Mill Lane, Springfield, IL 62701",
        "sender_name": "Acme Tools",
        "sender_email": SENDER,
        "sendgrid_api_key": provider.api_key,
        "sendgrid_url": provider.url,
        "sendgrid_event_key": provider.event_public_key,
        "sendgrid_inbound_secret": SECRET,
        "reply_domain": REPLIES,
        "twilio_account_sid": provider.account_sid,
        "twilio_auth_token": provider.auth_token,
        "twilio_sender": NUMBER,
        "twilio_url": provider.url,
        **changes,
    }
    return load_settings(env_file=None, **{name: value for name, value in given.items() if value is not None})


def by_service(provider: FakeProvider, **changes: Any) -> Settings:
    """The same, with texts from the messaging service."""
    return settings(provider, twilio_sender=None, twilio_messaging_service_sid=SERVICE_SID, **changes)


def set_up(provider: FakeProvider) -> None:
    """Give the fake provider everything that those settings need."""
    account = provider.account
    account.domains = [provider_account.domain(DOMAIN)]
    account.event_webhooks = [
        provider_account.event_webhook("https://elsewhere.example.com", "another", id="other"),
        provider_account.event_webhook(f"{PUBLIC}/webhooks/sendgrid/events", provider.event_public_key),
    ]
    account.parse_settings = [
        {
            "url": f"{PUBLIC}/webhooks/sendgrid/inbound/{SECRET}",
            "hostname": REPLIES,
            "spam_check": False,
            "send_raw": True,
        }
    ]
    account.numbers = [provider_account.number(NUMBER)]
    account.services = [
        Service(inbound_request_url=f"{PUBLIC}/webhooks/twilio/inbound", numbers=[NUMBER], campaigns=["VERIFIED"])
    ]


def checked(settings: Settings, dns: str | None = None, **more: Any) -> dict[str, Check]:
    """What the check finds, by what it is about."""
    return {
        each.what: each for each in check_providers(settings, None if dns is None else DnsRecords.read(dns), **more)
    }


def amiss(found: dict[str, Check]) -> dict[str, State]:
    """What somebody has to do something about."""
    return {what: each.state for what, each in found.items() if each.is_amiss}

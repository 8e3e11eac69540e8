"""Checks every provider that the settings name, in the order in which a person would set them up."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from adapters.providers.checks.dns_records import DnsRecord, DnsRecords
from adapters.providers.checks.findings import Check, LookUpFailed, State
from api.providers import LookUp
from runtime.settings import Settings, variable

SENDGRID_EVENTS = "/webhooks/sendgrid/events"
SENDGRID_INBOUND = "/webhooks/sendgrid/inbound"
TWILIO_INBOUND = "/webhooks/twilio/inbound"
_OUTBOX = "nothing is sent, and no key is needed; to send, set "


def check_providers(
    settings: Settings,
    records: DnsRecords | None,
    *,
    more_addresses: Iterable[str] = (),
    more_numbers: Iterable[str] = (),
) -> list[Check]:
    """Everything that the configured channels need; nothing is sent.

    Args:
        records: the DNS records that were given; None when none were.
        more_addresses: that emails come from, beside the one in the settings.
        more_numbers: that texts come from, beside the one in the settings.
    """
    senders = tuple(dict.fromkeys([settings.sender_email, *more_addresses]))
    domains = list(dict.fromkeys(address.rpartition("@")[2].lower() for address in senders))
    checks: list[Check] = []
    if settings.sendgrid_api_key is not None or settings.twilio_account_sid is not None:
        checks += _ours(settings)
    checks += _email(settings, senders)
    if records is not None:
        checks += _dns(settings, domains, records)
    elif settings.sendgrid_api_key is not None:
        note = "look them up (dig, or your DNS host's export) and give them with --dns FILE"
        checks.append(Check("DNS", ", ".join(domains), State.UNTOLD, note))
    return [*checks, *_texts(settings, more_numbers)]


def provider_look_up(settings: Settings) -> LookUp:
    """The same for a program that must not stand still meanwhile."""

    async def look_up(records: DnsRecords | None, addresses: Sequence[str], numbers: Sequence[str]) -> list[Check]:
        return await asyncio.to_thread(
            check_providers, settings, records, more_addresses=addresses, more_numbers=numbers
        )

    return look_up


def _ours(settings: Settings) -> Iterator[Check]:
    """What every message and every webhook needs of our own settings."""
    from adapters.providers.checks.public_address import check_public_url

    yield check_public_url(settings.public_url)
    wanted = ["company_name"]
    if settings.sendgrid_api_key is not None:
        wanted += ["company_postal_address", "sender_email"]
    for name in wanted:
        if getattr(settings, name) == type(settings).model_fields[name].default:
            yield Check("company", variable(name), State.MISSING, f"it is still the example: {getattr(settings, name)}")


def _email(settings: Settings, senders: tuple[str, ...]) -> list[Check]:
    if settings.sendgrid_api_key is None:
        return [_outbox("email", "sendgrid_api_key")]
    from adapters.providers.checks.sendgrid_account import SendGridAccount
    from adapters.providers.checks.sendgrid_checks import EmailSetup, check_sendgrid

    secret = settings.sendgrid_inbound_secret
    setup = EmailSetup(
        senders=senders,
        events_url=f"{settings.base_url}{SENDGRID_EVENTS}",
        event_key=settings.sendgrid_event_key,
        inbound_url=f"{settings.base_url}{SENDGRID_INBOUND}",
        inbound_secret=secret.get_secret_value() if secret is not None else None,
        inbound_key=settings.sendgrid_inbound_key,
        reply_domain=settings.reply_domain,
        lead_address=settings.lead_address,
    )
    account = SendGridAccount(settings.sendgrid_api_key.get_secret_value(), url=settings.sendgrid_url)
    return check_sendgrid(account, setup)


def _texts(settings: Settings, more_numbers: Iterable[str]) -> list[Check]:
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        return [_outbox("texts", "twilio_account_sid")]
    from adapters.providers.checks.twilio_account import TwilioAccount
    from adapters.providers.checks.twilio_checks import TextSetup, check_twilio

    setup = TextSetup(
        senders=tuple(dict.fromkeys([settings.twilio_sender, *more_numbers])) if settings.twilio_sender else (),
        messaging_service_sid=settings.twilio_messaging_service_sid,
        inbound_url=f"{settings.base_url}{TWILIO_INBOUND}",
        can_be_called=settings.public_url is not None,
    )
    token = settings.twilio_auth_token.get_secret_value()
    with TwilioAccount(settings.twilio_account_sid, token, url=settings.twilio_url) as account:
        return check_twilio(account, setup)


def _dns(settings: Settings, domains: list[str], records: DnsRecords) -> Iterator[Check]:
    from adapters.providers.checks.dns_checks import check_domain, check_reply_domain

    wanted = _wanted_records(settings)
    for domain in domains:
        yield from check_domain(records, domain, wanted.get(domain))
    if settings.reply_domain is not None:
        yield check_reply_domain(records, settings.reply_domain)


def _wanted_records(settings: Settings) -> dict[str, tuple[DnsRecord, ...]]:
    """The records that SendGrid wants of each domain, where its key may look."""
    if settings.sendgrid_api_key is None:
        return {}
    from adapters.providers.checks.sendgrid_account import SendGridAccount

    account = SendGridAccount(settings.sendgrid_api_key.get_secret_value(), url=settings.sendgrid_url)
    try:
        return {each.name: each.wanted for each in account.domains()}
    except LookUpFailed:
        return {}


def _outbox(channel: str, setting: str) -> Check:
    return Check(channel, "local outbox", State.UNUSED, f"{_OUTBOX}{variable(setting)}")

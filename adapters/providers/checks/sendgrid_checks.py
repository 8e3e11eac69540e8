"""What sending and hearing through SendGrid needs, each compared with what the account has."""

import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from adapters.providers.checks.findings import Check, LookUpFailed, State
from adapters.providers.checks.sendgrid_account import AuthenticatedDomain, EventWebhook, SendGridAccount

CHANNEL = "email"
WANTED_EVENTS = (
    "processed",
    "deferred",
    "delivered",
    "bounce",
    "dropped",
    "spam_report",
    "unsubscribe",
    "group_unsubscribe",
)
"""The events that say something of a message, by the names in the API."""
_SENDER_PAGE = "Settings, Sender Authentication"
_EVENT_PAGE = "Settings, Mail Settings, Event Webhooks"
_PARSE_PAGE = "Settings, Inbound Parse"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSetup:
    """What our side is set to."""

    senders: tuple[str, ...]
    """The addresses that emails come from."""
    events_url: str
    """Where our event webhook is."""
    event_key: str | None = None
    inbound_url: str = ""
    """Where Inbound Parse has to post, without the secret at its end."""
    inbound_secret: str | None = field(default=None, repr=False)
    inbound_key: str | None = None
    reply_domain: str | None = None
    lead_address: str | None = None


def check_sendgrid(account: SendGridAccount, setup: EmailSetup) -> list[Check]:
    """Everything that email needs of SendGrid and of our settings for it. A refused key ends the look-ups."""
    checks = _key(account)
    if checks[0].is_amiss:
        return checks
    domains = _domains(account)
    checks += [_sender(account, domains, address) for address in setup.senders]
    checks.append(_event_webhook(account, setup))
    checks.append(_replies(account, setup))
    if setup.inbound_key is not None:
        checks.append(_inbound_signature(account, setup.inbound_key))
    if setup.lead_address and setup.reply_domain:
        checks.append(_lead_address(setup.lead_address, setup.reply_domain))
    return checks


def _key(account: SendGridAccount) -> list[Check]:
    what = "API key"
    try:
        scopes = account.scopes()
    except LookUpFailed as failed:
        if failed.is_refusal:
            note = "SendGrid does not accept it; make another (Settings, API Keys) and set FOLLOW_SENDGRID_API_KEY"
        elif failed.is_beyond_the_key:
            note = "SendGrid refuses it here; is IP Access Management on, without this machine's address?"
        else:
            note = f"{failed}: is the network there, and FOLLOW_SENDGRID_URL right?"
        return [Check(CHANNEL, what, State.WRONG, note)]
    accepted = Check(CHANNEL, what, State.OK, "SendGrid accepts it")
    if "mail.send" not in scopes:
        note = "the key may not send; give it Mail Send (Settings, API Keys)"
        return [accepted, Check(CHANNEL, "scope mail.send", State.MISSING, note)]
    return [accepted, Check(CHANNEL, "scope mail.send", State.OK)]


def _domains(account: SendGridAccount) -> list[AuthenticatedDomain] | LookUpFailed:
    try:
        return account.domains()
    except LookUpFailed as failed:
        return failed


def _sender(account: SendGridAccount, domains: list[AuthenticatedDomain] | LookUpFailed, address: str) -> Check:
    what = f"sender {address}"
    name = address.rpartition("@")[2].lower()
    known = [] if isinstance(domains, LookUpFailed) else [each for each in domains if each.name == name]
    if any(each.is_valid for each in known):
        return Check(CHANNEL, what, State.OK, f"the domain {name} is authenticated")
    unproven = f"SendGrid has not found the DNS records of {name}: add them, then press Verify ({_SENDER_PAGE})"
    try:
        verified = account.verified_senders().get(address.lower())
    except LookUpFailed as failed:
        if known:
            return Check(CHANNEL, what, State.WRONG, unproven)
        return failed.untold(CHANNEL, what, instead=_SENDER_PAGE)
    if verified:
        note = f"verified as a single sender; authenticate {name} too before you write to many"
        return Check(CHANNEL, what, State.OK, note)
    if isinstance(domains, LookUpFailed):
        return domains.untold(CHANNEL, what, "whitelabel.read", _SENDER_PAGE)
    if known:
        return Check(CHANNEL, what, State.WRONG, unproven)
    if verified is False:
        note = "SendGrid wrote to it and waits for the click in that email"
        return Check(CHANNEL, what, State.WRONG, note)
    above = next((each.name for each in domains if each.is_valid and name.endswith(f".{each.name}")), None)
    if above:
        note = f"{above} is authenticated, {name} is not; whether that is enough only a first email tells"
        return Check(CHANNEL, what, State.UNTOLD, note)
    return Check(CHANNEL, what, State.MISSING, f"authenticate the domain {name} ({_SENDER_PAGE})")


def _event_webhook(account: SendGridAccount, setup: EmailSetup) -> Check:
    what = "event webhook"
    try:
        webhook = next((each for each in account.event_webhooks() if _same(each.url, setup.events_url)), None)
        theirs = (webhook.public_key or account.event_key(webhook.id)) if webhook else ""
    except LookUpFailed as failed:
        if setup.event_key is None:
            return Check(CHANNEL, what, State.MISSING, _key_to_set(""))
        return failed.untold(CHANNEL, what, "user.webhooks.event.settings.read", _EVENT_PAGE)
    if webhook is None:
        return Check(CHANNEL, what, State.MISSING, f"make one that posts to {setup.events_url} ({_EVENT_PAGE})")
    return _event_settings(what, webhook, theirs, setup.event_key)


def _event_settings(what: str, webhook: EventWebhook, theirs: str, ours: str | None) -> Check:
    lacking = [name for name in WANTED_EVENTS if name not in webhook.events]
    if not webhook.is_enabled:
        return Check(CHANNEL, what, State.WRONG, f"it is there, and switched off ({_EVENT_PAGE})")
    if lacking:
        return Check(CHANNEL, what, State.WRONG, f"switch these events on too: {', '.join(lacking)} ({_EVENT_PAGE})")
    if not theirs:
        note = f"its posts are not signed: turn on Signature Verification ({_EVENT_PAGE})"
        return Check(CHANNEL, what, State.WRONG, note)
    if ours is None:
        return Check(CHANNEL, what, State.MISSING, _key_to_set(theirs))
    if ours != theirs:
        note = f"FOLLOW_SENDGRID_EVENT_KEY is not this webhook's key, so each post gets 403; it is {theirs}"
        return Check(CHANNEL, what, State.WRONG, note)
    return Check(CHANNEL, what, State.OK, webhook.url)


def _key_to_set(public_key: str) -> str:
    what = f"={public_key}" if public_key else " to the webhook's verification key"
    return f"bounces and complaints are not heard: set FOLLOW_SENDGRID_EVENT_KEY{what}"


def _replies(account: SendGridAccount, setup: EmailSetup) -> Check:
    what = "inbound parse"
    if setup.reply_domain is None and setup.inbound_secret is None:
        note = "replies go to the sender's mailbox, and nobody here hears them; set FOLLOW_REPLY_DOMAIN to change that"
        return Check(CHANNEL, what, State.UNUSED, note)
    if setup.inbound_secret is None:
        note = "set FOLLOW_SENDGRID_INBOUND_SECRET: until then the webhook is off, and replies are lost"
        return Check(CHANNEL, what, State.MISSING, note)
    if setup.reply_domain is None:
        note = "set FOLLOW_REPLY_DOMAIN: until then replies go to the sender"
        return Check(CHANNEL, what, State.MISSING, note)
    try:
        found = [each for each in account.parse_settings() if each.domain == setup.reply_domain]
    except LookUpFailed as failed:
        return failed.untold(CHANNEL, what, "user.webhooks.parse.settings.read", _PARSE_PAGE)
    place = f"{setup.inbound_url}/<FOLLOW_SENDGRID_INBOUND_SECRET>"
    if not found:
        note = f"add {setup.reply_domain}, posting to {place} ({_PARSE_PAGE})"
        return Check(CHANNEL, what, State.MISSING, note)
    ours = f"{setup.inbound_url}/{setup.inbound_secret}".encode()
    if any(hmac.compare_digest(each.url.encode(), ours) for each in found):
        return Check(CHANNEL, what, State.OK, f"the mail of {setup.reply_domain} comes here")
    # The other address may hold another secret of somebody's: it is not shown.
    note = f"{setup.reply_domain} posts elsewhere; it must be {place} ({_PARSE_PAGE})"
    return Check(CHANNEL, what, State.WRONG, note)


def _inbound_signature(account: SendGridAccount, ours: str) -> Check:
    what = "inbound parse's signature"
    try:
        theirs = account.parse_keys()
    except LookUpFailed as failed:
        return failed.untold(CHANNEL, what, "user.webhooks.parse.settings.read", "SendGrid's security policies")
    if ours in theirs:
        return Check(CHANNEL, what, State.OK, "a security policy signs with this key; it must be the reply domain's")
    note = "no security policy of the account signs with FOLLOW_SENDGRID_INBOUND_KEY, so each email gets 403"
    return Check(CHANNEL, what, State.WRONG, note)


def _lead_address(address: str, reply_domain: str) -> Check:
    what = f"lead address {address}"
    if address.rpartition("@")[2].lower() == reply_domain:
        return Check(CHANNEL, what, State.OK)
    note = f"it is no address of {reply_domain}, so its mail does not come here; change FOLLOW_LEAD_ADDRESS"
    return Check(CHANNEL, what, State.WRONG, note)


def _same(one: str, other: str) -> bool:
    a, b = urlsplit(one), urlsplit(other)
    return (a.scheme.lower(), a.netloc.lower(), a.path.rstrip("/")) == (
        b.scheme.lower(),
        b.netloc.lower(),
        b.path.rstrip("/"),
    )

"""What texting through Twilio needs, each compared with what the account has.

Sources: Twilio, "A2P 10DLC", "Toll-free verification", "Messaging Services".
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

import phonenumbers

from adapters.providers.checks.findings import Check, LookUpFailed, State
from adapters.providers.checks.twilio_account import Number, Service, TwilioAccount

CHANNEL = "texts"
_CONSOLE = "Twilio's console"
_A2P = "US registration (A2P 10DLC)"
_REFUSED = ("FAILED", "TWILIO_REJECTED", "SUSPENDED", "DELETED")
_LOOKED_AT = 20
"""How many numbers of a messaging service are looked at one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSetup:
    """What our side is set to: numbers or a messaging service."""

    senders: tuple[str, ...] = ()
    """The numbers that texts come from, where there is no messaging service."""
    messaging_service_sid: str | None = None
    inbound_url: str
    """Where our webhook for incoming texts is."""
    can_be_called: bool
    """Whether Twilio knows an address of ours at all."""


def check_twilio(account: TwilioAccount, setup: TextSetup) -> list[Check]:
    """Everything that texts need of Twilio and of our settings for it. A refused token ends the look-ups."""
    checks = _account(account)
    if checks[0].is_amiss:
        return checks
    checks.append(_reports(setup))
    sid = setup.messaging_service_sid
    if sid is not None:
        return checks + _of_sender(account, setup, sid, _service_senders)
    for number in setup.senders:
        checks += _of_sender(account, setup, number, _number_senders)
    return checks


@dataclass(frozen=True, slots=True)
class _Senders:
    """What texts come from, as Twilio knows it."""

    numbers: tuple[Number, ...]
    service: Service | None
    """The one that is set, or that the number belongs to."""


def _account(account: TwilioAccount) -> list[Check]:
    what = "account"
    try:
        found = account.account()
    except LookUpFailed as failed:
        if failed.status in (401, 404):
            note = "Twilio does not accept FOLLOW_TWILIO_ACCOUNT_SID with FOLLOW_TWILIO_AUTH_TOKEN; copy both again"
        elif failed.is_beyond_the_key:
            note = "Twilio refuses the token here; use the account's own auth token"
        else:
            note = f"{failed}: is the network there, and FOLLOW_TWILIO_URL right?"
        return [Check(CHANNEL, what, State.WRONG, note)]
    if found.status != "active":
        return [Check(CHANNEL, what, State.WRONG, f"it is {found.status}; only Twilio's support can help")]
    checks = [Check(CHANNEL, what, State.OK, "active")]
    if found.is_trial:
        note = "a trial texts only numbers that you verified, and says so in each text; upgrade it for leads"
        checks.append(Check(CHANNEL, "paid account", State.MISSING, note))
    return checks


def _of_sender(
    account: TwilioAccount, setup: TextSetup, sender: str, find: Callable[[TwilioAccount, str], _Senders]
) -> list[Check]:
    what = f"sender {sender}"
    try:
        senders = find(account, sender)
    except LookUpFailed as failed:
        return [failed.untold(CHANNEL, what, instead=_CONSOLE)]
    first = _service(senders, what) if setup.messaging_service_sid else _number(senders, what)
    if first.is_amiss:
        return [first]
    return [first, _incoming(senders, setup), *_registrations(account, senders)]


def _number_senders(account: TwilioAccount, number: str) -> _Senders:
    found = account.number(number)
    return _Senders((found,), account.service_of(number)) if found else _Senders((), None)


def _service_senders(account: TwilioAccount, sid: str) -> _Senders:
    service = account.service(sid)
    found = [account.number(each) for each in (service.numbers if service else ())[:_LOOKED_AT]]
    return _Senders(tuple(each for each in found if each), service)


def _number(senders: _Senders, what: str) -> Check:
    if not senders.numbers:
        return Check(CHANNEL, what, State.MISSING, "the account has no such number; buy one, or correct the setting")
    if not senders.numbers[0].sends_texts:
        return Check(CHANNEL, what, State.WRONG, "this number can't send texts; buy one that can")
    return Check(CHANNEL, what, State.OK)


def _service(senders: _Senders, what: str) -> Check:
    service = senders.service
    if service is None:
        return Check(CHANNEL, what, State.MISSING, "the account has no such messaging service")
    if not service.numbers and not service.short_codes:
        return Check(CHANNEL, what, State.MISSING, "add a number to its sender pool")
    if not service.short_codes and not any(each.sends_texts for each in senders.numbers):
        return Check(CHANNEL, what, State.WRONG, "none of its numbers can send texts")
    return Check(CHANNEL, what, State.OK, f"sends from {', '.join(service.numbers + service.short_codes)}")


def _incoming(senders: _Senders, setup: TextSetup) -> Check:
    what = "incoming texts"
    service = senders.service
    if service is not None and not service.asks_the_number:
        places, where = {service.inbound_url}, f"the messaging service {service.sid}, Integration"
    else:
        places, where = {each.inbound_url for each in senders.numbers}, "the number's page, Messaging"
    if places == {setup.inbound_url}:
        return Check(CHANNEL, what, State.OK, setup.inbound_url)
    # Not shown: another address may hold somebody's password.
    state = State.MISSING if places == {""} else State.WRONG
    note = "STOP and answers are not heard" if places == {""} else "they go elsewhere"
    return Check(CHANNEL, what, state, f"{note}: set the webhook (POST) to {setup.inbound_url} ({where})")


def _reports(setup: TextSetup) -> Check:
    what = "delivery reports"
    if setup.can_be_called:
        return Check(CHANNEL, what, State.OK, "each text carries its own address for them")
    return Check(CHANNEL, what, State.MISSING, "Twilio knows no address of ours: set FOLLOW_PUBLIC_URL")


def _registrations(account: TwilioAccount, senders: _Senders) -> list[Check]:
    kinds = {each: _kind(each.number) for each in senders.numbers}
    checks = [_toll_free(account, each) for each, kind in kinds.items() if kind is _Kind.TOLL_FREE]
    if _Kind.US_LOCAL in kinds.values():
        checks.append(_a2p(account, senders.service))
    return checks or [Check(CHANNEL, _A2P, State.UNUSED, "no US number")]


def _a2p(account: TwilioAccount, service: Service | None) -> Check:
    if service is None:
        note = "carriers block an unregistered US number (30034): put it into a messaging service with a campaign"
        return Check(CHANNEL, _A2P, State.MISSING, note)
    try:
        statuses = account.campaigns(service.sid)
    except LookUpFailed as failed:
        return failed.untold(CHANNEL, _A2P, instead=_CONSOLE)
    return _registered(_A2P, statuses, "VERIFIED", "register the brand and a campaign for the messaging service")


def _toll_free(account: TwilioAccount, number: Number) -> Check:
    what = f"toll-free verification of {number.number}"
    try:
        statuses = account.toll_free_statuses(number.sid)
    except LookUpFailed as failed:
        return failed.untold(CHANNEL, what, instead=_CONSOLE)
    return _registered(what, statuses, "TWILIO_APPROVED", "carriers block it until it is verified (30032): submit it")


def _registered(what: str, statuses: list[str], wanted: str, todo: str) -> Check:
    if wanted in statuses:
        return Check(CHANNEL, what, State.OK, wanted)
    if not statuses:
        return Check(CHANNEL, what, State.MISSING, todo)
    refused = all(status in _REFUSED for status in statuses)
    rest = "see why in Twilio's console" if refused else "wait: it takes days to weeks"
    return Check(CHANNEL, what, State.WRONG if refused else State.MISSING, f"it is {', '.join(statuses)}; {rest}")


class _Kind(Enum):
    TOLL_FREE = auto()
    US_LOCAL = auto()
    OTHER = auto()


def _kind(number: str) -> _Kind:
    parsed = phonenumbers.parse(number)
    if parsed.country_code == 1 and phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.TOLL_FREE:
        return _Kind.TOLL_FREE
    return _Kind.US_LOCAL if phonenumbers.region_code_for_number(parsed) == "US" else _Kind.OTHER

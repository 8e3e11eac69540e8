"""What people type becomes what we keep: one spelling for every address, number and name, or a clear refusal."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import islice
from typing import Any, TypeGuard, TypeVar
from zoneinfo import available_timezones

import holidays
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from leads.capture import CaptureRefused, NewConsent, NewLead
from leads.model import Channel, LeadKind
from leads.work_hours import WorkHours
from leads.zones import is_known_zone

Kept = TypeVar("Kept")

MAX_LINE = 200
"""Characters in a name, a company, a source."""
MAX_TEXT = 10_000
"""Characters in a question or a note."""
MAX_WORDING = 2_000
"""Characters in the words that a person agreed to."""
MAX_ATTRIBUTES = 50
MAX_ATTRIBUTE = 500
"""Characters in one attribute."""
MAX_COST = Decimal("9999999999.99")

_REGION = re.compile(r"^[A-Z0-9]{1,3}$")
_ATTRIBUTE_NAME = re.compile(r"^[a-z0-9_-]{1,60}$")
_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})
_INVISIBLE = frozenset({"Cc", "Cs", "Co", "Cn"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenConsent:
    """A permission as a caller writes it down."""

    channel: str
    wording: str
    method: str
    source: str | None = None
    contact: str | None = None
    """Which address or number; None for the lead's own one on that channel."""


def clean_line(field: str, text: str | None, longest: int = MAX_LINE) -> str | None:
    """The text on one line, without invisible characters; None when nothing is left.

    Raises:
        CaptureRefused: it is too long.
    """
    if text is None:
        return None
    return _measured(field, " ".join(_visible(text).split()), longest)


def clean_text(field: str, text: str | None, longest: int = MAX_TEXT) -> str | None:
    """The text with its lines, without invisible characters; None when nothing is left.

    Raises:
        CaptureRefused: it is too long.
    """
    if text is None:
        return None
    lines = _visible(text.replace("\r\n", "\n").replace("\r", "\n"))
    return _measured(field, lines.strip(), longest)


def normal_email(text: str) -> str:
    """The address in the one spelling under which a person is recognised.

    Raises:
        CaptureRefused: it is no email address.
    """
    try:
        checked = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        raise CaptureRefused("email", f"{_shown(text)} is no email address: {error}") from error
    return f"{checked.local_part.lower()}@{checked.domain.lower()}"


def normal_phone(text: str, region: str) -> str:
    """The number as E.164.

    Args:
        region: the country (ISO 3166) of numbers that are written without a country code.

    Raises:
        CaptureRefused: no such number can exist.
    """
    digits = _visible(text).strip()
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException as error:
        raise CaptureRefused(
            "phone", f"{_shown(text)} is no phone number; write it with its country code, like +1 212 555 0123"
        ) from error
    if not phonenumbers.is_valid_number(number):
        where = phonenumbers.region_code_for_country_code(number.country_code or 0)
        raise CaptureRefused(
            "phone",
            f"{_shown(text)} can't be a phone number of {where} (+{number.country_code}): "
            f"{_why_impossible(number)}; check its digits and its country code",
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def known_zone(text: str) -> str:
    """The IANA name of a time zone.

    Raises:
        CaptureRefused: there is no such zone.
    """
    name = text.strip()
    if is_known_zone(name) and name not in _NO_PLACES:
        return name
    near = difflib.get_close_matches(name.replace(" ", "_"), available_timezones(), n=1)
    raise CaptureRefused(
        "zone", f"{_shown(text)} is no time zone; write an IANA name like {near[0] if near else 'America/New_York'}"
    )


def known_country(text: str) -> str:
    """The country's two letters.

    Raises:
        CaptureRefused: there is no such country.
    """
    code = text.strip().upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise CaptureRefused("country", f"{_shown(text)} is no country; write its two letters (ISO 3166), like US")
    return code


def known_state(text: str, country: str) -> str | None:
    """The state or province as ISO 3166-2 has it without the country: TX, for `tx`, `US-TX` and `Texas`.

    Only the rules of the United States ask for it, so elsewhere what is no such code or name is left out.

    Args:
        country: whose state it is (ISO 3166).

    Raises:
        CaptureRefused: the United States have no such state.
    """
    name = " ".join(_visible(text).split())
    code = name.upper().removeprefix(f"{country}-")
    codes, names = _states(country)
    if code in codes or (not codes and _REGION.match(code)):
        return code
    if (known := names.get(name.casefold())) is not None:
        return known
    if country != "US":
        return None
    near = difflib.get_close_matches(name.casefold(), names, n=1)
    like = names[near[0]] if near else "TX"
    raise CaptureRefused("region", f"{_shown(text)} is no state of the US; write its two letters, like {like}")


@lru_cache(maxsize=64)
def _states(country: str) -> tuple[frozenset[str], Mapping[str, str]]:
    """The codes of a country's states, and the codes by name; nothing for a country of which we know none."""
    try:
        calendar = holidays.country_holidays(country)
    except NotImplementedError:
        return frozenset(), {}
    names = {name.casefold(): code for name, code in calendar.subdivisions_aliases.items()}
    return frozenset(calendar.subdivisions), names


def new_lead(
    *,
    region: str,
    email: str | None = None,
    phone: str | None = None,
    name: str | None = None,
    company: str | None = None,
    question: str | None = None,
    kind: str | None = None,
    source: str | None = None,
    zone: str | None = None,
    country: str | None = None,
    state: str | None = None,
    reach: str | None = None,
    purchased_at: datetime | None = None,
    dnc_listed: bool | None = None,
    dnc_checked_at: datetime | None = None,
    cost: str | Decimal | None = None,
    attributes: Mapping[str, str] | None = None,
    consents: Iterable[GivenConsent] = (),
    cadence: str | None = None,
    owner: str | None = None,
    generated_by: str | None = None,
    words: str | None = None,
    reader: "Reader | None" = None,
) -> NewLead:
    """A lead from plain values, as a caller's JSON or a row of a table has them; empty texts count as not given.

    Args:
        region: our own country, of phone numbers without a country code when the lead names no country itself.
        words: what came in, word for word; made of the values when left out.
        reader: a forgiving one where nobody is there to mend a wrong value: it is left out, and kept in `wrong` for a
            person. What says how the lead is to be treated (kind, cadence, owner) is never guessed.

    Raises:
        CaptureRefused: a value is wrong; which one, and what to write instead. Or there is nothing of a person in it.
    """
    known = reader or Reader()
    lives_in = known.read(known_country, country)
    address = known.read(normal_email, email)
    number = known.read(normal_phone, phone, lives_in or region)
    if dnc_listed is not None and number is None:
        known.wrong("dnc_listed", "the Do-Not-Call registry knows phone numbers only, and there is none")
        dnc_listed = dnc_checked_at = None
    if dnc_checked_at is not None and dnc_listed is None:
        known.wrong("dnc_checked_at", "say in dnc_listed what the registry said then")
        dnc_checked_at = None
    where_from = known.text("source", source)
    consented = (known.value(_consent, one, address, number, lives_in or region, where_from) for one in consents)
    if words is None:
        told = {"email": email, "phone": phone, "name": name, "company": company, "question": question}
        words = as_it_came(told | {key: str(value) for key, value in (attributes or {}).items()})
    new = NewLead(
        kind=_kind(kind),
        email=address,
        phone=number,
        name=known.text("name", name),
        company=known.text("company", company),
        question=known.value(clean_text, "question", question),
        source=where_from,
        zone=known.read(known_zone, zone),
        country=lives_in,
        region=known.read(known_state, state, lives_in or region),
        reach=known.read(_reach, reach),
        purchased_at=purchased_at,
        dnc_listed=dnc_listed,
        dnc_checked_at=dnc_checked_at,
        attributes=_attributes(attributes or {}, known),
        cost=known.value(_cost, cost),
        consents=tuple(one for one in consented if one is not None),
        cadence=clean_line("cadence", cadence),
        owner=clean_line("owner", owner),
        generated_by=clean_line("generated_by", generated_by),
        words=_visible(words),
    )
    new = replace(new, wrong=tuple(known.refusals))
    if not new.says_something:
        raise CaptureRefused(
            "email", "a lead needs an email address or a phone number or, for a person to complete it, a name or words"
        )
    return new


def as_it_came(told: Mapping[str, str | None]) -> str:
    """What was told, one line each, word for word but for what can't be seen; nothing for what was left blank."""
    lines = (f"{_visible(name)}: {_visible(text).strip()}" for name, text in told.items() if text and text.strip())
    return "\n".join(lines)


class Reader:
    """Reads values; forgiving, what is wrong is noted instead of refused."""

    def __init__(self, *, forgiving: bool = False) -> None:
        self._forgiving = forgiving
        self.refusals: list[str] = []
        """What was wrong, and is left out."""

    def read(self, reading: Callable[..., Kept], text: str | None, *more: Any) -> Kept | None:
        """A text that may be left out."""
        return self.value(reading, text, *more) if _given(text) else None

    def text(self, field: str, text: str | None) -> str | None:
        """A text on one line."""
        return self.value(clean_line, field, text)

    def value(self, reading: Callable[..., Kept], *more: Any) -> Kept | None:
        """What the reading makes of it; None for what is wrong, where that is forgiven."""
        try:
            return reading(*more)
        except CaptureRefused as refused:
            if not self._forgiving:
                raise
            self.refusals.append(str(refused))
            return None

    def wrong(self, field: str, message: str) -> None:
        """What makes no sense with the rest."""
        refused = CaptureRefused(field, message)
        if not self._forgiving:
            raise refused
        self.refusals.append(str(refused))


def _reach(text: str) -> WorkHours:
    try:
        return WorkHours.parse(text)
    except ValueError as error:
        raise CaptureRefused("reach", str(error)) from error


def _given(text: str | None) -> TypeGuard[str]:
    return text is not None and bool(text.strip())


def _visible(text: str) -> str:
    """Without what can't be seen or stored: control characters but line ends and tabs, lone surrogates."""
    kept = "".join(
        character
        for character in text
        if character in "\n\t" or (character != "\ufeff" and unicodedata.category(character) not in _INVISIBLE)
    )
    return unicodedata.normalize("NFC", kept)


def _measured(field: str, text: str, longest: int) -> str | None:
    if len(text) > longest:
        raise CaptureRefused(field, f"it has {len(text)} characters; at most {longest} are kept")
    return text or None


def _shown(text: str) -> str:
    line = " ".join(_visible(text).split())
    return repr(line if len(line) <= 60 else f"{line[:57]}...")


def _why_impossible(number: phonenumbers.PhoneNumber) -> str:
    match phonenumbers.is_possible_number_with_reason(number):
        case phonenumbers.ValidationResult.TOO_SHORT:
            return "it is too short"
        case phonenumbers.ValidationResult.TOO_LONG:
            return "it is too long"
        case phonenumbers.ValidationResult.INVALID_COUNTRY_CODE:
            return "there is no such country code"
        case _:
            return "no number begins like that"


def _kind(text: str | None) -> LeadKind:
    if not text or not text.strip():
        return LeadKind.INBOUND
    try:
        return LeadKind(text.strip().lower())
    except ValueError as error:
        raise CaptureRefused("kind", f"{_shown(text)} is no kind of lead; it is inbound or outbound") from error


def _cost(given: str | Decimal | None) -> Decimal | None:
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    try:
        cost = Decimal(given.strip() if isinstance(given, str) else given)
    except InvalidOperation as error:
        raise CaptureRefused("cost", f"{_shown(str(given))} is no amount; write it like 12.50") from error
    if not cost.is_finite() or not 0 <= cost <= MAX_COST:
        raise CaptureRefused("cost", f"it must lie between 0 and {MAX_COST}")
    if cost != (rounded := cost.quantize(Decimal("0.01"))):
        raise CaptureRefused("cost", "it has more than two decimals")
    return rounded


def _attributes(given: Mapping[str, str], known: Reader) -> dict[str, str]:
    if len(given) > MAX_ATTRIBUTES:
        known.wrong("attributes", f"there are {len(given)}; at most {MAX_ATTRIBUTES} are kept")
    read = (known.value(_attribute, *one) for one in islice(given.items(), MAX_ATTRIBUTES))
    return {name: text for name, text in filter(None, read) if text is not None}


def _attribute(key: str, value: str) -> tuple[str, str | None]:
    name = key.strip().lower()
    if not _ATTRIBUTE_NAME.match(name):
        raise CaptureRefused(
            "attributes", f"{_shown(key)} is no attribute's name; use a-z, 0-9, _ and -, at most 60 of them"
        )
    return name, clean_line(f"attributes.{name}", value, MAX_ATTRIBUTE)


def _consent(
    given: GivenConsent, address: str | None, number: str | None, region: str, source: str | None
) -> NewConsent:
    try:
        channel = Channel(given.channel.strip().lower())
    except ValueError as error:
        raise CaptureRefused("consents", f"{_shown(given.channel)} is no channel; it is email, sms or call") from error
    if channel is Channel.TASK:
        raise CaptureRefused("consents", "nobody consents to a task; the channel is email, sms or call")
    own = address if channel is Channel.EMAIL else number
    kind = "email address" if channel is Channel.EMAIL else "phone number"
    if own is None:
        raise CaptureRefused("consents", f"a consent to {channel.value} needs the lead's {kind}")
    if _given(given.contact):
        named = normal_email(given.contact) if channel is Channel.EMAIL else normal_phone(given.contact, region)
        if named != own:
            raise CaptureRefused("consents", f"the consent to {channel.value} names another {kind} than the lead's")
    wording = clean_text("consents", given.wording, MAX_WORDING)
    method = clean_line("consents", given.method)
    if wording is None or method is None:
        raise CaptureRefused("consents", "a consent needs the wording that was agreed to, and the method")
    return NewConsent(
        channel=channel,
        contact=own,
        wording=wording,
        method=method,
        source=clean_line("consents", given.source) or source or "not stated",
    )


def spoken_phone(number: str) -> str:
    """A number as people read it, `+1 212-555-0123`; what is no number stays as it is."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number

"""What single settings may be: each function checks a value, says what to write instead, or returns it tidied up."""

import base64
import difflib
import ipaddress
import re
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import phonenumbers
from babel.core import get_global
from babel.numbers import get_currency_name, get_currency_symbol, get_territory_currencies
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from email_validator import EmailNotValidError, validate_email
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from leads.work_hours import WorkHours

LEAST_SECRET = 16
"""Characters."""


def database_url(text: str) -> str:
    """A PostgreSQL URL that SQLAlchemy understands, with a database."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise ValueError("must be a URL such as postgresql://user:password@host:5432/followthrough") from error
    if url.drivername not in {"postgresql", "postgres", "postgresql+asyncpg"}:
        raise ValueError(f"must begin with postgresql://, not {url.drivername}://")
    if not url.database:
        raise ValueError("must name a database after the host: postgresql://user:password@host:5432/followthrough")
    return text


def host_and_port(text: str) -> str:
    """`host:port`."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536 or "/" in text:
        raise ValueError("must be host:port, such as temporal.example.com:7233")
    return text


def networks(text: str) -> str:
    """Addresses and networks, with commas between them."""
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        try:
            ipaddress.ip_network(part)
        except ValueError as error:
            raise ValueError(f"{part!r} is no address or network; write them like 127.0.0.1,172.16.0.0/12") from error
    return ",".join(parts)


def web_url(text: str) -> str:
    """A web address, without a slash at the end."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be a web address such as https://follow.example.com")
    return text.rstrip("/")


def issuer(text: str) -> str:
    """The address of a provider of identities: what is not on this machine must be reached by https."""
    address = web_url(text)
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("must begin with https://")
    return address


def zone(text: str) -> str:
    """An IANA time zone."""
    if text in available_timezones():
        return text
    near = difflib.get_close_matches(text, available_timezones(), n=1)
    raise ValueError(f"must be an IANA time zone such as {near[0] if near else 'America/New_York'}")


def country(text: str) -> str:
    """A country's two letters."""
    if text.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("must be a country's two letters (ISO 3166), such as US")
    return text.upper()


def currency(text: str) -> str:
    """The three letters of a currency that is in use somewhere."""
    code = text.strip().upper()
    in_use = {one for territory in get_global("territory_currencies") for one in get_territory_currencies(territory)}
    if code in in_use:
        return code
    # Who writes its name or its sign is told its letters.
    meant = sorted(one for one in in_use if code in _names_of(one)) or ["USD"]
    raise ValueError(f"must be the three letters of a currency in use (ISO 4217), such as {' or '.join(meant)}")


def currency_of(country: str) -> str:
    """The currency of a country: where several are in use, the one that is for the longest time.

    Args:
        country: ISO 3166 code of a country with telephones of its own; each has one.
    """
    return get_territory_currencies(country)[0]


def _names_of(code: str) -> set[str]:
    one, several = (get_currency_name(code, count, "en") for count in (1, 2))
    return {name.upper() for name in (get_currency_symbol(code, "en"), one, several)}


def email(text: str) -> str:
    """An email address, normalised."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(f"must be an email address: {error}") from error


def domain(text: str) -> str:
    """A domain, in lower case."""
    if not re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", text.lower()):
        raise ValueError("must be a domain such as reply.example.com")
    return text.lower()


def public_key(text: str) -> str:
    """An ECDSA key as SendGrid shows it."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("must be the verification key as SendGrid shows it (base64)") from error
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("must be SendGrid's verification key, which is of the kind ECDSA")
    return text


def slug(text: str) -> str:
    """A short name."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        raise ValueError("must be lower-case letters, digits and single hyphens")
    return text


def seconds(value: object) -> object:
    """A duration, from a number of seconds."""
    # "15" from the environment means seconds; ISO 8601 such as PT15S is understood as well.
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value.strip()):
        return timedelta(seconds=float(value))
    return value


def work_hours(text: str) -> str:
    """Days and hours, like mon-fri 09:00-17:30."""
    WorkHours.parse(text)
    return text


def upper(value: object) -> object:
    """Text in upper case."""
    return value.upper() if isinstance(value, str) else value


def secret(value: SecretStr) -> SecretStr:
    """A secret that is long enough."""
    if len(value.get_secret_value()) < LEAST_SECRET:
        raise ValueError(f"must have at least {LEAST_SECRET} characters")
    return value


def path_secret(value: SecretStr) -> SecretStr:
    """A secret that may stand in a web address as it is."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret(value).get_secret_value()):
        raise ValueError("must be letters, digits, - and _ only, since it is a part of a web address")
    return value

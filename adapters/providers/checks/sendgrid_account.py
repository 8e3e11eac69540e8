"""What SendGrid says of an account, by read-only calls of its official client."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from adapters.providers.checks.dns_records import DnsRecord
from adapters.providers.checks.findings import LookUpFailed

_NAME = "SendGrid"
_PAGE = 200
_MOST_PAGES = 15
"""SendGrid takes 3,000 domains of one account."""


@dataclass(frozen=True, slots=True)
class AuthenticatedDomain:
    """A domain that SendGrid may sign for."""

    name: str
    is_valid: bool
    """Whether SendGrid found its DNS records when it last looked."""
    wanted: tuple[DnsRecord, ...]
    """The records that it needs."""


@dataclass(frozen=True, slots=True)
class EventWebhook:
    """An address that SendGrid posts events to."""

    id: str
    url: str
    is_enabled: bool
    events: frozenset[str]
    """By the API's names: `bounce`, `spam_report` and so on."""
    public_key: str
    """Empty when its posts are not signed, or when the list does not say."""


@dataclass(frozen=True, slots=True)
class ParseSetting:
    """A domain whose mail SendGrid posts somewhere."""

    domain: str
    url: str


class SendGridAccount:
    """Reads the account that a key belongs to. Each method raises LookUpFailed when SendGrid does not tell.

    Args:
        api_key: SendGrid's.
        url: of the API.
        timeout: for connecting, and for each read of an answer.
    """

    def __init__(self, api_key: str, *, url: str, timeout: timedelta = timedelta(seconds=20)) -> None:
        # At DEBUG the library would log the key.
        logging.getLogger("python_http_client").setLevel(logging.INFO)
        self._client = SendGridAPIClient(api_key, host=url.rstrip("/")).client
        self._client.timeout = timeout.total_seconds()

    def scopes(self) -> frozenset[str]:
        """What the key may do."""
        return frozenset(map(str, _list(self._get("scopes"), "scopes")))

    def verified_senders(self) -> Mapping[str, bool]:
        """Addresses that were given to SendGrid one by one, and whether each is verified."""
        found = _list(self._get("verified_senders", limit=_PAGE), "results")
        return {_text(each, "from_email").lower(): each.get("verified") is True for each in found}

    def domains(self) -> list[AuthenticatedDomain]:
        """The domains that were given to SendGrid."""
        found: list[dict[str, Any]] = []
        for page in range(_MOST_PAGES):
            part = _list({"domains": self._get("whitelabel/domains", limit=_PAGE, offset=page * _PAGE)}, "domains")
            found += part
            if len(part) < _PAGE:
                break
        return [
            AuthenticatedDomain(_text(each, "domain").lower(), each.get("valid") is True, _wanted(each.get("dns")))
            for each in found
        ]

    def event_webhooks(self) -> list[EventWebhook]:
        """All addresses that events are posted to."""
        found = _list(self._get("user/webhooks/event/settings/all"), "webhooks")
        return [
            EventWebhook(
                id=_text(each, "id"),
                url=_text(each, "url"),
                is_enabled=each.get("enabled") is True,
                events=frozenset(name for name, value in each.items() if value is True and name != "enabled"),
                public_key=_text(each, "public_key"),
            )
            for each in found
        ]

    def event_key(self, webhook_id: str) -> str:
        """The key that verifies one webhook's posts; empty when they are not signed."""
        answer = self._get(f"user/webhooks/event/settings/signed/{webhook_id}")
        return _text(answer, "public_key") if isinstance(answer, dict) else ""

    def parse_settings(self) -> list[ParseSetting]:
        """The domains of Inbound Parse."""
        found = _list(self._get("user/webhooks/parse/settings"), "result")
        return [ParseSetting(_text(each, "hostname").lower(), _text(each, "url")) for each in found]

    def parse_keys(self) -> frozenset[str]:
        """The keys that verify the posts of Inbound Parse, one for each security policy that signs."""
        policies = _list(self._get("user/webhooks/security/policies"), "policies")
        signatures = [each.get("signature") for each in policies if isinstance(each, dict)]
        return frozenset(_text(each, "public_key") for each in signatures if isinstance(each, dict))

    def _get(self, path: str, **query: int) -> Any:
        # Raised outside of the except blocks, so that no error of the library with its headers hangs on ours.
        status: int | None
        try:
            return self._client._(path).get(query_params=query).to_dict
        except HTTPError as refused:
            status = int(refused.status_code)
        except Exception:
            status = None
        raise LookUpFailed(_NAME, status)


def _list(answer: Any, name: str) -> list[Any]:
    values = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(values, list):
        raise LookUpFailed(_NAME, None)
    return values


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return value.strip() if isinstance(value, str) else ""


def _wanted(dns: object) -> tuple[DnsRecord, ...]:
    records = dns.values() if isinstance(dns, dict) else ()
    return tuple(
        DnsRecord(_text(each, "host").lower().rstrip("."), _text(each, "type").upper(), _text(each, "data").rstrip("."))
        for each in records
        if isinstance(each, dict) and _text(each, "host") and _text(each, "data")
    )

"""What the fake provider's accounts tell: the read-only look-ups of SendGrid and Twilio, with states to switch."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from re import compile as pattern
from urllib.parse import parse_qs, urlsplit

from tests.faults.provider_messages import Reply

Record = dict[str, object]
SERVICE_SID = "MG" + "e" * 32
_NUMBER_SID = "PN" + "d" * 32
_JSON = (("Content-Type", "application/json"),)
_VERSION = "2010-04-01"
_SERVICE = pattern(r"/v1/Services/(?P<sid>MG[0-9a-f]{32})(?P<rest>/[A-Za-z0-9/]+)?")
_SIGNED = pattern(r"/v3/user/webhooks/event/settings/signed/(?P<id>[\w-]+)")
_EVENTS = (
    *("processed", "deferred", "delivered", "bounce", "dropped", "spam_report", "unsubscribe", "group_unsubscribe"),
    *("open", "click", "group_resubscribe", "account_status_change"),
)


def domain(name: str, *, valid: bool = True) -> Record:
    """A domain that SendGrid signs for by its Automated Security."""

    def cname(host: str, data: str) -> Record:
        return {"valid": valid, "type": "cname", "host": f"{host}.{name}", "data": f"{data}u7.wl123.sendgrid.net"}

    dns = {
        "mail_cname": cname("em1234", ""),
        "dkim1": cname("s1._domainkey", "s1.domainkey."),
        "dkim2": cname("s2._domainkey", "s2.domainkey."),
    }
    return {
        "id": 1,
        "user_id": 7,
        "subdomain": "em1234",
        "domain": name,
        "username": "sample",
        "ips": [],
        "custom_spf": False,
        "default": True,
        "legacy": False,
        "automatic_security": True,
        "valid": valid,
        "dns": dns,
        "last_validation_attempt_at": 1763740800,
    }


def event_webhook(url: str, public_key: str | None, **changes: object) -> Record:
    """An event webhook with every event on; signed when it has a key."""
    events = dict.fromkeys(_EVENTS, True)
    webhook = {"enabled": True, "url": url, **events, "friendly_name": None, "id": "77d4a5da-7015-11ed-a1eb"}
    return {**webhook, **({"public_key": public_key} if public_key else {}), **changes}


def number(phone_number: str, *, sms: bool = True, sms_url: str = "") -> Record:
    """A number of the Twilio account."""
    return {
        "sid": _NUMBER_SID,
        "phone_number": phone_number,
        "friendly_name": phone_number,
        "capabilities": {"fax": False, "mms": sms, "sms": sms, "voice": True},
        "sms_url": sms_url,
        "sms_method": "POST",
        "sms_application_sid": "",
        "status": "in-use",
    }


@dataclass
class Service:
    """A messaging service of Twilio's."""

    inbound_request_url: str | None = None
    use_inbound_webhook_on_number: bool = False
    numbers: list[str] = field(default_factory=list)
    short_codes: list[str] = field(default_factory=list)
    campaigns: list[str] = field(default_factory=list)
    """The statuses of its A2P registrations."""
    sid: str = SERVICE_SID

    @property
    def record(self) -> Record:
        """As Twilio shows it."""
        return {
            "sid": self.sid,
            "friendly_name": "Sample",
            "inbound_request_url": self.inbound_request_url,
            "inbound_method": "POST",
            "use_inbound_webhook_on_number": self.use_inbound_webhook_on_number,
            "us_app_to_person_registered": "VERIFIED" in self.campaigns,
        }


@dataclass
class ProviderAccount:
    """Both accounts; a test changes the fields as it likes."""

    scopes: list[str] = field(default_factory=lambda: ["mail.send", "2fa_required", "sender_verification_eligible"])
    forbidden: list[str] = field(default_factory=list)
    """Beginnings of paths that the key or token may not look at."""
    down: bool = False
    """Whether every look-up ends with 503."""
    verified_senders: dict[str, bool] = field(default_factory=dict)
    domains: list[Record] = field(default_factory=list)
    event_webhooks: list[Record] = field(default_factory=list)
    signing_keys: dict[str, str] = field(default_factory=dict)
    """By webhook, where the list of webhooks does not show them."""
    parse_settings: list[Record] = field(default_factory=list)
    parse_keys: list[str] = field(default_factory=list)
    """Of the security policies that sign what Inbound Parse posts."""
    twilio_status: str = "active"
    twilio_type: str = "Full"
    numbers: list[Record] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    toll_free: dict[str, str] = field(default_factory=dict)
    """The statuses of toll-free verifications, by number."""
    looked_up: list[str] = field(default_factory=list)
    """Every path that was asked for."""

    def answer(self, path: str, headers: Mapping[str, str], api_key: str, account_sid: str, auth_token: str) -> Reply:
        """The answer to a GET."""
        parts = urlsplit(path)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        is_sendgrid = parts.path.startswith("/v3/")
        self.looked_up.append(parts.path)
        known = b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        if headers.get("Authorization") != (f"Bearer {api_key}" if is_sendgrid else f"Basic {known}"):
            return _refusal(401, is_sendgrid)
        if self.down:
            return _refusal(503, is_sendgrid)
        if any(parts.path.startswith(each) for each in self.forbidden):
            return _refusal(403, is_sendgrid)
        found = self._sendgrid(parts.path, asked) if is_sendgrid else self._twilio(parts.path, asked, account_sid)
        return Reply(200, json.dumps(found).encode(), _JSON) if found is not None else _refusal(404, is_sendgrid)

    def _sendgrid(self, path: str, asked: Mapping[str, str]) -> object:
        signed = _SIGNED.fullmatch(path)
        if signed is not None:
            return {"id": signed["id"], "public_key": self.signing_keys.get(signed["id"], "")}
        match path:
            case "/v3/scopes":
                return {"scopes": self.scopes}
            case "/v3/verified_senders":
                return {"results": [_verified(*each) for each in self.verified_senders.items()]}
            case "/v3/whitelabel/domains":
                start, size = int(asked.get("offset", "0")), int(asked.get("limit", "50"))
                return self.domains[start : start + size]
            case "/v3/user/webhooks/event/settings/all":
                return {"max_allowed": 5, "webhooks": self.event_webhooks}
            case "/v3/user/webhooks/parse/settings":
                return {"result": self.parse_settings}
            case "/v3/user/webhooks/security/policies":
                signing = [
                    {"id": each[:8], "name": "signed", "signature": {"public_key": each}} for each in self.parse_keys
                ]
                return {"policies": [{"id": "1", "name": "by oauth", "oauth": {"client_id": "x"}}, *signing]}
        return None

    def _twilio(self, path: str, asked: Mapping[str, str], account_sid: str) -> object:
        here = f"/{_VERSION}/Accounts/{account_sid}"
        if path == f"{here}.json":
            return {"sid": account_sid, "status": self.twilio_status, "type": self.twilio_type}
        if path == f"{here}/IncomingPhoneNumbers.json":
            # Twilio takes the filter for a part of the number.
            wanted = asked.get("PhoneNumber", "").lstrip("+")
            shown = [each for each in self.numbers if wanted in str(each["phone_number"])]
            return {"incoming_phone_numbers": shown, "next_page_uri": None, "page": 0, "page_size": 50}
        if path == "/v1/Tollfree/Verifications":
            return _page("verifications", [{"status": each} for each in self._toll_free(asked)])
        if path == "/v1/Services":
            return _page("services", [each.record for each in self.services])
        match = _SERVICE.fullmatch(path)
        service = next((each for each in self.services if match and each.sid == match["sid"]), None)
        return self._of_service(service, match["rest"]) if match and service else None

    def _toll_free(self, asked: Mapping[str, str]) -> list[str]:
        sids = {str(each["phone_number"]): each["sid"] for each in self.numbers}
        wanted = asked.get("TollfreePhoneNumberSid")
        return [status for number, status in self.toll_free.items() if wanted in (None, sids.get(number))]

    def _of_service(self, service: Service, rest: str | None) -> object:
        match rest:
            case None:
                return service.record
            case "/PhoneNumbers":
                return _page("phone_numbers", [{"phone_number": each} for each in service.numbers])
            case "/ShortCodes":
                return _page("short_codes", [{"short_code": each} for each in service.short_codes])
            case "/Compliance/Usa2p":
                return _page("compliance", [{"campaign_status": each} for each in service.campaigns])
        return None


def _verified(address: str, verified: bool) -> Record:
    return {"id": 1234, "from_email": address, "from_name": "Sample", "verified": verified, "locked": False}


def _page(key: str, records: list[Record]) -> Record:
    return {"meta": {"key": key, "page": 0, "page_size": 50, "next_page_url": None}, key: records}


def _refusal(status: int, is_sendgrid: bool) -> Reply:
    messages = {401: "authorization required", 403: "access forbidden", 404: "not found", 503: "unavailable"}
    body: Record = {"errors": [{"field": None, "message": messages[status]}]}
    if not is_sendgrid:
        code = {401: 20003, 404: 20404}.get(status, status)
        body = {"code": code, "message": messages[status], "more_info": "", "status": status}
    return Reply(status, json.dumps(body).encode(), _JSON)

"""What Twilio says of an account, by read-only calls of its official client."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from adapters.providers.checks.findings import LookUpFailed

_NAME = "Twilio"
_API = "https://api.twilio.com"
_MOST = 200
"""How many services, and numbers of one service, are looked at."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """The account itself."""

    status: str
    """active, suspended or closed."""
    is_trial: bool


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the account."""

    sid: str
    number: str
    sends_texts: bool
    inbound_url: str
    """Where texts to it go."""


@dataclass(frozen=True, slots=True)
class Service:
    """A messaging service."""

    sid: str
    inbound_url: str
    asks_the_number: bool
    """Whether texts go where each number says, and not where the service does."""
    numbers: tuple[str, ...]
    short_codes: tuple[str, ...]


class TwilioAccount:
    """Reads an account. Each method raises LookUpFailed when Twilio does not tell.

    Args:
        account_sid: of the account.
        auth_token: of the same.
        url: of the API; another one in the tests, for all of Twilio's hosts.
        timeout: for connecting, and for each read of an answer.
    """

    def __init__(
        self, account_sid: str, auth_token: str, *, url: str = _API, timeout: timedelta = timedelta(seconds=20)
    ) -> None:
        # At DEBUG urllib3 would log numbers.
        logging.getLogger("urllib3").setLevel(logging.INFO)
        self._account_sid = account_sid
        self._requests = _Requests(url, timeout)
        self._client = Client(account_sid, auth_token, http_client=self._requests)

    def __enter__(self) -> "TwilioAccount":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._requests.session.close()

    def account(self) -> Account:
        """The account."""
        found = self._ask(lambda: self._client.api.v2010.accounts(self._account_sid).fetch())
        return Account(str(found.status), str(found.type) == "Trial")

    def number(self, number: str) -> Number | None:
        """A number; None when it is not this account's."""
        found = self._ask(lambda: self._client.incoming_phone_numbers.list(phone_number=number, limit=_MOST))
        return next((_number(each) for each in found if each.phone_number == number), None)

    def service(self, sid: str) -> Service | None:
        """A messaging service with its senders; None when there is none."""
        resource = self._client.messaging.v1.services(sid)
        try:
            return self._service(self._ask(resource.fetch))
        except LookUpFailed as failed:
            if failed.status == 404:
                return None
            raise

    def service_of(self, number: str) -> Service | None:
        """The messaging service that a number belongs to; None when it belongs to none."""
        for each in self._ask(lambda: self._client.messaging.v1.services.list(limit=_MOST)):
            service = self._service(each)
            if number in service.numbers:
                return service
        return None

    def campaigns(self, service_sid: str) -> list[str]:
        """The statuses of a service's A2P 10DLC registrations: VERIFIED, IN_PROGRESS, FAILED and others."""
        service = self._client.messaging.v1.services(service_sid)
        return [str(each.campaign_status) for each in self._ask(lambda: service.us_app_to_person.list(limit=_MOST))]

    def toll_free_statuses(self, number_sid: str) -> list[str]:
        """The statuses of a number's toll-free verifications: TWILIO_APPROVED, IN_REVIEW and others."""
        verifications = self._client.messaging.v1.tollfree_verifications
        found = self._ask(lambda: verifications.list(tollfree_phone_number_sid=number_sid, limit=_MOST))
        return [str(each.status) for each in found]

    def _service(self, found: Any) -> Service:
        resource = self._client.messaging.v1.services(found.sid)
        numbers = self._ask(lambda: resource.phone_numbers.list(limit=_MOST))
        codes = self._ask(lambda: resource.short_codes.list(limit=_MOST))
        return Service(
            sid=str(found.sid),
            inbound_url=found.inbound_request_url or "",
            asks_the_number=found.use_inbound_webhook_on_number is True,
            numbers=tuple(str(each.phone_number) for each in numbers),
            short_codes=tuple(str(each.short_code) for each in codes),
        )

    def _ask(self, question: Callable[[], Any]) -> Any:
        # Raised outside of the except blocks, so that no error of the library with its address hangs on ours.
        status: int | None
        try:
            return question()
        except TwilioRestException as refused:
            status = int(refused.status)
        except Exception:
            status = None
        raise LookUpFailed(_NAME, status)


def _number(found: Any) -> Number:
    capabilities = found.capabilities if isinstance(found.capabilities, dict) else {}
    sends = capabilities.get("sms", capabilities.get("SMS")) is True
    return Number(str(found.sid), str(found.phone_number), sends, found.sms_url or "")


class _Requests(TwilioHttpClient):  # type: ignore[misc]
    """The library's requests, to the address that we were given, and logged nowhere."""

    def __init__(self, url: str, timeout: timedelta) -> None:
        super().__init__(timeout=timeout.total_seconds())
        self._url = url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        if self._url != _API:
            elsewhere, asked = urlsplit(self._url), urlsplit(url)
            url = urlunsplit(asked._replace(scheme=elsewhere.scheme, netloc=elsewhere.netloc))
        return super().request(method, url, *args, **kwargs)

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Log nothing: the library would log numbers."""

    def log_response(self, status_code: int, response: object) -> None:
        """Log nothing."""

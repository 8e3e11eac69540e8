"""Texts through Twilio, by its official client."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from requests.adapters import HTTPAdapter
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from twilio.rest.api.v2010.account.message import MessageInstance  # type: ignore[import-untyped]
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from adapters.providers.blocking_calls import BlockingCalls, nothing_written_yet
from adapters.providers.error_codes import retry_after, twilio_error
from leads.contract import TOUCH_PARAMETER
from leads.sending import Finding, Found, OutcomeUnknown, OutgoingMessage, Receipt, SendError

PROVIDER = "twilio"
CLOCK_SKEW = timedelta(minutes=1)
"""How much earlier than our claim Twilio's clock may say that the message was created."""
LOOK_THROUGH = 1000
"""How many messages of one recipient a look-up reads; with more it can't tell."""

_API = "https://api.twilio.com"


class TwilioSms:
    """Sends texts through Twilio's Messages resource.

    Args:
        account_sid: of the Twilio account.
        auth_token: of the same.
        sender: our number for texts that name none, when there is no messaging service.
        messaging_service_sid: the service that chooses the number of texts that name none, when there is no sender.
        status_callback: the address that Twilio reports to; our touch id is added to it.
        url: of the API; another one in the tests.
        timeout: for connecting, and for each read of the answer.
        max_workers: how many texts may be on their way at the same time.

    Raises:
        ValueError: neither or both of `sender` and `messaging_service_sid`.
    """

    provider = PROVIDER

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        sender: str | None = None,
        messaging_service_sid: str | None = None,
        status_callback: str | None = None,
        url: str = _API,
        timeout: timedelta = timedelta(seconds=20),
        max_workers: int = 20,
    ) -> None:
        if bool(sender) == bool(messaging_service_sid):
            raise ValueError("texts need either a sender or a messaging service")
        # At DEBUG urllib3 would log the address of a look-up, which holds the recipient's number.
        logging.getLogger("urllib3").setLevel(logging.INFO)
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._sender = sender
        self._service = messaging_service_sid
        self._status_callback = status_callback
        self._url = url
        self._timeout = timeout
        self._calls = BlockingCalls(PROVIDER, timeout=timeout, max_workers=max_workers)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand a text over; the receipt has Twilio's sid.

        Raises:
            SendError: see `adapters.providers.error_codes`.
        """
        return await self._calls.run(lambda: self._create(message))

    async def find(self, message: OutgoingMessage, since: datetime) -> Finding:
        """Look for the message in Twilio's list, which shows neither our touch id nor the callback's address.

        Exactly one message from our sender to this number with exactly this body, created since the claim, is it.
        Several can't be told apart. None proves nothing, since the list shows a message by its date of sending, which
        it has not while it is queued, and a straggling request may still arrive: so it is unknown, never "not sent".
        """
        try:
            listed = await self._calls.run(lambda: self._list(message.to, since.astimezone(UTC)))
        except SendError:
            return Finding(Found.UNKNOWN)
        candidates = [each for each in listed if self._may_be(each, message, since)]
        if len(candidates) != 1 or len(listed) >= LOOK_THROUGH:
            return Finding(Found.UNKNOWN)
        return Finding(Found.SENT, Receipt(PROVIDER, str(candidates[0].sid)))

    def close(self) -> None:
        """Take no more texts."""
        self._calls.close()

    def _create(self, message: OutgoingMessage) -> Receipt:
        wanted: dict[str, str] = {"to": message.to, "body": message.text, **self._from(message)}
        if self._status_callback:
            mark = "&" if urlsplit(self._status_callback).query else "?"
            wanted["status_callback"] = f"{self._status_callback}{mark}{TOUCH_PARAMETER}={message.touch_id}"
        with _Requests(self._url, self._timeout) as requests:
            # Raised outside of the except blocks, so that no error of the library, with a number in it, hangs on ours.
            error: SendError
            try:
                sid = self._client(requests).messages.create(**wanted).sid
                if sid:
                    return Receipt(PROVIDER, str(sid))
                error = OutcomeUnknown("an answer that Twilio does not document", "no sid")
            except SendError as known:
                error = known
            except (TwilioRestException, TwilioServiceException) as refused:
                error = twilio_error(
                    int(refused.status), _code(refused.code), retry_after(requests.headers, datetime.now(UTC))
                )
            except Exception as failure:
                # The request went out, and whatever came back was no answer.
                error = OutcomeUnknown("no readable answer from Twilio", type(failure).__name__)
            raise error

    def _list(self, to: str, since: datetime) -> list[MessageInstance]:
        # Only whole days are documented, and a day more costs nothing.
        day = datetime.combine(since.date() - timedelta(days=1), time.min, UTC)
        error: SendError
        with _Requests(self._url, self._timeout) as requests:
            try:
                messages = self._client(requests).messages
                return list(messages.list(to=to, date_sent_after=day, limit=LOOK_THROUGH, page_size=200))
            except Exception as failure:
                error = OutcomeUnknown("no list of messages from Twilio", type(failure).__name__)
        raise error

    def _may_be(self, listed: MessageInstance, message: OutgoingMessage, since: datetime) -> bool:
        wanted = self._from(message)
        ours = (
            listed.messaging_service_sid == wanted["messaging_service_sid"]
            if "messaging_service_sid" in wanted
            else listed.from_ == wanted["from_"]
        )
        created = listed.date_created
        return (
            ours
            and listed.to == message.to
            and listed.body == message.text
            and isinstance(created, datetime)
            and created >= since - CLOCK_SKEW
        )

    def _from(self, message: OutgoingMessage) -> dict[str, str]:
        if self._service and not message.sender:
            return {"messaging_service_sid": self._service}
        return {"from_": message.sender or self._sender or ""}

    def _client(self, requests: "_Requests") -> Client:
        return Client(self._account_sid, self._auth_token, http_client=requests)


def _code(code: object) -> int | None:
    return int(code) if isinstance(code, int | str) and str(code).isdigit() else None


class _Requests(TwilioHttpClient):  # type: ignore[misc]
    """The requests of one call.

    The library's client keeps the last answer on itself and returns it from there, so that two threads that share one
    can read each other's. And a connection of its own can't be one that the other side has just closed for being idle,
    which would look like a message cut off on its way.
    """

    def __init__(self, url: str, timeout: timedelta) -> None:
        super().__init__(timeout=timeout.total_seconds())
        self._url = url
        self.headers: Mapping[str, str] = {}
        """Of the last answer."""
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, _Adapter(pool_connections=1, pool_maxsize=1, max_retries=0))

    def __enter__(self) -> "_Requests":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """Make a request, to the API's address that we were given."""
        if self._url != _API:
            elsewhere, asked = urlsplit(self._url), urlsplit(url)
            url = urlunsplit(asked._replace(scheme=elsewhere.scheme, netloc=elsewhere.netloc))
        answer = super().request(method, url, *args, **kwargs)
        self.headers = answer.headers or {}
        return answer

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Log nothing: the library would log the recipient's number."""

    def log_response(self, status_code: int, response: object) -> None:
        """Log nothing."""


class _Connection(HTTPConnection):
    def connect(self) -> None:
        with nothing_written_yet():
            super().connect()


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        with nothing_written_yet():
            super().connect()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    """Connects by the connections above, through a proxy too."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager

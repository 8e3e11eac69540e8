"""Email through SendGrid, by its official client."""

import base64
import http.client
import json
import logging
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError as StatusError
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from python_http_client.client import Client
from python_http_client.exceptions import HTTPError, handle_error
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    Attachment,
    Category,
    ClickTracking,
    CustomArg,
    FileContent,
    FileName,
    FileType,
    From,
    Header,
    Mail,
    OpenTracking,
    Personalization,
    ReplyTo,
    SubscriptionTracking,
    To,
    TrackingSettings,
)
from sendgrid.helpers.mail.exceptions import ApiKeyIncludedException

from adapters.providers.blocking_calls import BlockingCalls, nothing_written_yet
from adapters.providers.error_codes import retry_after, sendgrid_error
from adapters.providers.mail_headers import headers_of
from leads.contract import TOUCH_ARGUMENT
from leads.sending import (
    AccountTrouble,
    CalendarFile,
    Finding,
    Found,
    OutcomeUnknown,
    OutgoingMessage,
    Receipt,
    SendError,
)

PROVIDER = "sendgrid"


class SendGridEmail:
    """Sends emails through SendGrid's v3 API.

    Args:
        api_key: SendGrid's.
        url: of the API; another one in the tests, or SendGrid's European one.
        timeout: for connecting, and for each read of the answer.
        max_workers: how many emails may be on their way at the same time.
    """

    provider = PROVIDER

    def __init__(
        self,
        api_key: str,
        *,
        url: str = "https://api.sendgrid.com",
        timeout: timedelta = timedelta(seconds=20),
        max_workers: int = 20,
    ) -> None:
        # At DEBUG the library would log whole messages, and the key.
        logging.getLogger("python_http_client").setLevel(logging.INFO)
        self._api = SendGridAPIClient(api_key, host=url.rstrip("/"))
        self._api.client = _Requests(
            build_opener(_Plain, _Tls, _NoRedirects),
            host=self._api.host,
            request_headers=self._api.client.request_headers,
            version=3,
            timeout=timeout.total_seconds(),
        )
        self._calls = BlockingCalls(PROVIDER, timeout=timeout, max_workers=max_workers)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand an email over; the receipt has SendGrid's X-Message-Id.

        Raises:
            SendError: see `adapters.providers.error_codes`.
        """
        mail = _mail(message)
        return await self._calls.run(lambda: self._post(mail))

    async def find(self, message: OutgoingMessage, since: datetime) -> Finding:
        """Always unknown: SendGrid documents no look-up of a message by an id of ours.

        What became of it is told by the event webhook, whose events carry our touch id back.
        """
        return Finding(Found.UNKNOWN)

    def close(self) -> None:
        """Take no more emails."""
        self._calls.close()

    def _post(self, mail: Mail) -> Receipt:
        # Raised outside of the except blocks, so that no error of the library with its text hangs on ours.
        error: SendError
        try:
            answer = self._api.send(mail)
            if answer.status_code == 202:
                return Receipt(PROVIDER, answer.headers.get("X-Message-Id") or "")
            error = OutcomeUnknown("an answer that SendGrid does not document", str(answer.status_code))
        except SendError as known:
            error = known
        except HTTPError as refused:
            error = sendgrid_error(
                refused.status_code, _fields(refused.body), retry_after(refused.headers, datetime.now(UTC))
            )
        except Exception as failure:
            # The request went out, and whatever came back was no answer.
            error = OutcomeUnknown("no readable answer from SendGrid", type(failure).__name__)
        raise error


def _mail(message: OutgoingMessage) -> Mail:
    person = Personalization()
    person.add_to(To(message.to))
    person.add_custom_arg(CustomArg(TOUCH_ARGUMENT, str(message.touch_id)))
    try:
        mail = Mail(
            from_email=From(message.sender, message.sender_name or None),
            subject=message.subject or "",
            plain_text_content=message.text,
            html_content=message.html,
        )
    except ApiKeyIncludedException:
        raise AccountTrouble("the library refuses texts that hold a SendGrid key", "api key in text") from None
    mail.add_personalization(person)
    if message.reply_to:
        mail.reply_to = ReplyTo(message.reply_to)
    if message.category:
        mail.add_category(Category(message.category))
    if message.calendar is not None:
        mail.add_attachment(_calendar(message.calendar))
    for name, value in headers_of(message):
        mail.add_header(Header(name, value))
    mail.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(False, False),
        open_tracking=OpenTracking(False),
        subscription_tracking=SubscriptionTracking(False),
    )
    return mail


def _calendar(file: CalendarFile) -> Attachment:
    # The method makes mailboxes show the buttons to accept and decline. SendGrid takes no charset beside it (400).
    content = base64.b64encode(file.text.encode()).decode()
    return Attachment(FileContent(content), FileName(file.name), FileType(f"text/calendar; method={file.method}"))


def _fields(body: bytes) -> list[str]:
    """The names of the fields that an error answer takes exception to."""
    try:
        return [str(error["field"]) for error in json.loads(body)["errors"]]
    except (ValueError, KeyError, TypeError):
        return []


class _Requests(Client):  # type: ignore[misc]
    """The library's client, but following no redirects, and certain of what was written when connecting fails."""

    def __init__(self, opener: OpenerDirector, **parts: Any) -> None:
        super().__init__(**parts)
        self._opener = opener

    def _build_client(self, name: str | None = None) -> "_Requests":
        return _Requests(
            self._opener,
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
        )

    def _make_request(self, opener: OpenerDirector, request: Request, timeout: float | None = None) -> object:
        try:
            return self._opener.open(request, timeout=timeout or self.timeout)
        except StatusError as error:
            answer = handle_error(error)
        raise answer


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        with nothing_written_yet():
            super().connect()


class _TlsConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        with nothing_written_yet():
            super().connect()


class _Plain(HTTPHandler):
    def http_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _Tls(HTTPSHandler):
    def __init__(self) -> None:
        self._trust = ssl.create_default_context()
        super().__init__(context=self._trust)

    def https_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_TlsConnection, req, context=self._trust)


class _NoRedirects(HTTPRedirectHandler):
    """Following one would turn our POST into a GET, and its answer into a success."""

    def redirect_request(self, *_: object) -> None:
        return None

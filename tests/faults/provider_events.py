"""The fake provider's callbacks: signed as SendGrid and Twilio sign theirs, repeated until our side takes them."""

import hashlib
import heapq
import hmac
import http.client
import itertools
import json
import secrets
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.faults.provider_behaviours import Report
from tests.faults.provider_messages import Delivery

RETRY_PAUSES = tuple(timedelta(seconds=pause) for pause in (0.2, 0.5, 1, 2, 4, 8, 16))
"""SendGrid repeats for 24 hours; here an endpoint may be down for about half a minute."""
_PATIENCE = timedelta(seconds=15)


@dataclass(slots=True)
class Callback:
    """A callback, and what became of it."""

    url: str
    body: bytes
    headers: dict[str, str]
    signer: "EventSigner | None" = None
    """Who signs it anew for each attempt, since the signature covers the time of the attempt."""
    statuses: list[int | None] = field(default_factory=list)
    """Of each attempt; None where nobody answered."""

    @property
    def taken(self) -> bool:
        """Whether our side took it in the end."""
        return bool(self.statuses) and _is_success(self.statuses[-1])


class EventSigner:
    """Signs event batches by a key pair of its own, as SendGrid's signed event webhook does."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """As SendGrid shows it: base64 of the DER form."""
        return b64encode(self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()

    def headers(self, body: bytes) -> dict[str, str]:
        """The headers for a batch that goes out now."""
        timestamp = str(int(time.time()))
        signature = self._key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }


def twilio_signature(token: str, url: str, form: dict[str, str]) -> str:
    """X-Twilio-Signature: base64 of HMAC-SHA1 over the address and the sorted names and values."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def sendgrid_callback(url: str, delivery: Delivery, report: Report, signer: EventSigner) -> Callback:
    """A batch of one event; the custom arguments stand among its own fields, as SendGrid flattens them."""
    event = {
        **delivery.draft.custom_args,
        "email": delivery.to,
        "timestamp": int(time.time() + report.after.total_seconds()),
        "smtp-id": f"<{delivery.message_id}@geopod-ismtpd-1>",
        "event": report.event,
        "sg_event_id": secrets.token_urlsafe(32),
        "sg_message_id": f"{delivery.message_id}.recvd-5f54c5d6c-abcde-1-65A1B2C3-1.0",
        **report.fields,
    }
    # The real batches end with CRLF, which is signed too.
    body = json.dumps([event]).encode() + b"\r\n"
    return Callback(url, body, {}, signer)


def twilio_callback(delivery: Delivery, report: Report, account_sid: str, token: str) -> Callback | None:
    """A status callback; None where the message asked for none."""
    url = delivery.draft.callback
    if url is None:
        return None
    form = {
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "From": delivery.draft.sender or "+15005550006",
        "MessageSid": delivery.message_id,
        "MessageStatus": report.event,
        "SmsSid": delivery.message_id,
        "SmsStatus": report.event,
        "To": delivery.to,
        **({"MessagingServiceSid": delivery.draft.service} if delivery.draft.service else {}),
        **({"ErrorCode": str(report.error_code)} if report.error_code else {}),
        **report.fields,
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": twilio_signature(token, url, form),
    }
    return Callback(url, urlencode(form).encode(), headers)


class CallbackPost:
    """Makes callbacks at their times, in threads of its own, and repeats what our side doesn't take."""

    def __init__(self, retry_pauses: Sequence[timedelta] = RETRY_PAUSES) -> None:
        self.made: list[Callback] = []
        self._retry_pauses = tuple(retry_pauses)
        self._due: list[tuple[float, int, Callback, int]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._open = 0
        """Callbacks that are neither taken nor given up."""
        self._closed = False
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="callbacks")
        self._thread = threading.Thread(target=self._run, name="callback times", daemon=True)
        self._thread.start()

    def later(self, callback: Callback, after: timedelta) -> None:
        """Make a callback when its time comes."""
        with self._changed:
            self.made.append(callback)
            self._open += 1
            self._put(callback, after, 0)

    def now(self, callback: Callback) -> None:
        """Make a callback and wait for its answer; repeat it later if need be."""
        with self._changed:
            self.made.append(callback)
            self._open += 1
        self._make(callback, 0)

    def wait_until_idle(self, timeout: timedelta) -> bool:
        """Wait until every callback is taken or given up."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, timeout.total_seconds())

    def close(self) -> None:
        """Make no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _put(self, callback: Callback, after: timedelta, attempt: int) -> None:
        heapq.heappush(self._due, (time.monotonic() + after.total_seconds(), next(self._numbers), callback, attempt))
        self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                if not self._due or self._due[0][0] > time.monotonic():
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                    continue
                _, _, callback, attempt = heapq.heappop(self._due)
            self._pool.submit(self._make, callback, attempt)

    def _make(self, callback: Callback, attempt: int) -> None:
        if callback.signer is not None:
            callback.headers = callback.signer.headers(callback.body)
        status = _post(callback)
        with self._changed:
            callback.statuses.append(status)
            if _is_success(status) or attempt >= len(self._retry_pauses):
                self._open -= 1
                self._changed.notify_all()
            else:
                self._put(callback, self._retry_pauses[attempt], attempt + 1)


def _is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _post(callback: Callback) -> int | None:
    parts = urlsplit(callback.url)
    connect: Callable[..., http.client.HTTPConnection] = (
        http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    )
    connection = connect(parts.netloc, timeout=_PATIENCE.total_seconds())
    try:
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("POST", target, callback.body, callback.headers)
        with connection.getresponse() as answer:
            answer.read()
            return answer.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()

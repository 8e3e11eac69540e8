"""A stateful provider on loopback: SendGrid and Twilio in one, counting deliveries and failing as it is told.

    provider = FakeProvider()
    provider.script("jane@example.com", CUT_AFTER, ACCEPT)
    email = SendGridEmail(provider.api_key, url=provider.url)
    ...
    assert provider.deliveries[str(touch_id)] == 1
    provider.close()

It runs in threads of the calling process; whoever sends may live in others.
"""

import secrets
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType

from tests.faults import provider_sendgrid, provider_twilio
from tests.faults.provider_account import ProviderAccount
from tests.faults.provider_behaviours import ACCEPT, Answer, Behaviour, Report
from tests.faults.provider_events import (
    RETRY_PAUSES,
    Callback,
    CallbackPost,
    EventSigner,
    sendgrid_callback,
    twilio_callback,
)
from tests.faults.provider_http import Cut, LoopbackServer, Silence
from tests.faults.provider_messages import Delivery, Draft, Kind, Reply

WAIT = timedelta(seconds=10)


class FakeProvider:
    """SendGrid's and Twilio's HTTP contracts, with the faults of real life.

    Args:
        retry_pauses: between the attempts of a callback that our side doesn't take.
        sent_after: how long a text is queued before it is sent, and so has a date of sending.
        largest_page: of Twilio's list.
        port: 0 takes a free one.
    """

    def __init__(
        self,
        *,
        retry_pauses: Sequence[timedelta] = RETRY_PAUSES,
        sent_after: timedelta = timedelta(0),
        largest_page: int = 1000,
        port: int = 0,
    ) -> None:
        self.api_key = "test-key-of-the-fake-provider"
        self.account_sid = "AC" + "f" * 32
        self.auth_token = "test-token-of-the-fake-provider"
        self.account = ProviderAccount()
        """What the read-only look-ups tell."""
        self.sent_after = sent_after
        self.events_to: str | None = None
        """The address of our event webhook for SendGrid's events."""
        self.default = ACCEPT
        """What happens where nothing is scripted."""
        self.reports: tuple[Report, ...] = ()
        """What is reported of every delivered message, unless its behaviour says otherwise."""
        self.on_request: Callable[[Draft], object] | None = None
        """Called when a well-formed request is read, before anything is delivered."""
        self.on_delivery: Callable[[Delivery], object] | None = None
        """Called when a delivery is counted, before the answer goes out."""
        self.touch_of: Callable[[str, str], str | None] | None = None
        """Names the touch of a text without a status callback, by its recipient and body."""
        self._largest_page = largest_page
        self._lock = threading.Condition()
        self._deliveries: Counter[str] = Counter()
        self._attempts: Counter[str] = Counter()
        self._messages: list[Delivery] = []
        self._reported: dict[str, list[tuple[datetime, Report]]] = defaultdict(list)
        """What is reported of each text, and when."""
        self._scripts: dict[str, deque[Behaviour]] = defaultdict(deque)
        self._listing: deque[Behaviour] = deque()
        self._signer = EventSigner()
        self._post = CallbackPost(retry_pauses)
        self._server = LoopbackServer(self._answer, port)

    @property
    def url(self) -> str:
        """Where both APIs answer."""
        return self._server.url

    @property
    def event_public_key(self) -> str:
        """The key that verifies its events, as SendGrid shows it."""
        return self._signer.public_key

    @property
    def deliveries(self) -> Counter[str]:
        """How often each touch was delivered, by now."""
        with self._lock:
            return Counter(self._deliveries)

    @property
    def attempts(self) -> Counter[str]:
        """How often each touch was asked for in a well-formed request, delivered or not, by now."""
        with self._lock:
            return Counter(self._attempts)

    @property
    def messages(self) -> list[Delivery]:
        """All deliveries, in their order."""
        with self._lock:
            return list(self._messages)

    @property
    def callbacks(self) -> list[Callback]:
        """All callbacks that were made or wait for their time."""
        return list(self._post.made)

    @property
    def mistakes(self) -> list[BaseException]:
        """What went wrong inside the fake itself, such as in a hook; a test should find it empty."""
        return list(self._server.mistakes)

    def script(self, recipient: str, *behaviours: Behaviour) -> None:
        """Say what happens to the next requests for a recipient, one after the other."""
        with self._lock:
            self._scripts[recipient.casefold()].extend(behaviours)

    def script_listing(self, *behaviours: Behaviour) -> None:
        """Say what happens to the next requests for Twilio's list."""
        with self._lock:
            self._listing.extend(behaviours)

    def wait_for_delivery(self, touch: str | None = None, *, count: int = 1, timeout: timedelta = WAIT) -> bool:
        """Wait until a touch (None: any) is delivered that often; blocks the thread.

        Returns:
            Whether it was.
        """
        with self._lock:
            return self._lock.wait_for(
                lambda: (len(self._messages) if touch is None else self._deliveries[touch]) >= count,
                timeout.total_seconds(),
            )

    def wait_until_reported(self, timeout: timedelta = WAIT) -> bool:
        """Wait until every callback is taken or given up; blocks the thread."""
        return self._post.wait_until_idle(timeout)

    def report(self, delivery: Delivery, report: Report) -> None:
        """Report something of a delivered message, by its own time."""
        for callback in self._callbacks(delivery, report):
            self._post.later(callback, report.after)

    def close(self) -> None:
        """Answer nothing more, report nothing more, and end every thread."""
        self._server.close()
        self._post.close()

    def __enter__(self) -> "FakeProvider":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if provider_twilio.is_messages(path):
            unknown = provider_twilio.unauthorized(path, headers, self.account_sid, self.auth_token)
            if unknown is not None:
                return unknown
            if method == "GET":
                return self._list(path)
            draft = provider_twilio.read(body)
            return draft if isinstance(draft, Reply) else self._carry_out([draft])
        if path == provider_sendgrid.PATH and method == "POST":
            drafts = provider_sendgrid.read(headers, body, self.api_key)
            return drafts if isinstance(drafts, Reply) else self._carry_out(drafts)
        if method == "GET":
            return self.account.answer(path, headers, self.api_key, self.account_sid, self.auth_token)
        return Reply(404)

    def _list(self, path: str) -> Reply:
        with self._lock:
            behaviour = self._listing.popleft() if self._listing else ACCEPT
            now = datetime.now(UTC)
            records = [self._record(each, now) for each in self._messages if each.draft.kind is Kind.TWILIO]
        return self._end(behaviour, Kind.TWILIO, lambda: provider_twilio.page(path, records, self._largest_page))

    def _record(self, delivery: Delivery, now: datetime) -> tuple[datetime | None, dict[str, object]]:
        due_at = delivery.received_at + self.sent_after
        sent_at = due_at if due_at <= now else None
        told = [(at, report) for at, report in self._reported[delivery.message_id] if at <= now]
        last = max(told, key=lambda each: each[0])[1] if told else Report(event="sent" if sent_at else "queued")
        return sent_at, provider_twilio.record(delivery, self.account_sid, last.event, last.error_code, sent_at)

    def _carry_out(self, drafts: list[Draft]) -> Reply:
        """Do as the script says with a request, whose recipient is the first one."""
        first = drafts[0]
        if self.on_request is not None:
            self.on_request(first)
        with self._lock:
            script = self._scripts[first.to.casefold()]
            behaviour = script.popleft() if script else self.default
        message_id = "SM" + secrets.token_hex(16) if first.kind is Kind.TWILIO else secrets.token_urlsafe(16)
        for draft in drafts:
            delivery = self._delivery(draft, message_id)
            with self._lock:
                self._attempts[delivery.touch] += 1
            if behaviour.delivers:
                self._deliver(delivery, behaviour)

        def accepted() -> Reply:
            if first.kind is Kind.TWILIO:
                return provider_twilio.created(delivery, self.account_sid)
            return provider_sendgrid.accepted(delivery)

        return self._end(behaviour, first.kind, accepted)

    def _end(self, behaviour: Behaviour, kind: Kind, accepted: Callable[[], Reply]) -> Reply:
        self._server.wait(behaviour.wait)
        match behaviour.answer:
            case Answer.CUT:
                raise Cut
            case Answer.SILENCE:
                raise Silence
            case Answer.ERROR:
                contract = provider_twilio if kind is Kind.TWILIO else provider_sendgrid
                return contract.failed(behaviour)
            case Answer.ACCEPTED:
                return accepted()

    def _delivery(self, draft: Draft, message_id: str) -> Delivery:
        touch = draft.touch
        if touch is None and self.touch_of is not None:
            touch = self.touch_of(draft.to, draft.body)
        return Delivery(
            touch=touch or message_id,
            message_id=message_id,
            draft=draft,
            received_at=datetime.now(UTC),
            received_monotonic=time.monotonic(),
        )

    def _deliver(self, delivery: Delivery, behaviour: Behaviour) -> None:
        with self._lock:
            self._deliveries[delivery.touch] += 1
            self._messages.append(delivery)
            self._lock.notify_all()
        reports = self.reports if behaviour.reports is None else behaviour.reports
        for report in reports:
            for callback in self._callbacks(delivery, report):
                if report.ahead:
                    self._post.now(callback)
                else:
                    self._post.later(callback, report.after)
        if self.on_delivery is not None:
            self.on_delivery(delivery)

    def _callbacks(self, delivery: Delivery, report: Report) -> list[Callback]:
        """The same callback as often as the report says; none where nobody asked for any."""
        callback: Callback | None = None
        if delivery.draft.kind is Kind.TWILIO:
            with self._lock:
                self._reported[delivery.message_id].append((datetime.now(UTC) + report.after, report))
            callback = twilio_callback(delivery, report, self.account_sid, self.auth_token)
        elif self.events_to is not None:
            callback = sendgrid_callback(self.events_to, delivery, report, self._signer)
        if callback is None:
            return []
        return [replace(callback, statuses=[]) for _ in range(report.times)]

"""The fake provider itself: it counts, fails as told, and calls back as the real ones do, by their own validators."""

import http.client
import json
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from time import monotonic
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook
from twilio.request_validator import RequestValidator

from tests.faults.provider import FakeProvider
from tests.faults.provider_behaviours import ACCEPT, CUT_AFTER, CUT_BEFORE, SILENT_AFTER, Behaviour, Report, late
from tests.faults.provider_http import LoopbackServer
from tests.faults.provider_messages import Delivery, Draft, Reply

JANE = "jane@example.com"
PHONE = "+12125550111"
SOON = timedelta(milliseconds=150)


class Endpoint:
    """Our side of the callbacks: keeps each as it came, and answers with the next of `statuses`, else 204."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Mapping[str, str], bytes, float]] = []
        self.statuses: list[int] = []
        self._server = LoopbackServer(self._answer)
        self.url = self._server.url

    def _answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.taken.append((path, headers, body, monotonic()))
        return Reply(self.statuses.pop(0) if self.statuses else 204)

    @property
    def events(self) -> list[dict[str, str]]:
        """SendGrid's events, batches laid end to end."""
        return [event for _, _, body, _ in self.taken for event in json.loads(body)]

    @property
    def forms(self) -> list[dict[str, str]]:
        """Twilio's status callbacks."""
        return [dict(parse_qsl(body.decode())) for _, _, body, _ in self.taken]

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    yield endpoint
    endpoint.close()


@pytest.fixture
def provider(endpoint: Endpoint) -> Iterator[FakeProvider]:
    with FakeProvider(retry_pauses=[SOON / 5] * 5) as provider:
        provider.events_to = f"{endpoint.url}/webhooks/sendgrid"
        yield provider
        assert provider.mistakes == []


def post(provider: FakeProvider, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(provider.url).netloc, timeout=5)
    try:
        connection.request("POST", path, body, headers)
        with connection.getresponse() as answer:
            return answer.status, dict(answer.headers), answer.read()
    finally:
        connection.close()


def email(
    provider: FakeProvider, *, touch: object = "t1", to: str = JANE, **changes: object
) -> tuple[int, dict[str, str], bytes]:
    mail = {
        "personalizations": [{"to": [{"email": to}], "custom_args": {"followthrough_touch": touch}}],
        "from": {"email": "sam@sample.example"},
        "subject": "Hello",
        "content": [{"type": "text/plain", "value": "text"}],
        **changes,
    }
    headers = {"Authorization": f"Bearer {provider.api_key}", "Content-Type": "application/json"}
    return post(provider, "/v3/mail/send", json.dumps(mail).encode(), headers)


def text(
    provider: FakeProvider, callback: str | None = None, **changes: str | None
) -> tuple[int, dict[str, str], bytes]:
    form = {"To": PHONE, "From": "+12125550199", "Body": "Hello", "StatusCallback": callback, **changes}
    known = b64encode(f"{provider.account_sid}:{provider.auth_token}".encode()).decode()
    return post(
        provider,
        f"/2010-04-01/Accounts/{provider.account_sid}/Messages.json",
        urlencode({name: value for name, value in form.items() if value is not None}).encode(),
        {"Authorization": f"Basic {known}", "Content-Type": "application/x-www-form-urlencoded"},
    )


def test_a_taken_email_answers_202_with_its_id_and_no_body(provider: FakeProvider) -> None:
    status, headers, body = email(provider)
    [delivery] = provider.messages
    assert (status, headers["X-Message-Id"], body) == (202, delivery.message_id, b"")
    assert (delivery.touch, delivery.to, delivery.draft.subject, delivery.draft.body) == ("t1", JANE, "Hello", "text")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"personalizations": []}, "personalizations"),
        ({"from": None}, "from"),
        ({"subject": None}, "subject"),
        ({"content": []}, "content"),
        ({"headers": {"Reply-To": JANE}}, "headers"),
        ({"reply_to": {"email": "jane"}}, "reply_to.email"),
        ({"categories": ["a", "a"]}, "categories"),
        ({"categories": [str(number) for number in range(11)]}, "categories"),
        ({"to": "jane"}, "personalizations.0.to.0.email"),
        ({"touch": 7}, "personalizations.0.custom_args"),
        (
            {"content": [{"type": "text/html", "value": "h"}, {"type": "text/plain", "value": "t"}]},
            "content",
        ),
    ],
)
def test_a_malformed_email_is_refused_by_its_field(
    provider: FakeProvider, changes: dict[str, object], field: str
) -> None:
    status, _, body = email(provider, **changes)  # type: ignore[arg-type]
    assert (status, json.loads(body)["errors"][0]["field"]) == (400, field)
    assert provider.attempts == {}


def test_a_taken_email_shows_its_headers_reply_address_categories_and_arguments(provider: FakeProvider) -> None:
    headers = {"List-Unsubscribe": "<https://follow.example.com/u/x>", "In-Reply-To": "<1@example.com>"}
    email(provider, headers=headers, reply_to={"email": "r+x@reply.example.com"}, categories=["inbound-web"])
    draft = provider.messages[0].draft
    assert (draft.headers, draft.reply_to, draft.categories) == (headers, "r+x@reply.example.com", ["inbound-web"])
    assert draft.custom_args == {"followthrough_touch": "t1"}


def test_look_ups_deliver_nothing_and_know_their_own_key_only(provider: FakeProvider) -> None:
    connection = http.client.HTTPConnection(urlsplit(provider.url).netloc, timeout=5)
    try:
        for key, status in ((provider.api_key, 200), ("another", 401)):
            connection.request("GET", "/v3/scopes", headers={"Authorization": f"Bearer {key}"})
            with connection.getresponse() as answer:
                assert (answer.status, b"mail.send" in answer.read()) == (status, status == 200)
    finally:
        connection.close()
    assert provider.attempts == {}
    assert provider.account.looked_up == ["/v3/scopes"] * 2


def test_a_taken_text_is_queued_with_a_sid(provider: FakeProvider) -> None:
    status, _, body = text(provider, "http://127.0.0.1:9/status?touch=t1")
    answer = json.loads(body)
    assert (status, answer["status"], answer["num_segments"], answer["date_sent"]) == (201, "queued", "1", None)
    assert answer["sid"] == provider.messages[0].message_id
    assert provider.deliveries == {"t1": 1}
    assert "touch" not in body.decode()


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"To": None}, 21604), ({"From": None}, 21603), ({"Body": ""}, 21602), ({"Body": "x" * 1601}, 21617)],
)
def test_a_malformed_text_is_refused_by_its_code(
    provider: FakeProvider, changes: dict[str, str | None], code: int
) -> None:
    status, _, body = text(provider, **changes)
    answer = json.loads(body)
    assert (status, answer["code"], answer["status"]) == (400, code, 400)
    assert set(answer) == {"code", "message", "more_info", "status"}


def test_a_text_without_a_callback_is_counted_by_the_test_s_own_mapping_else_by_its_sid(
    provider: FakeProvider,
) -> None:
    text(provider)
    provider.touch_of = lambda to, body: "t9"
    text(provider)
    assert provider.deliveries == {provider.messages[0].message_id: 1, "t9": 1}


def test_a_second_delivery_of_a_touch_is_counted(provider: FakeProvider) -> None:
    email(provider)
    email(provider)
    assert provider.deliveries == {"t1": 2}


def test_a_script_is_used_up_request_by_request_and_for_its_recipient_only(provider: FakeProvider) -> None:
    provider.script("Jane@Example.com", CUT_BEFORE, CUT_AFTER)
    assert email(provider, touch="other", to="joe@example.com")[0] == 202
    for _ in range(2):
        with pytest.raises(http.client.RemoteDisconnected):
            email(provider)
    assert email(provider)[0] == 202
    assert provider.attempts == {"t1": 3, "other": 1}
    assert provider.deliveries == {"t1": 2, "other": 1}


def test_a_late_answer_comes_after_the_delivery(provider: FakeProvider) -> None:
    provider.script(JANE, late(SOON))
    delivered = threading.Thread(target=email, args=[provider])
    delivered.start()
    assert provider.wait_for_delivery("t1")
    waited_from = monotonic()
    delivered.join()
    assert monotonic() - waited_from > SOON.total_seconds() / 2


def test_the_hooks_see_the_request_before_and_the_delivery_after_it_counts(provider: FakeProvider) -> None:
    seen: list[tuple[str | None, int]] = []

    def requested(draft: Draft) -> None:
        seen.append((draft.touch, provider.deliveries["t1"]))

    def delivered(delivery: Delivery) -> None:
        seen.append((delivery.touch, provider.deliveries["t1"]))

    provider.on_request, provider.on_delivery = requested, delivered
    provider.script(JANE, CUT_BEFORE, CUT_AFTER)
    for _ in range(2):
        with pytest.raises(http.client.RemoteDisconnected):
            email(provider)
    assert seen == [("t1", 0), ("t1", 0), ("t1", 1)]


def test_a_request_whose_sender_dies_while_writing_delivers_nothing(provider: FakeProvider) -> None:
    form = urlencode({"To": PHONE, "From": "+12125550199", "Body": "Hello, I wanted to"}).encode()
    known = b64encode(f"{provider.account_sid}:{provider.auth_token}".encode()).decode()
    connection = http.client.HTTPConnection(urlsplit(provider.url).netloc, timeout=5)
    connection.putrequest("POST", f"/2010-04-01/Accounts/{provider.account_sid}/Messages.json")
    connection.putheader("Authorization", f"Basic {known}")
    connection.putheader("Content-Length", str(len(form) + 20))
    connection.endheaders(form)
    assert connection.sock is not None
    connection.sock.shutdown(socket.SHUT_WR)
    assert connection.sock.recv(1) == b""  # the provider has read to the end, and hung up
    connection.close()
    assert provider.attempts == {}


def test_closing_ends_a_request_that_is_never_answered() -> None:
    provider = FakeProvider()
    provider.script(JANE, SILENT_AFTER)
    errors: list[Exception] = []

    def sent() -> None:
        try:
            email(provider)
        except http.client.RemoteDisconnected as error:
            errors.append(error)

    waiting = threading.Thread(target=sent)
    waiting.start()
    assert provider.wait_for_delivery("t1")
    provider.close()
    waiting.join(5)
    assert len(errors) == 1


def test_nothing_is_reported_unless_a_test_asks_for_it(provider: FakeProvider, endpoint: Endpoint) -> None:
    email(provider)
    text(provider, f"{endpoint.url}/status?touch=t1")
    assert provider.wait_until_reported()
    assert endpoint.taken == []


def test_sendgrid_s_events_carry_our_id_and_verify_by_sendgrid_s_own_code(
    provider: FakeProvider, endpoint: Endpoint
) -> None:
    bounce = Report(event="bounce", fields={"type": "blocked"})
    provider.script(JANE, ACCEPT.reporting(bounce))
    _, headers, _ = email(provider)
    assert provider.wait_until_reported()
    [(path, sent, body, _)] = endpoint.taken
    [event] = endpoint.events
    assert path == "/webhooks/sendgrid"
    assert (event["event"], event["type"], event["email"]) == ("bounce", "blocked", JANE)
    assert event["followthrough_touch"] == "t1"
    assert event["sg_message_id"].startswith(headers["X-Message-Id"])
    signature = sent["X-Twilio-Email-Event-Webhook-Signature"]
    timestamp = sent["X-Twilio-Email-Event-Webhook-Timestamp"]
    official = EventWebhook(provider.event_public_key)
    assert body.endswith(b"\r\n")
    assert official.verify_signature(body.decode(), signature, timestamp)
    assert not official.verify_signature(body.decode().replace("blocked", "bounce"), signature, timestamp)
    assert not official.verify_signature(body.decode(), signature, str(int(timestamp) + 1))


def test_twilio_s_callbacks_carry_our_id_and_verify_by_twilio_s_own_code(
    provider: FakeProvider, endpoint: Endpoint
) -> None:
    provider.reports = (Report(event="undelivered", error_code=30005),)
    callback = f"{endpoint.url}/status?touch=t1"
    text(provider, callback)
    assert provider.wait_until_reported()
    [(path, headers, _, _)] = endpoint.taken
    [form] = endpoint.forms
    assert path == "/status?touch=t1"
    assert (form["MessageStatus"], form["ErrorCode"], form["To"]) == ("undelivered", "30005", PHONE)
    assert form["MessageSid"] == provider.messages[0].message_id
    official = RequestValidator(provider.auth_token)
    assert official.validate(callback, form, headers["X-Twilio-Signature"])
    assert not official.validate(callback.replace("t1", "t2"), form, headers["X-Twilio-Signature"])
    assert not official.validate(callback, {**form, "MessageStatus": "sent"}, headers["X-Twilio-Signature"])


def test_a_report_ahead_is_taken_before_the_send_is_answered(provider: FakeProvider, endpoint: Endpoint) -> None:
    taken: list[int] = []
    provider.on_delivery = lambda _: taken.append(len(endpoint.taken))
    provider.script(JANE, ACCEPT.reporting(Report(event="delivered", ahead=True)))
    email(provider)
    assert taken == [1]


def test_reports_come_in_the_order_of_their_times_and_twice_when_told(
    provider: FakeProvider, endpoint: Endpoint
) -> None:
    reversed_order = (
        Report(event="processed", after=SOON),
        Report(event="delivered", times=2),
    )
    provider.script(JANE, ACCEPT.reporting(*reversed_order))
    email(provider)
    assert provider.wait_until_reported()
    assert [event["event"] for event in endpoint.events] == ["delivered", "delivered", "processed"]
    assert endpoint.events[0]["sg_event_id"] == endpoint.events[1]["sg_event_id"]
    assert endpoint.events[2]["sg_event_id"] != endpoint.events[0]["sg_event_id"]


def test_a_report_that_is_not_taken_comes_again_signed_anew(provider: FakeProvider, endpoint: Endpoint) -> None:
    endpoint.statuses = [500, 403]
    provider.script(JANE, CUT_AFTER.reporting(Report(event="delivered")))
    with pytest.raises(http.client.RemoteDisconnected):
        email(provider)
    assert provider.wait_until_reported()
    [callback] = provider.callbacks
    assert (callback.statuses, callback.taken) == ([500, 403, 204], True)
    assert len({event["sg_event_id"] for event in endpoint.events}) == 1
    times = [at for _, _, _, at in endpoint.taken]
    assert all(later - sooner >= SOON.total_seconds() / 5 for sooner, later in pairwise(times))


def test_a_report_that_nobody_takes_is_given_up(provider: FakeProvider, endpoint: Endpoint) -> None:
    endpoint.close()
    provider.script(JANE, ACCEPT.reporting(Report(event="delivered")))
    email(provider)
    assert provider.wait_until_reported()
    [callback] = provider.callbacks
    assert (callback.statuses, callback.taken) == ([None] * 6, False)


@pytest.mark.parametrize("behaviour", [ACCEPT, CUT_AFTER], ids=lambda each: each.name)
def test_fifty_senders_at_once_are_all_counted(provider: FakeProvider, behaviour: Behaviour) -> None:
    provider.default = behaviour
    answered: list[int] = []

    def send(number: int) -> None:
        try:
            answered.append(email(provider, touch=f"t{number}")[0])
        except http.client.RemoteDisconnected:
            answered.append(0)

    senders = [threading.Thread(target=send, args=[number]) for number in range(50)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert answered == [202 if behaviour is ACCEPT else 0] * 50
    assert provider.deliveries == {f"t{number}": 1 for number in range(50)}

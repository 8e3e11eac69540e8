"""The whole product with both providers: what goes out over their clients, and what comes back by their webhooks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.end_to_end.installation import Installation
from tests.faults.provider import FakeProvider
from tests.faults.provider_events import EventSigner, twilio_signature
from tests.faults.provider_messages import Delivery, Kind

pytestmark = pytest.mark.timeout(600)

INBOUND_SECRET = "the-secret-end-of-the-path"
REPLY_DOMAIN = "reply.example.com"
OUR_NUMBER = "+12125550100"


@dataclass
class House:
    """An installation with both providers."""

    installation: Installation
    provider: FakeProvider
    inbound: EventSigner
    replies: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.installation.web_port}"

    def lead(self, lead_id: str) -> Any:
        return self.installation.get(f"/api/leads/{lead_id}")

    def open_tasks(self, lead_id: str) -> list[Any]:
        return [task for task in self.lead(lead_id)["tasks"] if task["state"] == "open"]

    def new_lead(self, name: str, **more: Any) -> str:
        captured = self.installation.post(
            "/api/leads",
            {
                "email": f"{name}@example.com",
                "name": name.capitalize(),
                "question": "How much?",
                "kind": "inbound",
                "zone": "America/New_York",
                **more,
            },
        )
        return str(captured["id"])

    def emails_to(self, recipient: str) -> list[Delivery]:
        return [one for one in self.provider.messages if one.draft.kind is Kind.SENDGRID and one.to == recipient]

    def texts(self) -> list[Delivery]:
        return [one for one in self.provider.messages if one.draft.kind is Kind.TWILIO]

    def reply(self, sender: str, to: str, text: str, *, signed: bool = True) -> httpx.Response:
        """An email that a person writes, as Inbound Parse posts it."""
        self.replies += 1
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, to, "Re: Your question"
        mail["Message-ID"] = f"<{self.replies}@mail.example.com>"
        fields = {
            "headers": "".join(f"{name}: {value}\n" for name, value in mail.items()),
            "from": sender,
            "to": to,
            "subject": "Re: Your question",
            "text": text,
            "envelope": json.dumps({"to": [to], "from": sender}),
            "charsets": json.dumps({"from": "UTF-8", "to": "UTF-8", "subject": "UTF-8", "text": "UTF-8"}),
        }
        request = httpx.Request("POST", self.url, files={name: (None, value) for name, value in fields.items()})
        body = request.read()
        headers = {"Content-Type": request.headers["Content-Type"]}
        if signed:
            signature = self.inbound.headers(body)
            headers |= {name: value for name, value in signature.items() if name != "Content-Type"}
        return httpx.post(f"{self.url}/webhooks/sendgrid/inbound/{INBOUND_SECRET}", content=body, headers=headers)

    def text(self, sender: str, body: str, sid: str) -> httpx.Response:
        """A text that a person writes, as Twilio posts it."""
        url = f"{self.url}/webhooks/twilio/inbound"
        form = {
            "AccountSid": self.provider.account_sid,
            "Body": body,
            "From": sender,
            "To": OUR_NUMBER,
            "MessageSid": sid,
            "NumMedia": "0",
        }
        signature = twilio_signature(self.provider.auth_token, url, form)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        return httpx.post(url, content=urlencode(form), headers=headers)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    inbound = EventSigner()
    with FakeProvider() as provider:
        installation = Installation(
            tmp_path_factory.mktemp("house"),
            {
                "SENDGRID_API_KEY": provider.api_key,
                "SENDGRID_URL": provider.url,
                "SENDGRID_EVENT_KEY": provider.event_public_key,
                "SENDGRID_INBOUND_SECRET": INBOUND_SECRET,
                "SENDGRID_INBOUND_KEY": inbound.public_key,
                "REPLY_DOMAIN": REPLY_DOMAIN,
                "TWILIO_ACCOUNT_SID": provider.account_sid,
                "TWILIO_AUTH_TOKEN": provider.auth_token,
                "TWILIO_SENDER": OUR_NUMBER,
                "TWILIO_URL": provider.url,
                "TWILIO_ANSWERS_STOP": "false",
            },
        )
        try:
            installation.start()
            provider.events_to = f"http://127.0.0.1:{installation.web_port}/webhooks/sendgrid/events"
            yield House(installation, provider, inbound)
        finally:
            installation.close()


def test_an_email_goes_out_its_reply_pauses_and_the_answer_of_a_colleague_lets_it_go_on(house: House) -> None:
    lead_id = house.new_lead("rita")
    (first,) = house.installation.wait_for(lambda: house.emails_to("rita@example.com"), 20)
    assert "How much?" in first.draft.body
    assert first.draft.reply_to.endswith(f"@{REPLY_DOMAIN}")
    waits_for = datetime.fromisoformat(house.lead(lead_id)["next_touch"]["at"])

    assert house.reply("rita@example.com", first.draft.reply_to, "That sounds good!", signed=False).status_code == 403
    assert house.lead(lead_id)["hold"] is None
    for _ in range(2):  # Whoever writes twice gets one task, not two.
        assert house.reply("rita@example.com", first.draft.reply_to, "Which sizes do you have?").status_code == 204

    held = house.lead(lead_id)
    assert held["hold"]["reason"] == "reply"
    (task,) = [task for task in house.open_tasks(lead_id) if task["kind"] == "reply"]
    assert "Which sizes do you have?" in task["text"]
    assert task["owner"]
    assert task["due_at"]

    house.installation.post(f"/api/tasks/{task['id']}/complete", {"outcome": "answered"})

    resumed = house.lead(lead_id)
    assert resumed["hold"]["reason"] == "personal_touch"
    assert datetime.fromisoformat(resumed["next_touch"]["at"]) >= waits_for
    assert [task for task in house.open_tasks(lead_id) if task["kind"] == "reply"] == []
    assert len(house.emails_to("rita@example.com")) == 1


def test_a_stop_by_text_stops_everything_and_is_confirmed_once(house: House) -> None:
    phone = "+12125550142"
    consent = {"channel": "sms", "wording": "Yes, text me.", "method": "web form", "source": "website"}
    lead_id = house.new_lead("stan", phone=phone, consents=[consent])
    house.installation.wait_for(lambda: house.emails_to("stan@example.com"), 20)
    house.installation.wait_for(lambda: house.open_tasks(lead_id), 20)

    answers = [house.text(phone, "Stop, please!", "SM" + "1" * 32).text for _ in range(3)]
    answers.append(house.text(phone, "STOP", "SM" + "2" * 32).text)

    assert ["<Message>" in answer for answer in answers] == [True, False, False, False]
    lead = house.lead(lead_id)
    assert (lead["ended"], lead["next_touch"], house.open_tasks(lead_id)) == ("opted_out", None, [])
    assert len(house.emails_to("stan@example.com")) == 1
    assert house.texts() == []
    # It holds for whoever brings the same address again.
    again = house.installation.call("POST", "/api/leads", {"email": "stan@example.com", "kind": "outbound"})
    assert again.status_code in (200, 409, 422), again.text
    assert house.lead(lead_id)["next_touch"] is None
    assert len(house.emails_to("stan@example.com")) == 1


def test_a_text_that_nobody_signed_changes_nothing(house: House) -> None:
    phone = "+12125550143"
    lead_id = house.new_lead("nora", phone=phone)
    house.installation.wait_for(lambda: house.emails_to("nora@example.com"), 20)
    form = urlencode({"Body": "STOP", "From": phone, "To": OUR_NUMBER, "MessageSid": "SM" + "3" * 32})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "bm90IG91cnM="}
    assert httpx.post(f"{house.url}/webhooks/twilio/inbound", content=form, headers=headers).status_code == 403
    assert house.lead(lead_id)["ended"] is None


def test_the_unsubscribe_button_of_a_mailbox_stops_the_emails(house: House) -> None:
    lead_id = house.new_lead("una")
    (first,) = house.installation.wait_for(lambda: house.emails_to("una@example.com"), 20)
    link = next(word for word in first.draft.body.split() if "/u/" in word)
    for _ in range(3):
        assert httpx.get(link).status_code == 200
    assert house.lead(lead_id)["ended"] is None
    for _ in range(2):
        assert httpx.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert house.lead(lead_id)["ended"] == "opted_out"

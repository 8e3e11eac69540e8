"""Emails as SendGrid's Inbound Parse posts them, in both of its modes, and texts as Twilio does."""

import json
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from tests.api.webhooks.conftest import EMAIL, PHONE, PUBLIC, TOKEN

SECRET = "the secret end of the path"
INBOUND = f"/webhooks/sendgrid/inbound/{SECRET}"
TEXTS = "/webhooks/twilio/inbound"
BOUNDARY = "xYzZY"
LEADS = "hello@reply.example.com"


def form(fields: Iterable[tuple[str, bytes]], files: Iterable[tuple[str, str, bytes]] = ()) -> bytes:
    """A multipart body.

    Args:
        files: file name, type and content.
    """
    parts = [(f'form-data; name="{name}"', "", data) for name, data in fields]
    parts += [
        (f'form-data; name="attachment{number}"; filename="{name}"', kind, data)
        for number, (name, kind, data) in enumerate(files, 1)
    ]
    body = b""
    for disposition, kind, data in parts:
        head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n" + (f"Content-Type: {kind}\r\n" if kind else "")
        body += head.encode() + b"\r\n" + data + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


class Parse:
    """Posts emails as Inbound Parse does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.number = 0

    async def post(self, body: bytes, path: str = INBOUND, **headers: str) -> httpx.Response:
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return await self.client.post(path, content=body, headers={**kind, **headers})

    def body(
        self,
        text: str,
        *,
        to: str | list[str],
        sender: str = EMAIL,
        subject: str = "Re: Ovens",
        headers: Mapping[str, str] | None = None,
        header_to: str = "Anna <anna@ours.example.com>",
        html: str = "",
        return_path: str | None = None,
        files: Iterable[tuple[str, str, bytes]] = (),
        charset: str = "UTF-8",
        message_id: str | None = None,
    ) -> bytes:
        self.number += 1
        named = {
            "Message-ID": f"<{self.number}@mail.example.com>" if message_id is None else message_id,
            "From": f"Priya Raman <{sender}>",
            "To": header_to,
            "Subject": subject,
            **(headers or {}),
        }
        envelope = {"to": [to] if isinstance(to, str) else to, "from": sender if return_path is None else return_path}
        fields = {
            "headers": "".join(f"{name}: {value}\n" for name, value in named.items() if value),
            "from": named["From"],
            "to": header_to,
            "subject": subject,
            "text": text,
            "html": html,
            "charsets": json.dumps({"to": "UTF-8", "text": charset, "html": charset, "subject": charset}),
            "envelope": json.dumps(envelope),
        }
        return form([(name, value.encode(charset)) for name, value in fields.items() if value], files)

    async def email(self, text: str, **more: Any) -> httpx.Response:
        return await self.post(self.body(text, **more))

    async def raw(self, mail: EmailMessage | bytes, *, to: str, sender: str = EMAIL) -> httpx.Response:
        source = mail if isinstance(mail, bytes) else mail.as_bytes()
        envelope = json.dumps({"to": [to], "from": sender}).encode()
        return await self.post(form([("email", source), ("envelope", envelope)]))


class Texts:
    """Posts incoming texts, signed as Twilio signs them."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.number = 0

    def fields(self, body: str, **more: str) -> dict[str, str]:
        self.number += 1
        sid = f"SM{self.number:032x}"
        return {"MessageSid": sid, "From": PHONE, "To": "+12125550100", "Body": body, "NumMedia": "0", **more}

    def sign(self, fields: Mapping[str, str], query: str = "") -> str:
        url = f"{PUBLIC}{TEXTS}" + (f"?{query}" if query else "")
        return str(RequestValidator(TOKEN).compute_signature(url, ImmutableMultiDict(fields)))

    async def post(self, fields: Mapping[str, str], signature: str | None, query: str = "") -> httpx.Response:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if signature is not None:
            headers["X-Twilio-Signature"] = signature
        path = f"{TEXTS}?{query}" if query else TEXTS
        return await self.client.post(path, content=urlencode(fields).encode(), headers=headers)

    async def text(self, body: str, **more: str) -> httpx.Response:
        fields = self.fields(body, **more)
        return await self.post(fields, self.sign(fields))

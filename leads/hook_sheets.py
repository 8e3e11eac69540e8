"""How other programs deliver leads, as `hooks/*.yaml` has it: how each signs, and what of ours stands where."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from leads.form_sheets import ATTRIBUTE, Line, Slug
from leads.model import Channel, LeadKind
from leads.named_sheets import NamedSheets
from leads.normalising import MAX_WORDING
from leads.playbook import Playbook
from leads.spans import Span, Unit

HOOKS = "hooks"
"""The folder of the playbook."""
BODY, TIMESTAMP = "{body}", "{timestamp}"
"""What a signature is made over."""
_KNOWN = ("name", "email", "phone", "company", "question", "country", "region", "zone", "cost")
_PHONES = (Channel.SMS, Channel.CALL)
_HEADER = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")
_ATTRIBUTE_NAME = re.compile(r"^[a-z0-9_-]{1,60}$")
_FIXED = {Unit.MINUTE: timedelta(minutes=1), Unit.HOUR: timedelta(hours=1), Unit.DAY: timedelta(days=1)}


def _header(text: str) -> str:
    if not _HEADER.match(text):
        raise ValueError(f"{text!r} is no header's name; write one like X-Signature")
    return text


def _path(text: str) -> str:
    if not text or any(not part.strip() for part in text.split(".")):
        raise ValueError(f"{text!r} is no path; write keys with dots between them, like data.fields.email")
    return text


HeaderName = Annotated[str, AfterValidator(_header)]
DottedPath = Annotated[str, Field(max_length=500), AfterValidator(_path)]
"""Keys with dots between them; a number counts the parts of a list from 0."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Timestamp(_Part):
    """The time that is signed with the body, in seconds since 1970, so that nobody can send an old delivery again."""

    header: HeaderName
    prefix: str = Field("", max_length=50)
    tolerance: Span = Span(5, Unit.MINUTE)

    @field_validator("tolerance")
    @classmethod
    def _is_fixed(cls, span: Span) -> Span:
        if span.unit not in _FIXED:
            raise ValueError(f"{span} has no fixed length; write minutes, hours or days")
        return span

    @property
    def good_for(self) -> timedelta:
        return self.tolerance.amount * _FIXED[self.tolerance.unit]


class Signature(_Part):
    """How deliveries are signed: HMAC-SHA256 with the hook's own secret."""

    header: HeaderName
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = Field("", max_length=50)
    timestamp: Timestamp | None = None
    signed: str | None = Field(None, max_length=200)
    """What is signed; the body, after the time and a dot where there is one, when left out."""

    @field_validator("signed")
    @classmethod
    def _signs_the_body(cls, signed: str | None, so_far: ValidationInfo) -> str | None:
        if signed is None:
            return None
        if signed.count(BODY) != 1:
            raise ValueError(f"the body must be signed, once; write {BODY} for it")
        if (so_far.data.get("timestamp") is not None) != (TIMESTAMP in signed):
            raise ValueError(f"the time must be signed where there is one; write {TIMESTAMP} for it, or leave both out")
        return signed

    @property
    def parts(self) -> tuple[str, str]:
        """What is signed before the body, and after it."""
        whole = self.signed or (BODY if self.timestamp is None else f"{TIMESTAMP}.{BODY}")
        before, _, after = whole.partition(BODY)
        return before, after


class HookConsent(_Part):
    """A permission that comes with a delivery."""

    channel: Literal[Channel.EMAIL, Channel.SMS, Channel.CALL]
    given: DottedPath
    words: str | None = Field(None, min_length=1, max_length=MAX_WORDING)
    """The exact words that the person agreed to."""
    words_at: DottedPath | None = None
    """Where the delivery has them."""
    page: DottedPath | None = None
    address: DottedPath | None = None

    @field_validator("words_at")
    @classmethod
    def _words_from_somewhere(cls, words_at: str | None, so_far: ValidationInfo) -> str | None:
        if words_at is not None and so_far.data.get("words") is not None:
            raise ValueError("the words stand in `words` already; leave one of the two out")
        return words_at

    @property
    def needs(self) -> str:
        """The field that it is a permission for."""
        return "phone" if self.channel in _PHONES else "email"


class HookSheet(_Part):
    """One hook."""

    hook: Slug
    """Its name in the address: /hooks/NAME."""
    source: Line
    signature: Signature
    body: Literal["json", "form"] = "json"
    id: DottedPath
    fields: dict[str, DottedPath | tuple[DottedPath, ...]] = Field(min_length=1, max_length=60)
    consents: tuple[HookConsent, ...] = Field((), max_length=20)
    kind: LeadKind = LeadKind.INBOUND
    cadence: str | None = None

    @field_validator("fields")
    @classmethod
    def _of_ours(cls, fields: dict[str, object]) -> dict[str, object]:
        for name in fields:
            attribute = name.removeprefix(ATTRIBUTE)
            if name not in _KNOWN and not (name.startswith(ATTRIBUTE) and _ATTRIBUTE_NAME.match(attribute)):
                raise ValueError(f"{name!r} is no field; write one of {', '.join(_KNOWN)}, or {ATTRIBUTE}NAME")
        if not {"email", "phone", "question", "name"} & fields.keys():
            raise ValueError("nothing of a person is read; map email, phone, question or name")
        return fields

    @field_validator("consents")
    @classmethod
    def _each_for_a_field(cls, consents: tuple[HookConsent, ...], so_far: ValidationInfo) -> tuple[HookConsent, ...]:
        mapped = so_far.data.get("fields", {})
        for consent in consents:
            if mapped and consent.needs not in mapped:
                raise ValueError(f"a consent to {consent.channel} needs the field {consent.needs}; map it in `fields`")
            if consent.words is None and consent.words_at is None:
                raise ValueError(f"the consent to {consent.channel} has no words; write them in `words`")
        return consents


def hooks_of(playbook: Playbook) -> NamedSheets[HookSheet]:
    """The hooks in force, by name."""
    return NamedSheets(HookSheet, "hook", lambda: playbook.files(HOOKS))

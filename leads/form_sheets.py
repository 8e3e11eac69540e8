"""The business's own forms, as `forms/*.yaml` has them: what each asks, in which words it asks for consent, and whom
it thanks."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from leads.model import Channel, LeadKind
from leads.named_sheets import NamedSheets
from leads.normalising import MAX_WORDING
from leads.playbook import Playbook

FORMS = "forms"
"""The folder of the playbook."""
ATTRIBUTE = "attributes."
"""Begins the name of a field that asks for something of the business's own."""
_KNOWN = ("name", "email", "phone", "company", "question")
_SLUG = re.compile(r"^[a-z0-9][a-z0-9-]{0,59}$")
_ATTRIBUTE_NAME = re.compile(r"^[a-z0-9_-]{1,60}$")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_REACHED_BY = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.CALL: "phone"}


def _slug(text: str) -> str:
    if not _SLUG.match(text):
        raise ValueError(f"{text!r} can't stand in an address; write a-z, 0-9 and -, at most 60 of them")
    return text


def _field_name(text: str) -> str:
    attribute = text.removeprefix(ATTRIBUTE)
    if text not in _KNOWN and not (text.startswith(ATTRIBUTE) and _ATTRIBUTE_NAME.match(attribute)):
        raise ValueError(f"{text!r} is no field; write one of {', '.join(_KNOWN)}, or {ATTRIBUTE}NAME of your own")
    return text


def _origin(text: str) -> str:
    parts = urlsplit(text.lower())
    origin = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in ("http", "https") or not parts.netloc or text.lower() != origin:
        raise ValueError(f"{text!r} is no origin; write https:// and the host only, like https://www.example.com")
    return origin


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(
            f"{text!r} is no address of a page; write the whole of it, like https://www.example.com/thanks"
        )
    return text


Slug = Annotated[str, AfterValidator(_slug)]
Line = Annotated[str, Field(min_length=1, max_length=200)]
Origin = Annotated[str, AfterValidator(_origin)]
WebAddress = Annotated[str, Field(max_length=2000), AfterValidator(_web_address)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FormField(_Part):
    """One thing that a form asks."""

    name: Annotated[str, AfterValidator(_field_name)]
    label: Line
    required: bool = False
    hint: str = Field("", max_length=500)
    choices: tuple[Line, ...] = Field((), max_length=100)
    """What may be chosen; any text when left out."""
    many_lines: bool | None = None
    """The question has several lines, anything else one, unless it is said here."""

    @field_validator("choices")
    @classmethod
    def _only_attributes(cls, choices: tuple[str, ...], so_far: ValidationInfo) -> tuple[str, ...]:
        name = str(so_far.data.get("name", ATTRIBUTE))
        if choices and not name.startswith(ATTRIBUTE):
            raise ValueError(f"nobody can choose a {name}; choices belong to a field {ATTRIBUTE}NAME")
        if len(set(choices)) < len(choices):
            raise ValueError("a choice stands there twice; leave one out")
        return choices

    @property
    def has_many_lines(self) -> bool:
        return self.name == "question" if self.many_lines is None else self.many_lines


class FormConsent(_Part):
    """A box to tick: a permission for one channel, in exactly these words."""

    channel: Literal[Channel.EMAIL, Channel.SMS, Channel.CALL]
    words: str = Field(min_length=1, max_length=MAX_WORDING)

    @field_validator("words")
    @classmethod
    def _one_placeholder(cls, words: str) -> str:
        unknown = next((one for one in _PLACEHOLDER.findall(words) if one != "{company}"), None)
        if unknown is not None:
            raise ValueError(f"{unknown} means nothing here; {{company}} is the company's name, and the only such word")
        return words

    @property
    def needs(self) -> str:
        """The field that it is a permission for."""
        return _REACHED_BY[Channel(self.channel)]

    def worded(self, company: str) -> str:
        """The words as the person sees them, and as they are kept."""
        return " ".join(self.words.replace("{company}", company).split())


class FormSheet(_Part):
    """One form."""

    form: Slug
    """Its name in the address: /forms/NAME."""
    title: Line
    source: Line
    """Where its leads come from, by name."""
    fields: tuple[FormField, ...] = Field(min_length=1, max_length=40)
    consents: tuple[FormConsent, ...] = ()
    about: str = Field("", max_length=2000)
    button: Line = "Send"
    kind: LeadKind = LeadKind.INBOUND
    cadence: str | None = None
    """The default of the kind when left out."""
    thanks: str = Field("Thank you. Your message has arrived.", min_length=1, max_length=2000)
    redirect: WebAddress | None = None
    """A page of yours that thanks instead."""
    privacy: WebAddress | None = None
    """The page that says how you treat personal data."""
    origins: tuple[Origin, ...] = ()
    """Websites that hold a copy of the form."""

    @field_validator("fields")
    @classmethod
    def _each_once(cls, fields: tuple[FormField, ...]) -> tuple[FormField, ...]:
        names = [field.name for field in fields]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"`{twice}` is asked twice; leave one out")
        if not {"email", "phone", "question"} & set(names):
            raise ValueError("nobody could be reached, and nothing is asked; add a field email, phone or question")
        return fields

    @field_validator("consents")
    @classmethod
    def _each_for_a_field(cls, consents: tuple[FormConsent, ...], so_far: ValidationInfo) -> tuple[FormConsent, ...]:
        channels = [consent.channel for consent in consents]
        if len(set(channels)) < len(channels):
            raise ValueError("a channel has two boxes; put what is agreed to into one")
        asked = {field.name for field in so_far.data.get("fields", ())}
        missing = next((one for one in consents if asked and one.needs not in asked), None)
        if missing is not None:
            raise ValueError(f"a consent to {missing.channel} needs the field {missing.needs}; add it to `fields`")
        return consents

    def field(self, name: str) -> FormField | None:
        return next((field for field in self.fields if field.name == name), None)


def forms_of(playbook: Playbook) -> NamedSheets[FormSheet]:
    """The forms in force, by name."""
    return NamedSheets(FormSheet, "form", lambda: playbook.files(FORMS))

"""Who may be known already, while somebody is typing: what is looked for, and what a lead that was found has of it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

from leads.capture import CaptureRefused
from leads.company_domains import business_domain
from leads.normalising import normal_email, normal_phone

LEAST_DIGITS = 5
"""Digits behind the country code below which a number tells nothing."""
LEAST_LETTERS = 3
"""Letters below which the beginning of a word, or of an address, tells nothing."""
_MOST_WORDS = 6
_LONG = 6
"""A word of more letters than these is like others that begin as it does; of a shorter one three letters tell less."""
_LEGAL_FORMS = frozenset(
    {"inc", "llc", "ltd", "limited", "corp", "corporation", "co", "gmbh", "ag", "plc", "bv", "the"}
)
_WORD = re.compile(r"\w+")


class Likeness(StrEnum):
    """What a lead has in common with what was typed; what tells most first."""

    PHONE = "same phone"
    """A contact point belongs to one lead only: it is the same person."""
    EMAIL = "same email"
    PHONE_BEGINS = "phone begins so"
    EMAIL_BEGINS = "email begins so"
    NAME_AND_COMPANY = "name and company"
    NAME = "name"
    DOMAIN = "company's domain"
    COMPANY = "company"
    NAME_ALIKE = "a name like it"
    """Each word begins as one of the lead's does: Pria Ramann, where Priya Raman is known."""
    COMPANY_ALIKE = "a company like it"

    @property
    def is_certain(self) -> bool:
        """Whether what is captured now will be added to that very lead."""
        return self in (Likeness.PHONE, Likeness.EMAIL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What known leads are looked for by; empty where too little was typed."""

    phone: str | None = None
    """A whole number, E.164."""
    phone_begins: str | None = None
    """How an E.164 number begins."""
    email: str | None = None
    email_begins: str | None = None
    domain: str | None = None
    """Of a company."""
    name: tuple[str, ...] = ()
    """Beginnings of words."""
    company: tuple[str, ...] = ()
    name_alike: tuple[str, ...] = ()
    """Shorter beginnings, for what is spelled a little differently."""
    company_alike: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self == Wanted()


def wanted(*, phone: str = "", email: str = "", name: str = "", company: str = "", region: str) -> Wanted:
    """What to look for, from the fields of a form as far as they are filled in.

    Args:
        region: the country (ISO 3166) of numbers that are written without a country code.
    """
    number, number_begins = _phone(phone, region)
    address, address_begins = _email(email)
    names, companies = _words(name), _words(company, besides=_LEGAL_FORMS)
    return Wanted(
        phone=number,
        phone_begins=number_begins,
        email=address,
        email_begins=address_begins,
        domain=business_domain(address) if address else None,
        name=names,
        company=companies,
        # A first name alone would be like half of the leads.
        name_alike=_alike(names) if len(names) > 1 else (),
        company_alike=_alike(companies),
    )


def _phone(typed: str, region: str) -> tuple[str | None, str | None]:
    """The number as far as it is whole, and how it begins: in many countries a whole one may go on."""
    if not typed.strip():
        return None, None
    try:
        number = normal_phone(typed, region)
    except CaptureRefused:
        return None, _phone_begins(typed, region)
    return number, number


def _phone_begins(typed: str, region: str) -> str | None:
    digits = "".join(character for character in typed if character.isdecimal())
    if typed.strip().startswith(("+", "00")):
        begins = digits.removeprefix("00") if typed.strip().startswith("00") else digits
        return f"+{begins}" if len(begins) > LEAST_DIGITS else None
    code = str(phonenumbers.country_code_for_region(region))
    # In North America people write the country's 1 before the number, elsewhere the trunk's 0.
    national = digits.removeprefix(code) if code == "1" else digits.removeprefix("0")
    return f"+{code}{national}" if len(national) >= LEAST_DIGITS else None


def _email(typed: str) -> tuple[str | None, str | None]:
    """The address as far as it is whole, and how it begins: `ann@example.co` may go on."""
    begins = typed.strip().lower()
    if len(begins) < LEAST_LETTERS:
        return None, None
    try:
        address = normal_email(begins)
    except CaptureRefused:
        return None, begins
    return address, address


def _words(typed: str, besides: Collection[str] = ()) -> tuple[str, ...]:
    """The words as they are, in small letters; none while even the longest is too short.

    Args:
        besides: words that tell nothing, unless there are no others.
    """
    typed_words = [word.lower() for word in _WORD.findall(typed)]
    words = tuple([word for word in typed_words if word not in besides] or typed_words)[:_MOST_WORDS]
    return words if any(len(word) >= LEAST_LETTERS for word in words) else ()


def _alike(words: Sequence[str]) -> tuple[str, ...]:
    """How words begin that may go on otherwise; none where too little of them would be left."""
    begins = tuple(word[: LEAST_LETTERS + (len(word) > _LONG)] for word in words)
    enough = max(map(len, words), default=0) > (_LONG if len(words) == 1 else LEAST_LETTERS + 1)
    return begins if enough else ()

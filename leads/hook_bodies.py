"""What another program delivered: read at the paths that its hook names, into a lead."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from leads.capture import CaptureRefused, NewConsent, NewLead
from leads.form_sheets import ATTRIBUTE
from leads.hook_sheets import HookConsent, HookSheet
from leads.model import Channel, Company
from leads.normalising import MAX_LINE, Reader, clean_line, clean_text, new_lead

MOST_FIELDS = 500
_DEEPEST = 20
_MOST_WORDS = 20_000
"""Characters of a delivery that are repeated word for word."""
_NFC_GROWS = 3
"""So many characters, at most, the one spelling of one character (Unicode's NFC) has."""
_YES = frozenset({"yes", "y", "true", "1", "on", "ja", "x"})


class Unreadable(ValueError):
    """A delivery that no lead can be made of; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A body, understood."""

    value: Any

    def at(self, path: str) -> Any:
        """What stands at a path; None when nothing does. A key may itself have dots in it."""
        return _at(self.value, path.split("."))

    def text(self, path: str) -> str:
        """The same as text; several parts of a list with commas between them."""
        try:
            return _text(self.at(path))
        except RecursionError:
            return "…"

    def words(self) -> str:
        """Everything that stands in it, word for word, each under its path."""
        lines, length = [], 0
        for path, text in _leaves(self.value, ()):
            line = f"{'.'.join(path)}: {text}"
            length += len(line)
            if length > _MOST_WORDS:
                lines.append("…")
                break
            lines.append(line)
        return "\n".join(lines)


def read_body(sheet: HookSheet, text: str) -> Delivered:
    """The body of a delivery.

    Raises:
        Unreadable: it is none.
    """
    if sheet.body == "form":
        try:
            return Delivered(_merged(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)))
        except ValueError as error:
            raise Unreadable(f"the body has more than {MOST_FIELDS} fields") from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body is no JSON; does the tool send JSON, or is it `body: form`?") from error
    if not isinstance(value, dict | list):
        raise Unreadable("the body is JSON without any fields")
    return Delivered(value)


def lead_of(sheet: HookSheet, delivered: Delivered, company: Company) -> NewLead:
    """The lead that a delivery tells of; what is wrong is left out, and kept for a person.

    Raises:
        Unreadable: nothing of a person stands where the hook looks.
    """
    given = {name: _joined(delivered, path) for name, path in sheet.fields.items()}
    attributes = {name.removeprefix(ATTRIBUTE): text for name, text in given.items() if name.startswith(ATTRIBUTE)}
    reader = Reader(forgiving=True)
    try:
        lead = new_lead(
            region=company.country,
            email=given.get("email"),
            phone=given.get("phone"),
            name=given.get("name"),
            company=given.get("company"),
            question=given.get("question"),
            kind=sheet.kind.value,
            source=sheet.source,
            zone=given.get("zone"),
            country=given.get("country"),
            state=given.get("region"),
            cost=given.get("cost"),
            attributes=attributes,
            cadence=sheet.cadence,
            words=delivered.words(),
            reader=reader,
        )
    except CaptureRefused as refused:
        paths = ", ".join(path for one in sheet.fields.values() for path in _paths(one))
        raise Unreadable(
            f"nothing of a person stands at any of: {paths}. Fit `fields` to what the tool sends, and replay it"
        ) from refused
    return replace(lead, consents=tuple(_consents(sheet, lead, delivered)))


def _consents(sheet: HookSheet, lead: NewLead, delivered: Delivered) -> Iterator[NewConsent]:
    """The permissions that were given, with words and for a contact point; others are none."""
    for consent in sheet.consents:
        contact = lead.email if consent.needs == "email" else lead.phone
        words = _worded(consent, delivered)
        if contact is None or not words or delivered.text(consent.given).strip().casefold() not in _YES:
            continue
        page = delivered.text(consent.page) if consent.page else ""
        source = _cut(f"{sheet.source}: {page}") if page else sheet.source
        address = _cut(delivered.text(consent.address)) if consent.address else ""
        yield NewConsent(Channel(consent.channel), contact, words, "checkbox", source or sheet.source, address or None)


def _worded(consent: HookConsent, delivered: Delivered) -> str | None:
    if consent.words is not None:
        return " ".join(consent.words.split())
    try:
        return clean_text("consents", delivered.text(consent.words_at or ""))
    except CaptureRefused:
        return None


def _cut(text: str) -> str:
    """As much of a text as is kept on one line; what can't be seen is left out first."""
    return (clean_line("consents", text, len(text) * _NFC_GROWS) or "")[:MAX_LINE]


def _joined(delivered: Delivered, path: str | Sequence[str]) -> str:
    """What stands at one path, or at several, with a space between."""
    return " ".join(text for one in _paths(path) if (text := delivered.text(one).strip()))


def _paths(path: str | Sequence[str]) -> Sequence[str]:
    return (path,) if isinstance(path, str) else path


def _at(value: Any, parts: Sequence[str]) -> Any:
    if not parts:
        return value
    if isinstance(value, list):
        index = int(parts[0]) if parts[0].isdecimal() and len(parts[0]) < 6 else len(value)
        return _at(value[index], parts[1:]) if index < len(value) else None
    if isinstance(value, dict):
        for taken in range(len(parts), 0, -1):
            key = ".".join(parts[:taken])
            if key in value:
                return _at(value[key], parts[taken:])
    return None


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case int() | float():
            return str(value)
        case list():
            return ", ".join(text for one in value if (text := _text(one)))
    return json.dumps(value, ensure_ascii=False)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if len(path) >= _DEEPEST:
        yield path, "…"
    elif isinstance(value, dict | list) and value:
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            yield from _leaves(part, (*path, str(key)))
    elif text := _text(value).strip():
        yield path, text


def _merged(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The fields of a form; what stands there more than once is a list."""
    merged: dict[str, Any] = {}
    for name, text in pairs:
        if name in merged:
            before = merged[name]
            merged[name] = [*before, text] if isinstance(before, list) else [before, text]
        else:
            merged[name] = text
    return merged

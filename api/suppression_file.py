"""The company's own list as a file: other programs' lists come in, ours goes out as hashes only."""

import csv
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.db.suppressions import ALL, Suppression, Suppressions, kind_of
from api.csv_import import instant_of
from api.csv_table import Table, open_table, rows_of, values_of
from api.named_contacts import channel_for, normal_contact
from api.suppressing import Listed
from leads.capture import CaptureRefused
from leads.model import Channel, ContactKind
from leads.normalising import clean_line, normal_email

COLUMNS = {
    "contact": ("contact", "address", "number", "contact point"),
    "email": ("email", "e mail", "mail", "email address", "e mail address"),
    "phone": ("phone", "telephone", "tel", "phone number", "mobile", "mobile phone"),
    "channel": ("channel",),
    "why": ("why", "reason"),
    "digest": ("digest",),
    "kind": ("kind",),
    "by": ("by",),
    "created_at": ("created at",),
    "lifted_at": ("lifted at",),
    "lifted_by": ("lifted by",),
    "lifted_why": ("lifted why",),
    "key": ("key",),
}
"""What a column means, by the names it may have."""
_EXPORTED = ("digest", "kind", "channel", "why", "by", "created_at", "lifted_at", "lifted_by", "lifted_why", "key")
_HEX_DIGITS = 64
_CONTACTS = ("contact", "email", "phone")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that can't be understood."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDefaults:
    """What holds for lines that don't say it themselves."""

    channel: Channel | None
    why: str
    by: str
    now: datetime
    region: str
    """The country of numbers that are written without a country code."""


def open_list(path: Path) -> Table:
    """Understand a file of addresses, numbers or exported hashes.

    Raises:
        TableUnreadable: it can't be read, or no column names whom it is about.
    """
    return open_table(path, COLUMNS, (*_CONTACTS, "digest"))


def read_list(table: Table, ours: Suppressions, defaults: LineDefaults) -> Iterator[Listed | BadLine]:
    """Every line of a file, understood or not."""
    for row in rows_of(table):
        try:
            if row.problem is not None:
                raise CaptureRefused("row", row.problem)
            yield from _listed(values_of(table, row)[0], ours, defaults)
        except CaptureRefused as refused:
            yield BadLine(row.line, str(refused))


async def write_list(path: Path, ours: Suppressions) -> int:
    """Write the whole list as hashes, which match only here; how many lines it has.

    Raises:
        OSError: the file can't be written.
    """
    unfinished = Path(f"{path}.part")
    unfinished.unlink(missing_ok=True)
    written = 0
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_EXPORTED)
        async for cells in _cells(ours):
            writer.writerow(cells)
            written += 1
    unfinished.replace(path)
    return written


async def _cells(ours: Suppressions) -> AsyncIterator[list[str]]:
    async for one in ours.all():
        instants = {name: at.isoformat() if (at := getattr(one, name)) else "" for name in ("created_at", "lifted_at")}
        values = {"kind": one.kind.value, "channel": one.channel.value if one.channel else ALL, "key": ours.fingerprint}
        values |= instants
        yield [values[name] if name in values else getattr(one, name) or "" for name in _EXPORTED]


def _listed(values: dict[str, str], ours: Suppressions, defaults: LineDefaults) -> Iterator[Listed]:
    channel = _channel(values.get("channel"), defaults.channel)
    why = clean_line("why", values.get("why")) or defaults.why
    if "digest" in values:
        yield Listed(_hashed(values, ours, channel, why, defaults.now), None)
        return
    given = [(name, values[name]) for name in _CONTACTS if name in values]
    if not given:
        raise CaptureRefused("contact", "it names no address and no number")
    for name, text in given:
        contact = normal_email(text) if name == "email" else normal_contact(text, defaults.region)
        on = channel_for(kind_of(contact), channel)
        # From now on, whenever others heard of it: what we sent before was not sent in spite of this list.
        yield Listed(ours.entry(contact, on, why=why, by=defaults.by, now=defaults.now), contact)


def _hashed(
    values: dict[str, str], ours: Suppressions, channel: Channel | None, why: str, now: datetime
) -> Suppression:
    """A line of our own export."""
    created_at = instant_of("created_at", values.get("created_at")) or now
    if created_at > now:
        raise CaptureRefused("created_at", "it lies in the future")
    if values.get("key", "").strip() != ours.fingerprint:
        raise CaptureRefused("key", "it was hashed with another installation's secret, so it can match nothing here")
    digest = values["digest"].strip().lower()
    if len(digest) != _HEX_DIGITS or set(digest) - set("0123456789abcdef"):
        raise CaptureRefused("digest", "it is no hash of our export")
    try:
        kind = ContactKind(values.get("kind", "").strip())
    except ValueError as error:
        raise CaptureRefused("kind", "it is email or phone") from error
    return Suppression(
        digest=digest,
        kind=kind,
        channel=channel_for(kind, channel),
        why=why,
        by=clean_line("by", values.get("by")) or "import",
        created_at=created_at,
        lifted_at=instant_of("lifted_at", values.get("lifted_at")),
        lifted_by=clean_line("lifted_by", values.get("lifted_by")),
        lifted_why=clean_line("lifted_why", values.get("lifted_why")),
    )


def _channel(text: str | None, default: Channel | None) -> Channel | None:
    said = (text or "").strip().casefold()
    if not said:
        return default
    if said == ALL:
        return None
    if said in (Channel.EMAIL, Channel.SMS, Channel.CALL):
        return Channel(said)
    raise CaptureRefused("channel", f"{said!r} is no channel; it is email, sms, call or all")

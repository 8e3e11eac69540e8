"""The command that shows what a cadence will do with a lead: `follow preview`."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cadences.bundle import CadenceBundle
from cadences.errors import CadenceError
from cadences.fields import SAMPLE_LEAD
from cadences.library import library_files, read_bundle
from cadences.preview import Calls, PreviewedTouch, case_of, preview
from leads.capture import CaptureRefused, NewLead
from leads.model import Company, Consent, ContactKind, ContactPoint, Lead, LeadKind
from leads.normalising import GivenConsent, new_lead
from leads.spans import at_local
from leads.zones import main_zone

_YEARS = (2000, 2100)
"""Between which a preview may start: what calendars and time zones know something about."""
_LARGEST = 100_000
"""Bytes of a lead's file."""
_WIDE = 120
"""Characters of a terminal on which each thing has a column of its own."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="preview")(show)


def show(
    cadence: Annotated[str, typer.Argument(help="A cadence's YAML file, or the name of a shipped cadence.")],
    lead: Annotated[Path | None, typer.Option(help="A lead as YAML or JSON; a sample lead when left out.")] = None,
    start: Annotated[
        str | None, typer.Option(help="When it begins, like 2026-11-20T22:15, on the lead's clock; now when left out.")
    ] = None,
    calls: Annotated[str, typer.Option(help="Whether our people make the calls: made or missed.")] = "made",
    touches: Annotated[int, typer.Option(min=1, max=500, help="How many touches to show.")] = 40,
) -> None:
    """Show every touch of a cadence for a lead that stays silent: when, on the lead's clock, and why then."""
    from adapters.clock import wall_clock
    from runtime.bootstrap import company_of
    from runtime.settings import load_settings

    settings = load_settings()
    company = company_of(settings)
    how = _calls(calls)
    bundle = _bundle(cadence)
    plan_for = bundle.cadence.for_.kind
    kind = LeadKind.OUTBOUND if plan_for is LeadKind.OUTBOUND else LeadKind.INBOUND
    now = wall_clock()
    person = replace(SAMPLE_LEAD, kind=kind) if lead is None else _lead(lead, kind, company, now)
    begins = now if start is None else _instant(start, person, company)
    case = case_of(bundle.cadence, bundle.version, person, company, begins)
    found = preview(case, begins, touches=touches, calls=how)
    console = Console(highlight=False)
    console.print(_table(bundle, person, company, found, console.width))
    if plan_for not in ("any", person.kind):
        console.print(Text(f"Mind that {bundle.name} is meant for {plan_for} leads; this one is {person.kind}."))


def _calls(text: str) -> Calls:
    match text:
        case "made" | "missed":
            return text
    _refuse(f"--calls is made or missed, not {text!r}")


def _bundle(named: str) -> CadenceBundle:
    """The cadence of this file or name, without an error in it."""
    shipped = {path.stem: path for path in library_files()}
    path = shipped.get(named) if named in shipped else Path(named)
    if path is None or (named not in shipped and not path.exists() and path.suffix not in (".yaml", ".yml")):
        near = difflib.get_close_matches(named, shipped, n=1)
        hint = f"did you mean {near[0]}?" if near else f"shipped are {', '.join(shipped)}"
        _refuse(f"there is no file and no shipped cadence {named!r}; {hint}")
    try:
        bundle = read_bundle(path)
        _ = bundle.cadence
    except CadenceError as error:
        _refuse(*str(error).splitlines())
    return bundle


class _ConsentFile(BaseModel):
    """A permission, as a lead's file has it."""

    model_config = ConfigDict(extra="forbid")

    channel: str
    contact: str | None = None
    wording: str = "agreed"
    method: str = "file"
    source: str | None = None


def _channel_alone(value: object) -> object:
    """`- sms` says enough for a preview."""
    return {"channel": value} if isinstance(value, str) else value


class _LeadFile(BaseModel):
    """A lead, as its file has it; what the API takes, less what a preview has no use for."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    zone: str | None = None
    country: str | None = None
    company: str | None = None
    question: str | None = None
    kind: str | None = None
    source: str | None = None
    reach: str | None = None
    consents: list[Annotated[_ConsentFile, BeforeValidator(_channel_alone)]] = []
    attributes: dict[str, str] = {}


def _lead(path: Path, kind: LeadKind, company: Company, now: datetime) -> Lead:
    """The lead of a file, normalised just as capture does it."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            _refuse(f"{path}: a lead has at most {_LARGEST:,} bytes")
        given = _LeadFile.model_validate(YAML(typ="safe", pure=True).load(data.decode("utf-8-sig")) or {})
        values = given.model_dump(exclude={"consents"}) | {"kind": given.kind or kind.value}
        consents = [GivenConsent(**consent.model_dump()) for consent in given.consents]
        new = new_lead(region=company.country, consents=consents, **values)
        if not new.has_contact:
            _refuse(f"{path}: email: a preview needs an email address or a phone number")
        return _captured(new, now)
    except OSError as error:
        _refuse(f"{path}: can't be read: {(error.strerror or str(error)).lower()}")
    except UnicodeDecodeError:
        _refuse(f"{path}: is no UTF-8 text")
    except YAMLError as error:
        _refuse(f"{path}: is neither YAML nor JSON: {_first_line(error)}")
    except CaptureRefused as error:
        _refuse(f"{path}: {error}")
    except ValidationError as error:
        _refuse(*(f"{path}: {_said(problem)}" for problem in error.errors()))


def _captured(new: NewLead, now: datetime) -> Lead:
    points = ((ContactKind.EMAIL, new.email), (ContactKind.PHONE, new.phone))
    return replace(
        SAMPLE_LEAD,
        kind=new.kind,
        created_at=now,
        name=new.name,
        company=new.company,
        question=new.question,
        source=new.source,
        zone=new.zone,
        country=new.country,
        reach=new.reach,
        attributes=dict(new.attributes),
        contacts=tuple(ContactPoint(kind, value) for kind, value in points if value is not None),
        consents=tuple(
            Consent(given.channel, given.contact, given.wording, given.method, given.source, now)
            for given in new.consents
        ),
    )


def _said(problem: Any) -> str:
    """One mistake in a lead's file, in words for people who do not read pydantic."""
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = [*_LeadFile.model_fields, *_ConsentFile.model_fields]
        near = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
        return f"{place}: there is no such key{f'; did you mean {near[0]}?' if near else ''}"
    if not place:
        return "a lead is a mapping, like `email: maria@example.com`"
    return f"{place}: {problem['msg'].lower()}"


def _instant(text: str, lead: Lead, company: Company) -> datetime:
    """An ISO date or time, on the lead's own clock unless it has an offset."""
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        _refuse(f"--start {text!r} is no date or time; write 2026-11-20 or 2026-11-20T22:15, or 2026-11-20T22:15+01:00")
    if not _YEARS[0] <= read.year < _YEARS[1]:
        _refuse(f"--start {text!r} lies outside the years {_YEARS[0]} to {_YEARS[1] - 1}")
    return at_local(read, main_zone(lead, company)) if read.tzinfo is None else read.astimezone(UTC)


def _table(bundle: CadenceBundle, lead: Lead, company: Company, found: Sequence[PreviewedTouch], width: int) -> Table:
    """A row for each touch; on a narrow terminal what belongs together shares a cell, to leave room for the reasons."""
    zone = main_zone(lead, company)
    who = lead.name or lead.email or lead.phone or "a lead"
    table = Table(title=Text(f"{bundle.name} for {who}, silent, by the clock of {zone.key}"), show_lines=True)
    table.add_column("#", justify="right", no_wrap=True)
    wide = width >= _WIDE
    for heading in ("when", "channel", "step", "due") if wide else ("when", "what"):
        table.add_column(heading, no_wrap=True)
    table.add_column("why", ratio=1)
    for touch in found:
        step = touch.step_id + (f" ({touch.occurrence})" if touch.occurrence > 1 else "")
        if touch.variant is not None:
            step += f"\nvariant {touch.variant}"
        due = f"{touch.due_at.astimezone(zone):%a %d %b %H:%M}" if touch.due_at else ""
        if wide:
            cells = [f"{touch.local:%a %d %b %Y %H:%M %Z}", touch.channel.value, step, due]
        else:
            what = [touch.channel.value, step, *([f"due {due}"] if due else [])]
            cells = [f"{touch.local:%a %d %b %Y\n%H:%M %Z}", "\n".join(what)]
        # Texts are never markup.
        table.add_row(*(Text(cell) for cell in (str(touch.number), *cells, _why(touch))))
    return table


def _why(touch: PreviewedTouch) -> str:
    """The chain of rules, each with the instant it led to where it moved the touch on."""
    lines = []
    before: datetime | None = None
    for reason in touch.reasons:
        at = reason.at.astimezone(touch.local.tzinfo) if reason.at else None
        moved = at is not None and at != before
        lines.append(reason.text + (f" → {at:%a %d %b %H:%M}" if moved else ""))
        before = at or before
    return "\n".join(lines)


def _first_line(error: Exception) -> str:
    """What went wrong and where, from a YAML library's long story."""
    lines = str(error).splitlines()
    place = next((found for line in reversed(lines) if (found := re.search(r"line \d+, column \d+", line))), None)
    words = str(getattr(error, "problem", None) or (lines[0] if lines else "it can't be read"))
    return f"{words} ({place.group(0)})" if place else words


def _refuse(*lines: str) -> NoReturn:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(line, markup=False)
    raise typer.Exit(1)

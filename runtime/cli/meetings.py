"""`follow meeting`: meetings with leads, agreed on, changed and called off."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from leads.meetings import MINUTES
from leads.spans import at_local
from runtime.cli.leads import local_time, with_services

if TYPE_CHECKING:
    from adapters.db.lead_views import LeadView
    from adapters.db.views import MeetingView
    from api.commands import CommandDone
    from api.meetings import MeetingCommands
    from api.services import Services

_BY = "follow meeting"
_AT_HELP = 'When it begins, on the lead\'s own clock: "2026-11-24 10:00"; or with its offset.'
meeting = typer.Typer(help="Agree on meetings with leads, change them, and call them off.", no_args_is_help=True)
Lead = Annotated[str, typer.Argument(metavar="LEAD", help="The lead's id, its beginning, an email address or +number.")]
Which = Annotated[str, typer.Argument(metavar="MEETING", help="The meeting's id, or its beginning.")]
By = Annotated[str | None, typer.Option(help="Who says so: a colleague's id.")]
Place = Annotated[str | None, typer.Option(help="A link or an address.")]


class _Wrong(Exception):
    """What was asked for can't be done; the message says why."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(meeting, name="meeting")


@meeting.command("list")
def show(lead: Lead) -> None:
    """Show a lead's meetings, the newest first."""

    async def run(services: "Services") -> "LeadView | str":
        try:
            return await _lead(services, lead)
        except _Wrong as wrong:
            return str(wrong)

    found = with_services(run)
    if isinstance(found, str):
        _fail(found)
    grid = Grid("when (there)", "here", "with", "about", "where", "state", "id", title="meetings")
    for one in found.meetings:
        there = f"{one.local_at:%a %d %b %Y %H:%M} {one.zone}"
        cells = (there, local_time(one.starts_at), one.organizer, one.subject, one.place, one.state, str(one.id)[:8])
        grid.add_row(*map(escape, cells))
    Console(highlight=False).print(grid)


@meeting.command()
def arrange(
    lead: Lead,
    at: Annotated[str, typer.Option(help=_AT_HELP)],
    subject: Annotated[str, typer.Option(help="What it is about; the lead reads it.")],
    minutes: Annotated[int, typer.Option(min=5, max=24 * 60, help="How long it lasts.")] = MINUTES,
    place: Place = None,
    organizer: Annotated[str | None, typer.Option(help="Who meets the lead; its owner when left out.")] = None,
    by: By = None,
) -> None:
    """Agree on a meeting: the lead is invited, and the machine is quiet until it is over."""

    async def ask(commands: "MeetingCommands", view: "LeadView") -> "CommandDone":
        from api.writes import ourselves
        from leads.meetings import Appointment

        starts_at = _instant(at, view.zone)
        appointment = Appointment(starts_at=starts_at, minutes=minutes, subject=subject, place=place or "")
        return await commands.arrange(view.id, ourselves(_BY), by, appointment=appointment, organizer=organizer)

    _carry_out(lead, ask)


@meeting.command()
def move(
    lead: Lead,
    which: Which,
    at: Annotated[str | None, typer.Option(help=_AT_HELP)] = None,
    minutes: Annotated[int | None, typer.Option(min=5, max=24 * 60, help="How long it lasts.")] = None,
    subject: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    place: Place = None,
    by: By = None,
) -> None:
    """Change a meeting: the lead's calendar gets the update."""

    async def ask(commands: "MeetingCommands", view: "LeadView") -> "CommandDone":
        from api.writes import ourselves

        starts_at = _instant(at, view.zone) if at is not None else None
        meeting_id = _which(view, which).id
        changed = {"at": starts_at, "minutes": minutes, "subject": subject, "place": place}
        return await commands.move(view.id, meeting_id, ourselves(_BY), by, **changed)  # type: ignore[arg-type]

    _carry_out(lead, ask)


@meeting.command()
def cancel(lead: Lead, which: Which, by: By = None) -> None:
    """Call a meeting off: the lead's calendar takes it out."""

    async def ask(commands: "MeetingCommands", view: "LeadView") -> "CommandDone":
        from api.writes import ourselves

        return await commands.cancel(view.id, _which(view, which).id, ourselves(_BY), by)

    _carry_out(lead, ask)


def _carry_out(lead: str, ask: "Callable[[MeetingCommands, LeadView], Awaitable[CommandDone]]") -> None:
    """Do it, and say how the lead's meetings stand then."""

    async def run(services: "Services") -> "CommandDone | str":
        from api.meetings import MeetingCommands
        from api.problems import ValueRefused
        from cadences.refusals import CommandRefused

        try:
            return await ask(MeetingCommands(services), await _lead(services, lead))
        except (CommandRefused, ValueRefused) as refused:
            return f"{refused.field}: {refused.message}"
        except _Wrong as wrong:
            return str(wrong)

    done = with_services(run)
    if isinstance(done, str):
        _fail(done)
    console = Console(highlight=False, soft_wrap=True)
    for one in done.meetings:
        there = f"{one.local_at:%a %d %b %Y %H:%M} {one.zone}"
        console.print(escape(f"{there}, with {one.organizer_name}: {one.subject} ({one.state}, {str(one.id)[:8]})"))
    if not done.meetings:
        console.print("no meeting is agreed on")


async def _lead(services: "Services", name: str) -> "LeadView":
    found = await services.reading.find_leads(name)
    view = await services.reading.lead(found[0], services.company, services.clock()) if len(found) == 1 else None
    if view is None:
        raise _Wrong(f"{name!r} is the beginning of more than one id" if found else f"no lead is called {name!r}")
    return view


def _which(view: "LeadView", beginning: str) -> "MeetingView":
    found = [one for one in view.meetings if str(one.id).startswith(beginning.lower())]
    if len(found) != 1:
        several = f"{beginning!r} is the beginning of more than one meeting's id"
        raise _Wrong(several if found else f"the lead has no meeting called {beginning!r}")
    return found[0]


def _instant(text: str, zone: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at_local(at, ZoneInfo(zone)) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Wrong(f'--at: {text!r} is no time; write one like "2026-11-24 10:00"') from None


def _fail(message: str) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {escape(message)}")
    raise typer.Exit(1)

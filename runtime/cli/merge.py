"""`follow merge`: two leads that are one person become one."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape

from runtime.cli.leads import with_services
from runtime.cli.lists import fail
from runtime.cli.one_lead import lead_called

if TYPE_CHECKING:
    from api.merging import LeadsMerged
    from api.services import Services

_BY = "follow merge"
_NOBODYS = UUID(int=0)
_NAMED = "its id, its beginning, an email address or +number."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(merge)


def merge(
    keep: Annotated[str, typer.Argument(help=f"The lead that is kept: {_NAMED}", show_default=False)],
    other: Annotated[str, typer.Argument(help=f"The other lead of the same person: {_NAMED}", show_default=False)],
    by: Annotated[str | None, typer.Option(help="The colleague who found out.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come of it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Merge two leads of one person: what belongs to the other becomes the kept one's. It can't be undone."""
    kept, merged = with_services(lambda services: _both(services, keep, other))
    if dry_run or not yes:
        _tell(_merge(kept, merged, by, rehearse=True), "would go on as one")
    if dry_run:
        return
    if not yes:
        typer.confirm(f"Merge lead {merged} into lead {kept}, for good?", abort=True)
    done = _merge(kept, merged, by, rehearse=False)
    _tell(done, "go on as one" if done.changed else "were one already")
    if done.changed and not done.lead.told:
        err = Console(stderr=True, soft_wrap=True)
        err.print("Temporal can't be reached: it is stored, and the workflows hear of it as soon as they can")


async def _both(services: "Services", keep: str, other: str) -> tuple[UUID, UUID]:
    return await lead_called(services, keep), await lead_called(services, other)


def _merge(keep: UUID, other: UUID, by: str | None, *, rehearse: bool) -> "LeadsMerged":
    from adapters.db.access import Token
    from adapters.db.cases import LeadMerged, UnknownLead
    from api.merging import LeadMerging
    from api.problems import ValueRefused
    from api.writes import Caller
    from cadences.refusals import CommandRefused

    async def run(services: "Services") -> "LeadsMerged":
        caller = Caller(Token(_NOBODYS, _BY), via="command line")
        return await LeadMerging(services).merge(keep, other, caller, by, rehearse=rehearse)

    try:
        return with_services(run)
    except LeadMerged as merged:
        fail(f"lead {keep} was merged into lead {merged.into}; keep that one")
    except UnknownLead:
        fail(f"there is no lead {keep}")
    except (CommandRefused, ValueRefused) as refused:
        fail(f"{refused.field}: {refused.message}")


def _tell(done: "LeadsMerged", how: str) -> None:
    console, lead = Console(highlight=False, soft_wrap=True), done.lead
    console.print(f"lead {lead.lead_id} and lead {done.merged} {how}")
    for line in done.why:
        console.print(f"  {escape(line)}")
    upcoming = f"{lead.next_touch.channel} {lead.next_touch.content}" if lead.next_touch else "nothing"
    ended = f", ended ({lead.ended.replace('_', ' ')})" if lead.ended else ""
    console.print(f"  stage {lead.stage}{ended}, {len(lead.open_tasks)} open tasks, next: {escape(upcoming)}")

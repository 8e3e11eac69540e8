"""`follow routing`: the rules by which new leads find their owners: are they right, and whom would they find?"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from leads.model import LeadKind
from runtime.cli.leads import with_services

if TYPE_CHECKING:
    from api.services import Services
    from leads.findings import Finding
    from leads.routing import Choice

routing = typer.Typer(help="Check the rules by which new leads find their owners, and try them.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(routing, name="routing")


@routing.command()
def check() -> None:
    """Check routing.yaml: each mistake with its line, and whether everybody whom it names is there."""

    async def run(services: "Services") -> "tuple[str, list[Finding]]":
        from leads.findings import in_order
        from leads.routing_sheet import names_nobody, read_routing
        from leads.sheets import SheetError, read_text

        path = services.router.file
        try:
            sheet = read_routing(read_text(path), str(path))
        except SheetError as unreadable:
            return str(path), list(unreadable.findings)
        return str(path), in_order([*sheet.findings, *names_nobody(sheet, await services.people.all())])

    path, findings = with_services(run)
    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        console.print(escape(f"{finding}{f' ({finding.hint})' if finding.hint else ''}"))
    errors = sum(finding.is_error for finding in findings)
    if errors:
        console.print(
            f"{errors} error{'s' * (errors != 1)}: new leads find their owners by the last rules that were right"
        )
        raise typer.Exit(1)
    console.print(f"{escape(path)}: these rules are in force")


@routing.command(name="test")
def rehearse(
    source: Annotated[str | None, typer.Option(help="Where the lead comes from.")] = None,
    kind: Annotated[LeadKind, typer.Option(help="inbound or outbound.")] = LeadKind.INBOUND,
    email: Annotated[str | None, typer.Option(help="Its address; a business's own domain counts.")] = None,
    phone: Annotated[str | None, typer.Option(help="Its number, which may tell country and state.")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters, like US.")] = None,
    region: Annotated[str | None, typer.Option(help="The state, like CA.")] = None,
    attribute: Annotated[
        list[str] | None, typer.Option(help="industry=food, product=ovens, skills=spanish …; may be repeated.")
    ] = None,
) -> None:
    """Say who would get such a lead now, and why; nothing is stored."""
    given = dict(_attribute(text) for text in attribute or [])

    async def run(services: "Services") -> "Choice | None":
        from leads.capture import NewLead
        from leads.normalising import known_country, known_state, normal_email, normal_phone

        home = known_country(country) if country else None
        number = normal_phone(phone, home or services.company.country) if phone else None
        new = NewLead(
            kind=kind,
            source=source,
            email=normal_email(email) if email else None,
            phone=number,
            country=home,
            region=known_state(region, home or services.company.country) if region else None,
            attributes=given,
        )
        return await services.router.rehearse(new, services.clock())

    choice = _asked(run)
    console = Console(highlight=False, soft_wrap=True)
    if choice is None:
        console.print("nobody works here: a lead without a named owner would be refused (`follow reps add`)")
        raise typer.Exit(1)
    console.print(f"{escape(choice.owner.name)} ({escape(choice.owner.id)})")
    for words in choice.why.split("; "):
        console.print(f"  {escape(words)}")


def _attribute(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise typer.BadParameter(f"--attribute: {text!r}: write name=value, like industry=food")
    return name.strip().lower(), value.strip()


def _asked(run: "Callable[[Services], Awaitable[Choice | None]]") -> "Choice | None":
    from leads.capture import CaptureRefused

    try:
        return with_services(run)
    except CaptureRefused as refused:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"follow: --{refused.field}: {escape(refused.message)}"
        )
        raise typer.Exit(1) from refused

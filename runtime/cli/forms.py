"""`follow forms`: the business's own forms, where they are, and as HTML for any website."""

from typing import Annotated

import typer
from rich.console import Console

from leads.form_sheets import FORMS, FormSheet
from leads.form_tokens import FormKeys
from leads.named_sheets import load_named
from leads.playbook import Playbook
from leads.sheets import SheetError
from runtime.cli.lists import fail
from runtime.served import as_served
from runtime.settings import load_settings

forms = typer.Typer(help="Show the forms and their addresses.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(forms, name="forms")


@forms.callback()
def show(context: typer.Context) -> None:
    """Show the forms, each with its address."""
    from api.public.form_page import FORMS_PATH

    if context.invoked_subcommand is not None:
        return
    settings = as_served(load_settings())
    sheets = _good(Playbook(settings.playbook_dir))
    console = Console(highlight=False, soft_wrap=True)
    for sheet in sheets.values():
        copies = f", copies on {', '.join(sheet.origins)}" if sheet.origins else ""
        address = f"{settings.base_url}{FORMS_PATH}/{sheet.form}"
        console.print(f"{address}  {sheet.title} (source: {sheet.source}{copies})", markup=False)
    if not sheets:
        console.print("no forms")


@forms.command()
def snippet(name: Annotated[str, typer.Argument(help="The form's name.", show_default=False)]) -> None:
    """Print a form as HTML for your own website: no script, and nothing loaded from elsewhere."""
    from api.public.form_page import snippet as made
    from runtime.bootstrap import company_of, links_of

    settings = as_served(load_settings())
    sheets = _good(Playbook(settings.playbook_dir))
    sheet = sheets.get(name)
    if sheet is None:
        fail(f"there is no form {name!r}; there are: {', '.join(sheets) or 'none'}")
    links = links_of(settings)
    key = FormKeys(links.key.secret).key(sheet.form)
    typer.echo(made(sheet, company_of(settings), key=key, base_url=links.base_url), nl=False)
    if not sheet.origins:
        note = "add the website to `origins:` of the form, like https://www.example.com: else it may not send it"
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"follow: {note}", markup=False)


@forms.command()
def check() -> None:
    """Check every form; each mistake is named with its file, line and column."""
    sheets = _good(Playbook(load_settings().playbook_dir))
    Console(highlight=False).print(f"{len(sheets)} good: {', '.join(sheets) or 'none'}", markup=False)


def _good(playbook: Playbook) -> dict[str, FormSheet]:
    """Every form; or what is wrong with some, and the end."""
    try:
        return load_named(FormSheet, "form", playbook.files(FORMS))
    except SheetError as error:
        say_findings(error)
        raise typer.Exit(1) from error


def say_findings(error: SheetError) -> None:
    """Name each mistake, and what to write instead."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for line in str(error).splitlines():
        console.print(line, markup=False)

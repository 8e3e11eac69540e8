"""`follow answers`: marketing's answers to the questions that leads ask, checked, tried out and looked after."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from leads.findings import Finding, in_order
from leads.playbook import Playbook
from runtime.answers import answers_of
from runtime.cli.leads import local_time, with_services
from runtime.embedded.errors import StartError
from runtime.settings import load_settings

if TYPE_CHECKING:
    from adapters.db.inquiries import Unanswered, Used
    from api.services import Services
    from leads.answer_trials import Tried

answers = typer.Typer(
    help="Show the answers to what leads ask, check them and try them out.", invoke_without_command=True
)
Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Answer files, which are one library; those in use when left out.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(answers, name="answers")


@answers.callback()
def show(context: typer.Context) -> None:
    """Show the answers in use, and how often each was found."""
    if context.invoked_subcommand is not None:
        return

    async def run(services: "Services") -> "dict[str, Used]":
        return await services.inquiries.uses()

    in_force, used = answers_of(load_settings()), with_services(run)
    desk = in_force.read()
    console = Console(highlight=False)
    if in_force.trouble is not None:
        said = "until it is mended: whoever runs keeps what it said before, and whoever starts leaves it out"
        typer.echo(f"{in_force.trouble}\n{said}", err=True)
    if not desk.library.answers:
        console.print(
            "there are none: every question goes to a person. Write them in answers/ of a folder that "
            "FOLLOW_PLAYBOOK_DIR names (docs/answering-questions.md)"
        )
    grid = Grid("id", "title", "topic", "stage", "experts", "found", "last", title="answers")
    for one in desk.library.answers:
        answer, times = one.answer, used.pop(one.answer.id, None)
        cells = (answer.id, answer.title, one.topic, answer.stage.value if answer.stage else "", ", ".join(one.experts))
        grid.add_row(*map(escape, cells), *_times(times))
    for gone, times in sorted(used.items()):
        grid.add_row(escape(gone), "not there any more", "", "", "", *_times(times))
    if grid.row_count:
        console.print(grid)


def _times(used: "Used | None") -> tuple[str, str]:
    return (str(used.times), local_time(used.last_at)) if used is not None else ("0", "")


@answers.command()
def unanswered() -> None:
    """Show what no answer fitted, those that ask the same put together, and how people answered."""

    async def run(services: "Services") -> "Unanswered":
        return await services.inquiries.unanswered()

    found = with_services(run)
    console = Console(highlight=False)
    if not found.groups:
        console.print("every question so far has an answer")
        return
    grid = Grid("asked", "question", "newest", "nearest topic", "answered", "how", title="questions without an answer")
    for group in found.groups:
        how = "\n".join(f"{given.by}: {given.note or 'without a note'}" for given in group.given)
        cells = (str(group.count), group.question, local_time(group.newest_at), group.topic or "", str(group.answered))
        grid.add_row(*map(escape, (*cells, how)))
    console.print(grid)
    if found.left_out:
        console.print(f"from the newest {found.messages} messages; {found.left_out} older ones were left out")


@answers.command()
def check(files: Files = None) -> None:
    """Find every mistake in the answers: file, line, column, and what to write instead."""
    from leads.answer_lint import check_answers
    from leads.answer_sheets import read_answers
    from leads.sheets import SheetError

    paths = files or _in_use()
    colleagues = _colleagues()
    try:
        sheets = read_answers(paths)
        findings = check_answers(sheets, colleagues)
    except SheetError as unreadable:
        sheets, findings = [], list(unreadable.findings)
    _print(findings)
    errors = sum(finding.is_error for finding in findings)
    if errors:
        raise typer.Exit(1)
    count = sum(len(sheet.value.answers) for sheet in sheets if sheet.value is not None)
    experts = "" if colleagues is not None else "; no database is running here, so the experts were not looked up"
    typer.echo(f"{_count(count, 'answer')} in {_count(len(paths), 'file')} checked, no errors{experts}.")


@answers.command("test")
def try_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="One question on a line; after a tab the id of the answer that it should get, or - for none.",
            show_default=False,
        ),
    ],
) -> None:
    """Show what each question of a file gets, and the share that is right; exit 1 when one is not."""
    from leads.answer_sheets import load_answers
    from leads.answer_trials import read_trials, tally, try_out
    from leads.answering import AnswerDesk
    from leads.sheets import SheetError, read_text

    try:
        desk = AnswerDesk(load_answers(_in_use()))
        tried = [try_out(desk, trial) for trial in read_trials(read_text(file))]
    except SheetError as mistake:
        _print(mistake.findings)
        raise typer.Exit(1) from mistake
    console = Console(highlight=False)
    console.print(_grid(tried))
    counted = tally(tried)
    if counted.judged:
        share = counted.right / counted.judged
        console.print(
            f"{counted.right} of {counted.judged} right ({share:.0%}): {counted.given} answers given, "
            f"{counted.wrong} of them wrong; {counted.wanted} were to be given"
        )
    if counted.right < counted.judged:
        raise typer.Exit(1)


def _grid(tried: "Sequence[Tried]") -> Grid:
    grid = Grid("", "question", "gets", "how sure", "left to a person", "should get")
    for one in tried:
        expected = one.trial.expected
        sign = {None: "", True: "ok", False: "WRONG"}[one.is_right]
        left = "; ".join(one.unanswered) + (f" (nearest: {one.nearest})" if one.nearest else "")
        grid.add_row(
            sign,
            escape(one.trial.question),
            "\n".join(answer.id for answer in one.answers) or "-",
            "\n".join(f"{answer.score:.0f}" for answer in one.answers),
            escape(left),
            "" if expected is None else ", ".join(sorted(expected)) or "-",
        )
    return grid


def _in_use() -> list[Path]:
    """The files that this installation answers from."""
    return Playbook(load_settings().playbook_dir).files("answers")


def _colleagues() -> list[str] | None:
    """Ids of our own people; None when no database answers here."""

    async def run(services: "Services") -> list[str]:
        return [one.id for one in await services.people.reps(services.company, services.clock()) if one.active]

    try:
        return with_services(run)
    except StartError:
        return None


def _count(amount: int, word: str) -> str:
    return f"{amount} {word}{'' if amount == 1 else 's'}"


def _print(findings: Sequence[Finding]) -> None:
    for finding in in_order(findings):
        typer.echo(f"{finding}\n    {finding.hint}" if finding.hint else str(finding))

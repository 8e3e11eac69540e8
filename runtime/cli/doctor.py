"""`follow doctor`: is every lead followed up? What is wrong, what to do, and with --repair the doing of it."""

import asyncio
import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from runtime import logs
from runtime.embedded.errors import StartError
from runtime.settings import load_settings

if TYPE_CHECKING:
    from leads.contract import LivenessResult
    from leads.liveness import Finding
    from runtime.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line: each finding, and at last the result.")
    ] = False,
) -> None:
    """Check that every lead is followed up: a timer, an open task or a hold with an end, in the database and Temporal.

    Exits with 0 when all is well or everything was mended, and with 1 when something remains.
    """
    from runtime.addresses import with_servers

    asked = load_settings()
    if asked.database_url is None and not asked.data_dir.is_dir():
        raise StartError(f"there is no {asked.data_dir} here: is this the folder in which `follow up` runs?")
    settings = with_servers(asked)
    logs.configure("ERROR", as_json=settings.log_json)
    begun = time.monotonic()
    with ExitStack() as shown:
        report = _JsonReport() if as_json else _Report(shown, repair=repair)
        result = asyncio.run(_check(settings, report, repair=repair))
    report.end(result, time.monotonic() - begun)
    # The SDK's core sometimes aborts while the interpreter tears down (sdk-python issue 300); let it settle.
    time.sleep(0.2)
    if result.found > result.mended:
        raise typer.Exit(1)


async def _check(settings: "Settings", report: "_JsonReport | _Report", *, repair: bool) -> "LivenessResult":
    from temporalio.service import RPCError

    from adapters.db.engine import is_trouble
    from adapters.db.migrate import schema_is_current
    from runtime.bootstrap import connect_temporal, doctor_of, open_foundation

    async with open_foundation(settings) as foundation:
        try:
            if not await schema_is_current(foundation.engine):
                raise StartError("the database's schema is not current; run `follow migrate`")
            client = await connect_temporal(settings, must_listen=True)
            return await doctor_of(foundation, client).check(report.found, report.progress, repair=repair)
        except RPCError as away:
            raise StartError(f"Temporal does not answer: {away.status.name.lower().replace('_', ' ')}") from away
        except Exception as error:
            if not is_trouble(error):
                raise
            raise StartError("the database does not answer; is `follow up` running in this folder?") from error


class _JsonReport:
    """For machines."""

    def found(self, finding: "Finding") -> None:
        _print_json(
            kind=finding.kind.value,
            lead_id=str(finding.lead_id) if finding.lead_id else None,
            workflow_id=finding.workflow_id,
            reference=str(finding.reference) if finding.reference else None,
            wrong=finding.wrong,
            to_do=finding.to_do,
            repairable=finding.repairable,
            repaired=finding.repaired,
        )

    def progress(self, what: str, done: int, of: int | None) -> None:
        """Nothing: machines wait."""

    def end(self, result: "LivenessResult", seconds: float) -> None:
        _print_json(healthy=result.found == result.mended, seconds=round(seconds, 1), **result.model_dump())


def _print_json(**values: Any) -> None:
    typer.echo(json.dumps(values))


class _Report:
    """For people: each finding as it is found, below them how far the check is, and a last line."""

    def __init__(self, shown: ExitStack, *, repair: bool) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._repair = repair
        self._repairable = 0
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        err = Console(stderr=True)
        bars = Progress(*columns, console=err, transient=True, disable=not err.is_terminal)
        self._bars = shown.enter_context(bars)
        self._bar = self._bars.add_task("looking at workflows", total=None)

    def found(self, finding: "Finding") -> None:
        self._repairable += finding.repairable and not finding.repaired
        about = f" ({finding.reference})" if finding.reference else ""
        if finding.repaired:
            what = "repaired"
        elif finding.repairable:
            what = "not repaired, try again" if self._repair else "--repair would"
        else:
            what = "to do"
        self._console.print(
            f"[bold]{finding.kind.value}[/bold]  {escape(finding.subject)}{about}: {escape(finding.wrong)}\n"
            f"    {what}: {escape(finding.to_do)}"
        )

    def progress(self, what: str, done: int, of: int | None) -> None:
        if done:
            self._bars.update(self._bar, description=f"looking at {what}", completed=done, total=of)

    def end(self, result: "LivenessResult", seconds: float) -> None:
        looked_at = f"{_many(result.leads, 'lead')} and {_many(result.workflows, 'running workflow')}"
        self._console.print(f"looked at {looked_at} in {seconds:.1f} s")
        if not result.found:
            self._console.print("every lead is followed up")
            return
        left = result.found - result.mended
        self._console.print(f"{_many(result.found, 'finding')}, {result.mended} repaired, {left} left")
        if self._repairable and not self._repair:
            self._console.print("`follow doctor --repair` mends what it can")


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"

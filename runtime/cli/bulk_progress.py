"""A bulk run at the command line: worked off or watched until it is over, and what became of each lead."""

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid

if TYPE_CHECKING:
    from adapters.db.bulk_runs import BulkItemView, BulkRunView
    from api.services import Services

SHOWN = 50
"""So many leads are named at the end, of those that were not changed."""
_LOOKS_EVERY = 0.3
"""Seconds."""


async def work_off(services: "Services", run_id: UUID, err: Console) -> "BulkRunView | None":
    """Work a run off with a bar that moves, or watch whoever is at it already; None if it is gone.

    Stopped at any lead, here or elsewhere, what is done stays done, and a web process that runs does the rest.
    """
    from api.bulk import BulkCommands

    bulk, runs = BulkCommands(services), services.bulk_runs
    columns = (TextColumn("leads"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as progress:
        bar = progress.add_task("", total=None)
        working = asyncio.create_task(bulk.work_off(run_id))
        try:
            while (run := await runs.of(run_id)) is not None:
                progress.update(bar, completed=run.settled, total=run.total - run.gone)
                if not run.is_running:
                    break
                if working.done():
                    working.result()
                    # Another process has it; should that one be cut off, we go on.
                    await asyncio.sleep(_LOOKS_EVERY)
                    working = asyncio.create_task(bulk.work_off(run_id))
                await asyncio.wait({working}, timeout=_LOOKS_EVERY)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
    return run


async def not_done(services: "Services", run_id: UUID) -> "list[BulkItemView]":
    """The first leads that were not changed, and why."""
    from adapters.db.bulk_runs import ItemState

    return await services.bulk_runs.items(run_id, states=[ItemState.REFUSED, ItemState.FAILED], limit=SHOWN)


def items_grid(items: "list[BulkItemView]", title: str) -> Grid:
    """What became of each lead."""
    grid = Grid("lead", "id", "result", "why", title=title)
    for one in items:
        name = one.name or one.company or ""
        grid.add_row(escape(name), str(one.lead_id)[:8], one.state.value, escape(one.said or ""))
    return grid


def how_it_stands(run: "BulkRunView") -> str:
    """In a few words: 487 done, 13 refused."""
    told = [f"{count} {state.value}" for state, count in run.counts.items() if count]
    return ", ".join([*told, *([f"{run.gone} erased since"] if run.gone else [])]) or "nothing to do"

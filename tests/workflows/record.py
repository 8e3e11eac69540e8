"""Records the golden histories of the workflow's present shape: `python -m tests.workflows.record shape-1`.

Run it when a new shape is released, into a folder of its own; what was recorded is never recorded again. What leads
learnt since is recorded beside the others: `python -m tests.workflows.record shape-1 a_scenario`.
"""

import asyncio
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.engine import connect
from adapters.db.migrate import migrate
from adapters.db.people import People
from cadences.library import shipped
from leads.contract import workflow_id
from runtime.embedded.postgres import EmbeddedPostgres
from tests.clocks import SettableClock
from tests.sample import COLLEAGUES, COMPANY, KEY
from tests.workflows.lives import Life, a_life
from tests.workflows.scenarios import SCENARIOS

HISTORIES = Path(__file__).parent / "histories"


async def runs_of(life: Life) -> list[dict[str, Any]]:
    """The histories of all runs of the lead's workflow: the first ones that continued as new, and the last ones."""
    histories: dict[str, dict[str, Any]] = {}
    waiting = [life.first_run, (await life.handle.describe()).run_id]
    while waiting:
        run = waiting.pop()
        if not run or run in histories:
            continue
        handle = life.client.get_workflow_handle(workflow_id(life.lead_id), run_id=run)
        history = json.loads((await handle.fetch_history()).to_json())
        histories[run] = history
        first, last = history["events"][0], history["events"][-1]
        waiting.append(first["workflowExecutionStartedEventAttributes"].get("continuedExecutionRunId"))
        waiting.append(last.get("workflowExecutionContinuedAsNewEventAttributes", {}).get("newExecutionRunId"))
    return sorted(histories.values(), key=lambda history: str(history["events"][0]["eventTime"]))


async def main(shape: str, *only: str) -> None:
    """Record every scenario, or some more of a shape that has others already."""
    folder = HISTORIES / shape
    folder.mkdir(parents=True, exist_ok=bool(only))
    assert not any(path.stem.split(".")[0] in only for path in folder.iterdir()), "it was recorded before"
    with tempfile.TemporaryDirectory() as scratch:
        postgres = EmbeddedPostgres(Path(scratch) / "postgres", durable=False)
        postgres.start()
        try:
            for name in only or SCENARIOS:
                scenario = SCENARIOS[name]
                postgres.create_database(name)
                engine = connect(postgres.url(name))
                await migrate(engine)
                clock = SettableClock(datetime.now(UTC))
                shelf = CadenceShelf(engine)
                for bundle in shipped():
                    await shelf.publish(bundle, clock())
                await People(engine).add(COLLEAGUES, clock())
                cases = CaseStore(engine, shelf, COMPANY, KEY)
                async with a_life(engine, cases, LeadIntake(engine, shelf, cases, COMPANY, KEY), clock) as life:
                    await scenario(life)
                    for number, history in enumerate(await runs_of(life), 1):
                        (folder / f"{name}.{number}.json").write_text(json.dumps(history, indent=1) + "\n")
                await engine.dispose()
        finally:
            postgres.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""Recorded histories of every way a lead can go, of every released shape, replay under today's workflow."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from leads.contract import WORKFLOW, LeadState, Wake
from tests.workflows.scenarios import SCENARIOS
from workflows.lead_cadence import LeadCadence

HISTORIES = Path(__file__).parent / "histories"
SHAPES = sorted(folder.name for folder in HISTORIES.iterdir() if folder.is_dir())
RUNS = sorted(HISTORIES.glob("*/*.json"))


def read(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json("lead:recorded", path.read_text())


@pytest.mark.parametrize("path", RUNS, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_every_recorded_history_replays(path: Path) -> None:
    replayer = Replayer(workflows=[LeadCadence], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(read(path))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_way_a_lead_can_go_is_recorded(shape: str) -> None:
    recorded = {path.stem.split(".")[0] for path in (HISTORIES / shape).glob("*.json")}
    assert set(SCENARIOS) <= recorded


def test_the_recordings_hold_no_private_data() -> None:
    for path in RUNS:
        text = path.read_text()
        for private in ("Priya", "priya@", "2125550111", "ovens"):
            assert private not in text, f"{private} stands in {path.name}"


@workflow.defn(name=WORKFLOW, sandboxed=False)
class ReorderedLead(LeadCadence):
    """The workflow with one more command before each step: what a careless change would be."""

    @workflow.init
    def __init__(self, state: LeadState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: LeadState) -> str:
        return await super().run(state)

    async def _carry_out(self, wake: Wake) -> None:
        await workflow.sleep(timedelta(seconds=1))
        await super()._carry_out(wake)


@workflow.defn(name=WORKFLOW, sandboxed=False)
class RenamedActivityLead(LeadCadence):
    """The workflow asking for an activity by another name."""

    @workflow.init
    def __init__(self, state: LeadState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: LeadState) -> str:
        return await super().run(state)

    async def _carry_out(self, wake: Wake) -> None:
        await workflow.execute_activity("send_letter", start_to_close_timeout=timedelta(seconds=1))


@pytest.mark.parametrize("changed", [ReorderedLead, RenamedActivityLead])
async def test_a_changed_command_makes_the_replay_fail(changed: type[LeadCadence]) -> None:
    replayer = Replayer(workflows=[changed], data_converter=pydantic_data_converter)
    path = HISTORIES / SHAPES[-1] / "silent_for_a_year.1.json"
    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(read(path))

"""Leads that an account holds are let go on as a bulk run: at a pace, and none that something else holds by now."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from adapters.db.bulk_runs import ItemState
from api import held_leads
from api.bulk import BulkCommands
from api.bulk_wishes import WISH, GoOn
from api.held_leads import let_go_on
from api.services import Services
from cadences.enrollment import HoldReason
from cadences.holds import place_hold
from leads.capture import NewLead
from leads.contract import CommandKind


@pytest_asyncio.fixture
async def held(services: Services) -> list[UUID]:
    """Five leads that an account's trouble holds."""
    found = []
    for number in range(5):
        new = NewLead(email=f"lead{number}@example.com", question="How much?", owner="anna")
        lead_id = (await services.intake.capture(new, by="test", now=services.clock())).lead_id
        await hold(services, lead_id, HoldReason.PROVIDER, "twilio 20003", timedelta(hours=1))
        found.append(lead_id)
    return found


async def hold(services: Services, lead_id: UUID, reason: HoldReason, note: str, lasts: timedelta) -> None:
    now = services.clock()
    async with services.cases.open(lead_id, now) as file:
        case = place_hold(file.case, reason, "mia", now, now + lasts, note=note)
        await file.save(case, CommandKind.HOLD, by="mia", details={}, told={"until": now + lasts})


async def gone_on(services: Services, per_second: float = 1000) -> list[UUID]:
    return await let_go_on(services, "twilio", by="mia", via="console", per_second=per_second)


async def test_each_lead_has_its_result(services: Services, held: list[UUID]) -> None:
    (run_id,) = await gone_on(services)
    await hold(services, held[1], HoldReason.MANUAL, "trade fair", timedelta(days=9))
    await BulkCommands(services).work_off(run_id)
    items = {one.lead_id: (one.state, one.said) for one in await services.bulk_runs.items(run_id)}
    assert items.pop(held[1]) == (ItemState.REFUSED, "The lead does not hold because of twilio any more.")
    assert items == {lead_id: (ItemState.DONE, None) for lead_id in (held[0], *held[2:])}
    view = await services.reading.lead(held[1], services.company, services.clock())
    assert view is not None
    assert view.hold is not None
    assert view.hold.note == "trade fair"
    run = await services.bulk_runs.of(run_id)
    assert run is not None
    assert (run.by, run.via, run.chosen) == ("mia", "console", "held by twilio")
    assert WISH.validate_python(run.wish).words == "Go on, since twilio is mended"


async def test_they_go_on_at_a_pace(services: Services, held: list[UUID]) -> None:
    (run_id,) = await gone_on(services, per_second=10)
    loop, begun = asyncio.get_running_loop(), []
    await BulkCommands(services).work_off(run_id, lambda: begun.append(loop.time()))
    assert len(begun) == len(held)
    assert begun[-1] - begun[0] >= 0.3  # Four times a tenth of a second, less what the last one is faster.
    assert GoOn(provider="twilio", per_second=20).apart == timedelta(milliseconds=50)


async def test_more_than_one_run_may_have_are_several_runs(
    services: Services, held: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_leads, "MOST_CHOSEN", 2)
    runs = await gone_on(services)
    items = [one.lead_id for run_id in runs for one in await services.bulk_runs.items(run_id)]
    assert (len(runs), sorted(items)) == (3, sorted(held))


async def test_where_no_lead_is_held_there_is_nothing_to_do(services: Services, held: list[UUID]) -> None:
    assert await let_go_on(services, "sendgrid", by="mia", via="console") == []

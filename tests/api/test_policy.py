"""The policy over REST."""

from dataclasses import replace
from pathlib import Path

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.policies import Policies
from api.services import Services
from leads.playbook import Playbook
from tests.api.conftest import client_of
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.sample import COMPANY


async def test_the_policy_and_who_acknowledged_it(
    client: httpx.AsyncClient, services: Services, clock: SettableClock
) -> None:
    policy = (await client.get("/api/policy")).json()
    assert policy["text"].startswith("# How Example Company follows up every lead\n")
    assert policy["version"] == (await services.policies.send(clock())).version
    await services.policies.acknowledge(policy["version"], "ben", clock())
    found = (await client.get("/api/policy/acknowledgements")).json()
    assert (found["version"], found["missing"]) == (policy["version"], 2)
    assert [(one["colleague"], one["acknowledged_at"]) for one in found["items"]] == [
        ("anna", None),
        ("ben", "2026-11-20T15:00:00Z"),
        ("mia", None),
    ]
    for path in ("/api/policy", "/api/policy/acknowledgements"):
        assert (await client.get(path, headers={"Authorization": ""})).status_code == 401


async def test_yaml_that_can_not_be_read_is_said(
    services: Services, engine: AsyncEngine, shelf: CadenceShelf, token: str, tmp_path: Path
) -> None:
    (tmp_path / "routing.yaml").write_text("rules: [")
    broken = Policies(engine, shelf, COMPANY, LINKS, Playbook(tmp_path))
    async with client_of(replace(services, policies=broken), token) as client:
        for path in ("/api/policy", "/api/policy/acknowledgements"):
            response = await client.get(path)
            assert response.status_code == 503
            assert "routing.yaml" in response.json()["detail"]

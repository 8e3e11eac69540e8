"""The embedded Temporal: serves a prepared namespace, keeps it over kill -9, and refuses in one line."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from runtime import temporal_setup
from runtime.embedded.errors import StartError
from runtime.embedded.temporal import EmbeddedTemporal
from runtime.temporal_setup import (
    RETENTION,
    SEARCH_ATTRIBUTES,
    ensure_retention,
    ensure_search_attributes,
    is_serving,
    prepare_namespace,
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    folder = tmp_path_factory.mktemp("temporal")
    server = EmbeddedTemporal(folder, port=free_port(), ui_port=None, namespace="leads", in_memory=True)
    server.start()
    yield server
    server.stop()
    assert not server.is_running()


async def connect(server: EmbeddedTemporal) -> Client:
    return await Client.connect(server.address, namespace=server.namespace)


async def attributes(client: Client) -> dict[str, int]:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    return dict((await client.operator_service.list_search_attributes(request)).custom_attributes)


async def test_the_namespace_is_ready_when_start_returns(server: EmbeddedTemporal) -> None:
    client = await connect(server)
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    assert await attributes(client) == dict.fromkeys(SEARCH_ATTRIBUTES, keyword)
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="leads"))
    assert described.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION
    assert not (server.folder / "temporal.db").exists()


async def test_preparing_again_changes_nothing(server: EmbeddedTemporal) -> None:
    client = await connect(server)
    await prepare_namespace(client, "leads")
    assert await ensure_retention(client, "leads")


async def test_missing_search_attributes_are_added(server: EmbeddedTemporal, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await connect(server)
    monkeypatch.setitem(temporal_setup.SEARCH_ATTRIBUTES, "FollowLater", "Keyword")
    await ensure_search_attributes(client, "leads")
    assert "FollowLater" in await attributes(client)


async def test_a_search_attribute_of_another_kind_is_one_clear_line(
    server: EmbeddedTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await connect(server)
    kind = IndexedValueType.INDEXED_VALUE_TYPE_INT
    request = AddSearchAttributesRequest(namespace="leads", search_attributes={"FollowNumber": kind})
    await client.operator_service.add_search_attributes(request)
    while "FollowNumber" not in await attributes(client):
        time.sleep(0.1)
    monkeypatch.setitem(temporal_setup.SEARCH_ATTRIBUTES, "FollowNumber", "Keyword")
    with pytest.raises(StartError, match=r"FollowNumber exists in .* leads as Int, and must be Keyword"):
        await ensure_search_attributes(client, "leads")


class RefusingService:
    """A Temporal that, as Temporal Cloud may, refuses everything that administers."""

    def __init__(self, status: RPCStatusCode, client: Client) -> None:
        self._status = status
        self.workflow_service = client.workflow_service
        self.operator_service = self

    async def list_search_attributes(self, *_: object, **__: object) -> None:
        raise RPCError("Request unauthorized.", self._status, b"")

    add_search_attributes = list_search_attributes


@pytest.mark.parametrize("status", [RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED])
async def test_a_refusal_says_what_to_do_on_temporal_cloud(server: EmbeddedTemporal, status: RPCStatusCode) -> None:
    # The dev server aliases nothing in "default", so nothing seems to be there.
    refusing = RefusingService(status, await connect(server))
    with pytest.raises(StartError, match="tcld namespace search-attributes add -n temporal-system") as caught:
        await ensure_search_attributes(refusing, "temporal-system")  # type: ignore[arg-type]
    assert "FollowStage=Keyword" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_an_unreachable_server_is_not_serving() -> None:
    assert not await is_serving(f"127.0.0.1:{free_port()}", "default")


async def test_an_unknown_namespace_is_not_served(server: EmbeddedTemporal) -> None:
    assert not await is_serving(server.address, "unknown")
    assert await is_serving(server.address, "leads")


async def test_workflows_survive_kill_9_of_the_server(tmp_path: Path) -> None:
    server = EmbeddedTemporal(tmp_path, port=free_port(), ui_port=free_port())
    server.start()
    try:
        client = await connect(server)
        await client.start_workflow(
            "anything", id="lead:1", task_queue="nobody", search_attributes=TypedSearchAttributes([])
        )
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        while server.is_running():
            time.sleep(0.01)
        assert server.ending() == "killed by SIGKILL"
        server.start()
        described = await (await connect(server)).get_workflow_handle("lead:1").describe()
        assert described.status is not None
        assert described.status.name == "RUNNING"
        assert (tmp_path / "temporal.db-wal").exists()
    finally:
        server.stop()
    assert "Temporal UI" in server.log.read_text()


@pytest.mark.parametrize("taken", ["FOLLOW_TEMPORAL_PORT", "FOLLOW_TEMPORAL_UI_PORT"])
def test_a_taken_port_is_one_clear_line(tmp_path: Path, taken: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])
        ports = (port, free_port()) if taken == "FOLLOW_TEMPORAL_PORT" else (free_port(), port)
        with pytest.raises(StartError) as caught:
            EmbeddedTemporal(tmp_path, port=ports[0], ui_port=ports[1]).start()
    assert str(caught.value) == f"port {port} on 127.0.0.1 is taken: stop what uses it, or set {taken} to another"


def test_a_missing_program_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    with pytest.raises(StartError, match=r"Temporal is not installed: run `make run`.*FOLLOW_TEMPORAL_ADDRESS"):
        EmbeddedTemporal(tmp_path, port=free_port(), ui_port=None).start()


def test_a_damaged_database_gives_its_reason(tmp_path: Path) -> None:
    (tmp_path / "temporal.db").write_bytes(b"this is no database " * 100)
    server = EmbeddedTemporal(tmp_path, port=free_port(), ui_port=None)
    with pytest.raises(StartError, match=r"Temporal did not start \(exit code \d+\): .*not a database") as caught:
        server.start()
    assert str(server.log) in str(caught.value)
    assert "\n" not in str(caught.value)

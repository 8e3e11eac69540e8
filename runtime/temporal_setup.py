"""What a Temporal namespace needs before the first lead: search attributes, and a long enough retention."""

import asyncio
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from leads.contract import SearchAttribute
from runtime.embedded.errors import StartError

# All that the workflow sets are keywords; the kind is spelled as Temporal's command line wants it.
SEARCH_ATTRIBUTES = {name.value: "Keyword" for name in SearchAttribute}
RETENTION = timedelta(days=30)  # closed runs of a lead stay readable in Temporal's UI for at least this long
RPC_TIMEOUT = timedelta(seconds=10)
VISIBLE_WITHIN = timedelta(seconds=30)
NOT_ALLOWED = {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.UNAUTHENTICATED}


async def is_serving(address: str, namespace: str) -> bool:
    """Whether a Temporal server without TLS answers at host:port and knows the namespace."""
    try:
        client = await Client.connect(address, namespace=namespace)
        await client.service_client.check_health(timeout=timedelta(seconds=2))
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace), timeout=timedelta(seconds=2)
        )
    except (RPCError, RuntimeError):  # RuntimeError: how the core reports a refused connection
        return False
    return True


async def prepare_namespace(client: Client, namespace: str) -> None:
    """Makes a namespace ready for the first lead; harmless to repeat.

    Raises:
        StartError: It cannot be made ready; one line that says what to do.
    """
    try:
        await ensure_search_attributes(client, namespace)
        await ensure_retention(client, namespace)
    except RPCError as error:
        raise StartError(f"Temporal's namespace {namespace} cannot be prepared: {error.message}") from error
    except TimeoutError as error:
        raise StartError(f"Temporal did not take our search attributes within {VISIBLE_WITHIN}") from error


async def ensure_search_attributes(client: Client, namespace: str) -> None:
    """Registers our search attributes where they are missing, and waits until the server knows them.

    Raises:
        StartError: One exists with another kind, or the server does not let us add them (Temporal Cloud).
        RPCError: The server cannot be reached.
    """
    wanted = _wanted()
    try:
        found = await _search_attributes(client, namespace)
        for name in wanted.keys() & found.keys():
            if found[name] != wanted[name]:
                kind = IndexedValueType.Name(found[name]).removeprefix("INDEXED_VALUE_TYPE_").capitalize()
                raise StartError(
                    f"the search attribute {name} exists in Temporal's namespace {namespace} as {kind}, "
                    f"and must be {SEARCH_ATTRIBUTES[name]}: remove it there or use another namespace"
                )
        missing = {name: kind for name, kind in wanted.items() if name not in found}
        if not missing:
            return
        request = AddSearchAttributesRequest(namespace=namespace, search_attributes=missing)
        await client.operator_service.add_search_attributes(request, timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.ALREADY_EXISTS:  # another process of ours was faster
            return
        if error.status in NOT_ALLOWED:
            commands = " ".join(f"--search-attribute {name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items())
            raise StartError(
                f"Temporal does not let us add search attributes to the namespace {namespace} "
                f"({error.message}); on Temporal Cloud add them once: "
                f"tcld namespace search-attributes add -n {namespace} {commands}"
            ) from error
        raise
    await _until_known(client, namespace)


async def ensure_retention(client: Client, namespace: str) -> bool:
    """Makes the namespace keep closed runs for 30 days or more; returns whether it does.

    A refusal (Temporal Cloud sets this elsewhere) keeps nobody from starting: only people read closed runs.
    """
    try:
        described = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace), timeout=RPC_TIMEOUT
        )
        if described.config.workflow_execution_retention_ttl.ToTimedelta() >= RETENTION:
            return True
        kept = Duration()
        kept.FromTimedelta(RETENTION)
        config = NamespaceConfig(workflow_execution_retention_ttl=kept)
        request = UpdateNamespaceRequest(namespace=namespace, config=config)
        await client.workflow_service.update_namespace(request, timeout=RPC_TIMEOUT)
    except RPCError:
        return False
    return True


def _wanted() -> dict[str, IndexedValueType.ValueType]:
    return {
        name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}") for name, kind in SEARCH_ATTRIBUTES.items()
    }


async def _search_attributes(client: Client, namespace: str) -> dict[str, IndexedValueType.ValueType]:
    try:
        request = ListSearchAttributesRequest(namespace=namespace)
        listed = await client.operator_service.list_search_attributes(request, timeout=RPC_TIMEOUT)
        return dict(listed.custom_attributes)
    except RPCError as error:
        if error.status not in NOT_ALLOWED:
            raise
    # Who may not list them may still see the names that the namespace has given them, without their kinds.
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=namespace), timeout=RPC_TIMEOUT
    )
    named = set(described.config.custom_search_attribute_aliases.values())
    return {name: kind for name, kind in _wanted().items() if name in named}


async def _until_known(client: Client, namespace: str) -> None:
    # The server caches what it knows of a namespace; a workflow started too early would be refused.
    async with asyncio.timeout(VISIBLE_WITHIN.total_seconds()):
        while not SEARCH_ATTRIBUTES.keys() <= (await _search_attributes(client, namespace)).keys():
            await asyncio.sleep(0.2)

"""What the trials run on: a PostgreSQL and a Temporal of their own, with room for lanes, and a way to kill both."""

import asyncio
import os
import signal
import socket
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from adapters.clock import wall_clock
from adapters.db.access import ApiTokens
from adapters.db.cadences import CadenceShelf
from adapters.db.engine import connect
from adapters.db.migrate import migrate
from adapters.db.people import People
from cadences.library import shipped
from runtime.embedded.postgres import EmbeddedPostgres
from runtime.embedded.temporal import EmbeddedTemporal
from tests.faults.cadence import bundles
from tests.sample import COLLEAGUES

_TEMPLATE = "faults_template"
_ORDER = """
create table faults_order (seq bigserial primary key, lead_id uuid not null, what text not null, id uuid not null);
create function faults_note_touch() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' or old.state <> new.state or old.attempt <> new.attempt then
        insert into faults_order (lead_id, what, id) values (new.lead_id, new.state, new.id);
    end if;
    return new;
end $$;
create function faults_note_command() returns trigger language plpgsql as $$
begin
    insert into faults_order (lead_id, what, id) values (new.lead_id, 'command ' || new.kind, new.id);
    return new;
end $$;
create trigger faults_touch after insert or update on touches for each row execute function faults_note_touch();
create trigger faults_command after insert on commands for each row execute function faults_note_command();
"""
"""In which order claims and commands were decided: numbered while the lead's row lock is held, undone with the rest."""


class _TemporalOfLanes(EmbeddedTemporal):
    """One server with a namespace for each lane."""

    def __init__(self, folder: Path, *, port: int, namespaces: list[str]) -> None:
        super().__init__(folder, port=port, ui_port=None, namespace=namespaces[0])
        self._others = namespaces[1:]

    def _arguments(self) -> list[str]:
        return [*super()._arguments(), *(part for name in self._others for part in ("--namespace", name))]


class Stage:
    """Both servers.

    Args:
        folder: an empty one.
        lanes: the names of the lanes; each gets a database and a namespace.
        durable: what PostgreSQL has committed survives its own death.
    """

    def __init__(self, folder: Path, lanes: list[str], *, durable: bool) -> None:
        self.folder = folder
        self.lanes = lanes
        self.token = ""
        self.postgres = EmbeddedPostgres(folder, durable=durable)
        self.temporal = _TemporalOfLanes(folder, port=free_port(), namespaces=lanes)

    async def start(self) -> None:
        """Start the servers, and make the lanes' databases."""
        for server in (self.postgres, self.temporal):
            await asyncio.to_thread(server.prepare)
            server.launch()
        for server in (self.postgres, self.temporal):
            await asyncio.to_thread(server.wait_until_ready)
        await asyncio.to_thread(self.postgres.create_database, _TEMPLATE)
        engine = connect(self.postgres.url(_TEMPLATE))
        await migrate(engine)
        for bundle in [*shipped(), *bundles()]:
            await CadenceShelf(engine).publish(bundle, wall_clock())
        await People(engine).add(COLLEAGUES, wall_clock())
        self.token = await ApiTokens(engine).create("harness", wall_clock())
        async with engine.begin() as connection:
            raw = await connection.get_raw_connection()
            await raw.driver_connection.execute(_ORDER)  # type: ignore[union-attr]
            await connection.execute(text("analyze"))
        await engine.dispose()
        for lane in self.lanes:
            await asyncio.to_thread(self.postgres.create_database, lane, template=_TEMPLATE)

    async def kill_postgres(self, outage: timedelta) -> None:
        """SIGKILL to PostgreSQL, and a start after the outage."""
        assert self.postgres.pid is not None
        os.kill(self.postgres.pid, signal.SIGKILL)
        await _until_ended(self.postgres)
        await asyncio.sleep(outage.total_seconds())
        await asyncio.to_thread(self.postgres.prepare)
        self.postgres.launch()
        await asyncio.to_thread(self.postgres.wait_until_ready)

    async def kill_temporal(self, outage: timedelta) -> None:
        """SIGKILL to Temporal, and a start after the outage."""
        assert self.temporal.pid is not None
        os.kill(self.temporal.pid, signal.SIGKILL)
        await _until_ended(self.temporal)
        await asyncio.sleep(outage.total_seconds())
        self.temporal.launch()
        await asyncio.to_thread(self.temporal.wait_until_ready)

    async def stop(self) -> None:
        """Stop both."""
        await asyncio.to_thread(self.temporal.stop)
        await asyncio.to_thread(self.postgres.stop)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_ended(server: EmbeddedPostgres | EmbeddedTemporal) -> None:
    while server.is_running():
        await asyncio.sleep(0.01)

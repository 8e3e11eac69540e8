"""The processes under test, kept alive as a supervisor in production would: whoever dies is started again."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
"""The checkout that this file lies in: what is tested is what lies beside the tests."""
_READY_WITHIN = timedelta(seconds=60)
_DYING_WITHIN = timedelta(seconds=10)
_START_AGAIN_AFTER = timedelta(seconds=0.3)
"""A pause before a process that ended by itself (its servers were away) is started again."""


class Zygote:
    """The process that forks the processes under test."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._orders: dict[int, asyncio.Future[int]] = {}
        self._alive: dict[int, asyncio.Future[int]] = {}
        self._ready = asyncio.Event()
        self._next = 0

    async def start(self, log: Path) -> None:
        """Start it, and wait until it has loaded everything.

        Raises:
            RuntimeError: it ended; the log says why.
        """
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("FOLLOW_", "TEMPORAL_"))}
        with log.open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.faults.zygote",
                cwd=ROOT,
                env=kept | {"PYTHONPATH": str(ROOT)},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        self._reading = asyncio.create_task(self._read())
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({ready, self._reading}, timeout=_READY_WITHIN.total_seconds(), return_when="FIRST_COMPLETED")
        if not self._ready.is_set():
            ready.cancel()
            raise RuntimeError(f"no process can be started: {log.read_text()[-2000:]}")

    async def fork(self, order: dict[str, Any]) -> int:
        """Start a process; its id."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._next += 1
        started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._orders[self._next] = started
        self._process.stdin.write(json.dumps({**order, "order": self._next}).encode() + b"\n")
        return await started

    async def ended(self, pid: int) -> int:
        """Wait until a process has ended; its wait status."""
        return await asyncio.shield(self._alive[pid])

    async def stop(self) -> None:
        """End it, and with it all that it has forked."""
        if self._process is None or self._reading is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "ready" in said:
                self._ready.set()
            elif "ended" in said:
                self._alive[said["ended"]].set_result(said["status"])
            else:
                self._alive[said["pid"]] = asyncio.get_running_loop().create_future()
                self._orders.pop(said["order"]).set_result(said["pid"])


@dataclass
class Kept:
    """One process that is kept alive.

    Args:
        order: what the zygote is told; may be changed between two starts.
    """

    zygote: Zygote
    order: dict[str, Any]
    pid: int = 0
    starts: int = 0
    stays_dead: bool = False
    """A death is not mended until the next `start`."""
    say: Callable[[str], None] = lambda _: None
    _keeping: asyncio.Task[None] | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Start it, and keep it alive from now on."""
        self.stays_dead = False
        await self._begin()
        self._keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Kill it and let it rest."""
        self.stays_dead = True
        self.kill()
        if self._keeping is not None:
            await asyncio.wait_for(self._keeping, _DYING_WITHIN.total_seconds())
            self._keeping = None

    def kill(self) -> None:
        """SIGKILL, at once; harmless to a process that is dead."""
        self._signal(signal.SIGKILL)

    def go_on(self) -> None:
        """SIGCONT, for one that stands still."""
        self._signal(signal.SIGCONT)

    @property
    def is_kept(self) -> bool:
        """Whether it runs, or will soon."""
        return self._keeping is not None and not self._keeping.done()

    def _signal(self, number: signal.Signals) -> None:
        try:
            if self.pid:
                os.kill(self.pid, number)
        except ProcessLookupError:
            pass

    async def _begin(self) -> None:
        self.pid = await self.zygote.fork(self.order)
        self.starts += 1

    async def _keep(self) -> None:
        while True:
            status = await self.zygote.ended(self.pid)
            self.pid = 0
            if self.stays_dead:
                return
            if not os.WIFSIGNALED(status):
                self.say(f"{self.order['role']} ended by itself; see {self.order['log']}")
                await asyncio.sleep(_START_AGAIN_AFTER.total_seconds())
            await self._begin()

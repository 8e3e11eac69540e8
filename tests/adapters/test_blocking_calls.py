"""Blocking clients behind async code: begun at once or not at all, and given up in time."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.providers.blocking_calls import GRACE, BlockingCalls, nothing_written_yet
from leads.sending import OutcomeUnknown, SendRefused


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    gate = threading.Event()
    yield gate
    gate.set()


async def test_a_call_that_waited_too_long_for_a_thread_is_never_begun(gate: threading.Event) -> None:
    calls = BlockingCalls("t", timeout=timedelta(seconds=5), max_workers=1, begin_within=timedelta(milliseconds=50))
    begun: list[str] = []
    first = asyncio.create_task(calls.run(gate.wait))
    second = asyncio.create_task(calls.run(lambda: begun.append("second")))
    await asyncio.sleep(0.1)  # longer than begin_within; there is nothing to wait for
    gate.set()
    with pytest.raises(SendRefused) as refused:
        await second
    assert refused.value.code == "busy"
    await first
    assert begun == []
    calls.close()


async def test_a_call_still_in_the_queue_at_the_limit_is_refused_and_one_that_runs_is_unknown(
    gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.providers.blocking_calls.GRACE", timedelta(milliseconds=50))
    calls = BlockingCalls("t", timeout=timedelta(milliseconds=50), max_workers=1)
    begun: list[str] = []
    results = await asyncio.gather(
        calls.run(gate.wait), calls.run(lambda: begun.append("second")), return_exceptions=True
    )
    assert [type(each) for each in results] == [OutcomeUnknown, SendRefused]
    gate.set()
    last = await calls.run(lambda: "the thread is free again")
    assert (last, begun) == ("the thread is free again", [])
    calls.close()


async def test_a_connection_that_comes_after_the_time_out_is_not_used() -> None:
    calls = BlockingCalls("t", timeout=timedelta(milliseconds=20), max_workers=1)
    written: list[str] = []

    def slow() -> None:
        with nothing_written_yet():
            threading.Event().wait(0.1)
        written.append("a message")

    assert timedelta(milliseconds=200) < GRACE
    with pytest.raises(SendRefused) as refused:
        await calls.run(slow)
    assert (refused.value.code, written) == ("late", [])
    calls.close()


async def test_a_closed_sender_refuses() -> None:
    calls = BlockingCalls("t", timeout=timedelta(seconds=1), max_workers=1)
    calls.close()
    with pytest.raises(SendRefused):
        await calls.run(lambda: None)

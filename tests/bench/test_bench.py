"""The bench's own arithmetic, held without timing anything: counting, medians, bars, files, copies of leads."""

import asyncio
import io
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.people import People
from adapters.db.reading import Reading
from cadences.case import Case
from cadences.enrollment import Enrollment
from cadences.preview import preview
from leads.capture import NewLead
from leads.model import Channel, Colleague, ContactKind, ContactPoint, Lead, LeadKind
from tests.bench import figures, machine, report, results
from tests.bench.actions import cost_of
from tests.bench.console_page import ConsolePage
from tests.bench.engine_side import person
from tests.bench.http_client import Connection
from tests.bench.many_leads import add_reps, copy_leads, lead_number
from tests.bench.meters import Spent, cpu_seconds
from tests.bench.people import web_form
from tests.bench.plans import BURST, CYCLE, CYCLES, CYCLES_SKIPPED, MESSAGES, MESSAGES_AND_CALLS, bundle
from tests.bench.quantiles import quantile
from tests.bench.rounds import Beside, Round, side_by_side, together
from tests.bench.throughput import counts, ratio, side
from tests.clocks import SettableClock
from tests.sample import COMPANY
from workflows.lead_cadence import TOUCHES_PER_RUN

HISTORIES = Path(__file__).parents[1] / "workflows" / "histories" / "shape-1"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def recorded(name: str) -> list[dict[str, Any]]:
    """All runs of a recorded life."""
    return [json.loads(path.read_text()) for path in sorted(HISTORIES.glob(f"{name}.*.json"))]


def a_round(rate: float, busy_cores: float = 2.0) -> Round:
    spent = Spent(10, {"server": 8.0, "worker": 6.0, "database": 4.0}, busy_cores)
    return Round(round(rate * 10), 10, spent, 0.0)


# What a life costs in Temporal.


def test_a_life_of_several_runs_starts_once_and_pays_for_each_continuation() -> None:
    runs = recorded("silent_for_a_year")
    cost = cost_of(runs)
    assert len(runs) > 1
    assert cost.actions["start"] == 1
    assert cost.actions["continue-as-new"] == len(runs) - 1
    assert cost.events == sum(len(run["events"]) for run in runs)


def test_every_kind_of_action_in_a_recorded_life_is_counted() -> None:
    runs = recorded("skipped_switched_and_reassigned")
    text = json.dumps(runs)
    cost = cost_of(runs)
    for event, kind in (
        ("TIMER_STARTED", "timer"),
        ("ACTIVITY_TASK_SCHEDULED", "activity"),
        ("WORKFLOW_EXECUTION_UPDATE_ACCEPTED", "update"),
        ("UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", "search-attribute upsert"),
    ):
        assert cost.actions[kind] == text.count(f'"EVENT_TYPE_{event}"') > 0, kind
    assert cost.total == sum(cost.actions.values())


def test_a_signal_is_an_action() -> None:
    assert cost_of(recorded("opts_out")).actions["signal"] == 1


def test_a_retried_activity_costs_one_action_for_each_attempt() -> None:
    events = [
        {"eventType": "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"},
        {"eventType": "EVENT_TYPE_ACTIVITY_TASK_STARTED", "activityTaskStartedEventAttributes": {"attempt": 3}},
    ]
    assert cost_of([{"events": events}]).actions == {"activity": 1, "activity retry": 2}


# The cadences that are run.


def previewed(name: str, touches: int) -> list[tuple[datetime, Channel]]:
    plan = bundle(name)
    lead = Lead(
        id=uuid4(),
        kind=LeadKind.INBOUND,
        created_at=NOON,
        owner=Colleague("anna", "Anna Keller"),
        question="?",
        zone="Etc/UTC",
        contacts=(ContactPoint(ContactKind.EMAIL, "a@example.com"), ContactPoint(ContactKind.PHONE, "+12125550111")),
    )
    enrollment = Enrollment(id=uuid4(), cadence=name, version=plan.version, started_at=NOON, answers_question=True)
    case = Case(lead=lead, company=COMPANY, cadence=plan.cadence, enrollment=enrollment, manager="mia")
    return [(touch.at, touch.channel) for touch in preview(case, NOON, touches=touches)]


def test_the_burst_is_ten_emails_at_once_and_then_silence() -> None:
    planned = previewed(BURST, 11)
    assert planned[:10] == [(NOON, Channel.EMAIL)] * 10
    assert (planned[10][0] - NOON).days > 150


def test_the_cycles_are_whole_runs_of_the_workflow() -> None:
    times = [step.repeat.times for step in bundle(CYCLES).cadence.steps if step.repeat and step.repeat.times]
    assert times == [CYCLE, CYCLE * CYCLES_SKIPPED, CYCLE]
    assert sum(times) == 208
    assert CYCLE == TOUCHES_PER_RUN


@pytest.mark.parametrize(("name", "calls"), [(MESSAGES, 0), (MESSAGES_AND_CALLS, 4)])
def test_a_counted_life_has_twenty_touches(name: str, calls: int) -> None:
    channels = [step.channel for step in bundle(name).cadence.steps[:20]]
    assert len(channels) == 20
    assert channels.count(Channel.CALL) == calls
    assert channels.count(Channel.SMS) > 0
    assert bundle(name).cadence.steps[20].step_id == "tail"


# Arithmetic.


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([3, 1, 2], 0.5, 2), (list(range(1, 101)), 0.95, 95), (list(range(1, 101)), 0.99, 99), ([7], 0.99, 7)],
)
def test_a_quantile_is_a_value_that_was_measured(values: Sequence[float], share: float, expected: float) -> None:
    assert quantile(values, share) == expected


def test_the_ratio_is_that_of_the_medians() -> None:
    engine, bare = [a_round(30), a_round(42), a_round(90)], [a_round(60), a_round(70), a_round(10)]
    assert ratio(engine, bare) == pytest.approx(42 / 60)


def test_one_side_is_told_by_its_medians() -> None:
    told = side([a_round(20), a_round(40), a_round(30)])
    assert told["touches_per_s"] == 30
    assert told["cpu_ms_per_touch"]["server"] == pytest.approx(8000 / 300, abs=0.01)
    assert len(told["rounds"]) == 3


def test_rounds_side_by_side_are_one_of_all_touches_over_the_time_of_the_slowest() -> None:
    slow = replace(a_round(60), seconds=12.5)
    both = together([a_round(30), slow])
    assert (both.touches, both.seconds) == (900, 12.5)
    assert both.spent.cpu["server"] == 2 * a_round(30).spent.cpu["server"]


async def test_rounds_side_by_side_begin_to_be_measured_together() -> None:
    began: list[int] = []

    async def one(beside: Beside) -> Round:
        number = len(began)
        began.append(number)
        await asyncio.sleep(0.02 * number)
        await beside.ready.wait()
        assert len(began) == 2
        return a_round(30)

    assert (await side_by_side(2, one)).touches == 2 * a_round(30).touches


def test_a_round_of_bare_temporal_that_leaves_the_processor_idle_does_not_count() -> None:
    assert counts(a_round(60, busy_cores=1.6), cores=2)
    assert not counts(a_round(60, busy_cores=1.59), cores=2)


def test_the_processor_time_of_ended_children_is_counted() -> None:
    """A PostgreSQL connection that was closed has cost something all the same."""
    inner = "sum(range(6_000_000))"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}]); print(); sys.stdin.read()"
    with psutil.Popen([sys.executable, "-c", outer], stdin=-1, stdout=-1) as process:
        process.stdout.readline()
        own = process.cpu_times()
        counted = cpu_seconds(process.pid)
        process.stdin.close()
    assert counted > own.user + own.system + 0.02


# Bars, files and tables.


def test_the_keys_are_the_published_ones() -> None:
    assert figures.KEYS == (
        "engine_ratio",
        "actions_per_touch",
        "actions_per_touch_with_calls",
        "events_per_touch",
        "cold_wake_ratio",
        "cold_engine_ratio",
        "first_message_p95_s",
        "stop_p99_s",
        "kib_per_lead",
        "captures_per_s",
        "lead_page_p95_ms",
        "task_list_p95_ms",
        "experiments_p95_ms",
        "reports_p95_ms",
        "all_reports_p95_ms",
        "console_action_p95_ms",
        "first_view_p95_s",
    )


def test_a_bar_is_reached_on_its_own_side_only() -> None:
    by_key = {figure.key: figure for figure in figures.FIGURES}
    ratio_bar, wake_bar = by_key["engine_ratio"], by_key["cold_wake_ratio"]
    assert ratio_bar.reached(0.60)
    assert not ratio_bar.reached(0.59)
    assert wake_bar.reached(1.2)
    assert not wake_bar.reached(1.21)
    assert report.missed({"engine_ratio": 0.59, "cold_wake_ratio": 1.0}) == ["engine_ratio"]


def test_the_latest_medians_have_all_keys_and_keep_what_was_not_measured_again(tmp_path: Path) -> None:
    first = results.Results(NOON, {"processor": "AMD EPYC", "cores": 2}, {"engine_ratio": 0.7, "stop_p99_s": 0.1}, {})
    results.write(first, tmp_path)
    later = results.Results(NOON.replace(day=21), first.machine, {"engine_ratio": 0.8}, {"engine": {"rounds": 3}})
    path = results.write(later, tmp_path)
    latest = json.loads((tmp_path / "latest.json").read_text())
    assert tuple(latest) == figures.KEYS
    assert (latest["engine_ratio"], latest["stop_p99_s"], latest["captures_per_s"]) == (0.8, 0.1, None)
    assert path.name == "2026-11-21-amd-epyc-2-cores.json"
    assert json.loads(path.read_text())["figures"] == {"engine_ratio": 0.8}


def test_parts_that_ran_on_the_same_day_stand_in_one_file(tmp_path: Path) -> None:
    shared = {"processor": "AMD EPYC", "cores": 2}
    results.write(results.Results(NOON, shared, {"stop_p99_s": 0.1}, {"stop": {}}), tmp_path)
    path = results.write(results.Results(NOON, shared, {"engine_ratio": 0.7}, {"engine": {}}), tmp_path)
    day = json.loads(path.read_text())
    assert day["figures"] == {"engine_ratio": 0.7, "stop_p99_s": 0.1}
    assert set(day["details"]) == {"engine", "stop"}


def test_a_figure_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="engine_ration"):
        results.write(results.Results(NOON, {"processor": "x", "cores": 1}, {"engine_ration": 1.0}, {}), tmp_path)


def test_a_machine_is_described_without_its_name_or_places() -> None:
    found = machine.machine()
    assert {"processor", "cores", "memory_gib", "python", "temporalio", "temporal_server", "postgres"} <= set(found)
    text = json.dumps(found)
    assert "/" not in text
    assert platform.node() not in text
    assert machine.short_name({"processor": "Intel(R) Xeon(R) CPU @ 2.20GHz", "cores": 4}) == "intel-xeon-4-cores"


def test_the_table_shows_the_last_results_beside_the_new_ones() -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(report.figures_table({"engine_ratio": 0.55}, {"engine_ratio": 0.71}))
    text = console.export_text()
    assert "0.55" in text
    assert "0.71" in text
    assert "MISSED" in text
    assert "captured" not in text


# The clients and the copies.


def test_every_person_of_the_bench_is_somebody_else() -> None:
    forms = [web_form("capture", number) for number in range(30_000)]
    assert len({form["phone"] for form in forms}) == len({form["email"] for form in forms}) == 30_000


async def test_the_light_client_reads_whole_answers_over_one_connection() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for body in (b'{"id": 1}', b'{"id": 22}'):
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, Connection(server.sockets[0].getsockname()[1], "ft_secret") as connection:
        first, second = await connection.get("/one"), await connection.get("/two")
    assert [first.status, first.json(), second.json()] == [201, {"id": 1}, {"id": 22}]
    assert b"Authorization: Bearer ft_secret" in heard[1]


async def test_copied_leads_are_read_like_real_ones(
    engine: AsyncEngine, shelf: CadenceShelf, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    await shelf.publish(bundle(BURST), clock())
    emailed = await intake.capture(person("one", 1, BURST), "bench", clock())
    called = await intake.capture(NewLead(email="two@example.com", question="?"), "bench", clock())
    await add_reps(People(engine), clock())
    await copy_leads(engine, emailed.lead_id, called.lead_id, 1, 3)
    read = await Reading(engine).lead(lead_number(3), COMPANY, clock())
    assert read is not None
    assert read.contacts[0].value == "lead3@example.com"
    assert read.questions
    assert read.enrollments[0].cadence == BURST
    assert await Reading(engine).lead(lead_number(4), COMPANY, clock()) is None


# A page of the console without a browser.


async def test_a_page_without_a_browser_knows_its_newest_buttons() -> None:
    page = ConsolePage(1, "/console/today", "a session")
    button = {"tag": "q-btn", "props": {"data-key": "1"}, "events": [{"type": "click", "listener_id": "x"}]}
    await page._take({"7": button, "8": {"tag": "div"}})
    assert (page.button("1"), page.button("j")) == (7, None)
    waits = asyncio.create_task(page.until_there("1", but=7))
    await page._take({"7": None, "12": button, "_id": "no element"})
    assert await waits == 12
    await page._take({"12": {**button, "props": {"data-key": "1", "disable": True}}})
    assert page.button("1") is None
    await page._take({"13": {"tag": "div", "props": {"groups": [{"buttons": [{"key": "1"}, {"key": "2"}]}]}}})
    assert (page.button("2"), page.button("3")) == (13, None)

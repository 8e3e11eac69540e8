"""The parts of the bench by their names, in the order in which they run."""

from collections.abc import Callable, Coroutine
from typing import Any

from tests.bench.captures import captures
from tests.bench.cold_wake import cold_wake
from tests.bench.console import console
from tests.bench.experiments import experiments
from tests.bench.first_message import first_message
from tests.bench.first_view import first_view
from tests.bench.lives_cost import actions
from tests.bench.memory import memory
from tests.bench.options import Options
from tests.bench.pages import pages
from tests.bench.reports import reports
from tests.bench.stops import stop
from tests.bench.throughput import cold, warm

Part = Callable[[Options], Coroutine[Any, Any, dict[str, Any]]]
"""Measures and returns its figures by key, and what else it saw under `details`."""

PARTS: dict[str, Part] = {
    "engine": warm,
    "cold": cold,
    "cold-wake": cold_wake,
    "actions": actions,
    "first-message": first_message,
    "stop": stop,
    "memory": memory,
    "captures": captures,
    "pages": pages,
    "experiments": experiments,
    "reports": reports,
    "console": console,
    "first-view": first_view,
}

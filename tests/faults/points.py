"""The named points at which a fault happens, grouped as the table shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from leads.contract import SIGNALS, CommandKind
from tests.faults.provider_behaviours import (
    CUT_AFTER,
    CUT_BEFORE,
    FAIL_AFTER,
    FAIL_BEFORE,
    SILENT_AFTER,
    SILENT_BEFORE,
)


class Fault(StrEnum):
    """What happens at a point."""

    TRIGGER = "trigger"
    """The process that reaches it is killed there."""
    STAND_STILL = "stand still"
    """The process that reaches it stands still, and goes on when another one has taken over."""
    AT_PROVIDER = "at the provider"
    """The worker is killed when the provider has accepted and not answered."""
    RANDOM_WORKER = "random worker"
    RANDOM_WEB = "random web"
    POSTGRES = "postgres"
    TEMPORAL = "temporal"
    PROVIDER = "provider"
    """The provider misbehaves; nobody is killed."""
    RACE = "race"
    """The provider's callbacks overtake its answer."""


class Life(StrEnum):
    """What sort of life leads to a point."""

    MESSAGES = "messages"
    UNKNOWN = "unknown"
    """One of its messages is lost sight of."""
    RETAKEN = "retaken"
    """One of its messages is interrupted twice."""
    LONG = "long"
    COMMANDED = "commanded"
    REPORTED = "reported"
    """The provider reports an opt-out, a bounce, or what became of a message that nobody knew about."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point."""

    name: str
    group: str
    fault: Fault
    life: Life = Life.MESSAGES
    command: CommandKind | None = None
    """Which one is being carried out there."""

    @property
    def on_servers(self) -> bool:
        """Whether a server is killed, so that it takes servers of its own."""
        return self.fault in (Fault.POSTGRES, Fault.TEMPORAL)


COMMANDS = (
    CommandKind.LOG_PERSONAL_TOUCH,
    CommandKind.RECORD_ANSWER,
    CommandKind.NOT_NOW,
    CommandKind.HOLD,
    CommandKind.RESUME,
    CommandKind.SKIP_STEP,
    CommandKind.SWITCH_CADENCE,
    CommandKind.REASSIGN,
    CommandKind.COMPLETE_TASK,
)
"""What people command: each an update of the workflow."""
REPORTED = (CommandKind.LEAD_OPTED_OUT, CommandKind.CONTACT_POINT_LOST, CommandKind.MESSAGE_REPORTED)
"""What webhooks tell the workflow."""
MISBEHAVIOURS = (FAIL_BEFORE, FAIL_AFTER, CUT_BEFORE, CUT_AFTER, SILENT_BEFORE, SILENT_AFTER)

_SENDING = {
    "before claim": "before claim",
    "claim written": "before claim",
    "after claim": "after claim",
    "provider answered": "before record",
    "before record": "before record",
    "record written": "before record",
    "after record": "after record",
}
_STANDING_STILL = (
    "before claim",
    "claim written",
    "after claim",
    "provider answered",
    "record written",
    "after record",
    "create_call_task: committed",
    "see_to_overdue: written",
    "look_up_send: answered",
)
_WEB_STAGES = ("written", "committed", "told", "delivered")
_WORKER_STAGES = ("hearing", "heard")


def _points() -> Iterator[Point]:
    for name, group in _SENDING.items():
        yield Point(name, group, Fault.TRIGGER)
    yield Point("provider accepted", "accepted, not answered", Fault.AT_PROVIDER)
    yield Point("reconciling: answered", "reconciling", Fault.TRIGGER, Life.RETAKEN)
    for task in ("create_call_task", "see_to_overdue"):
        for stage in ("written", "committed"):
            yield Point(f"{task}: {stage}", task.replace("_", " "), Fault.TRIGGER)
    for stage in ("answered", "written", "committed"):
        yield Point(f"look_up_send: {stage}", "look up send", Fault.TRIGGER, Life.UNKNOWN)
    yield Point("continuing as new", "continue as new", Fault.TRIGGER, Life.LONG)
    yield Point("continued as new", "continue as new", Fault.TRIGGER, Life.LONG)
    for stage in _WEB_STAGES:
        group = "between capture and start" if stage == "committed" else "capture"
        yield Point(f"start: {stage}", group, Fault.TRIGGER, command=CommandKind.START)
    for kind in (*COMMANDS, CommandKind.LEAD_ASKED_AGAIN):
        yield from _inside(kind, Life.COMMANDED)
    for kind in REPORTED:
        yield from _inside(kind, Life.REPORTED)
    yield Point("worker at any instant", "worker at any instant", Fault.RANDOM_WORKER)
    yield Point("web at any instant", "web at any instant", Fault.RANDOM_WEB)
    for name in _STANDING_STILL:
        life = Life.UNKNOWN if name.startswith("look_up_send") else Life.MESSAGES
        yield Point(f"stands still: {name}", "two workers, one stands still", Fault.STAND_STILL, life)
    for name in ("after claim", "provider answered", "after record"):
        yield Point(f"two workers: {name}", "two workers, one killed", Fault.TRIGGER)
    yield Point("webhook races the send", "webhook races the send", Fault.RACE)
    yield Point("webhook races, worker killed", "webhook races the send", Fault.AT_PROVIDER)
    yield Point("PostgreSQL killed", "PostgreSQL killed", Fault.POSTGRES)
    yield Point("Temporal killed", "Temporal killed", Fault.TEMPORAL)
    for name in ("late", "429", *(behaviour.name for behaviour in MISBEHAVIOURS)):
        yield Point(f"provider: {name}", "provider misbehaves", Fault.PROVIDER)
        yield Point(f"provider: {name}, and a kill", "provider misbehaves, and a kill", Fault.RANDOM_WORKER)


def _inside(kind: CommandKind, life: Life) -> Iterator[Point]:
    what = "signal" if kind in SIGNALS else "update"
    for stage in (*_WEB_STAGES, *_WORKER_STAGES):
        yield Point(f"{kind.value}: {stage}", f"inside {what} {kind.value}", Fault.TRIGGER, life, kind)


POINTS = tuple(_points())
GROUPS = tuple(dict.fromkeys(point.group for point in POINTS))


def point(name: str) -> Point:
    """The point of this name.

    Raises:
        KeyError: there is none.
    """
    return {each.name: each for each in POINTS}[name]

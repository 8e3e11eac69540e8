"""What a lead's life costs in Temporal: actions (what Temporal Cloud bills) and events, counted from its histories."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

History = Mapping[str, Any]
"""One run's history, as `WorkflowHistory.to_json` writes it."""

_ACTIONS = {
    "TIMER_STARTED": "timer",
    "ACTIVITY_TASK_SCHEDULED": "activity",
    "WORKFLOW_EXECUTION_SIGNALED": "signal",
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": "update",
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES": "search-attribute upsert",
    "WORKFLOW_EXECUTION_CONTINUED_AS_NEW": "continue-as-new",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What the runs of one life cost."""

    actions: Mapping[str, int]
    """By kind."""
    events: int

    @property
    def total(self) -> int:
        """All actions."""
        return sum(self.actions.values())


def cost_of(histories: Iterable[History]) -> Cost:
    """Count the actions and events of a life's runs, continued ones included.

    A start counts once: a run that another continued is paid for by the continue-as-new. An attempt at an activity
    after the first counts as an action of its own. A rejected update leaves no event, so it can't be counted here.
    """
    actions: Counter[str] = Counter()
    events = 0
    for history in histories:
        for event in history["events"]:
            events += 1
            kind = str(event["eventType"]).removeprefix("EVENT_TYPE_")
            if kind == "WORKFLOW_EXECUTION_STARTED":
                started = event["workflowExecutionStartedEventAttributes"]
                actions["start"] += not started.get("continuedExecutionRunId")
            elif kind == "ACTIVITY_TASK_STARTED":
                attempt = int(event["activityTaskStartedEventAttributes"].get("attempt", 1))
                actions["activity retry"] += attempt - 1
            elif kind in _ACTIONS:
                actions[_ACTIONS[kind]] += 1
    return Cost({kind: count for kind, count in actions.items() if count}, events)

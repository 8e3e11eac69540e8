"""How a lead stands, in codes and ids: what the audit log keeps of before and after a change."""

from collections.abc import Mapping
from typing import Any

from cadences.case import Case


def standing(case: Case) -> dict[str, Any]:
    """How a lead stands, without a word that somebody said or wrote."""
    enrollment = case.enrollment
    hold, planned = enrollment.hold, enrollment.next
    return {
        "stage": case.lead.stage.value,
        "owner": case.lead.owner.id,
        "cadence": enrollment.cadence,
        "ended": enrollment.ended.value if enrollment.ended is not None else None,
        "held_until": hold.until if hold is not None else None,
        "next_step": planned.step.step_id if planned is not None else None,
        "next_at": planned.act_at if planned is not None else None,
        "open_tasks": sorted(str(task.id) for task in case.open_tasks),
    }


def what_differs(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parts of two standings that are not the same."""
    changed = [key for key in before if before[key] != after[key]]
    return {key: before[key] for key in changed}, {key: after[key] for key in changed}

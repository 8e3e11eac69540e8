"""Whose a lead and its tasks are."""

from dataclasses import replace

from cadences.case import Case
from leads.model import Colleague


def given_to(case: Case, owner: Colleague) -> Case:
    """The case with another owner, who takes over the former one's open tasks."""
    former = case.lead.owner.id
    case = replace(case, lead=replace(case.lead, owner=owner))
    for task in case.open_tasks:
        if former in (task.owner, task.back_to):
            # What a stand-in has for the former one is the new one's too.
            covered = task.back_to is not None
            mine = replace(task, owner=owner.id, away_at=None)
            case = case.with_task(replace(mine, back_to=None, back_at=None, note=None) if covered else mine)
    return case

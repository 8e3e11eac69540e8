"""Whose a lead and its tasks are."""

from dataclasses import replace

from cadences.case import Case
from leads.model import Colleague


def given_to(case: Case, owner: Colleague) -> Case:
    """The case with another owner, who takes over the former one's open tasks."""
    former = case.lead.owner.id
    case = replace(case, lead=replace(case.lead, owner=owner))
    for task in case.open_tasks:
        if task.owner == former:
            case = case.with_task(replace(task, owner=owner.id))
    return case

"""Every contact point of a lead closed, on every channel: the person stopped us, under whatever address or number."""

from dataclasses import replace

from cadences.case import Case
from cadences.facts import Suppressed


def contacts_closed(case: Case, why: str) -> Case:
    """The case with all its addresses and numbers on the company's own list; those that are there already stay."""
    for point in case.lead.contacts:
        if not point.suppressed:
            case = case.with_fact(Suppressed(point.value, why))
    points = tuple(replace(point, suppressed=True) for point in case.lead.contacts)
    return replace(case, lead=replace(case.lead, contacts=points))

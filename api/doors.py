"""What the doors on the web are made of: the business's own forms and hooks, and what came in through them."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.form_submissions import FormSubmissions
from adapters.db.hook_deliveries import HookDeliveries
from leads.form_sheets import FormSheet, forms_of
from leads.hook_sheets import HookSheet, hooks_of
from leads.named_sheets import NamedSheets
from leads.playbook import Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The doors on the web."""

    forms: NamedSheets[FormSheet]
    submissions: FormSubmissions
    hooks: NamedSheets[HookSheet]
    deliveries: HookDeliveries


def doors_of(engine: AsyncEngine, playbook: Playbook) -> Doors:
    """The doors as the business's own files have them."""
    return Doors(
        forms=forms_of(playbook),
        submissions=FormSubmissions(engine),
        hooks=hooks_of(playbook),
        deliveries=HookDeliveries(engine),
    )

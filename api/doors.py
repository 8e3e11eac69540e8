"""What the doors on the web are made of: the business's own forms and hooks, and what came in through them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.form_submissions import FormSubmissions
from adapters.db.hook_deliveries import HookDeliveries
from adapters.db.playbook_trouble import PlaybookTrouble
from leads.form_sheets import FORMS, FormSheet, forms_of
from leads.hook_sheets import HOOKS, HookSheet, hooks_of
from leads.named_sheets import NamedSheets
from leads.playbook import Playbook

Sheet = TypeVar("Sheet", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The doors on the web."""

    forms: NamedSheets[FormSheet]
    submissions: FormSubmissions
    hooks: NamedSheets[HookSheet]
    deliveries: HookDeliveries
    trouble: PlaybookTrouble

    async def form(self, name: str, now: datetime) -> FormSheet | None:
        """A form that somebody sends; None when there is none.

        Raises:
            SheetBroken: its file can't be used, and never could.
        """
        return await self._in_force(self.forms, FORMS, name, now)

    async def hook(self, name: str, now: datetime) -> HookSheet | None:
        """A hook that a program delivers to; None when there is none.

        Raises:
            SheetBroken: its file can't be used, and never could.
        """
        return await self._in_force(self.hooks, HOOKS, name, now)

    async def _in_force(self, sheets: NamedSheets[Sheet], folder: str, name: str, now: datetime) -> Sheet | None:
        """A sheet; an admin is told what is wrong with its file."""
        try:
            sheet = sheets.get(name)
        finally:
            if sheets.has(name):
                await self.trouble.tell(f"{folder}/{name}.yaml", sheets.trouble(name), now)
        return sheet


def doors_of(engine: AsyncEngine, playbook: Playbook) -> Doors:
    """The doors as the business's own files have them."""
    return Doors(
        forms=forms_of(playbook),
        submissions=FormSubmissions(engine),
        hooks=hooks_of(playbook),
        deliveries=HookDeliveries(engine),
        trouble=PlaybookTrouble(engine),
    )

"""Our own people as an admin adds and changes them; what goes by their hours and absences follows at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.db.reps import RepView
from api.days_off import Replanned, replan_leads_of
from api.services import Services
from leads.absences import Absence
from leads.model import Colleague
from leads.staff import StaffRefused, new_colleague

OnLead = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Back:
    """Who is back, from which absence, and what that changed."""

    ended: Absence
    replanned: Replanned


@dataclass(frozen=True, slots=True)
class Away:
    """Who is away, and what that changed."""

    who: Colleague
    replanned: Replanned


class Staff:
    """Adds and changes our own people."""

    def __init__(self, services: Services, by: str) -> None:
        """With who asks."""
        self._services = services
        self._by = by

    async def add(self, colleague_id: str, texts: Mapping[str, str]) -> None:
        """Add a colleague.

        Args:
            texts: fields of `Colleague`, as they are written.

        Raises:
            StaffRefused: the id is taken or can't be used, or one of the values can't.
        """
        new = new_colleague(colleague_id, texts, self._services.company.country)
        if not await self._services.people.add([new], self._services.clock()):
            raise StaffRefused(f"there is a colleague {colleague_id!r} already; `follow reps set` changes one", "id")
        await self._services.people_changed()

    async def change(self, colleague_id: str, texts: Mapping[str, str]) -> Colleague:
        """Change what is named; the rest stays, and an empty text takes a value back.

        Raises:
            StaffRefused: there is no such colleague, or one of the values can't be used.
        """
        services = self._services
        changed = await services.people.change(colleague_id, texts, services.company.country, services.clock())
        await services.people_changed()
        return changed

    async def deactivate(self, colleague_id: str) -> RepView:
        """Somebody works here no more, and is signed in nowhere any more.

        Returns:
            The colleague, with what is left to be given to others.

        Raises:
            StaffRefused: there is no such colleague, or nobody would be left.
        """
        services = self._services
        await services.people.deactivate(colleague_id)
        await services.sessions.revoke_all(colleague_id, services.clock())
        await services.people_changed()
        everybody = await services.people.reps(services.company, services.clock())
        return next(one for one in everybody if one.id == colleague_id)

    async def activate(self, colleague_id: str) -> None:
        """Somebody works here again.

        Raises:
            StaffRefused: there is no such colleague.
        """
        await self._services.people.activate(colleague_id, self._services.clock())
        await self._services.people_changed()

    async def away(self, colleague_id: str, absence: Absence, on_lead: OnLead | None = None) -> Away:
        """Somebody is away for some days; whoever's plan that changes is planned anew.

        Args:
            on_lead: is told how many leads are done, of how many.

        Raises:
            StaffRefused: there is no such colleague, or the days or the cover make no sense.
        """
        who = await self._services.absences.add(colleague_id, absence, self._services.clock())
        return Away(who, await self._replanned(colleague_id, on_lead))

    async def back(self, colleague_id: str, on_lead: OnLead | None = None) -> Back:
        """Somebody is back; when no days off have begun, the next ones are called off.

        Raises:
            StaffRefused: there is no such colleague, or nothing to end.
        """
        ended = await self._services.absences.back(colleague_id, self._services.clock())
        return Back(ended, await self._replanned(colleague_id, on_lead))

    async def _replanned(self, colleague_id: str, on_lead: OnLead | None) -> Replanned:
        replanned = await replan_leads_of(self._services, [colleague_id], self._by, on_lead)
        await self._services.people_changed()
        return replanned

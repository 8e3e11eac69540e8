"""Taking the sample business out again: what it brought, and nothing else."""

from dataclasses import dataclass

from adapters.db.sample_traces import SampleLead
from api.services import Services
from api.staff import Staff
from leads.model import Colleague
from leads.staff import StaffRefused


@dataclass(frozen=True, slots=True)
class Stays:
    """Somebody who must not be taken out now."""

    name: str
    why: str
    """Why not, and what to do."""

    def __str__(self) -> str:
        return f"{self.name} stays: {self.why}"


@dataclass(frozen=True, slots=True)
class SampleFound:
    """What of the sample is here, and what of that can be taken out."""

    leads: tuple[SampleLead, ...]
    """They can go."""
    colleagues: tuple[Colleague, ...]
    """They can go."""
    stays: tuple[Stays, ...]

    @property
    def is_here(self) -> bool:
        """Whether anything of it is here."""
        return bool(self.leads or self.colleagues or self.stays)

    @property
    def can_go(self) -> bool:
        """Whether anything of it can be taken out now."""
        return bool(self.leads or self.colleagues)

    @property
    def said(self) -> str:
        """What can go, in words."""
        leads = f"{len(self.leads)} invented lead{'s' * (len(self.leads) != 1)}" if self.leads else ""
        names = [one.name for one in self.colleagues]
        people = " and ".join(part for part in (", ".join(names[:-1]), names[-1] if names else "") if part)
        return ", and ".join(part for part in (leads, people) if part)


@dataclass(frozen=True, slots=True)
class SampleRemoved:
    """What was taken out, and what was not."""

    erased: int
    """Leads."""
    retired: tuple[Colleague, ...]
    stays: tuple[Stays, ...]
    forgotten: bool
    """False: Temporal was away and still has workflows, with ids only."""


class Sample:
    """Finds the sample and takes it out; done again, it does the rest."""

    def __init__(self, services: Services, by: str) -> None:
        """With who asks."""
        self._services = services
        self._by = by

    async def found(self) -> SampleFound:
        """What of the sample is here. Nothing is changed.

        A colleague is the sample's while name, address and role are: whoever made Anna their own keeps her.
        """
        services, sample = self._services, self._services.sample
        leads = await sample.traces.leads()
        going = tuple(one for one in leads if one.why_it_stays is None)
        stays = [
            Stays(one.name, f"{one.why_it_stays}; erase it on Personal data, or keep it")
            for one in leads
            if one.why_it_stays is not None
        ]
        everybody = [one for one in await services.people.all() if one.active]
        theirs = [one for one in everybody if any(_is_same(one, invented) for invented in sample.people)]
        busy = await sample.traces.left_with([one.id for one in theirs], [one.id for one in going])
        for one in theirs:
            if has := busy.get(one.id):
                stays.append(Stays(one.name, f"has {has} lead{'s' * (has != 1)} of yours; give them to others first"))
        free = [one for one in theirs if one.id not in busy]
        if free and len(free) == len(everybody):
            stays.append(Stays(free.pop().name, "nobody else would work here; add yourself or a colleague first"))
        return SampleFound(going, tuple(free), tuple(stays))

    async def remove(self) -> SampleRemoved:
        """Erase the sample's leads with their workflows, and retire its colleagues who have no others."""
        services, forgotten = self._services, True
        going = (await self.found()).leads
        for lead in going:
            erased = await services.erasing.erase(lead.id, self._by, services.clock())
            forgotten = forgotten and erased.forgotten
        # Asked anew: somebody may have been given a lead meanwhile.
        before, retired, stays = await self.found(), list[Colleague](), list[Stays]()
        for colleague in before.colleagues:
            try:
                await Staff(services, self._by).deactivate(colleague.id)
                retired.append(colleague)
            except StaffRefused as refused:
                stays.append(Stays(colleague.name, str(refused)))
        return SampleRemoved(len(going), tuple(retired), (*before.stays, *stays), forgotten)


def _is_same(one: Colleague, invented: Colleague) -> bool:
    return (one.id, one.name, one.email, one.role) == (invented.id, invented.name, invented.email, invented.role)

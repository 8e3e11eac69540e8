"""Taking the sample business out: all that it brought goes, and nothing else, however often one asks."""

from collections.abc import Iterable
from uuid import UUID

import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import ColleagueRow, ContactPointRow, LeadRow
from adapters.db.sample_traces import BY
from api.sample import Sample
from api.services import Services
from api.staff import Staff
from leads.capture import NewLead
from leads.model import Colleague, Role
from runtime import sample
from tests.api.fakes import RecordingHistories
from tests.clocks import SettableClock

OWN = Colleague("otto", "Otto Own", "otto@bakery.example.org", role=Role.ADMIN, weight=0)


@pytest_asyncio.fixture
async def loaded(services: Services, clock: SettableClock) -> Services:
    """The sample as `follow up` loads it, and somebody of our own."""
    await services.people.add([*sample.COLLEAGUES, OWN], clock())
    for lead in sample.LEADS:
        await services.intake.capture(lead, by=BY, now=clock())
    return services


async def names(engine: AsyncEngine) -> set[str | None]:
    async with engine.connect() as connection:
        return set((await connection.execute(select(LeadRow.name))).scalars())


async def active(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        return set((await connection.execute(select(ColleagueRow.id).where(ColleagueRow.active))).scalars())


def why(stays: Iterable[object]) -> list[str]:
    return [str(one) for one in stays]


async def own_lead(services: Services, clock: SettableClock, **values: str) -> UUID:
    new = NewLead(email="real@customer.example.org", name="Rita Real", question="How much?", **values)
    return (await services.intake.capture(new, by="website", now=clock())).lead_id


async def test_all_of_it_goes_with_its_workflows_and_a_second_time_changes_nothing(
    loaded: Services, engine: AsyncEngine, clock: SettableClock, histories: RecordingHistories
) -> None:
    found = await Sample(loaded, "ada").found()
    assert found.said == "8 invented leads, and Anna Keller, Ben Okafor and Mia Santos"
    await own_lead(loaded, clock, owner="otto")
    removed = await Sample(loaded, "ada").remove()
    assert (removed.erased, len(removed.retired), removed.stays) == (8, 3, ())
    assert set(histories.forgotten) == {lead.id for lead in found.leads}
    assert (await names(engine), await active(engine)) == ({"Rita Real"}, {"otto"})

    again = await Sample(loaded, "ada").remove()
    assert (again.erased, again.retired, again.stays) == (0, (), ())
    assert not (await Sample(loaded, "ada").found()).is_here
    assert (await names(engine), await active(engine)) == ({"Rita Real"}, {"otto"})


async def test_who_has_leads_of_ours_stays_until_they_are_given_away(
    loaded: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    lead = await own_lead(loaded, clock, owner="anna")
    removed = await Sample(loaded, "ada").remove()
    assert why(removed.stays) == ["Anna Keller stays: has 1 lead of yours; give them to others first"]
    assert await active(engine) == {"anna", "otto"}
    async with engine.begin() as connection:
        await connection.execute(LeadRow.__table__.update().where(LeadRow.id == lead).values(owner_id="otto"))
        await connection.exec_driver_sql("update tasks set owner = 'otto'")
    assert (await Sample(loaded, "ada").remove()).stays == ()
    assert await active(engine) == {"otto"}


async def test_what_is_called_like_the_sample_and_is_ours_is_not_touched(
    loaded: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    await Staff(loaded, "ada").change("anna", {"name": "Anna Real", "email": "anna@bakery.example.org"})
    new = NewLead(email="mine@customer.example.org", name="Mine", question="How much?", owner="otto")
    await loaded.intake.capture(new, by=BY, now=clock())
    mixed = sample.LEADS[0]
    added = NewLead(phone=mixed.phone, email="me@bakery.example.org", name=mixed.name)
    await loaded.intake.capture(added, by="otto", now=clock())
    removed = await Sample(loaded, "ada").remove()
    assert removed.erased == 7
    assert await names(engine) == {"Mine", mixed.name}
    assert await active(engine) >= {"otto", "anna"}
    said = why(removed.stays)
    assert said[0] == (
        "Priya Raman stays: an address or number of yours was added to it; erase it on Personal data, or keep it"
    )
    async with engine.connect() as connection:
        points = set((await connection.execute(select(ContactPointRow.value))).scalars())
    assert points >= {"mine@customer.example.org", "me@bakery.example.org"}


async def test_somebody_always_works_here(services: Services, engine: AsyncEngine, clock: SettableClock) -> None:
    await services.people.add(sample.COLLEAGUES, clock())
    removed = await Sample(services, "follow sample").remove()
    assert why(removed.stays) == ["Mia Santos stays: nobody else would work here; add yourself or a colleague first"]
    assert await active(engine) == {"mia"}


async def test_a_lead_that_came_by_itself_stays_though_it_has_an_address_of_the_sample(
    services: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    await services.people.add([*sample.COLLEAGUES, OWN], clock())
    new = NewLead(email=sample.LEADS[0].email, name="Real Priya", question="How much?", owner="otto")
    await services.intake.capture(new, by="website", now=clock())
    assert (await Sample(services, "otto").remove()).erased == 0
    assert await names(engine) == {"Real Priya"}

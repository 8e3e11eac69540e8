"""The domain of a lead's company: kept at capture, filled in by the migration, a hint, never a reason to merge."""

from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.capture import LeadIntake
from adapters.db.engine import connect
from adapters.db.migrate import migrate
from adapters.db.reading import Reading
from adapters.db.rows import LeadRow
from leads.capture import NewLead
from runtime.embedded.postgres import EmbeddedPostgres
from tests.clocks import SettableClock
from tests.sample import COMPANY

PHONE = "+12125550111"


async def domain_of(engine: AsyncEngine, lead_id: UUID) -> str | None:
    async with engine.connect() as connection:
        found: str | None = await connection.scalar(select(LeadRow.company_domain).where(LeadRow.id == lead_id))
        return found


async def test_a_lead_keeps_the_domain_of_its_first_business_address(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    first = await intake.capture(NewLead(phone=PHONE), by="test", now=clock())
    assert await domain_of(engine, first.lead_id) is None
    for email, domain in (
        ("priya@gmail.com", None),
        ("priya@mail.harbor.com", "harbor.com"),
        ("priya@pier.com", "harbor.com"),
    ):
        again = await intake.capture(NewLead(phone=PHONE, email=email), by="test", now=clock())
        assert again.lead_id == first.lead_id
        assert await domain_of(engine, first.lead_id) == domain


async def test_two_people_of_one_company_are_two_leads_that_hint_at_each_other(
    engine: AsyncEngine, intake: LeadIntake, clock: SettableClock
) -> None:
    ann = await intake.capture(NewLead(name="Ann", email="ann@harbor.com", owner="anna"), by="test", now=clock())
    bob = await intake.capture(NewLead(name="Bob", email="bob@eu.harbor.com", owner="ben"), by="test", now=clock())
    for private in ("carl@gmail.com", "dora@gmail.com"):
        await intake.capture(NewLead(email=private), by="test", now=clock())

    view = await Reading(engine).lead(ann.lead_id, COMPANY, clock())
    assert view is not None
    assert bob.created
    assert view.company_domain == "harbor.com"
    assert [(one.id, one.name, one.owner, one.stage) for one in view.same_domain] == [
        (bob.lead_id, "Bob", "ben", "new")
    ]


async def test_the_migration_fills_in_the_leads_that_are_there(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("before_domains")
    engine = connect(postgres.url("before_domains"))
    business, private = uuid4(), uuid4()
    await migrate(engine, to="0005")
    async with engine.begin() as connection:
        await connection.execute(
            text("insert into colleagues (id, name, created_at) values ('anna', 'Anna', now())"),
        )
        for lead_id in (business, private):
            await connection.execute(
                text(
                    "insert into leads (id, kind, attributes, owner_id, stage, created_at)"
                    " values (:id, 'inbound', '{}', 'anna', 'new', now())"
                ),
                {"id": lead_id},
            )
        for lead_id, kind, value in (
            (business, "phone", PHONE),
            (business, "email", "ann@gmail.com"),
            (business, "email", "ann@mail.harbor.co.uk"),
            (business, "email", "ann@pier.com"),
            (private, "email", "bob@gmail.com"),
        ):
            await connection.execute(
                text(
                    "insert into contact_points (lead_id, kind, value, created_at) values (:id, :kind, :value, now())"
                ),
                {"id": lead_id, "kind": kind, "value": value},
            )
    await migrate(engine)
    assert await domain_of(engine, business) == "harbor.co.uk"
    assert await domain_of(engine, private) is None
    await engine.dispose()

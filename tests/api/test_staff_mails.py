"""Mails to colleagues over REST, and what providers report of them."""

from uuid import UUID, uuid4

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.staff_mails import NewStaffMail, write_staff_mails
from api.held_leads import let_go_on
from api.reports import ProviderReports
from api.services import Services
from leads.sending import AccountTrouble, MessageReport, TouchState
from leads.staff_mails import settled_by
from tests.clocks import SettableClock


async def written(engine: AsyncEngine, clock: SettableClock, colleague: str, subject: str) -> UUID:
    mail = NewStaffMail(id=uuid4(), colleague_id=colleague, kind="news", subject=subject, text="Private words.")
    async with engine.begin() as connection:
        await write_staff_mails(connection, [mail], clock())
    return mail.id


async def test_mails_are_listed_with_where_they_stand_and_without_their_text(
    client: httpx.AsyncClient, services: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    await written(engine, clock, "anna", "Half the time is gone")
    claimed = await services.staff_mails.claim("sendgrid", clock())
    assert claimed is not None
    await written(engine, clock, "ben", "Your day")

    response = await client.get("/api/staff-mails", params={"state": "waiting"})
    assert response.status_code == 200, response.text
    (waiting,) = response.json()["items"]
    assert (waiting["to"], waiting["email"], waiting["state"]) == ("ben", "ben@example.com", "waiting")
    assert waiting["subject"] == "Your day"
    everything = await client.get("/api/staff-mails")
    assert everything.json()["total"] == 2
    assert "Private words" not in everything.text
    assert (await client.get("/api/staff-mails", params={"state": "lost"})).status_code == 422
    assert (await client.get("/api/staff-mails", headers={"Authorization": ""})).status_code == 401


async def test_a_colleague_who_calls_our_mail_spam_stops_no_prospects_messages(
    services: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    mail_id = await written(engine, clock, "anna", "Your day")
    ours = MessageReport(
        touch_id=mail_id,
        state=TouchState.DELIVERED,
        provider="sendgrid",
        message_id="x",
        code="spamreport",
        opted_out=True,
        address="anna@example.com",
    )
    taken = await ProviderReports(services).take([ours])
    assert (taken.reports, taken.stopped) == (0, 0)
    async with engine.connect() as connection:
        assert await connection.scalar(text("select count(*) from suppressions")) == 0
        assert await connection.scalar(text("select state from staff_mails")) == "sent"


async def test_once_an_account_is_mended_the_mails_it_refused_go_on_too(
    services: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    await written(engine, clock, "anna", "Your day")
    claimed = await services.staff_mails.claim("sendgrid", clock())
    assert claimed is not None
    refused = settled_by(AccountTrouble("the key is wrong", "401"), 4, clock())
    await services.staff_mails.settle(claimed, refused, clock())  # type: ignore[arg-type]
    assert await services.staff_mails.claim("sendgrid", clock()) is None
    assert await let_go_on(services, "sendgrid", by="test", via="test") == []
    assert await services.staff_mails.claim("sendgrid", clock()) is not None

"""`follow staff-mails`, as a manager types it, on the real database."""

import asyncio
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.staff_mails import NewStaffMail, StaffMails, write_staff_mails
from leads.sending import SendRefused
from leads.staff_mails import settled_by
from tests.clocks import SettableClock
from tests.runtime.conftest import Follow


async def test_mails_are_shown_with_where_they_stand(follow: Follow, engine: AsyncEngine, clock: SettableClock) -> None:
    async with engine.begin() as connection:
        mail = NewStaffMail(id=uuid4(), colleague_id="anna", kind="review", subject="Your [day]", text="…")
        await write_staff_mails(connection, [mail], clock())
    claimed = await StaffMails(engine).claim("sendgrid", clock())
    await StaffMails(engine).settle(claimed, settled_by(SendRefused("busy", "429"), 1, clock()), clock())  # type: ignore[arg-type]

    shown = await asyncio.to_thread(follow, "staff-mails")
    assert shown.exit_code == 0, shown.output
    for part in ("anna <anna@example.com>", "review", "Your [day]", "refused, again", "429 busy"):
        assert part in shown.output
    none = await asyncio.to_thread(follow, "staff-mails", "--state", "sent")
    assert "anna" not in none.output

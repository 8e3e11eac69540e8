"""`follow invite` and `follow sign-out`, as a person types them."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.accounts import Accounts
from adapters.db.sessions import Sessions
from tests.runtime.conftest import Follow


async def test_an_invitation_is_a_link_that_is_good(follow: Follow, engine: AsyncEngine) -> None:
    ran = await asyncio.to_thread(follow, "invite", "anna")
    assert ran.exit_code == 0, ran.output
    base, _, invitation = ran.output.strip().rpartition("/welcome/")
    assert base.startswith("http")
    invited = await Accounts(engine).invitation(invitation, datetime.now(UTC))
    assert invited.colleague_id == "anna"


def test_nobody_is_invited_whom_we_do_not_know(follow: Follow) -> None:
    ran = follow("invite", "nobody")
    assert ran.exit_code == 1
    assert "there is no active colleague 'nobody'" in ran.output


async def test_sessions_end_at_once(follow: Follow, engine: AsyncEngine) -> None:
    sessions, now = Sessions(engine), datetime.now(UTC)
    text = await sessions.begin("anna", "password", "a test", now)
    other = await sessions.begin("ben", "password", "a test", now)
    assert (await asyncio.to_thread(follow, "sign-out", "anna")).output == "1 ended\n"
    assert await sessions.find(text, datetime.now(UTC)) is None
    assert await sessions.find(other, datetime.now(UTC)) is not None

"""What waits for a person, in pages: messages that fit no lead, and apart from them the forms that were suspected."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.inbound import FORM, InboundMessage, InboundMessages
from leads.model import Channel
from leads.replies import InboundKind
from tests.clocks import SettableClock


@pytest_asyncio.fixture
async def inbox(engine: AsyncEngine, clock: SettableClock) -> InboundMessages:
    """Three messages and a form that wait, and one that somebody has seen to."""
    kept = InboundMessages(engine)
    message = InboundMessage(
        id=UUID(int=1),
        lead_id=None,
        channel=Channel.EMAIL,
        provider="sendgrid",
        external_id="1",
        sender="zoe@example.com",
        recipient="sales@example.com",
        text="Hello?",
        kind=InboundKind.UNKNOWN,
        received_at=clock(),
    )
    for number in (1, 2, 3, 4):
        at = clock() + timedelta(minutes=number)
        await kept.add(replace(message, id=UUID(int=number), external_id=f"{number}", received_at=at))
    await kept.close(UUID(int=4), "anna", None, clock())
    await kept.add(replace(message, id=UUID(int=5), provider=FORM, external_id=str(uuid4()), recipient="form contact"))
    return kept


async def test_messages_come_oldest_first_in_pages(inbox: InboundMessages) -> None:
    first = await inbox.page(forms=False, limit=2)
    assert ([one.id.int for one in first.items], first.total) == ([1, 2], 3)
    rest = await inbox.page(forms=False, limit=2, cursor=first.next_cursor)
    assert ([one.id.int for one in rest.items], rest.next_cursor) == ([3], None)


async def test_suspected_forms_are_a_list_of_their_own(inbox: InboundMessages) -> None:
    page = await inbox.page(forms=True)
    assert ([one.id.int for one in page.items], page.total) == ([5], 1)


async def test_only_what_still_waits_is_found_by_its_id(inbox: InboundMessages) -> None:
    one = await inbox.waiting_one(UUID(int=1))
    assert one is not None
    assert one.sender == "zoe@example.com"
    assert await inbox.waiting_one(UUID(int=4)) is None
    assert await inbox.waiting_one(uuid4()) is None

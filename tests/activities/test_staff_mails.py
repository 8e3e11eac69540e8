"""Mails to colleagues on the real database: sent once, never lost, tried again, and shown where they stand."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.staff_mails import StaffMailActivities
from adapters.db.alerts import Alerts
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.erasure import Erasure
from adapters.db.people import People
from adapters.db.staff_mails import NewStaffMail, StaffMails, StaffMailView, write_staff_mails
from adapters.providers.local_outbox import LocalOutbox
from cadences.facts import Notice
from leads.capture import NewLead
from leads.contract import STEP_TIMEOUT
from leads.model import Colleague
from leads.sending import (
    AccountTrouble,
    ContactPointDead,
    MessageReport,
    OutcomeUnknown,
    SendRefused,
    TouchState,
)
from leads.staff_mails import StaffMailState, mention
from tests.activities.senders import Crash, ScriptedSender
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.sample import COMPANY, KEY

S = StaffMailState
MINUTE = timedelta(minutes=1)


class Post:
    """The mails, a sender that does as it is told, and the activity between them."""

    def __init__(self, engine: AsyncEngine, clock: SettableClock) -> None:
        self.engine, self.clock = engine, clock
        self.mails = StaffMails(engine)
        self.sender = ScriptedSender()
        self.activities = StaffMailActivities(self.mails, self.sender, COMPANY, LINKS, clock, timedelta(seconds=10))

    async def write(self, *colleagues: str, about: str = "Hello.", lead_id: UUID | None = None) -> list[UUID]:
        mails = [
            NewStaffMail(
                id=uuid4(), colleague_id=one, kind="news", subject=f"News for {one}", text=about, lead_id=lead_id
            )
            for one in colleagues
        ]
        async with self.engine.begin() as connection:
            await write_staff_mails(connection, mails, self.clock())
        return [mail.id for mail in mails]

    async def send(self) -> tuple[int, int]:
        result = await self.activities.send_due()
        return result.sent, result.not_sent

    async def one(self) -> StaffMailView:
        (only,) = (await self.mails.all()).items
        return only

    async def states(self) -> dict[str, StaffMailState]:
        return {one.to: one.state for one in (await self.mails.all()).items}


@pytest.fixture
def post(engine: AsyncEngine, shelf: CadenceShelf, clock: SettableClock) -> Post:
    return Post(engine, clock)


async def test_each_mail_goes_out_once_to_its_colleague(post: Post) -> None:
    await post.write("anna", "ben", about="**Two** calls are due.\n\n- [one](https://follow.example.com/x)")
    assert await post.send() == (2, 0)
    assert await post.send() == (0, 0)
    anna, ben = sorted(post.sender.messages, key=lambda message: message.to)
    assert (anna.to, ben.to) == ("anna@example.com", "ben@example.com")
    assert (anna.sender, anna.sender_name, anna.reply_to) == ("hello@example.com", "Example Company", "")
    assert anna.internal
    assert anna.unsubscribe_url == ""
    assert anna.subject == "News for anna"
    assert anna.text.startswith(
        "Two calls are due.\n\n- one <https://follow.example.com/x>\n\n* * *\n\nFollowthrough wrote"
    )
    assert anna.html is not None
    assert "<strong>Two</strong>" in anna.html
    assert "nsubscribe" not in anna.text + anna.html
    assert await post.states() == {"anna": S.SENT, "ben": S.SENT}
    assert (await post.mails.all()).items[0].attempts == 1


async def test_news_that_a_case_found_out_is_sent_and_is_no_touch(
    post: Post, cases: CaseStore, intake: LeadIntake, clock: SettableClock
) -> None:
    new = NewLead(name="Priya [Raman](http://evil.example.com)", email="priya@example.com", owner="anna")
    lead_id = (await intake.capture(new, by="test", now=clock())).lead_id
    for _ in range(2):
        async with cases.open(lead_id, clock()) as opened:
            news = Notice("anna", "first response", "Half the time is gone", f"Call {mention(lead_id)} now.")
            await opened.save(opened.case.with_fact(news))
    assert await post.send() == (1, 0)
    (message,) = post.sender.messages
    assert message.lead_id == lead_id
    # What a person calls themselves is never taken for Markdown; the one link is ours, to the lead's page.
    page = LINKS.lead_page(lead_id)
    assert message.text.startswith(f"Call Priya [Raman](http://evil.example.com) now.\n\nOpen the lead's page <{page}>")
    assert message.html is not None
    assert re.findall('<a [^>]*href="([^"]*)', message.html) == [page]
    async with post.engine.connect() as connection:
        assert await connection.scalar(text("select count(*) from touches")) == 0


async def test_a_refused_mail_is_tried_again_later_each_time(post: Post) -> None:
    await post.write("anna")
    post.sender.script = [SendRefused("busy", "429"), SendRefused("busy", "429"), AccountTrouble("no key", "401")]
    for wait in (1, 5, 15):
        assert await post.send() == (0, 1)
        one = await post.one()
        assert (one.state, one.retry_at) == (S.REFUSED, post.clock() + wait * MINUTE)
        post.clock.move_by(wait * MINUTE - timedelta(seconds=1))
        assert await post.send() == (0, 0)
        post.clock.move_by(timedelta(seconds=1))
    assert await post.send() == (1, 0)
    assert (await post.one()).attempts == 4


async def test_the_providers_own_wish_to_wait_is_heard(post: Post) -> None:
    await post.write("anna")
    post.sender.script = [SendRefused("busy", "429", timedelta(minutes=42))]
    await post.send()
    assert (await post.one()).retry_at == post.clock() + 42 * MINUTE


async def test_an_account_in_trouble_lets_all_of_them_wait_and_tells_the_admin(post: Post) -> None:
    await post.write("anna", "ben", "mia")
    post.sender.script = [AccountTrouble("the key is wrong", "401")]
    assert await post.send() == (0, 1)
    assert sorted(state.value for state in (await post.states()).values()) == ["refused", "waiting", "waiting"]
    (alert,) = await Alerts(post.engine).all()
    assert alert.subject == "scripted 401"
    # Somebody mended it and says so.
    assert await post.mails.retry_now("scripted", post.clock()) == 1
    assert await post.send() == (3, 0)
    assert await Alerts(post.engine).all() == []


@pytest.mark.parametrize(
    ("answer", "state"),
    [(ContactPointDead("no such address", "400"), S.FAILED), (OutcomeUnknown("no answer", "500"), S.UNKNOWN)],
)
async def test_what_must_not_be_sent_again_stays_and_is_shown(
    post: Post, answer: ContactPointDead | OutcomeUnknown, state: StaffMailState
) -> None:
    await post.write("anna")
    post.sender.script = [answer]
    await post.send()
    post.clock.move_by(timedelta(days=30))
    assert await post.send() == (0, 0)
    one = await post.one()
    assert (one.state, one.error) == (state, f"{answer.code} {answer}")


async def test_a_process_that_dies_before_the_provider_loses_nothing(post: Post) -> None:
    await post.write("anna")
    post.sender.script = ["crash before"]
    with pytest.raises(Crash):
        await post.send()
    assert (await post.one()).state is S.CLAIMED
    assert await post.send() == (0, 0)  # Its holder may still be at it.
    post.clock.move_by(STEP_TIMEOUT)
    assert await post.send() == (1, 1)  # It never arrived, so it goes out under a claim of its own.
    assert len(post.sender.messages) == 1


async def test_a_process_that_dies_behind_the_provider_sends_nothing_twice(post: Post) -> None:
    (mail_id,) = await post.write("anna")
    post.sender.script = ["crash after"]
    with pytest.raises(Crash):
        await post.send()
    post.clock.move_by(STEP_TIMEOUT)
    assert await post.send() == (1, 0)
    assert post.sender.delivered == {mail_id: 1}
    assert (await post.one()).state is S.SENT


async def test_what_nobody_knows_is_not_sent_again_until_the_provider_says_so(post: Post) -> None:
    (mail_id,) = await post.write("anna")
    post.sender.script, post.sender.knows = ["crash after"], False
    with pytest.raises(Crash):
        await post.send()
    post.clock.move_by(STEP_TIMEOUT)
    assert await post.send() == (0, 1)
    assert (await post.one()).state is S.UNKNOWN
    report = MessageReport(touch_id=mail_id, state=TouchState.DELIVERED, provider="scripted", message_id="x")
    stranger = MessageReport(touch_id=uuid4(), state=TouchState.DELIVERED, provider="scripted", message_id="y")
    assert await post.mails.reported([report, stranger], post.clock()) == {mail_id}
    assert (await post.one()).state is S.SENT
    bounced = MessageReport(
        touch_id=mail_id, state=TouchState.FAILED, provider="scripted", message_id="x", code="bounce"
    )
    await post.mails.reported([bounced, report], post.clock())
    assert ((await post.one()).state, (await post.one()).error) == (S.FAILED, "bounce")


async def test_an_attempt_that_stood_still_sends_nothing(post: Post) -> None:
    await post.write("anna")
    claimed = await post.mails.claim("scripted", post.clock())
    assert claimed is not None
    post.clock.move_by(timedelta(seconds=16))
    settled = await post.activities._hand_over(claimed)  # type: ignore[arg-type]
    assert isinstance(settled, SendRefused)
    assert post.sender.messages == []


async def test_another_provider_is_never_asked_about_a_claim_of_the_former_one(post: Post) -> None:
    await post.write("anna")
    await post.mails.claim("sendgrid", post.clock())
    post.clock.move_by(STEP_TIMEOUT)
    await post.send()
    assert (await post.one()).state is S.UNKNOWN
    assert post.sender.messages == []


async def test_two_workers_share_the_mails_and_send_each_once(post: Post) -> None:
    ids = await post.write(*["anna", "ben", "mia"] * 10)
    other = Post(post.engine, post.clock)
    other.sender = post.sender
    other.activities = StaffMailActivities(other.mails, post.sender, COMPANY, LINKS, post.clock, timedelta(seconds=10))
    await asyncio.gather(post.send(), other.send())
    assert post.sender.delivered == dict.fromkeys(ids, 1)


async def test_who_has_no_address_or_has_left_gets_nothing_and_is_shown(post: Post) -> None:
    await People(post.engine).add([Colleague("otto", "Otto")], post.clock())
    async with post.engine.begin() as connection:
        await connection.execute(text("update colleagues set active = false where id = 'ben'"))
    await post.write("otto", "ben", "anna")
    assert await post.send() == (1, 2)
    assert await post.states() == {"otto": S.NO_ADDRESS, "ben": S.NO_ADDRESS, "anna": S.SENT}
    found = await post.mails.all(state=S.NO_ADDRESS)
    assert found.total == 2
    assert {one.error for one in found.items} == {
        "the colleague has no email address",
        "the colleague is not with us any more",
    }


async def test_of_an_erased_lead_no_name_is_left_in_any_mail(
    post: Post, intake: LeadIntake, clock: SettableClock
) -> None:
    outbox = LocalOutbox(post.engine, clock)
    post.activities = StaffMailActivities(post.mails, outbox, COMPANY, LINKS, clock, timedelta(seconds=10))
    captured = await intake.capture(NewLead(name="Priya Raman", email="priya@example.com"), by="test", now=clock())
    lead_id = captured.lead_id
    await post.write("anna", about=f"All about {mention(lead_id)}.", lead_id=lead_id)
    await post.write("mia", about=f"- [{mention(lead_id)}](https://follow.example.com/api/leads/{lead_id})")
    assert await post.send() == (2, 0)
    await post.write("ben", about=f"Again {mention(lead_id)}.")
    await Erasure(post.engine, KEY).erase(lead_id, "test", clock())
    assert await post.send() == (1, 0)
    async with post.engine.connect() as connection:
        kept = (await connection.execute(text("select recipient, text || html as text from outbox"))).all()
        mails = (await connection.execute(text("select text from staff_mails"))).scalars().all()
    assert [row.recipient for row in kept] == ["ben@example.com"]
    assert "(an erased lead)" in kept[0].text
    assert not any("Priya" in one for one in [kept[0].text, *mails])


async def test_the_watch_looks_again_and_again_and_hands_over_when_its_worker_stops(post: Post) -> None:
    environment = ActivityEnvironment()
    moment = timedelta(milliseconds=1)
    watch = StaffMailActivities(post.mails, post.sender, COMPANY, LINKS, post.clock, moment, 3 * moment)
    await post.write("anna")
    result = await environment.run(watch.send_staff_mails)
    assert (result.sent, result.not_sent) == (1, 0)
    await _stopped(environment, StaffMailActivities(post.mails, post.sender, COMPANY, LINKS, post.clock, 10 * MINUTE))


async def _stopped(environment: ActivityEnvironment, activities: StaffMailActivities) -> None:
    run: Callable[[], Awaitable[object]] = activities.send_staff_mails
    watch = asyncio.ensure_future(environment.run(run))  # type: ignore[arg-type]
    environment.worker_shutdown()
    with pytest.raises(ApplicationError, match="another one goes on"):
        await asyncio.wait_for(watch, 5)

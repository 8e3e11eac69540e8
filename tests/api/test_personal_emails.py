"""Personal emails over REST: through the gate and the ledger, once, and a personal touch when they really went out."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from adapters.db.audit import SuppressionAudit
from adapters.db.rows import FirstResponseRow, PersonalEmailRow, SenderRow, TouchRow, table_of
from api.public.answers import LinkAnswers
from api.public.answers import Outcome as PressOutcome
from cadences.hearing import contact_point_lost, lead_opted_out, lead_replied
from leads.contract import STEP_TIMEOUT, CommandKind, WakeKind
from leads.model import Channel
from leads.sending import AccountTrouble, OutcomeUnknown, SendRefused
from leads.tokens import LinkToken
from tests.activities.senders import Crash
from tests.api.house import House
from tests.api.test_commands import newest_command
from tests.links import LINKS
from tests.sample import KEY

WORDS = {"subject": "Your ovens", "text": "Dear Priya,\n\nboth run on single phase.\nShall I call you?\n\nAnna"}


async def wrote(house: House, **more: Any) -> dict[str, Any]:
    return await house.record("emails", **WORDS, **more)


async def refused(house: House, **more: Any) -> str:
    done = await house.client.post(f"/api/leads/{house.lead}/emails", json={"by": "anna", **WORDS, **more})
    assert done.status_code == 409, done.text
    assert await house.rows(select(PersonalEmailRow.id)) == []
    return str(done.json()["detail"])


async def sent(house: House) -> None:
    """The machine sends what waits; what is overdue comes before it."""
    while (step := await house.step()).kind is WakeKind.SEE_TO_OVERDUE:
        await house.act(step)
    assert step.kind is WakeKind.SEND_PERSONAL_EMAIL
    await house.act(step)


async def state(house: House) -> str:
    return str((await house.rows(select(PersonalEmailRow.state)))[0])


async def touches(house: House) -> list[Any]:
    async with house.engine.connect() as connection:
        found = await connection.execute(
            select(TouchRow.__table__).where(TouchRow.personal).order_by(TouchRow.happened_at)
        )
        return list(found.mappings())


async def test_it_goes_out_in_the_colleagues_words_with_what_the_law_asks(house: House) -> None:
    await house.waiting_for_a_call()
    before = len(house.sender.messages)
    done = await wrote(house)
    assert (done["hold"]["reason"], done["hold"]["owner"], done["undo_until"]) == ("personal_touch", "anna", None)
    await sent(house)
    (message,) = house.sender.messages[before:]
    assert (message.to, message.subject, message.sender_name) == ("priya@example.com", "Your ovens", "Anna Keller")
    assert message.text.startswith(WORDS["text"])
    assert message.html is not None
    assert "both run on single phase.<br />" in message.html
    for part in (message.text, message.html):
        assert "1 Main Street, Springfield, NY 10001" in part
        assert message.unsubscribe_url in part
    (touch,) = await touches(house)
    assert (touch["state"], touch["by"], touch["channel"]) == ("sent", "anna", "email")
    assert (touch["contact_number"], touch["version"], touch["template"]) == (None, None, "personal")
    assert await state(house) == "sent"


async def test_it_is_a_personal_touch_once_it_is_out(house: House) -> None:
    await house.waiting_for_a_call()
    (call,) = await house.tasks("call")
    await wrote(house)
    assert await house.tasks() == [call], "until it is out, the call is not needless"
    answered = select(FirstResponseRow.answered_at, FirstResponseRow.answered_by, FirstResponseRow.how)
    async with house.engine.connect() as connection:
        assert (await connection.execute(answered)).one().answered_at is None
    await sent(house)
    assert await house.tasks() == []
    async with house.engine.connect() as connection:
        row = (await connection.execute(answered)).one()
    assert (row.answered_at, row.answered_by, row.how) == (house.clock(), "anna", "email")
    shown = await house.shown()
    assert shown["hold"]["reason"] == "personal_touch"
    assert "Personal email sent: Your ovens" in [one["text"] for one in shown["timeline"]]
    assert shown["next_touch"]["at"] > shown["hold"]["since"]


async def test_it_comes_from_the_colleagues_own_sender_and_answers_come_to_us(house: House) -> None:
    await house.waiting_for_a_call()
    own = {"address": "anna@example.com", "channel": "email", "name": "Anna of Harbor", "colleague_id": "anna"}
    async with house.engine.begin() as connection:
        await connection.execute(table_of(SenderRow).insert().values(**own, created_at=house.clock()))
        await connection.execute(
            update(TouchRow).where(TouchRow.channel == "email").values(message_id="first@mail", subject="Ovens")
        )
    await house.record("emails", subject="Re: something", text="Hello.")
    await sent(house)
    message = house.sender.messages[-1]
    assert (message.sender, message.sender_name) == ("anna@example.com", "Anna of Harbor")
    assert (message.in_reply_to, message.subject) == ("first@mail", "Re: Ovens")
    assert message.reply_to == LINKS.reply_address(message.touch_id)


async def test_it_answers_the_task_of_a_reply(house: House) -> None:
    await house.replied()
    (task,) = await house.tasks("reply")
    await wrote(house, reply_to_task=str(task))
    await sent(house)
    done = next(one for one in (await house.shown())["tasks"] if one["id"] == str(task))
    assert (done["state"], done["outcome"], done["closed_by"]) == ("done", "answered", "anna")
    gone = {"by": "anna", **WORDS, "reply_to_task": str(task)}
    again = await house.client.post(f"/api/leads/{house.lead}/emails", json=gone)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (409, "reply_to_task")


async def test_after_a_no_only_what_the_lead_asks_is_answered(house: House) -> None:
    await house.waiting_for_a_call()
    await house.record("answer", answer="no")
    assert "the lead said no; only what it asks may be answered" in await refused(house)
    await house.news(
        CommandKind.LEAD_REPLIED,
        lambda case, now: lead_replied(case, text="But why?", channel=Channel.EMAIL, now=now),
    )
    (task,) = await house.tasks("reply")
    assert "only what it asks" in await refused(house)
    before = len(house.sender.messages)
    await wrote(house, reply_to_task=str(task))
    await sent(house)
    assert len(house.sender.messages) == before + 1
    assert await house.tasks() == []
    assert (await house.shown())["answer"] == "no"


async def test_who_stopped_us_or_has_no_address_gets_none(house: House) -> None:
    await house.waiting_for_a_call()
    await house.news(
        CommandKind.CONTACT_POINT_LOST,
        lambda case, now: contact_point_lost(case, contact="priya@example.com", why="bounce", now=now),
    )
    assert "no usable email address: bounce" in await refused(house)
    await house.news(CommandKind.LEAD_OPTED_OUT, lambda case, now: lead_opted_out(case, why="STOP", now=now))
    assert "the lead stopped all messages" in await refused(house)


async def presses_yes(house: House) -> None:
    link = LinkToken(UUID(house.lead), UUID(int=7))
    pressed = await LinkAnswers(house.services).say(link, "yes", seen_at=house.clock())
    assert pressed.outcome is PressOutcome.TAKEN


async def test_who_stopped_us_and_then_says_yes_is_written_to_until_it_stops_us_again(house: House) -> None:
    await house.waiting_for_a_call()
    await house.news(CommandKind.LEAD_OPTED_OUT, lambda case, now: lead_opted_out(case, why="STOP", now=now))
    house.clock.move_by(timedelta(minutes=1))
    await presses_yes(house)
    (task,) = await house.tasks()
    house.clock.move_by(timedelta(minutes=1))
    await wrote(house)
    await sent(house)
    assert (house.sender.messages[-1].to, await state(house), await house.tasks()) == (
        "priya@example.com",
        "sent",
        [task],
    )
    audit = SuppressionAudit(house.engine, KEY)
    assert [one async for one in audit.late_claims()] == []
    await presses_yes(house)
    before = len(house.sender.messages)
    house.clock.move_by(timedelta(minutes=1))
    await wrote(house)
    await house.news(CommandKind.LEAD_OPTED_OUT, lambda case, now: lead_opted_out(case, why="STOP", now=now))
    await sent(house)
    assert (len(house.sender.messages), await house.tasks()) == (before, [task])
    again = await house.client.post(f"/api/leads/{house.lead}/emails", json={"by": "anna", **WORDS})
    assert (again.status_code, "stopped all messages" in again.json()["detail"]) == (409, True)


async def test_what_somebody_asks_who_stopped_us_is_answered_from_its_task(house: House) -> None:
    await house.waiting_for_a_call()
    await house.news(CommandKind.LEAD_OPTED_OUT, lambda case, now: lead_opted_out(case, why="STOP", now=now))
    house.clock.move_by(timedelta(minutes=1))
    again = {"email": "priya@example.com", "question": "And in blue?"}
    assert (await house.client.post("/api/leads", json=again)).status_code == 200
    (task,) = await house.tasks("question")
    assert "only what it asks may be answered: answer from the task" in await refused(house)
    await wrote(house, reply_to_task=str(task))
    await sent(house)
    assert (house.sender.messages[-1].to, await house.tasks()) == ("priya@example.com", [])
    assert [one async for one in SuppressionAudit(house.engine, KEY).late_claims()] == []


async def test_an_opt_out_that_comes_before_it_is_sent_stops_it(house: House) -> None:
    await house.waiting_for_a_call()
    await wrote(house)
    await house.news(CommandKind.LEAD_OPTED_OUT, lambda case, now: lead_opted_out(case, why="STOP", now=now))
    before = len(house.sender.messages)
    await sent(house)
    assert len(house.sender.messages) == before
    assert (await state(house), await house.tasks()) == ("not sent", [])
    assert (await house.plan()).wake is None


async def test_it_keeps_neither_hours_nor_limits(house: House) -> None:
    """On a Saturday night, right after another one."""
    await house.waiting_for_a_call()
    house.clock.move_by(timedelta(days=1, hours=12))
    for _ in range(2):
        house.clock.move_by(timedelta(seconds=1))
        await wrote(house)
        await sent(house)
    assert [touch["state"] for touch in await touches(house)] == ["sent", "sent"]


async def test_a_crash_sends_it_no_second_time(house: House) -> None:
    await house.waiting_for_a_call()
    before = len(house.sender.messages)
    await wrote(house)
    house.sender.script, house.sender.knows = ["crash after"], True
    step = await house.step()
    with pytest.raises(Crash):
        await house.act(step)
    house.clock.move_by(STEP_TIMEOUT)
    await house.act(step)
    assert len(house.sender.messages) == before + 1
    assert (await state(house), await house.tasks("call")) == ("sent", [])


async def test_what_nobody_knows_counts_once_it_is_found_out(house: House) -> None:
    await house.replied()
    (reply,) = await house.tasks("reply")
    await wrote(house, reply_to_task=str(reply))
    house.sender.script = [OutcomeUnknown("timed out")]
    await sent(house)
    lost_at = house.clock()
    assert await state(house) == "unknown"
    assert reply in await house.tasks("reply")
    (task,) = await house.tasks("unknown_send")
    house.clock.move_by(timedelta(hours=1))
    await house.complete(task, "sent")
    assert await state(house) == "sent"
    assert await house.tasks("reply", "unknown_send") == []
    assert await house.rows(select(FirstResponseRow.answered_at)) == [lost_at]


async def test_what_never_arrived_is_given_back_to_its_writer(house: House) -> None:
    await house.waiting_for_a_call()
    await wrote(house)
    house.sender.script = [OutcomeUnknown("timed out")]
    await sent(house)
    (task,) = await house.tasks("unknown_send")
    await house.complete(task, "not sent")
    assert await state(house) == "not sent"
    (back,) = [one for one in (await house.shown())["open_tasks"] if one["kind"] == "reply"]
    assert (back["owner"], back["title"]) == ("anna", "write to the lead again: your email was not sent")
    assert "both run on single phase." in back["text"]
    assert await house.rows(select(FirstResponseRow.answered_at)) == [None]


async def test_what_the_provider_refuses_is_tried_again_and_then_given_back(house: House) -> None:
    await house.waiting_for_a_call()
    await wrote(house)
    house.sender.script = [SendRefused("busy")] * 3
    for _ in range(3):
        assert await state(house) == "waiting"
        await sent(house)
    assert await state(house) == "not sent"
    assert len(await house.tasks("reply")) == 1
    assert [touch["state"] for touch in await touches(house)] == ["failed"]


async def test_while_the_account_is_in_trouble_nobody_waits_for_it(house: House) -> None:
    await house.waiting_for_a_call()
    await wrote(house)
    house.sender.script = [AccountTrouble("no credits", "402")]
    await sent(house)
    assert await state(house) == "not sent"
    assert [touch["state"] for touch in await touches(house)] == ["failed"]
    assert await house.rows(text("select kind from alerts")) == ["account"]


async def test_while_it_waits_and_when_it_was_not_sent_the_timeline_says_so(house: House) -> None:
    await house.waiting_for_a_call()
    await wrote(house)
    told = [one["text"] for one in (await house.shown())["timeline"]]
    assert "Personal email on its way: Your ovens" in told
    assert not any(one.startswith("Personal email:") for one in told), "the command itself needs no telling"
    house.sender.script = [AccountTrouble("no credits", "402")]
    await sent(house)
    told = [one["text"] for one in (await house.shown())["timeline"]]
    assert "Personal email not sent: Your ovens (scripted 402: no credits)" in told


async def test_nobody_writes_in_nobodys_name(house: House) -> None:
    await house.waiting_for_a_call()
    for body, field in (
        ({**WORDS}, "by"),
        ({**WORDS, "by": "nobody"}, "by"),
        ({"by": "anna", "subject": " ", "text": "x"}, "subject"),
        ({"by": "anna", "subject": "x" * 201, "text": "x"}, "subject"),
        ({"by": "anna", "subject": "x", "text": " "}, "text"),
    ):
        answer = await house.client.post(f"/api/leads/{house.lead}/emails", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_it_is_told_and_written_down_without_its_words(house: House) -> None:
    await house.waiting_for_a_call()
    await wrote(house)
    command = await newest_command(house.engine, house.lead)
    assert (command["kind"], list(command["details"])) == ("plan_changed", ["personal_email"])
    assert "ovens" not in str(command["told"])
    audited = await house.rows(text("select to_jsonb(one) from audit_entries as one order by id desc limit 1"))
    assert audited[0]["action"] == "send_personal_email"
    assert "ovens" not in str(audited)

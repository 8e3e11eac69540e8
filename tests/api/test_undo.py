"""Slips taken back over REST: the lead stands as before, nothing of them counts, and a stop is never delayed."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from adapters.db.rows import AuditEntryRow, SlipRow, TouchRow
from cadences.hearing import lead_opted_out, lead_replied
from cadences.slips import UNDO_WITHIN
from leads.contract import STEP_TIMEOUT, CommandKind, Plan
from leads.model import Channel
from tests.activities.senders import Crash
from tests.api.conftest import Capture
from tests.api.fakes import RecordingDelivery
from tests.api.house import AT_TEN, COMMANDS, IN_MARCH, OUTCOMES, House
from tests.api.test_commands import newest_command, post
from tests.links import LINKS

SITUATIONS: dict[str, Callable[[House], Awaitable[None]]] = {
    "just captured": House.captured,
    "waiting for a call": House.waiting_for_a_call,
    "replied": House.replied,
    "asked again": House.asked_again,
    "said yes": House.said_yes,
    "on hold": House.on_hold,
    "refused by the provider": House.refused,
    "perhaps sent": House.unknown,
    "a meeting agreed": House.meeting_agreed,
}


@pytest.mark.parametrize("situation", SITUATIONS)
async def test_whatever_is_taken_back_leaves_everything_that_counts_as_it_was(house: House, situation: str) -> None:
    """Each command and each outcome, one after the other: since each is taken back, the next finds the same lead."""
    await SITUATIONS[situation](house)
    # Replanned at this instant, so that what is compared differs by what was recorded only.
    await house.record("owner", owner="ben")
    await house.undo()
    before, taken_back = await house.counts(), 0
    for task in await house.tasks():
        outcomes = next(one["outcomes"] for one in (await house.shown())["open_tasks"] if one["id"] == str(task))
        for outcome in outcomes:
            done = await house.client.post(
                f"/api/tasks/{task}/complete",
                json={"outcome": outcome, "by": "anna", "note": "so it was", **OUTCOMES.get(outcome, {})},
            )
            assert done.status_code in (200, 409), done.text
            if done.status_code == 409:
                continue
            assert task not in await house.tasks()
            undone = await house.undo(revision=done.json()["revision"])
            assert undone["revision"] == done.json()["revision"] + 1
            assert task in await house.tasks()
            assert await house.counts() == before, f"a task that ended with {outcome}"
            taken_back += 1
    for command, body in (*COMMANDS.items(), ("answer", {"answer": "no"})):
        done = await house.client.post(f"/api/leads/{house.lead}/{command}", json={**body, "by": "anna"})
        assert done.status_code in (200, 409), done.text
        if done.status_code == 200:
            await house.undo()
            assert await house.counts() == before, command
            taken_back += 1
    assert taken_back >= 5


@pytest.mark.parametrize("seed", range(6))
async def test_a_life_with_slips_comes_to_the_same_as_one_without(house: House, seed: int) -> None:
    """Whatever happened to a lead before: what is recorded and taken back is as if it had not been recorded."""
    chance = random.Random(seed)
    await house.captured()
    taken_back = 0
    for _ in range(14):
        if (await house.plan()).wake is not None and chance.random() < 0.6:
            await house.act()
            continue
        house.clock.move_by(timedelta(minutes=chance.randint(0, 5)))
        # Replanned at this instant; an owner is changed whatever the lead's state.
        owner = (await house.shown())["owner"]
        await house.record("owner", owner="ben" if owner == "anna" else "anna")
        await house.undo()
        before = await house.counts()
        if not await something_recorded(house, chance):
            continue
        if chance.random() < 0.7:
            await house.undo()
            assert await house.counts() == before
            taken_back += 1
    assert taken_back


async def something_recorded(house: House, chance: random.Random) -> bool:
    """Something that a person might record now; False when it makes no sense for the lead as it stands."""
    tasks = (await house.shown())["open_tasks"]
    if tasks and chance.random() < 0.5:
        task = chance.choice(tasks)
        outcome = chance.choice(task["outcomes"])
        path, body = f"/api/tasks/{task['id']}/complete", {"outcome": outcome, **OUTCOMES.get(outcome, {})}
        if "meeting" in body:
            at = house.clock() + timedelta(minutes=chance.randint(60, 100_000))
            body = {**body, "meeting": {**AT_TEN, "at": at.isoformat()}}
        elif "until" in body:
            body = {**body, "until": (house.clock() + timedelta(days=chance.randint(1, 90))).isoformat()}
    else:
        command = chance.choice([*COMMANDS])
        path, body = f"/api/leads/{house.lead}/{command}", COMMANDS[command]
        if "until" in body:
            body = {**body, "until": (house.clock() + timedelta(days=chance.randint(1, 90))).isoformat()}
    done = await house.client.post(path, json={**body, "by": "anna"})
    assert done.status_code in (200, 409), done.text
    return done.status_code == 200


async def test_a_stop_stops_although_it_may_be_taken_back(house: House) -> None:
    """Between a no and its taking back nothing is claimed; after it the same message goes out, once."""
    await house.captured()
    step = await house.step()
    await house.record("answer", answer="no")
    await house.act(step)
    assert house.sender.messages == []
    assert await house.rows(select(TouchRow.id)) == []
    house.clock.move_by(timedelta(minutes=5))
    undone = await house.undo()
    assert (undone["answer"], undone["ended"]) == (None, None)
    await house.act(step)  # Asked for under the plan from before the no: it is told the newest one.
    assert house.sender.messages == []
    await house.act()
    assert len(house.sender.messages) == 1


async def test_what_was_claimed_before_a_stop_is_not_sent_again_once_it_is_taken_back(house: House) -> None:
    """The process dies with the message at the provider; meanwhile a no is recorded, and taken back."""
    await house.captured()
    house.sender.script = ["crash after"]
    step = await house.step()
    with pytest.raises(Crash):
        await house.act(step)
    await house.record("answer", answer="no")
    await house.undo()
    house.clock.move_by(STEP_TIMEOUT)
    await house.act(step)
    states = await house.rows(select(TouchRow.state))
    assert states == ["unknown"]
    while (await house.plan()).wake is not None and not await house.tasks("call"):
        await house.act()
    assert len(house.sender.messages) == 1


async def test_a_taken_back_call_stays_in_the_ledger_and_may_be_recorded_as_it_was(house: House) -> None:
    await house.waiting_for_a_call()
    (task,) = await house.tasks("call")
    for outcome in ("connected", "voicemail"):
        await house.complete(task, outcome)
        await house.undo()
        house.clock.move_by(timedelta(seconds=20))
    done = await house.complete(task, "no answer")
    async with house.engine.connect() as connection:
        found = await connection.execute(
            text("select outcome, state from touches where channel = 'call' order by outcome")
        )
        touches = [tuple(row) for row in found]
    assert touches == [("connected", "corrected"), ("no answer", "made"), ("voicemail", "corrected")]
    assert done["undo_until"] == (house.clock() + UNDO_WITHIN).isoformat().replace("+00:00", "Z")


async def test_the_timeline_tells_of_it_and_the_lists_show_what_holds(house: House) -> None:
    await house.waiting_for_a_call()
    (task,) = await house.tasks("call")
    before = await house.shown()
    done = await house.complete(task, "yes")
    shown = await house.shown()
    assert (shown["slip"]["by"], shown["slip"]["kind"]) == ("anna", "complete_task")
    assert shown["slip"]["revision"] == done["revision"]
    await house.undo()
    shown = await house.shown()
    assert shown["slip"] is None
    for name in ("answers", "stages", "assignments", "answer", "ended", "stage", "next_touch", "open_tasks"):
        assert shown[name] == before[name], name
    told = [one["text"] for one in shown["timeline"]]
    assert "Taken back, since it was a slip: complete task by Anna Keller" in told
    assert "Said yes (taken back)" in told
    assert "Now qualified (yes) (taken back)" in told
    assert "Called (first call): yes (taken back)" in told
    slip = next(one for one in shown["commands"] if one["kind"] == "complete_task")
    assert slip["corrected_at"] is not None
    correction = next(one for one in shown["timeline"] if one["kind"] == "correction")
    assert (correction["by"], correction["reference"]) == ("anna", slip["id"])


async def test_an_owner_given_by_mistake_never_had_the_lead(house: House) -> None:
    await house.waiting_for_a_call()
    before = await house.counts()
    await house.record("owner", owner="ben")
    assert (await house.shown())["assignments"][0]["owner"] == "ben"
    await house.undo()
    assert await house.counts() == before
    (assignment,) = (await house.shown())["assignments"]
    assert (assignment["owner"], assignment["until"]) == ("anna", None)
    hands = (await house.client.get("/api/lead-map")).json()["hands"]
    assert [node["id"] for node in hands["nodes"]] == ["anna"]
    assert hands["legs"] == []


async def test_a_first_response_stays_its_owners_of_then(house: House) -> None:
    """Anna answered and gave the lead on; Ben logs an earlier contact by mistake, and takes that back."""
    await house.waiting_for_a_call()
    house.clock.move_by(timedelta(minutes=30))
    await house.record("touches", channel="call")
    await house.record("owner", owner="ben")
    before = await house.counts()
    earlier = (house.clock() - timedelta(minutes=20)).isoformat()
    await house.record("touches", channel="call", at=earlier, by="ben")
    assert (await house.counts())["first responses"] != before["first responses"]
    await house.undo(by="ben")
    assert (await house.counts())["first responses"] == before["first responses"]


async def test_the_days_review_tells_nothing_of_it(house: House) -> None:
    await house.waiting_for_a_call()
    for command, body in (("answer", {"answer": "yes"}), ("answer", {"answer": "no"}), ("not-now", IN_MARCH)):
        await house.record(command, **body)
        await house.undo()
    evening = house.clock().replace(hour=22, minute=30)
    house.clock.move_to(evening)
    await house.services.reviews.write("mia", evening)
    review = (await house.services.reviews.read("mia", evening.date(), evening)).review
    assert [(rep.yes.total, rep.no.total, rep.not_now.total) for rep in review.reps] == [(0, 0, 0)] * len(review.reps)


async def test_the_workflow_is_told_of_a_newer_plan(house: House, delivery: RecordingDelivery) -> None:
    await house.waiting_for_a_call()
    await house.record("answer", answer="no")
    told = len(delivery.told)
    undone = await house.undo()
    assert (undone["told"], len(delivery.told)) == (True, told + 1)
    command = await newest_command(house.engine, house.lead)
    assert (command["kind"], command["revision"]) == ("plan_changed", undone["revision"])
    newest = Plan.model_validate(command["told"]["plan"])
    assert newest == await house.plan()
    assert newest.wake is not None


async def test_it_stands_in_the_audit_log(house: House) -> None:
    await house.waiting_for_a_call()
    await house.record("answer", answer="no")
    await house.undo(by="mia")
    async with house.engine.connect() as connection:
        found = await connection.execute(select(AuditEntryRow.__table__).order_by(AuditEntryRow.id.desc()).limit(1))
        entry = found.mappings().one()
    assert (entry["action"], entry["by"], entry["lead_id"]) == ("undo", "mia", UUID(house.lead))
    assert (entry["before"]["ended"], entry["after"]["ended"]) == ("no", None)


async def test_it_is_done_once_per_key(house: House) -> None:
    await house.waiting_for_a_call()
    await house.record("hold", **COMMANDS["hold"])
    path, key = f"/api/leads/{house.lead}/undo", {"Idempotency-Key": "a"}
    first = await house.client.post(path, json={"by": "anna"}, headers=key)
    again = await house.client.post(path, json={"by": "anna"}, headers=key)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert "nothing that was recorded" in (await house.undo(409))["detail"]


async def test_only_what_was_recorded_last_is_taken_back(house: House) -> None:
    await house.waiting_for_a_call()
    first = await house.record("hold", **COMMANDS["hold"])
    second = await house.record("owner", owner="ben")
    refused = await house.undo(409, revision=first["revision"])
    assert f"revision {second['revision']}" in refused["detail"]
    await house.undo(revision=second["revision"])
    assert "nothing that was recorded" in (await house.undo(409, revision=first["revision"]))["detail"]
    assert (await house.undo(422, revision=0))["errors"][0]["field"] == "revision"


async def test_whoever_did_not_record_it_is_told_whom_to_ask(house: House) -> None:
    await house.waiting_for_a_call()
    await house.record("answer", answer="no")
    before = await house.counts()
    assert "ask anna, a manager or an admin" in (await house.undo(409, by="ben"))["detail"]
    assert await house.counts() == before
    assert (await house.undo(422, by="nobody"))["errors"][0]["field"] == "by"
    await house.undo(by="mia")


async def test_after_a_quarter_of_an_hour_it_stays(house: House) -> None:
    await house.waiting_for_a_call()
    await house.record("answer", answer="no")
    house.clock.move_by(UNDO_WITHIN + timedelta(seconds=1))
    refused = await house.undo(409)
    assert "15 minutes only; a no stands until the lead itself comes in again" in refused["detail"]
    assert (await house.shown())["slip"] is None


async def test_what_the_lead_does_meanwhile_stays(house: House) -> None:
    await house.waiting_for_a_call()
    await house.record("answer", answer="no")
    await house.news(
        CommandKind.LEAD_REPLIED,
        lambda case, now: lead_replied(case, text="Wait!", channel=Channel.EMAIL, now=now),
    )
    assert "the lead has written since then" in (await house.undo(409))["detail"]


async def test_an_opt_out_is_never_taken_back(house: House) -> None:
    await house.waiting_for_a_call()
    await house.record("touches", channel="call")
    await house.news(
        CommandKind.LEAD_OPTED_OUT, lambda case, now: lead_opted_out(case, why="unsubscribed by link", now=now)
    )
    assert "the lead has stopped the messages since then" in (await house.undo(409))["detail"]
    assert await house.rows(text("select count(*) from suppressions")) == [2]


async def test_a_no_that_came_from_the_lead_itself_is_nobodys_slip(house: House) -> None:
    """Pressed on the page behind our link; whoever recorded something before can't take that back either."""
    await house.captured()
    await house.act()
    (touch,) = await house.rows(select(TouchRow.id))
    await house.record("touches", channel="call")
    path = "/" + LINKS.answer(UUID(house.lead), touch).split("/", 3)[3]
    page = await house.client.get(path)
    ticket = page.text.split('name="ticket" value="')[1].split('"')[0]
    house.clock.move_by(timedelta(seconds=5))
    pressed = await house.client.post(path, data={"ticket": ticket, "answer": "no"})
    assert pressed.status_code == 200, pressed.text
    assert (await house.shown())["answer"] == "no"
    assert (await house.undo(409, by="mia"))["status"] == 409
    assert (await house.shown())["answer"] == "no"


async def test_a_message_that_was_claimed_meanwhile_stays_and_nothing_is_taken_back(house: House) -> None:
    """Resumed by mistake, and the message that had waited went out at once."""
    await house.captured()
    await house.record("hold", **COMMANDS["hold"])
    house.clock.move_by(timedelta(minutes=1))
    await house.record("resume")
    house.sender.script = ["crash after"]
    with pytest.raises(Crash):
        await house.act()  # Claimed; nobody has recorded yet what became of it.
    assert "a message to the lead has gone out since then" in (await house.undo(409))["detail"]


async def test_news_that_change_nothing_of_the_lead_are_no_hindrance(house: House) -> None:
    """What was on its way when the no was recorded arrived; that is in the ledger, and the no may be taken back."""
    await house.captured()
    house.sender.script = ["crash after"]
    step = await house.step()
    with pytest.raises(Crash):
        await house.act(step)
    no = await house.record("answer", answer="no")
    house.clock.move_by(STEP_TIMEOUT)
    house.sender.knows = True
    await house.act(step)
    assert (await house.plan()).revision > no["revision"]
    await house.undo()
    await house.act()
    assert await house.rows(select(TouchRow.state).where(TouchRow.channel == "email")) == ["sent"]
    assert len(house.sender.messages) == 1


async def test_old_slips_are_forgotten(house: House) -> None:
    for number in range(3):
        await house.captured(email=f"lead{number}@example.com", phone=f"+1212555010{number}")
        await house.record("hold", **COMMANDS["hold"])
        house.clock.move_by(3 * UNDO_WITHIN)
    assert await house.rows(select(func.count()).select_from(SlipRow)) == [1]


async def test_when_two_leads_turn_out_to_be_one_nothing_can_be_taken_back_any_more(
    house: House, capture: Capture
) -> None:
    await house.captured()
    other = (await capture(phone="+12125550199"))["id"]
    await house.record("hold", **COMMANDS["hold"])
    await post(house.client, f"/api/leads/{other}/hold", {**COMMANDS["hold"], "by": "anna"})
    await post(house.client, f"/api/leads/{house.lead}/merge", {"other": other, "by": "anna"})
    assert await house.rows(select(SlipRow.lead_id)) == []
    assert "nothing that was recorded" in (await house.undo(409))["detail"]


@pytest.mark.parametrize("by_task", [False, True])
async def test_who_asked_not_to_be_contacted_is_on_the_list_and_that_is_never_taken_back(
    house: House, by_task: bool
) -> None:
    await house.waiting_for_a_call()
    if by_task:
        (task,) = await house.tasks("call")
        done = await house.complete(task, "no", no_contact=True)
    else:
        done = await house.record("answer", answer="no", no_contact=True)
    assert (done["ended"], done["undo_until"], await house.tasks()) == ("no", None, [])
    for contact in ("priya@example.com", "+12125550111"):
        (line,) = await house.services.suppressions.of(contact)
        assert (line.channel, line.by, line.why) == (None, "anna", "asked us not to be contacted")
    assert "nothing that was recorded for this lead can be taken back" in str(await house.undo(409))
    (entry,) = await house.rows(
        select(AuditEntryRow.id).where(AuditEntryRow.action == ("complete_task" if by_task else "record_answer"))
    )
    assert entry
    new = {"email": "priya@example.com", "kind": "outbound"}
    again = await house.client.post("/api/leads", json=new)
    assert (await house.plan()).ended == "no", again.text

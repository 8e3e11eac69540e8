"""Reviews on the real database: facts read as they stood, written once with their mail, and no name kept."""

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.reviews import ReviewActivities
from adapters.db.cadences import CadenceShelf
from adapters.db.capture import LeadIntake
from adapters.db.cases import CaseStore
from adapters.db.erasure import Erasure
from adapters.db.people import People
from adapters.db.reviews import NoSuchReview, Reviews
from adapters.db.rows import (
    AbsenceRow,
    AlertRow,
    ColleagueRow,
    FirstResponseRow,
    HoldRow,
    InboundMessageRow,
    LeadRow,
    StaffMailRow,
    TaskRow,
    table_of,
)
from adapters.db.staff_mails import StaffMails
from cadences import commands
from leads.capture import NewLead
from leads.contract import CommandKind, ReviewInput, ReviewResult, SchedulesResult
from leads.model import Colleague, Role
from leads.staff_mails import StaffMail
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.sample import COMPANY, KEY

FRIDAY = date(2026, 11, 20)
CLOSE = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)


# Colleagues come in the order in which they were added: anna, ben, mia.


def day(hour: int, minute: int = 0, on: int = 20) -> datetime:
    """On the clock of New York."""
    return datetime(2026, 11, on, hour, minute, tzinfo=timezone(timedelta(hours=-5)))


class NoSchedules:
    """Keeps none."""

    async def ensure(self) -> SchedulesResult:
        return SchedulesResult()


class Office:
    """A business whose every row is written by hand, and the reviews of it."""

    def __init__(self, engine: AsyncEngine, intake: LeadIntake, cases: CaseStore, clock: SettableClock) -> None:
        self.engine, self.intake, self.cases, self.clock = engine, intake, cases, clock
        self.reviews = Reviews(engine, COMPANY, LINKS)
        self.activities = ReviewActivities(self.reviews, NoSchedules(), clock)
        self._numbers = iter(range(1000))

    async def lead(self, owner: str = "anna", created_at: datetime | None = None, **values: Any) -> UUID:
        """A lead without the traces that its capture leaves in other tables."""
        number = next(self._numbers)
        new = NewLead(name=f"Person {number}", email=f"person{number}@example.com", owner=owner, **values)
        self.clock.move_to(created_at or day(9, on=10))
        lead_id = (await self.intake.capture(new, by="test", now=self.clock())).lead_id
        async with self.engine.begin() as connection:
            for name in ("tasks", "first_responses"):
                await connection.execute(text(f"delete from {name} where lead_id = :id"), {"id": lead_id})
        return lead_id

    async def add(self, row: Any, **values: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(table_of(row).insert().values(values))

    async def task(self, lead_id: UUID, due_at: datetime, state: str = "open", **more: Any) -> None:
        values = {"id": uuid4(), "lead_id": lead_id, "occurrence": 1, "kind": "call", "step_id": "first-call"}
        values |= {"owner": "anna", "title": "call: Private Person", "text": "", "created_at": day(8, on=2)}
        values |= {"opens_at": day(8, on=2), "due_at": due_at, "escalate_to": "manager", "escalations": 0}
        await self.add(TaskRow, **{**values, "state": state, **more})

    async def question(self, lead_id: UUID, due_at: datetime, answered_at: datetime | None = None) -> None:
        async with self.engine.connect() as connection:
            found = await connection.execute(text("select enrollment_id from leads where id = :id"), {"id": lead_id})
            enrollment_id = found.scalar_one()
        values = {"enrollment_id": enrollment_id, "lead_id": lead_id, "owner_id": "anna", "asked_at": day(9)}
        await self.add(FirstResponseRow, **values, due_at=due_at, answered_at=answered_at)

    async def write(self, at: datetime = CLOSE, **asked: Any) -> ReviewResult:
        self.clock.move_to(at)
        return await self.activities.write_review(ReviewInput(manager_id="mia", **asked))

    async def mails(self) -> list[str]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(text("select text from staff_mails order by created_at"))).scalars())


@pytest.fixture
def office(
    engine: AsyncEngine, shelf: CadenceShelf, intake: LeadIntake, cases: CaseStore, clock: SettableClock
) -> Office:
    return Office(engine, intake, cases, clock)


async def test_a_day_as_it_was_counted_by_hand(office: Office) -> None:
    old, fresh = await office.lead(), await office.lead(created_at=day(9, 15), question="How much?")
    bens = await office.lead("ben", created_at=day(9, on=12))
    done = {"outcome": "connected", "closed_by": "anna"}
    await office.task(old, day(10), "done", closed_at=day(9, 30), **done)
    await office.task(old, day(10), "done", closed_at=day(11), **done)
    await office.task(old, day(9, on=18))
    await office.task(old, day(16), "expired", closed_at=day(17), closed_by="followthrough")
    await office.task(old, day(10, on=17), "done", closed_at=day(11, on=17), **done)
    await office.task(old, day(9, on=24))
    await office.task(bens, day(12), owner="ben", kind="reply", step_id=None)
    await office.task(bens, day(20), "open", owner="ben", kind="unknown_send", step_id="checking-in")
    await office.question(fresh, day(9, 45))
    await office.question(old, day(9, 30), day(9, 29))
    async with office.cases.open(bens, day(15)) as opened:
        case = commands.record_answer(opened.case, answer="yes", by="ben", note=None, now=day(15))
        await opened.save(case, CommandKind.RECORD_ANSWER)
    later = await office.lead("ben", created_at=day(9, on=12))
    async with office.cases.open(later, day(16)) as opened:
        bundle = await opened.cadence("not-now")
        until, version = day(9, on=28), bundle.version
        case = commands.not_now(
            opened.case, until=until, cadence=bundle.cadence, version=version, by="ben", note=None, now=day(16)
        )
        await opened.save(case, CommandKind.NOT_NOW)
    held = await office.lead(created_at=day(9, on=13))
    async with office.cases.open(held, day(10)) as opened:
        await opened.save(commands.hold(opened.case, until=day(9, on=27), reason="fair", by="anna", now=day(10)))

    assert await office.write() == ReviewResult(day=FRIDAY, written=True)

    view = await office.reviews.read("mia", FRIDAY, CLOSE)
    anna, ben, mia = view.review.reps
    assert mia.is_empty
    assert (anna.due, anna.done, anna.done_late, anna.outcomes) == (3, 2, 1, {"connected": 2})
    assert (anna.missed.total, anna.overdue.total) == (1, 1)
    assert (anna.responses_met, anna.responses_missed.total) == (1, 1)
    assert [item.lead_id for item in anna.responses_missed.items] == [fresh]
    assert [item.lead_id for item in anna.new_leads.items] == [fresh]
    assert [(item.lead_id, item.what) for item in anna.holds.items] == [(held, "manual")]
    # The yes at three made the reply needless, hours late, and a hand-over that was due by half past.
    assert [item.what for item in ben.missed.items] == ["reply"]
    assert [item.what for item in ben.overdue.items] == ["hand over"]
    assert [item.lead_id for item in ben.yes.items] == [bens]
    assert [item.lead_id for item in ben.not_now.items] == [later]
    assert (view.review.since, view.review.until) == (day(17, 30, on=19), day(17, 30))
    assert view.made_at == CLOSE
    assert view.leads[fresh].name.startswith("Person")
    assert view.leads[fresh].url == f"https://follow.example.com/console/leads/{fresh}"


async def test_the_same_day_again_writes_and_mails_nothing(office: Office) -> None:
    lead_id = await office.lead()
    await office.task(lead_id, day(10))
    results = await asyncio.gather(office.write(), office.write(), office.write(day=FRIDAY))
    assert sorted(result.written for result in results) == [False, False, True]
    assert {result.day for result in results} == {FRIDAY}
    (mail,) = await office.mails()
    assert "overdue and still open: 1" in mail
    claimed = await StaffMails(office.engine).claim("test", CLOSE)
    assert isinstance(claimed, StaffMail)
    assert (claimed.to, claimed.subject) == ("mia@example.com", "Review of Fri 20 Nov 2026: 1 overdue")


async def test_a_review_that_comes_days_late_says_what_it_would_have_said(office: Office) -> None:
    lead_id = await office.lead()
    await office.task(lead_id, day(10), "done", closed_at=day(10, on=21), outcome="connected", closed_by="anna")
    await office.task(lead_id, day(11, on=23))
    await office.question(lead_id, day(9, 45), day(12, on=21))
    values = {"enrollment_id": uuid4(), "reason": "manual", "owner": "anna", "since": day(9), "until": day(9, on=25)}
    await office.add(HoldRow, id=uuid4(), lead_id=lead_id, lifted_at=day(9, on=21), **values)
    await office.add(HoldRow, id=uuid4(), lead_id=lead_id, lifted_at=day(12), **values)
    async with office.engine.begin() as connection:
        await connection.execute(text("update holds set enrollment_id = (select enrollment_id from leads)"))

    late = await office.write(day(12, on=24), asked_at=CLOSE)

    assert late == ReviewResult(day=FRIDAY, written=True)
    anna = (await office.reviews.read("mia", FRIDAY, day(12, on=24))).review.reps[0]
    assert (anna.due, anna.done, anna.overdue.total, anna.responses_missed.total) == (1, 0, 1, 1)
    assert anna.holds.total == 1
    assert anna.responses_missed.items[0].what == "no answer yet"
    # And Monday's goes on from there, with what was done on Saturday.
    assert await office.write(day(12, on=24)) == ReviewResult(day=date(2026, 11, 23), written=True)
    assert await office.reviews.days("mia", 10) == [date(2026, 11, 23), FRIDAY]
    assert (await office.reviews.days("mia", 1), await office.reviews.days("anna", 10)) == ([date(2026, 11, 23)], [])
    anna = (await office.reviews.read("mia", date(2026, 11, 23), day(12, on=24))).review.reps[0]
    assert (anna.due, anna.done, anna.done_late, anna.overdue.total) == (1, 1, 1, 1)


async def test_a_question_whose_lead_ended_before_it_was_due_is_nobodys_failure(office: Office) -> None:
    lead_id = await office.lead(question="How much?", created_at=day(9))
    await office.question(lead_id, day(9, 45))
    async with office.cases.open(lead_id, day(9, 30)) as opened:
        case = commands.record_answer(opened.case, answer="no", by="link", note=None, now=day(9, 30))
        await opened.save(case, CommandKind.RECORD_ANSWER)
    await office.write()
    anna = (await office.reviews.read("mia", FRIDAY, CLOSE)).review.reps[0]
    assert (anna.responses_missed.total, anna.responses_owed.total, anna.no.total) == (0, 0, 1)


async def test_a_switch_of_the_cadence_leaves_the_question_to_be_answered(office: Office) -> None:
    lead_id = await office.lead(question="How much?", created_at=day(9))
    await office.question(lead_id, day(9, 45))
    async with office.cases.open(lead_id, day(9, 30)) as opened:
        later = await opened.cadence("outbound-qualified")
        case = commands.switch_cadence(opened.case, cadence=later.cadence, version=later.version, by="mia", now=day(9))
        await opened.save(case, CommandKind.SWITCH_CADENCE)
    await office.write()
    anna = (await office.reviews.read("mia", FRIDAY, CLOSE)).review.reps[0]
    assert anna.responses_missed.total == 1


async def test_what_falls_between_people_is_found(office: Office) -> None:
    orphan = await office.lead("ben")
    unknown = await office.lead()
    await office.task(unknown, day(9, on=23), kind="unknown_send", step_id="checking-in", opens_at=day(12))
    async with office.engine.begin() as connection:
        await connection.execute(update(ColleagueRow).where(ColleagueRow.id == "ben").values(active=False))
    alert = {"kind": "account", "subject": "sendgrid 401", "text": "", "since": day(9), "last_at": day(9)}
    await office.add(AlertRow, id=uuid4(), **alert)
    await office.add(AlertRow, id=uuid4(), **{**alert, "subject": "old"}, resolved_at=day(12), resolved_by="x")
    message = {"channel": "email", "provider": "x", "sender": "a", "recipient": "b", "text": "", "kind": "reply"}
    await office.add(InboundMessageRow, id=uuid4(), external_id="1", received_at=day(9), **message)
    await office.add(InboundMessageRow, id=uuid4(), external_id="2", received_at=day(9), handled_at=day(9), **message)
    mail = {"colleague_id": "anna", "kind": "news", "subject": "x", "text": "x", "created_at": day(9)}
    await office.add(StaffMailRow, id=uuid4(), state="unknown", **mail)
    await office.add(StaffMailRow, id=uuid4(), state="sent", **mail)

    await office.write()

    forgotten = (await office.reviews.read(None, FRIDAY, CLOSE)).review.forgotten
    assert [item.lead_id for item in forgotten.owned_by_nobody.items] == [orphan]
    assert [item.lead_id for item in forgotten.unknown_sends.items] == [unknown]
    assert (forgotten.alerts, forgotten.inbox, forgotten.mails_not_sent) == (("account sendgrid 401",), 1, 1)


async def test_of_an_erased_lead_neither_review_nor_mail_keeps_a_name(office: Office) -> None:
    lead_id = await office.lead()
    await office.task(lead_id, day(10))
    await office.write()
    assert (await office.reviews.read("mia", FRIDAY, CLOSE)).leads[lead_id].name.startswith("Person")
    await Erasure(office.engine, KEY).erase(lead_id, "test", CLOSE)
    view = await office.reviews.read("mia", FRIDAY, CLOSE)
    assert view.review.reps[0].overdue.total == 1
    assert view.leads == {}
    async with office.engine.connect() as connection:
        kept = await connection.execute(text("select content::text || (select text from staff_mails) from reviews"))
        assert "Person" not in kept.scalar_one()


async def test_days_off_weekends_and_strangers_get_no_review(office: Office) -> None:
    saturday = day(18, on=21)
    assert await office.write(saturday, day=date(2026, 11, 21)) == ReviewResult(day=None, written=False)
    # Asked on a Saturday, it is Friday's that is written, if it is not there.
    assert await office.write(saturday, asked_at=saturday) == ReviewResult(day=FRIDAY, written=True)
    assert await office.write(saturday, asked_at=saturday) == ReviewResult(day=FRIDAY, written=False)
    assert await office.write(day(12, on=23), day=date(2026, 11, 23)) == ReviewResult(day=None, written=False)
    for nobody in ("anna", "ghost"):
        asked = ReviewInput(manager_id=nobody)
        assert await office.activities.write_review(asked) == ReviewResult(day=None, written=False)


async def test_a_manager_who_is_away_gets_the_days_with_the_first_one_back(office: Office) -> None:
    lead_id = await office.lead()
    await office.task(lead_id, day(10), "done", closed_at=day(9), outcome="connected", closed_by="anna")
    away = {"colleague_id": "mia", "first_day": FRIDAY, "last_day": FRIDAY, "policy": "hold"}
    await office.add(AbsenceRow, **away, source="follow reps", created_at=day(8))
    # The schedule fires on Friday all the same; what is written then is Thursday's, once.
    assert await office.write(asked_at=CLOSE) == ReviewResult(day=date(2026, 11, 19), written=True)
    assert await office.write(asked_at=CLOSE) == ReviewResult(day=date(2026, 11, 19), written=False)
    monday = day(17, 30, on=23)
    assert await office.write(monday, asked_at=monday) == ReviewResult(day=date(2026, 11, 23), written=True)
    view = await office.reviews.read("mia", date(2026, 11, 23), monday)
    assert view.review.since == day(17, 30, on=19)
    assert (view.review.reps[0].due, view.review.reps[0].done) == (1, 1)


async def test_each_manager_gets_the_team_and_on_a_clock_of_her_own(office: Office) -> None:
    ines = Colleague("ines", "Ines", "ines@example.com", role=Role.MANAGER, team="spain", zone="Europe/Madrid")
    await People(office.engine).add([ines, Colleague("raul", "Raúl", team="spain")], day(8))
    lead_id = await office.lead("raul")
    await office.task(lead_id, day(10), owner="raul")
    # 17:30 in Madrid is 11:30 in New York.
    office.clock.move_to(day(11, 30))
    result = await office.activities.write_review(ReviewInput(manager_id="ines", asked_at=day(11, 30)))
    assert result == ReviewResult(day=FRIDAY, written=True)
    view = await office.reviews.read("ines", FRIDAY, day(12))
    assert [(rep.rep, rep.overdue.total) for rep in view.review.reps] == [("ines", 0), ("raul", 1)]
    assert view.review.zone == "Europe/Madrid"


async def test_who_looks_before_the_day_is_over_sees_it_so_far(office: Office) -> None:
    lead_id = await office.lead()
    await office.task(lead_id, day(10))
    view = await office.reviews.read(None, None, day(11))
    assert (view.made_at, view.review.until, view.review.reps[0].overdue.total) == (None, day(11), 1)
    view = await office.reviews.read("mia", FRIDAY, day(9))
    assert view.review.reps[0].overdue.total == 0
    assert await office.mails() == []
    await office.write()
    assert (await office.reviews.read(None, None, CLOSE)).made_at == CLOSE


@pytest.mark.parametrize(
    ("manager", "asked", "why"),
    [
        ("ghost", FRIDAY, "there is no colleague 'ghost'"),
        ("mia", date(2026, 11, 17), "no review was written for Mia Santos on 2026-11-17"),
        ("mia", date(2026, 12, 1), "2026-12-01 is still to come"),
        (
            *(None, None),
            "no review was written for Mia Santos yet; the first one is, on Monday, 23 November, at 17:30",
        ),
    ],
)
async def test_what_is_not_there_is_said(office: Office, manager: str | None, asked: date | None, why: str) -> None:
    with pytest.raises(NoSuchReview, match=why):
        await office.reviews.read(manager, asked, day(12, on=21))


async def test_whose_review_is_meant_must_be_clear(office: Office) -> None:
    await People(office.engine).add([Colleague("max", "Max", role=Role.MANAGER)], day(8))
    with pytest.raises(NoSuchReview, match="name one of: max, mia"):
        await office.reviews.read(None, FRIDAY, CLOSE)
    async with office.engine.begin() as connection:
        await connection.execute(update(ColleagueRow).values(role="rep"))
    with pytest.raises(NoSuchReview, match="nobody here is a manager"):
        await office.reviews.read(None, FRIDAY, CLOSE)


async def test_leads_that_are_being_captured_are_not_counted(office: Office) -> None:
    lead_id = await office.lead(created_at=day(9))
    async with office.engine.begin() as connection:
        await connection.execute(update(LeadRow).where(LeadRow.id == lead_id).values(plan=text("null")))
    await office.write()
    assert (await office.reviews.read(None, FRIDAY, CLOSE)).review.reps[0].new_leads.total == 0

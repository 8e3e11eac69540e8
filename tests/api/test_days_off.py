"""Days off on the real database: entered, imported, ended, and what becomes of the leads meanwhile."""

from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.absences import Taken
from adapters.db.rows import LeadRow, TaskRow
from api.days_off import Replanned, import_days_off, read_days_off, replan_leads_of
from api.services import Services
from cadences.hearing import lead_replied
from cadences.planning import wake
from cadences.progress import message_sent, task_created
from leads.absences import Absence, WhileAway
from leads.capture import NewLead
from leads.contract import Plan, WakeKind
from leads.model import Channel, LeadKind
from leads.staff import StaffRefused
from tests.api.fakes import RecordingDelivery
from tests.cadences.cases import local
from tests.clocks import SettableClock

HOLD = Absence(first_day=date.min, last_day=date.min)
"""The clock stands at Friday 20 November 2026, 10:00 in New York; Thanksgiving is Thursday the 26th."""


def days(first: str, last: str, cover: str | None = None) -> Absence:
    policy = WhileAway.COVER if cover is not None else WhileAway.HOLD
    return Absence(
        first_day=date.fromisoformat(first), last_day=date.fromisoformat(last), policy=policy, cover=cover or None
    )


async def captured(services: Services, name: str, owner: str | None = "anna", **more: object) -> UUID:
    new = NewLead(
        email=f"{name}@example.com", phone=None, zone="America/New_York", owner=owner, kind=LeadKind.OUTBOUND, **more
    )  # type: ignore[arg-type]
    return (await services.intake.capture(new, by="test", now=services.clock())).lead_id


async def advance(services: Services, clock: SettableClock, lead_id: UUID, until: WakeKind) -> None:
    """Carry out what is due, message by message, until a wake of this kind was carried out."""
    while True:
        async with services.cases.open(lead_id, clock()) as opened:
            due = wake(opened.case)
            assert due is not None
        clock.move_to(max(clock(), due.at))
        async with services.cases.open(lead_id, clock()) as opened:
            touch = opened.case.enrollment.next
            assert touch is not None
            if due.kind in (WakeKind.SEND_EMAIL, WakeKind.SEND_SMS):
                await opened.save(message_sent(opened.case, touch.step, clock()))
            else:
                await opened.save(task_created(opened.case, clock()))
        if due.kind is until:
            return


async def plan_of(engine: AsyncEngine, lead_id: UUID) -> Plan:
    async with engine.connect() as connection:
        return Plan.model_validate(await connection.scalar(select(LeadRow.plan).where(LeadRow.id == lead_id)))


async def open_task(engine: AsyncEngine, lead_id: UUID) -> TaskRow:
    async with engine.connect() as connection:
        found = await connection.execute(select(TaskRow).where(TaskRow.lead_id == lead_id, TaskRow.state == "open"))
        return found.one()  # type: ignore[return-value]


async def test_leads_are_planned_anew_and_told_once(
    services: Services, engine: AsyncEngine, clock: SettableClock, delivery: RecordingDelivery
) -> None:
    lead_id, other = await captured(services, "ann"), await captured(services, "bob", owner="ben")
    await advance(services, clock, lead_id, WakeKind.SEND_EMAIL)
    before = await plan_of(engine, lead_id)
    assert before.next_touch_at is not None
    first = before.next_touch_at.date()
    delivery.told.clear()
    seen: list[tuple[int, int]] = []
    await services.absences.add("anna", days(str(first), str(first + timedelta(days=6)), "ben"), clock())
    covered = await replan_leads_of(services, ["anna"], "test", lambda *counts: seen.append(counts))
    # A call by whom it is covered is planned for when it was, so nothing is told.
    assert (covered, seen, delivery.told) == (Replanned(1, 0), [(1, 1)], [])

    await services.absences.add("anna", days(str(first), str(first + timedelta(days=6))), clock())
    assert await replan_leads_of(services, ["anna"], "test") == Replanned(1, 1)
    assert delivery.told == [lead_id]
    after = await plan_of(engine, lead_id)
    assert after.revision == before.revision + 1
    assert after.next_touch_at is not None
    assert after.next_touch_at.date() > first + timedelta(days=6)
    assert await replan_leads_of(services, ["anna"], "test") == Replanned(1, 0)

    await services.absences.back("anna", clock())
    assert await replan_leads_of(services, ["anna", "ben"], "test") == Replanned(2, 1)
    assert (await plan_of(engine, lead_id)).next_touch_at == before.next_touch_at
    assert (await plan_of(engine, other)).revision == 1


async def test_a_message_that_is_due_is_no_other_plan(services: Services, clock: SettableClock) -> None:
    lead_id = await captured(services, "ann")
    clock.move_by(timedelta(minutes=10))  # no worker runs, so the first email still waits to go out
    await services.absences.add("anna", days("2026-11-20", "2026-11-24", "ben"), clock())
    assert await replan_leads_of(services, ["anna"], "test") == Replanned(1, 0)
    async with services.cases.open(lead_id, clock()) as opened:
        assert opened.plan.revision == 1


async def test_a_reply_to_somebody_who_is_away_goes_to_whoever_is_there_and_comes_back(
    services: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    lead_id = await captured(services, "ann")
    await services.absences.add("anna", days("2026-11-20", "2026-11-24"), clock())
    async with services.cases.open(lead_id, clock()) as opened:
        case = lead_replied(opened.case, text="Call me!", channel=Channel.EMAIL, now=clock())
        await opened.save(case)
    task = await open_task(engine, lead_id)
    assert (task.owner, task.back_to, task.note) == ("ben", "anna", "for Anna Keller, away until Tue 24 Nov 2026")
    assert local(task.back_at) == "Wed 2026-11-25 09:00"
    wakes_at = (await plan_of(engine, lead_id)).wake
    assert wakes_at is not None
    clock.move_to(task.back_at)
    async with services.cases.open(lead_id, clock()) as opened:
        await opened.save(opened.case)
    task = await open_task(engine, lead_id)
    assert (task.owner, task.back_to, task.note) == ("anna", None, None)


async def test_the_named_cover_comes_first_and_the_rules_when_the_cover_is_away_too(
    services: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    lead_id = await captured(services, "ann")
    await services.absences.add("anna", days("2026-11-20", "2026-11-24", "mia"), clock())
    async with services.cases.open(lead_id, clock()) as opened:
        assert opened.case.stand_ins == {"anna": "mia"}
    await services.absences.add("mia", days("2026-11-20", "2026-11-20"), clock())
    async with services.cases.open(lead_id, clock()) as opened:
        assert opened.case.stand_ins == {"anna": "ben"}
    await services.absences.add("ben", days("2026-11-20", "2026-11-20"), clock())
    async with services.cases.open(lead_id, clock()) as opened:
        assert opened.case.stand_ins == {}


async def test_a_new_question_goes_to_nobody_who_is_away(
    services: Services, engine: AsyncEngine, clock: SettableClock
) -> None:
    await services.absences.add("anna", days("2026-11-20", "2026-11-24"), clock())
    for number in range(3):
        clock.move_by(timedelta(seconds=1))
        lead_id = await captured(services, f"lead{number}", owner=None)
        async with services.cases.open(lead_id, clock()) as opened:
            assert opened.case.lead.owner.id == "ben"


async def test_a_personal_sender_is_the_companys_while_somebody_covers(
    services: Services, clock: SettableClock
) -> None:
    lead_id = await captured(services, "ann")
    await services.senders.add("anna@example.com", Channel.EMAIL, clock(), colleague_id="anna")
    await services.senders.add("team@example.com", Channel.EMAIL, clock())

    async def sender() -> str:
        async with services.cases.open(lead_id, clock()) as opened:
            return opened.case.senders[Channel.EMAIL].address

    assert await sender() == "anna@example.com"
    await services.absences.add("anna", days("2026-11-20", "2026-11-24"), clock())
    assert await sender() == "anna@example.com"  # its emails wait
    async with services.cases.open(lead_id, clock()) as opened:
        await opened.save(opened.case)
    await replan_leads_of(services, ["anna"], "test")
    async with services.cases.open(lead_id, clock()) as opened:
        touch = opened.case.enrollment.next
        assert touch is not None
        assert local(touch.opens_at) == "Wed 2026-11-25 09:30"  # Anna begins at nine, the cadence half an hour later
    await services.absences.add("anna", days("2026-11-20", "2026-11-24", "ben"), clock())
    assert await sender() == "team@example.com"


@pytest.mark.parametrize(
    ("who", "absence", "said"),
    [
        ("cleo", days("2026-11-20", "2026-11-24"), "there is no colleague 'cleo'"),
        ("anna", days("2026-11-24", "2026-11-20"), "2026-11-20 comes before 2026-11-24"),
        ("anna", days("2026-11-01", "2026-11-19"), "2026-11-19 is over already"),
        ("anna", days("2026-11-20", "2029-11-19"), "longer than two years"),
        ("anna", days("2026-11-20", "2026-11-24", "anna"), "anna can't cover for anna"),
        ("anna", days("2026-11-20", "2026-11-24", "cleo"), "there is no active colleague 'cleo' who could cover"),
    ],
)
async def test_days_off_that_make_no_sense_are_refused(
    services: Services, clock: SettableClock, who: str, absence: Absence, said: str
) -> None:
    with pytest.raises(StaffRefused, match=said):
        await services.absences.add(who, absence, clock())


async def test_coming_back_ends_what_is_in_force_or_calls_off_what_comes(
    services: Services, clock: SettableClock
) -> None:
    async def coming() -> list[tuple[str, str]]:
        anna = next(one for one in await services.people.reps(services.company, clock()) if one.id == "anna")
        return [(str(one.first_day), str(one.last_day)) for one in anna.absences]

    await services.absences.add("anna", days("2026-11-20", "2026-11-24"), clock())
    await services.absences.add("anna", days("2026-12-21", "2026-12-31"), clock())
    clock.move_by(timedelta(days=1))
    await services.absences.back("anna", clock())
    assert await coming() == [("2026-12-21", "2026-12-31")]
    await services.absences.back("anna", clock())
    assert await coming() == []
    with pytest.raises(StaffRefused, match="anna is not away, and has no days off to come"):
        await services.absences.back("anna", clock())


# Files.


def event(uid: str, first: str, last: str, more: str = "ATTENDEE:mailto:anna@example.com") -> str:
    lines = f"UID:{uid}\nDTSTART;VALUE=DATE:{first}\nDTEND;VALUE=DATE:{last}\nSUMMARY:Vacation"
    return f"BEGIN:VEVENT\n{lines}\n{more}\nEND:VEVENT\n"


def calendar(*events: str) -> str:
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{''.join(events)}END:VCALENDAR\n"


class Office:
    """Files of days off, and taking them."""

    def __init__(self, services: Services, folder: Path, now: datetime) -> None:
        self._services = services
        self._folder = folder
        self._now = now
        self.left_out: list[str] = []

    async def take(self, name: str, text: str, only: str | None = None) -> Taken:
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        people = await self._services.people.all()
        who = next((one for one in people if one.id == only), None)
        file = read_days_off(path, people, who, HOLD)
        self.left_out = file.left_out
        return await import_days_off(self._services, path, file, who)

    async def of(self, colleague: str) -> list[str]:
        reps = await self._services.people.reps(self._services.company, self._now)
        one = next(rep for rep in reps if rep.id == colleague)
        return [f"{each.first_day} {each.last_day} {each.cover or each.policy.value}" for each in one.absences]


@pytest.fixture
def office(services: Services, tmp_path: Path, clock: SettableClock) -> Office:
    return Office(services, tmp_path, clock())


async def test_a_calendar_is_taken_and_the_next_one_changes_it(office: Office) -> None:
    first = calendar(event("1", "20261123", "20261126"), event("2", "20261221", "20270101"))
    assert await office.take("team.ics", first) == Taken(2, 0, 0, ("anna",))
    assert await office.of("anna") == ["2026-11-23 2026-11-25 hold", "2026-12-21 2026-12-31 hold"]
    assert await office.take("team.ics", first) == Taken(0, 0, 0, ())
    second = calendar(event("1", "20261124", "20261126"))
    assert await office.take("team.ics", second) == Taken(0, 1, 1, ("anna",))
    assert await office.of("anna") == ["2026-11-24 2026-11-25 hold"]
    # Another file is another import.
    assert await office.take("own.ics", calendar(event("9", "20261214", "20261215")), "anna") == Taken(
        1, 0, 0, ("anna",)
    )
    assert await office.of("anna") == ["2026-11-24 2026-11-25 hold", "2026-12-14 2026-12-14 hold"]


async def test_a_running_absence_that_is_gone_from_the_file_ends_with_yesterday(office: Office) -> None:
    await office.take("team.ics", calendar(event("1", "20261116", "20261128")))
    assert await office.of("anna") == ["2026-11-16 2026-11-27 hold"]
    assert await office.take("team.ics", calendar()) == Taken(0, 0, 1, ("anna",))
    assert await office.of("anna") == []


async def test_entries_that_are_no_days_off_are_named(office: Office) -> None:
    hour = "BEGIN:VEVENT\nUID:h\nDTSTART:20261123T100000Z\nDTEND:20261123T110000Z\nSUMMARY:Dentist\nEND:VEVENT\n"
    stranger = event("s", "20261123", "20261124", "ATTENDEE:mailto:x@example.com")
    every = event("r", "20261123", "20261124", "RRULE:FREQ=WEEKLY")
    cancelled = event("c", "20261123", "20261124", "STATUS:CANCELLED")
    assert await office.take("team.ics", calendar(hour, stranger, every, cancelled)) == Taken(0, 0, 0, ())
    assert office.left_out == [
        "Dentist is no all-day event",
        "Vacation (2026-11-23): it names no colleague's address; say whose it is with --for",
        "Vacation repeats; days that are always free belong into `follow reps set --hours`",
    ]


async def test_a_table_is_taken_with_covers(office: Office) -> None:
    table = (
        "Employee;First day;Last day;Covered by\nAnna Keller;2026-11-23;2026-11-25;\nben;2026-12-24;;anna@example.com\n"
    )
    assert await office.take("days.csv", table) == Taken(2, 0, 0, ("anna", "ben"))
    assert await office.of("anna") == ["2026-11-23 2026-11-25 hold"]
    assert await office.of("ben") == ["2026-12-24 2026-12-24 anna"]
    assert await office.take("days.csv", "who,from\nben,2026-12-24\n") == Taken(0, 1, 1, ("anna", "ben"))
    assert await office.of("ben") == ["2026-12-24 2026-12-24 hold"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("days.csv", "who,from,to\nanna,2026-11-23,2026-11-25\nzoe,2026-11-23,\n", "line 3: 'zoe' is no colleague's"),
        ("days.csv", "who,from\nanna,Monday\n", "line 2: from: 'Monday' is no day; write it like 2026-12-24"),
        ("days.csv", "who,from,to\nanna,2026-11-25,2026-11-23\n", "line 2: 2026-11-23 comes before 2026-11-25"),
        ("days.csv", "a,b\n", "no column is called from"),
        ("days.ics", "", "there is no calendar in it"),
        ("days.ics", "Sehr geehrte Damen und Herren", "iCalendar"),
        ("days.txt", "", "is neither .csv nor .ics"),
    ],
)
async def test_a_file_that_is_wrong_changes_nothing(office: Office, name: str, text: str, said: str) -> None:
    good = calendar(event("1", "20261123", "20261126"))
    await office.take("days.ics", good)
    with pytest.raises(StaffRefused, match=said):
        await office.take(name, text)
    assert await office.of("anna") == ["2026-11-23 2026-11-25 hold"]

"""Backlogs: forecast, captured at once, each lead to start in its turn; interrupted, repeated, answered before."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.backlogs import AnotherBacklog, BacklogView
from adapters.db.routing import Router
from adapters.db.rows import (
    BacklogRow,
    ColleagueRow,
    CommandRow,
    EnrollmentRow,
    InquiryRow,
    LeadRow,
    TaskRow,
    table_of,
)
from api.backlog import BacklogForecast, BacklogImport, ForecastOutdated
from api.csv_import import Defaults, Enrolled, Fate, RejectsFile, RowDone
from api.csv_table import open_table
from api.services import Services
from cadences.bundle import CadenceBundle
from leads.contract import CommandKind
from leads.liveness import is_terminal
from leads.model import Colleague
from leads.playbook import Playbook
from tests.api.fakes import RecordingDelivery
from tests.clocks import SettableClock
from tests.sample import COMPANY

NEW_YORK = ZoneInfo("America/New_York")
CALLS_PER_DAY = {"anna": 10, "ben": 20, "carl": 30, "dora": 40}
OLD_LEADS = """
cadence: old-leads
hours: {days: mon-fri, from: "09:00", to: "17:30"}
steps:
  - {call: first-call}
  - {after: 5 business days, call: second-call}
  - {wait: 3 months, email: quarterly, repeat: {every: 3 months, until: an answer}}
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*rows: str, columns: str = "email,phone,name,question,asked at") -> Path:
        path = tmp_path / "old-leads.csv"
        path.write_text("\n".join([columns, *rows]) + "\n")
        return path

    return written


def generated(many: int) -> list[str]:
    """Different people of New York, all alike."""
    asked = "How much?,2024-05-17"
    return [f"person{one}@example.com,+1212555{one:04d},Person {one},{asked}" for one in range(many)]


@pytest_asyncio.fixture
async def four_reps(services: Services, engine: AsyncEngine, clock: SettableClock) -> None:
    """Reps with 100 calls a day between them, and a cadence of two calls."""
    await services.people.add([Colleague("carl", "Carl Weber"), Colleague("dora", "Dora Lang")], clock())
    async with engine.begin() as connection:
        for name, calls in CALLS_PER_DAY.items():
            row = update(ColleagueRow).where(ColleagueRow.id == name)
            await connection.execute(row.values(calls_per_day=calls))
    await services.shelf.publish(CadenceBundle("old-leads", OLD_LEADS, TEMPLATES), clock())


TEMPLATES = {
    "call/first-call.md": "Ask how it stands.",
    "call/second-call.md": "Ask once more.",
    "email/quarterly.md": "---\nsubject: Still here\n---\nHello.",
}


def backlog(services: Services, path: Path, **defaults: str) -> BacklogImport:
    return BacklogImport(services, open_table(path), Defaults(**{"cadence": "old-leads", **defaults}), by="mia")


async def enroll(
    services: Services, path: Path, on_row: Callable[[RowDone], None] = lambda _: None, **defaults: str
) -> tuple[BacklogForecast, Enrolled]:
    work = backlog(services, path, **defaults)
    forecast = await work.forecast()
    with RejectsFile(open_table(path)) as rejects:
        return forecast, await work.run(forecast, rejects, on_row)


async def stored_starts(engine: AsyncEngine) -> Counter[tuple[str, date]]:
    """How many leads of each owner start on which day of the company's calendar."""
    async with engine.connect() as connection:
        found = await connection.execute(
            select(LeadRow.owner_id, EnrollmentRow.started_at).join(EnrollmentRow, EnrollmentRow.lead_id == LeadRow.id)
        )
        return Counter((owner, at.astimezone(NEW_YORK).date()) for owner, at in found)


async def one(engine: AsyncEngine, name: str, row: Any = LeadRow) -> Any:
    async with engine.connect() as connection:
        lead_id = await connection.scalar(select(LeadRow.id).where(LeadRow.name == name))
        column = row.id if row is LeadRow else row.lead_id
        found = await connection.execute(select(table_of(row)).where(column == lead_id))
        return found.mappings().all()


@pytest.mark.usefixtures("four_reps")
async def test_1800_old_leads_start_as_four_reps_have_room_for_their_calls(
    services: Services, engine: AsyncEngine, delivery: RecordingDelivery, clock: SettableClock, write: Write
) -> None:
    forecast, enrolled = await enroll(services, write(*generated(1800)))
    assert dict(enrolled.fates) == {Fate.CREATED: 1800}
    assert len(set(delivery.told)) == 1800  # Each has a workflow that waits for its start.
    # 100 begin a day from Monday on; a week later their second calls fill every day, and so on in turns of a week.
    weeks = [date(2026, 11, 23), date(2026, 12, 7), date(2026, 12, 21)]
    expected = {monday + timedelta(days=number): 100 for monday in weeks for number in range(5)}
    expected |= {date(2027, 1, 4): 100, date(2027, 1, 5): 100, date(2027, 1, 6): 100}
    stored = await stored_starts(engine)
    by_day: Counter[date] = Counter()
    for (_, day), many in stored.items():
        by_day[day] += many
    assert by_day == expected
    assert {one.day: one.starts for one in forecast.pacing.days if one.starts} == expected
    assert forecast.pacing.last_start == datetime(2027, 1, 6, 14, tzinfo=UTC)  # 09:00 in New York
    # Nobody has more calls on any day than they make: the first ones, and the second ones a week after.
    calls = Counter(stored)
    for (owner, day), many in stored.items():
        calls[owner, day + timedelta(days=7)] += many
    assert {owner: max(calls[key] for key in calls if key[0] == owner) for owner in CALLS_PER_DAY} == CALLS_PER_DAY
    assert Counter({one.day: one.calls for one in forecast.pacing.days}) == Counter(
        {day: sum(calls[owner, day] for owner in CALLS_PER_DAY) for _, day in calls}
    )
    async with engine.connect() as connection:
        leads = (await connection.execute(select(LeadRow.__table__))).mappings().all()
        assert await connection.scalar(select(func.count()).select_from(TaskRow)) == 0
    for lead in leads:
        assert (lead["first_response_due_at"], lead["stage"], lead["created_at"]) == (None, "new", clock())
        assert lead["wake_at"] is not None
        assert not is_terminal(lead["ended"], lead["stage"])


@pytest.mark.usefixtures("four_reps")
async def test_a_forecast_stores_nothing(services: Services, engine: AsyncEngine, write: Write) -> None:
    forecast = await backlog(services, write(*generated(30))).forecast()
    assert forecast.pacing.placed == 30
    async with engine.connect() as connection:
        for row in (LeadRow, EnrollmentRow, CommandRow, BacklogRow, InquiryRow):
            assert await connection.scalar(select(func.count()).select_from(row)) == 0


@pytest.mark.usefixtures("four_reps")
async def test_interrupted_and_run_again_it_ends_as_if_nothing_had_happened(
    services: Services, engine: AsyncEngine, write: Write
) -> None:
    path, whole = write(*generated(600)), Counter[date]()
    planned = await backlog(services, path).forecast()
    for start in planned.starts.values():
        whole[start.day] += 1

    def stop(done: RowDone) -> None:
        if done.row.line == 250:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await enroll(services, path, stop)
    so_far = sum((await stored_starts(engine)).values())
    assert 200 <= so_far < 600
    again, enrolled = await enroll(services, path)
    assert enrolled.fates == Counter({Fate.CREATED: 600 - so_far, Fate.KNOWN: so_far})
    assert again.known == so_far
    ended: Counter[date] = Counter()
    for (_, day), many in (await stored_starts(engine)).items():
        ended[day] += many
    assert ended == whole
    third, enrolled = await enroll(services, path)
    assert (third.pacing.placed, dict(enrolled.fates)) == (0, {Fate.KNOWN: 600})
    assert sum((await stored_starts(engine)).values()) == 600
    (view,) = await services.backlogs.all(services.clock())
    assert (view.file, view.by, view.rows, view.leads, view.started) == ("old-leads.csv", "mia", 600, 600, 0)


@pytest.mark.usefixtures("four_reps")
async def test_old_leads_did_not_just_ask(services: Services, engine: AsyncEngine, write: Write) -> None:
    await enroll(services, write(*generated(1), "late@example.com,,Unknown,Still there?,"), source="fair 2024")
    (lead,) = await one(engine, "Person 0")
    (question,) = await one(engine, "Person 0", InquiryRow)
    (enrollment,) = await one(engine, "Person 0", EnrollmentRow)
    asked = datetime(2024, 5, 17, tzinfo=UTC)
    assert (lead["source"], lead["inquired_at"], question["asked_at"]) == ("fair 2024", asked, asked)
    assert (enrollment["progress"]["answers_question"], enrollment["progress"]["paced"]) == (False, True)
    # Of whom nobody knows when it was, nobody claims that it was now.
    (unknown,) = await one(engine, "Unknown")
    assert unknown["inquired_at"] is None


@pytest.mark.usefixtures("four_reps")
async def test_days_that_are_taken_already_are_left_to_what_took_them(
    services: Services, engine: AsyncEngine, write: Write, tmp_path: Path
) -> None:
    await enroll(services, write(*generated(100)))
    other = tmp_path / "more.csv"
    rows = [f"other{number}@example.com,+1212556{number:04d}" for number in range(30)]
    other.write_text("\n".join(["email,phone", *rows]))
    forecast, _ = await enroll(services, other)
    # The first hundred fill Monday, and their second calls the Monday after.
    assert {start.day for start in forecast.starts.values()} == {date(2026, 11, 24)}
    monday = next(one for one in forecast.pacing.days if one.day == date(2026, 11, 23))
    assert (monday.planned, monday.free) == (100, 0)
    assert len(await services.backlogs.all(services.clock())) == 2


@pytest.mark.usefixtures("four_reps")
async def test_rows_that_cannot_be_enrolled_are_said_before_and_rejected(
    services: Services, engine: AsyncEngine, write: Write, clock: SettableClock
) -> None:
    stopped = services.suppressions.entry("stop@example.com", None, why="asked", by="anna", now=clock())
    await services.suppressions.add_strangers({"stop@example.com": [stopped]})
    path = write(
        "ann@example.com,,,anna,",
        "no address,,,,",
        "stop@example.com,,,,",
        "carl@example.com,,,nobody,",
        "eve@example.com,,,,no-such",
        "ANN@example.com,,,,",
        columns="email,phone,name,owner,cadence",
    )
    forecast, enrolled = await enroll(services, path)
    assert {line: why.field for line, why in forecast.refused.items()} == {
        4: "email",
        5: "owner",
        6: "cadence",
    }
    assert "stopped all messages" in str(forecast.refused[4])
    assert forecast.known == 1  # Ann's second row.
    assert forecast.incomplete == 1  # Nobody can be reached with the second.
    assert dict(enrolled.fates) == {Fate.CREATED: 1, Fate.INCOMPLETE: 1, Fate.KNOWN: 1, Fate.REJECTED: 3}
    (task,) = (await services.reading.tasks(clock(), kind="find_contact")).items
    assert task.text.endswith("What came in:\nemail: no address")


@pytest.mark.usefixtures("four_reps")
async def test_a_row_that_cannot_be_enrolled_leaves_its_person_to_the_next_one(
    services: Services, engine: AsyncEngine, write: Write
) -> None:
    path = write("ann@example.com,nobody", "ann@example.com,anna", columns="email,owner")
    forecast, enrolled = await enroll(services, path)
    assert (list(forecast.refused), forecast.known) == ([2], 0)
    assert dict(enrolled.fates) == {Fate.REJECTED: 1, Fate.CREATED: 1}
    assert await stored_starts(engine) == Counter({("anna", date(2026, 11, 23)): 1})


@pytest.mark.usefixtures("four_reps")
async def test_rows_without_an_owner_go_to_whom_the_routing_rules_mean(
    services: Services, engine: AsyncEngine, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "routing.yaml").write_text(
        "rules:\n- rule: fairs\n  when: {source: fair}\n  to: {reps: [ben]}\ndefault: {reps: [dora]}\n"
    )
    ruled = replace(services, router=Router(engine, COMPANY, Playbook(tmp_path)))
    rows = [f"f{one}@example.com,+1212555{one:04d},fair" for one in range(30)]
    path = write(*rows, "x@example.com,+12125551111,list", columns="email,phone,source")
    await enroll(ruled, path)
    # Ben has room for 20 calls a day.
    assert await stored_starts(engine) == Counter(
        {("ben", date(2026, 11, 23)): 20, ("ben", date(2026, 11, 24)): 10, ("dora", date(2026, 11, 23)): 1}
    )


@pytest.mark.usefixtures("four_reps")
async def test_what_finds_no_room_is_rejected_and_can_be_enrolled_later(
    services: Services, engine: AsyncEngine, write: Write
) -> None:
    async with engine.begin() as connection:
        await connection.execute(update(ColleagueRow).values(calls_per_day=0))
    path = write(*generated(3))
    forecast, enrolled = await enroll(services, path)
    assert (forecast.pacing.left_over, dict(enrolled.fates)) == (3, {Fate.REJECTED: 3})
    async with engine.begin() as connection:
        await connection.execute(update(ColleagueRow).values(calls_per_day=1))
    _, enrolled = await enroll(services, path)
    assert dict(enrolled.fates) == {Fate.CREATED: 3}


@pytest.mark.usefixtures("four_reps")
async def test_a_forecast_that_cannot_be_kept_any_more_is_refused(
    services: Services, engine: AsyncEngine, clock: SettableClock, write: Write
) -> None:
    path = write(*generated(2))
    work = backlog(services, path)
    forecast = await work.forecast()
    clock.move_to(datetime(2026, 11, 23, 14, tzinfo=UTC))
    with RejectsFile(open_table(path)) as rejects:
        with pytest.raises(ForecastOutdated):
            await work.run(forecast, rejects)
        clock.move_by(-timedelta(days=1))
        path.write_text(path.read_text() + "more@example.com,,,,\n")
        with pytest.raises(ForecastOutdated):
            await work.run(forecast, rejects)
    assert await stored_starts(engine) == Counter()


async def test_only_one_backlog_is_paced_at_a_time(services: Services) -> None:
    async with services.backlogs.alone():
        with pytest.raises(AnotherBacklog):
            async with services.backlogs.alone():
                raise AssertionError("both went on")
    async with services.backlogs.alone():
        pass


@pytest.mark.usefixtures("four_reps")
async def test_who_asks_anew_before_its_start_is_answered_at_once(
    services: Services, engine: AsyncEngine, client: httpx.AsyncClient, write: Write, clock: SettableClock
) -> None:
    await enroll(services, write(*generated(1)))
    sent = {"email": "person0@example.com", "question": "Can I have two?"}
    answer = (await client.post("/api/leads", json=sent)).json()
    assert (answer["created"], answer["enrolled"]) == (False, True)
    now, waited = sorted(await one(engine, "Person 0", EnrollmentRow), key=lambda row: row["started_at"])
    assert (waited["ended"], waited["progress"]["done"]) == ("switched", None)
    assert (now["cadence"], now["started_at"], now["progress"]["answers_question"]) == ("inbound-web", clock(), True)
    (lead,) = await one(engine, "Person 0")
    assert lead["plan"]["wake"]["kind"] == "send_email"
    assert datetime.fromisoformat(lead["plan"]["wake"]["at"]) == clock()
    assert lead["first_response_due_at"] == clock() + timedelta(minutes=30)
    assert lead["inquired_at"] == clock()
    (view,) = await services.backlogs.all(clock())
    assert (view.leads, view.started) == (1, 1)


@pytest.mark.usefixtures("four_reps")
async def test_who_comes_again_without_a_question_starts_at_once_too(
    services: Services, engine: AsyncEngine, client: httpx.AsyncClient, write: Write
) -> None:
    await enroll(services, write(*generated(1)))
    answer = (await client.post("/api/leads", json={"email": "person0@example.com"})).json()
    assert answer["enrolled"] is True


@pytest.mark.usefixtures("four_reps")
async def test_facts_from_another_file_let_nobody_start_early(
    services: Services, engine: AsyncEngine, write: Write
) -> None:
    path = write(*generated(1))
    await enroll(services, path)
    before = await stored_starts(engine)
    path.write_text("email,phone,zone\nperson0@example.com,+12125569999,America/New_York\n")
    _, enrolled = await enroll(services, path)
    assert dict(enrolled.fates) == {Fate.KNOWN: 1}
    assert await stored_starts(engine) == before


@pytest.mark.usefixtures("four_reps")
async def test_who_writes_before_its_start_is_answered_by_a_person(
    services: Services,
    engine: AsyncEngine,
    write: Write,
    clock: SettableClock,
    replied: Callable[[UUID], Awaitable[None]],
) -> None:
    await enroll(services, write(*generated(1)))
    (lead,) = await one(engine, "Person 0")
    await replied(lead["id"])
    (task,) = await one(engine, "Person 0", TaskRow)
    assert (task["kind"], task["state"], task["opens_at"]) == ("reply", "open", clock())
    (lead,) = await one(engine, "Person 0")
    assert (lead["plan"]["hold"], lead["stage"]) == ("reply", "working")


@pytest.fixture
def replied(services: Services, clock: SettableClock) -> Callable[[UUID], Awaitable[None]]:
    from cadences.hearing import lead_replied
    from leads.model import Channel

    async def reply(lead_id: UUID) -> None:
        async with services.cases.open(lead_id, clock()) as opened:
            case = lead_replied(opened.case, text="Still interested!", channel=Channel.EMAIL, now=clock())
            await opened.save(case, CommandKind.LEAD_REPLIED)

    return reply


@pytest.mark.usefixtures("four_reps")
async def test_people_who_are_known_get_nothing_new_from_an_old_file(
    services: Services, engine: AsyncEngine, client: httpx.AsyncClient, write: Write
) -> None:
    sent = {"email": "person0@example.com", "name": "Person 0", "question": "How fast?"}
    await client.post("/api/leads", json=sent)
    (before,) = await one(engine, "Person 0")
    forecast, enrolled = await enroll(services, write(*generated(1)))
    assert (forecast.known, dict(enrolled.fates)) == (1, {Fate.KNOWN: 1})
    assert len(await one(engine, "Person 0", InquiryRow)) == 2  # What was asked then is kept, and alerts nobody.
    assert [task["kind"] for task in await one(engine, "Person 0", TaskRow)] == []
    (after,) = await one(engine, "Person 0")
    assert (after["backlog_id"], after["enrollment_id"]) == (None, before["enrollment_id"])


@pytest.mark.usefixtures("four_reps")
async def test_backlogs_are_listed_with_how_far_they_have_come(
    services: Services, client: httpx.AsyncClient, clock: SettableClock, write: Write
) -> None:
    await enroll(services, write(*generated(150)))
    clock.move_to(datetime(2026, 11, 23, 15, tzinfo=UTC))
    (shown,) = (await client.get("/api/backlogs")).json()
    assert (shown["file"], shown["rows"], shown["leads"], shown["started"]) == ("old-leads.csv", 150, 150, 100)
    assert datetime.fromisoformat(shown["last_start"]) == datetime(2026, 11, 24, 14, tzinfo=UTC)
    (view,) = await services.backlogs.all(clock())
    assert view == replace(view, created_at=datetime(2026, 11, 20, 15, tzinfo=UTC))
    assert isinstance(view, BacklogView)

"""Leads in flight, found by words and filters, in pages."""

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db import leads_in_flight
from adapters.db.leads_in_flight import Course, LeadFilter, LeadLine, LeadsInFlight, Sorting
from adapters.db.ownership import Ownership
from adapters.db.paging import BadCursor, open_cursor
from leads.model import Channel, LeadKind
from tests.adapters.clinic import Clinic

BERLIN = ZoneInfo("Europe/Berlin")
EVERYTHING = LeadFilter(course=Course.ALL)


@pytest.fixture
def in_flight(engine: AsyncEngine) -> LeadsInFlight:
    return LeadsInFlight(engine)


async def found(in_flight: LeadsInFlight, clinic: Clinic, **wanted: Any) -> set[UUID]:
    page = await in_flight.lines(LeadFilter(**wanted), clinic.clock(), BERLIN)
    assert page.total == len(page.items)
    assert page.total_exact
    return {line.id for line in page.items}


async def line_of(in_flight: LeadsInFlight, clinic: Clinic, lead_id: UUID) -> LeadLine:
    page = await in_flight.lines(EVERYTHING, clinic.clock(), BERLIN)
    return next(line for line in page.items if line.id == lead_id)


async def test_a_line_says_what_comes_next_and_why_and_when_we_last_had_contact(
    in_flight: LeadsInFlight, clinic: Clinic
) -> None:
    lead_id = await clinic.emailed()
    sent_at = clinic.clock()
    clinic.clock.move_by(timedelta(minutes=1))
    line = await line_of(in_flight, clinic, lead_id)
    case = await clinic.case(lead_id)
    assert case.enrollment.next is not None
    assert line.next_touch is not None
    assert line.next_touch.at == case.enrollment.next.opens_at
    assert line.next_touch.zone == "Europe/Berlin"
    assert [one.text for one in line.next_touch.reasons] == [one.text for one in case.enrollment.next.reasons]
    assert (line.last_contact_at, line.last_channel, line.last_by) == (sent_at, "email", None)
    assert (line.owner, line.owner_name, line.cadence) == ("anna", "Anna Keller", "inbound-web")
    assert (line.hold, line.ended, line.overdue) == (None, None, False)


async def test_what_was_not_sent_is_no_contact(in_flight: LeadsInFlight, clinic: Clinic) -> None:
    lead_id = await clinic.emailed()
    await clinic.sql("update touches set state = 'unknown'")
    assert (await line_of(in_flight, clinic, lead_id)).last_contact_at is None


async def test_a_hold_is_shown_and_found_until_it_has_run_its_time(in_flight: LeadsInFlight, clinic: Clinic) -> None:
    held, free = await clinic.captured(), await clinic.captured()
    await clinic.hold(held, days=30)
    line = await line_of(in_flight, clinic, held)
    assert line.hold is not None
    assert (line.hold.note, line.hold.owner) == ("asked", "anna")
    soon, late = clinic.clock() + timedelta(days=29), clinic.clock() + timedelta(days=31)
    assert await found(in_flight, clinic, on_hold=True) == {held}
    assert await found(in_flight, clinic, on_hold=False) == {free}
    assert await found(in_flight, clinic, held_until=soon) == set()
    assert await found(in_flight, clinic, held_until=late) == {held}
    clinic.clock.move_by(timedelta(days=30))
    assert await found(in_flight, clinic, on_hold=True) == set()
    assert await found(in_flight, clinic, on_hold=False) == {held, free}
    assert (await line_of(in_flight, clinic, held)).hold is None


async def test_leads_whose_messages_ended_are_left_out_unless_they_are_asked_for(
    in_flight: LeadsInFlight, clinic: Clinic
) -> None:
    runs, said_no = await clinic.captured(), await clinic.answered("no")
    assert await found(in_flight, clinic) == {runs}
    assert await found(in_flight, clinic, course=Course.ENDED) == {said_no}
    assert await found(in_flight, clinic, course=Course.ALL) == {runs, said_no}
    assert await found(in_flight, clinic, ended="no") == {said_no}
    assert await found(in_flight, clinic, ended="yes") == set()
    line = await line_of(in_flight, clinic, said_no)
    assert (line.ended, line.answer, line.stage) == ("no", "no", "lost")


async def test_plain_filters_take_what_is_equal(in_flight: LeadsInFlight, clinic: Clinic) -> None:
    first = await clinic.captured(source="fair", kind=LeadKind.INBOUND)
    second = await clinic.captured(source="website", cadence="outbound-qualified")
    version = (await clinic.plan(second)).version
    await clinic.sql("update leads set owner_id = 'ben' where id = :id", id=second)
    for wanted in (
        {"source": "website"},
        {"cadence": "outbound-qualified"},
        {"version": version},
        {"owner": "ben"},
        {"source": "website", "owner": "ben", "stage": "new", "kind": "inbound"},
    ):
        assert await found(in_flight, clinic, **wanted) == {second}
    assert await found(in_flight, clinic, stage="new") == {first, second}
    assert await found(in_flight, clinic, source="website", owner="anna") == set()


async def test_words_are_looked_for_in_names_companies_and_contact_points(
    in_flight: LeadsInFlight, clinic: Clinic
) -> None:
    one = await clinic.captured(name="Priya Raman", company="100% Bakery")
    two = await clinic.captured(name="Tom Raman", company="1000 Bakeries")
    assert await found(in_flight, clinic, text="RAMAN") == {one, two}
    assert await found(in_flight, clinic, text="priya") == {one}
    assert await found(in_flight, clinic, text="100%") == {one}
    assert await found(in_flight, clinic, text="lead2@") == {two}
    assert await found(in_flight, clinic, text="+1212555010") == {one, two}
    assert await found(in_flight, clinic, text="raman", owner="ben") == set()


async def test_an_open_task_that_was_due_makes_a_lead_overdue(in_flight: LeadsInFlight, clinic: Clinic) -> None:
    waits = await clinic.waiting_for_a_call()
    await clinic.captured()
    assert await found(in_flight, clinic, overdue=True) == set()
    (task,) = (await clinic.case(waits)).open_tasks
    clinic.clock.move_to(task.due_at + timedelta(minutes=1))
    assert await found(in_flight, clinic, overdue=True) == {waits}
    line = await line_of(in_flight, clinic, waits)
    assert (line.open_tasks, line.overdue) == (1, True)


async def test_next_before_finds_what_is_touched_by_then(in_flight: LeadsInFlight, clinic: Clinic) -> None:
    soon, later = await clinic.captured(), await clinic.asleep()
    assert await found(in_flight, clinic, next_before=clinic.clock() + timedelta(days=30)) == {soon}
    assert await found(in_flight, clinic, next_before=clinic.clock() + timedelta(days=1000)) == {soon, later}


async def test_a_closed_channel_has_no_contact_point_left(in_flight: LeadsInFlight, clinic: Clinic) -> None:
    lost, texts_closed, open_ = [await clinic.captured() for _ in range(3)]
    point = "update contact_points set {} where lead_id = :id and kind = '{}'"
    await clinic.sql(point.format("lost = 'bounce'", "email"), id=lost)
    await clinic.sql(point.format("suppressed_on = '[\"sms\"]'", "phone"), id=texts_closed)
    assert await found(in_flight, clinic, closed=Channel.EMAIL) == {lost}
    assert await found(in_flight, clinic, closed=Channel.SMS) == {texts_closed}
    assert await found(in_flight, clinic, closed=Channel.CALL) == set()
    await clinic.sql(point.format("suppressed = true", "phone"), id=open_)
    assert await found(in_flight, clinic, closed=Channel.CALL) == {open_}


async def test_somebodys_business_is_what_the_desk_says_it_is(
    in_flight: LeadsInFlight, clinic: Clinic, engine: AsyncEngine
) -> None:
    owned, generated, escalated, helped, others = [await clinic.captured() for _ in range(5)]
    await clinic.sql("update leads set owner_id = 'ben' where id = :id", id=owned)
    await clinic.sql("update leads set generated_by_id = 'ben' where id = :id", id=generated)
    task = (
        "insert into tasks (id, lead_id, kind, owner, title, text, occurrence, created_at, opens_at, due_at, "
        "escalate_to, escalations, escalated_to, state) values (gen_random_uuid(), :id, 'call', :owner, 'call', '', "
        "1, now(), now(), now(), 'manager', 0, :escalated_to, :state)"
    )
    await clinic.sql(task, id=escalated, owner="anna", escalated_to="ben", state="open")
    await clinic.sql(task, id=helped, owner="ben", escalated_to=None, state="done")
    assert await found(in_flight, clinic, business_of="ben") == {owned, generated, escalated, helped}
    assert await found(in_flight, clinic, business_of="nobody") == set()
    ownership = Ownership(engine)
    for lead_id in (owned, generated, escalated, helped, others):
        assert await ownership.concerns(lead_id, "ben") == (lead_id != others)


async def walked(in_flight: LeadsInFlight, clinic: Clinic, wanted: LeadFilter, sorting: Sorting) -> list[UUID]:
    """Every lead, page by page."""
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await in_flight.lines(wanted, clinic.clock(), BERLIN, sorting=sorting, limit=2, cursor=cursor)
        assert len(page.items) <= 2
        seen += [line.id for line in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return seen


@pytest.mark.parametrize("counted", [1000, 3])
async def test_pages_show_every_lead_once_in_order(
    in_flight: LeadsInFlight, clinic: Clinic, monkeypatch: pytest.MonkeyPatch, counted: int
) -> None:
    monkeypatch.setattr(leads_in_flight, "COUNTED", counted)
    leads = []
    for _ in range(7):
        leads.append(await clinic.captured())
        clinic.clock.move_by(timedelta(seconds=1))
    for lead_id, next_at in zip(leads, ("4", "2", None, "2", None, "9", "1"), strict=True):
        at = "null" if next_at is None else f"timestamptz '2027-01-0{next_at} 10:00Z'"
        await clinic.sql(f"update leads set next_at = {at} where id = :id", id=lead_id)
    same = sorted((leads[1], leads[3]))
    without = sorted((leads[2], leads[4]))
    by_next = [leads[6], *same, leads[0], leads[5], *without]
    assert await walked(in_flight, clinic, LeadFilter(), Sorting.NEXT_TOUCH) == by_next
    assert await walked(in_flight, clinic, LeadFilter(), Sorting.NEWEST) == leads[::-1]
    assert await walked(in_flight, clinic, LeadFilter(owner="anna"), Sorting.NEXT_TOUCH) == by_next
    page = await in_flight.lines(LeadFilter(), clinic.clock(), BERLIN, limit=2)
    assert (page.total, page.total_exact) == ((7, True) if counted == 1000 else (3, False))
    assert await in_flight.chosen(LeadFilter(), clinic.clock()) == by_next


async def test_a_cursor_that_no_page_gave_out_is_refused(in_flight: LeadsInFlight, clinic: Clinic) -> None:
    with pytest.raises(BadCursor):
        await in_flight.lines(LeadFilter(), clinic.clock(), BERLIN, cursor="nonsense")
    await in_flight.lines(LeadFilter(), clinic.clock(), BERLIN, cursor=open_cursor(None, UUID(int=0)))
    with pytest.raises(BadCursor):
        await in_flight.lines(
            LeadFilter(), clinic.clock(), BERLIN, sorting=Sorting.NEWEST, cursor=open_cursor(None, UUID(int=0))
        )


async def test_more_than_can_be_chosen_shows_as_one_more(
    in_flight: LeadsInFlight, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leads_in_flight, "MOST_CHOSEN", 2)
    for _ in range(4):
        await clinic.captured()
    assert len(await in_flight.chosen(LeadFilter(), clinic.clock())) == 3


async def test_filters_offer_what_there_is(in_flight: LeadsInFlight, clinic: Clinic) -> None:
    await clinic.captured(source="fair")
    await clinic.captured(source="website")
    choices = await in_flight.choices()
    assert choices.sources == ["fair", "website"]
    assert choices.owners["anna"] == "Anna Keller"
    assert {"inbound-web", "not-now", "outbound-qualified"} <= set(choices.versions)


def test_a_filter_knows_whether_it_narrows() -> None:
    assert not LeadFilter().narrows
    assert not LeadFilter(business_of="anna").narrows
    assert LeadFilter(business_of="anna", on_hold=False).narrows


async def test_leads_are_called_by_name_else_company_else_id(in_flight: LeadsInFlight, clinic: Clinic) -> None:
    named, of_company, neither = (
        await clinic.captured(name="Ann Lee", company="Lee Ltd"),
        await clinic.captured(company="Lee Ltd"),
        await clinic.captured(),
    )
    names = await in_flight.names([named, of_company, neither])
    assert names == {named: "Ann Lee", of_company: "Lee Ltd", neither: str(neither)[:8]}

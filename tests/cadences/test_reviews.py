"""The daily review, composed from facts whose numbers were counted by hand."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from cadences.review_days import ReviewDay
from cadences.review_text import review_markdown, review_subject
from cadences.reviews import (
    MOST_ITEMS,
    Facts,
    FirstResponseFact,
    LeadFact,
    Review,
    TaskFact,
    compose_review,
    leads_of,
    read_review,
    review_document,
)
from cadences.tasks import TaskState
from leads.model import Colleague, Role
from leads.staff_mails import mention

MIA = Colleague("mia", "Mia Santos", role=Role.MANAGER)
ANNA, BEN = Colleague("anna", "Anna *Keller*"), Colleague("ben", "Ben Okafor")
ZOE = Colleague("zoe", "Zoe", active=False)
SPAN = ReviewDay(
    date(2026, 11, 20), datetime(2026, 11, 19, 22, 30, tzinfo=UTC), datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
)


def lead(number: int) -> UUID:
    return UUID(int=number)


def day(hour: int, minute: int = 0, on: int = 20) -> datetime:
    """On the clock of New York."""
    return datetime(2026, 11, on, hour, minute, tzinfo=timezone(timedelta(hours=-5)))


def task(
    number: int, due_at: datetime, state: str = "open", closed_at: datetime | None = None, **more: Any
) -> TaskFact:
    values: dict[str, Any] = {"owner": "anna", "kind": "call", "step_id": "first-call", "outcome": None}
    values |= {"closed_by": "anna", **more}
    return TaskFact(lead_id=lead(number), due_at=due_at, state=TaskState(state), closed_at=closed_at, **values)


def asked(
    number: int,
    asked_at: datetime,
    due_at: datetime,
    answered_at: datetime | None = None,
    moot_at: datetime | None = None,
) -> FirstResponseFact:
    times = {"asked_at": asked_at, "due_at": due_at, "answered_at": answered_at, "moot_at": moot_at}
    return FirstResponseFact(lead_id=lead(number), owner="anna", **times)  # type: ignore[arg-type]


FACTS = Facts(
    tasks=[
        task(1, day(10), "done", day(9, 30), outcome="connected"),  # in time
        task(2, day(10), "done", day(11), outcome="voicemail"),  # late
        task(3, day(12, on=18), "done", day(16), outcome="connected"),  # long overdue, and done at last
        task(4, day(15), "expired", day(17), closed_by="followthrough"),  # given up: missed
        task(5, day(9), "cancelled", day(16), closed_by="link"),  # said no after it was due: missed
        task(6, day(16), "cancelled", day(11)),  # made needless before it was due: not missed
        task(7, day(13)),  # open, overdue
        task(8, day(9, on=12), kind="hand_over", step_id=None),  # open, overdue since last week
        task(9, day(17, 30)),  # due at the very close: overdue
        task(10, day(20)),  # due this evening: tomorrow's
        task(11, day(14), "done", day(19), outcome="connected"),  # done after the close: then it was overdue
        task(12, day(17, on=19), "done", day(17, on=19), outcome="no answer"),  # yesterday's
        task(13, day(12), "done", day(12), kind="unknown_send", outcome="sent", closed_by="followthrough"),
        task(14, day(12), "done", day(12), owner="ben", outcome="answered"),
    ],
    first_responses=[
        asked(1, day(9), day(9, 30), day(9, 20)),  # met
        asked(2, day(9), day(9, 30), day(9, 30)),  # met at the last moment
        asked(3, day(9), day(9, 30), day(9, 31)),  # a minute late
        asked(4, day(9), day(9, 30)),  # missed, still open
        asked(5, day(9), day(9, 30), day(19)),  # missed: the answer came after the close
        asked(6, day(17, 15), day(9, 15, on=23)),  # running until Monday
        asked(7, day(17, on=17), day(9, on=18)),  # owed for two days
        asked(8, day(18), day(9, 30, on=23)),  # asked after the close: tomorrow's
    ],
    new_leads=[LeadFact(lead(1), "anna", day(9), "inbound"), LeadFact(lead(6), "anna", day(17, 15), "inbound")],
    yes=[LeadFact(lead(1), "anna", day(9, 20))],
    no=[LeadFact(lead(5), "anna", day(16))],
    not_now=[LeadFact(lead(2), "ben", day(11))],
    holds=[LeadFact(lead(3), "anna", day(9, on=25), "personal touch")],
    of_gone=[LeadFact(lead(20), "zoe", day(9, on=2), "zoe")],
    unknown_sends=[LeadFact(lead(13), "anna", day(8), "checking-in")],
    alerts=["account sendgrid 401"],
    inbox=2,
    mails_not_sent=1,
)


def composed(facts: Facts = FACTS) -> Review:
    return compose_review(MIA, "America/New_York", SPAN, [MIA, ANNA, BEN, ZOE], facts)


def test_the_numbers_are_those_that_were_counted_by_hand() -> None:
    mia, anna, ben = composed().reps
    assert [mia.rep, anna.rep, ben.rep] == ["mia", "anna", "ben"]  # Zoe has left, and has no tasks.
    assert mia.is_empty
    # Due after Thursday's close and up to Friday's: tasks 1, 2, 4, 5, 6, 7, 9, 11, 13.
    assert anna.due == 9
    # Done: 1, 2, 3. Late: 2, 3.
    assert (anna.done, anna.done_late, anna.outcomes) == (3, 2, {"connected": 2, "voicemail": 1})
    assert [item.lead_id.int for item in anna.missed.items] == [5, 4]
    # The oldest first.
    assert [item.lead_id.int for item in anna.overdue.items] == [8, 7, 11, 9]
    assert [item.what for item in anna.overdue.items] == ["hand over", "call first-call"] + ["call first-call"] * 2
    assert (anna.responses_met, anna.responses_running) == (2, 1)
    assert [(item.lead_id.int, item.what) for item in anna.responses_missed.items] == [
        (3, "answered late"),
        (4, "no answer yet"),
        (5, "no answer yet"),
    ]
    assert [item.lead_id.int for item in anna.responses_owed.items] == [7]
    assert (anna.new_leads.total, anna.yes.total, anna.no.total, anna.not_now.total, anna.holds.total) == (
        2,
        1,
        1,
        0,
        1,
    )
    assert (ben.due, ben.done, ben.done_late, ben.outcomes, ben.not_now.total) == (1, 1, 0, {"answered": 1}, 1)


def test_an_answer_counts_when_it_is_given_and_who_waits_no_more_needs_none() -> None:
    facts = [
        asked(1, day(17, 15), day(9, 15, on=23), day(17, 20)),  # answered at once, long before it was due
        asked(2, day(17, 15, on=19), day(9, 15), day(17, 20, on=19)),  # stood in yesterday's
        asked(3, day(9), day(9, 30), moot_at=day(9, 10)),  # said no by itself
        asked(4, day(9), day(9, 30), day(10), moot_at=day(9, 10)),  # said yes by itself; the hand-over came later
        asked(5, day(9), day(9, 30), moot_at=day(11)),  # said no, too late for us
        asked(6, day(17, 15), day(9, 15, on=23), moot_at=day(17, 20)),  # not now
        asked(7, day(17, 15), day(9, 15, on=23), moot_at=day(17, 40)),  # waited at the close
        asked(8, day(9, on=18), day(9, 30, on=18), moot_at=day(11)),  # owed for two days, until it said no
    ]
    anna = composed(Facts(first_responses=facts)).reps[1]
    assert (anna.responses_met, anna.responses_running) == (1, 1)
    assert [(item.lead_id.int, item.what) for item in anna.responses_missed.items] == [(5, "never answered")]
    assert anna.responses_owed.total == 0


def test_what_falls_between_people_is_not_forgotten() -> None:
    forgotten = composed().forgotten
    assert [item.lead_id.int for item in forgotten.owned_by_nobody.items] == [20]
    assert [item.lead_id.int for item in forgotten.unknown_sends.items] == [13]
    assert (forgotten.alerts, forgotten.inbox, forgotten.mails_not_sent) == (("account sendgrid 401",), 2, 1)
    assert composed(Facts()).forgotten.is_empty


def test_who_has_left_is_shown_while_there_is_work_left() -> None:
    facts = Facts(tasks=[task(1, day(10), owner="zoe")])
    assert [rep.rep for rep in composed(facts).reps] == ["mia", "anna", "ben", "zoe"]


def test_of_a_long_list_the_oldest_are_named_and_the_rest_counted() -> None:
    facts = Facts(tasks=[task(number, day(9, number)) for number in range(1, 31)])
    overdue = composed(facts).reps[1].overdue
    assert (overdue.total, len(overdue.items)) == (30, MOST_ITEMS)
    assert overdue.items[0].lead_id == lead(1)
    assert f"  - and {30 - MOST_ITEMS} more" in words(composed(facts))


def test_it_is_kept_as_json_with_ids_and_comes_back_the_same() -> None:
    document = review_document(composed())
    assert read_review(document) == composed()
    assert "Keller" not in str(document)
    assert leads_of(composed()) == {lead(number) for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 20)}


def words(review: Review) -> str:
    people = {one.id: one.name for one in (MIA, ANNA, BEN, ZOE)}
    return review_markdown(review, people, lambda lead_id: f"https://x/{lead_id.int}")


def test_it_reads_as_a_person_would_say_it() -> None:
    review = composed()
    assert review_subject(review) == "Review of Fri 20 Nov 2026: 2 missed, 4 overdue, 3 first responses missed"
    assert review_subject(composed(Facts())) == "Review of Fri 20 Nov 2026: nothing missed"
    said = words(review)
    assert said.startswith("From Thu 19 Nov 2026 17:30 to Fri 20 Nov 2026 17:30, America/New_York.\n\n## Mia Santos")
    for line in (
        "## Mia Santos\n\nNothing was due, and nothing happened.",
        "## Anna \\*Keller\\*\n\n- due: 9; done: 3, 2 of them late (2 connected, 1 voicemail)",
        f"- missed: 2\n  - [{mention(lead(5))}](https://x/5), call first-call, due Fri 20 Nov 09:00",
        "- first responses: 2 in time, 3 missed, 1 still to come",
        f"- said yes: 1\n  - [{mention(lead(1))}](https://x/1), Fri 20 Nov 09:20",
        f"- on hold: 1\n  - [{mention(lead(3))}](https://x/3), personal touch, until Wed 25 Nov 09:00",
        "- leads of people who work here no more: 1\n"
        f"  - [{mention(lead(20))}](https://x/20), Zoe, since Mon 02 Nov 09:00",
        "- to be mended: account sendgrid 401 (`follow alerts`)",
        "- messages that fit no lead: 2 (`follow inbox`)",
        "- mails to colleagues that did not arrive: 1 (`follow staff-mails`)",
    ):
        assert line in said

"""Who stopped us and then asks for us is written to by a person, by email only, until it stops us again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cadences.asked_after_stop import WORDS, as_asked, asked_for_in_person, asked_from, written_to
from cadences.case import Case
from cadences.commands import record_answer
from cadences.hearing import came_again, contact_point_lost, lead_opted_out, lead_replied
from cadences.merging import merge
from cadences.permissions import blocked
from cadences.personal_emails import compose_personal_email, why_nobody_writes, why_not, write_email
from cadences.planning import wake
from cadences.refusals import CommandRefused
from cadences.suppressing import contact_suppressed
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, Task, TaskKind, asks_to_call
from leads.ids import derived_id
from leads.model import Channel, Ending
from leads.personal_emails import PersonalEmail
from tests.cadences.cases import BEN, COMPANY, EMAIL, LEAD_ID, MONDAY, PHONE, a_cadence, begun
from tests.links import LINKS

CADENCE = a_cadence({"email": "hello"}, {"after": "2 days", "call": "hello"})
HOUR = timedelta(hours=1)


def stopped() -> Case:
    case = replace(begun(CADENCE), company=replace(COMPANY, postal_address="1 Pier, Boston"))
    return lead_opted_out(case, why="unsubscribed by link", now=MONDAY + HOUR)


def said_yes(case: Case, *, themselves: bool = True) -> Case:
    return record_answer(case, answer="yes", by="link", note="pressed", now=MONDAY + 2 * HOUR, themselves=themselves)


def an_email(**values: Any) -> PersonalEmail:
    given = {"by": "anna", "sender_name": "Anna", "subject": "Ovens", "text": "Dear Maria", "written_at": MONDAY}
    return PersonalEmail(id=derived_id(LEAD_ID, "email"), enrollment_id=LEAD_ID, **{**given, **values})


def the(kind: TaskKind, case: Case) -> Task:
    (task,) = [one for one in case.open_tasks if one.kind is kind]
    return task


def test_a_yes_after_a_stop_lets_the_owner_write_there_and_nothing_else() -> None:
    case, now = said_yes(stopped()), MONDAY + 3 * HOUR
    hand_over = the(TaskKind.HAND_OVER, case)
    assert (case.enrollment.ended, hand_over.contact, WORDS in hand_over.text) == (Ending.YES, EMAIL, True)
    assert why_not(case, an_email(), now) is None
    written = write_email(case, an_email(), now)
    assert compose_personal_email(written, an_email(), LEAD_ID, LINKS).to == EMAIL
    for channel in (Channel.EMAIL, Channel.SMS, Channel.CALL):
        assert blocked(channel, case, now) is not None, "the machine sends nothing, and nobody calls"
    assert wake(replace(case, tasks=())) is None
    opened = as_asked(case, hand_over)
    assert [point.value for point in opened.lead.contacts if point.usable] == [EMAIL]


def test_a_yes_that_a_colleague_recorded_permits_nothing() -> None:
    case = said_yes(stopped(), themselves=False)
    assert "the lead stopped all messages" in (why_not(case, an_email(), MONDAY + 3 * HOUR) or "")
    with pytest.raises(CommandRefused):
        write_email(case, an_email(), MONDAY + 3 * HOUR)


def test_a_yes_before_the_stop_permits_nothing_and_one_more_does() -> None:
    case = lead_opted_out(said_yes(begun(CADENCE)), why="STOP", now=MONDAY + 3 * HOUR)
    assert the(TaskKind.HAND_OVER, case)
    assert why_nobody_writes(case, asked_for_in_person(case), MONDAY + 3 * HOUR) is not None
    case = said_yes(case)
    assert why_not(case, an_email(), MONDAY + 4 * HOUR) is None
    with pytest.raises(CommandRefused, match="already said yes"):
        said_yes(case)


@pytest.mark.parametrize("how", ["opted out", "suppressed"])
def test_a_stop_after_the_yes_ends_that_too(how: str) -> None:
    case, now = said_yes(stopped()), MONDAY + 4 * HOUR
    if how == "opted out":
        case = lead_opted_out(case, why="STOP", now=now)
    else:
        case = contact_suppressed(case, contact=EMAIL, channel=None, why="asked us", now=now)
    hand_over = the(TaskKind.HAND_OVER, case)
    assert (hand_over.contact, WORDS in hand_over.text) == (None, False)
    assert why_not(case, an_email(), now) is not None
    again = lead_opted_out(case, why="STOP", now=now)
    assert again == case


def test_the_permission_stays_with_a_hand_over_that_was_accepted_and_ends_with_it() -> None:
    case, now = said_yes(stopped()), MONDAY + 4 * HOUR
    task = the(TaskKind.HAND_OVER, case)
    case = complete_task(case, task_id=task.id, outcome=Outcome.ACCEPTED, by="anna", note=None, now=now)
    assert why_not(case, an_email(), now) is None
    task = the(TaskKind.HAND_OVER, case)
    case = complete_task(case, task_id=task.id, outcome=Outcome.LOST, by="anna", note=None, now=now + HOUR)
    assert why_not(case, an_email(), now + HOUR) is not None


def test_an_address_that_is_dead_is_not_written_to() -> None:
    case = contact_point_lost(said_yes(stopped()), contact=EMAIL, why="bounce", now=MONDAY + 4 * HOUR)
    assert asked_for_in_person(case) is None
    assert asked_from(case.lead) is None
    assert why_not(case, an_email(), MONDAY + 4 * HOUR) is not None


@pytest.mark.parametrize("how", ["replied", "asked"])
def test_what_is_asked_after_a_stop_is_answered_from_its_task(how: str) -> None:
    now = MONDAY + 4 * HOUR
    if how == "replied":
        case = lead_replied(stopped(), text="One more thing?", channel=Channel.EMAIL, now=now)
    else:
        case = came_again(stopped(), cadence=CADENCE, version="1" * 64, question="One more thing?", now=now)
    (task,) = case.open_tasks
    assert (written_to(case, task), asks_to_call(task.kind, task.contact)) == (EMAIL, False)
    assert "answer from the task" in (why_not(case, an_email(), now) or "")
    assert why_not(case, an_email(answers=task.id), now) is None
    assert compose_personal_email(case, an_email(answers=task.id), LEAD_ID, LINKS).to == EMAIL


def test_who_never_stopped_us_is_written_to_as_ever() -> None:
    case = said_yes(begun(CADENCE))
    assert (the(TaskKind.HAND_OVER, case).contact, asked_from(case.lead)) == (None, None)
    assert why_not(case, an_email(), MONDAY + 3 * HOUR) is None


def test_the_stop_of_a_merged_lead_ends_what_was_asked_before_it() -> None:
    kept, now = said_yes(stopped()), MONDAY + 9 * HOUR
    lead = replace(begun(CADENCE).lead, id=derived_id(LEAD_ID, "other"), owner=BEN)
    other = replace(begun(CADENCE, lead).enrolled(id=derived_id(LEAD_ID, "theirs")), lead=lead)
    for at, permitted in ((MONDAY + HOUR, True), (MONDAY + 8 * HOUR, False)):
        theirs = lead_opted_out(other, why="STOP", now=at)
        case = merge(kept, theirs, by="mia", now=now).case
        assert (asked_for_in_person(case) is not None) is permitted
        assert PHONE in [point.value for point in case.lead.contacts if point.suppressed]

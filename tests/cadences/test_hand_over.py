"""A lead that stayed silent goes back to who found it, with a note of what was tried."""

from dataclasses import replace

from cadences.case import Case
from cadences.facts import Assigned
from cadences.hand_over import MOST_TOLD, Heard, Story, Tried, hand_over_note, returned
from cadences.planning import wake
from cadences.tasks import TaskKind
from leads.model import Channel, Colleague, ContactKind, ContactPoint, LeadKind
from tests.cadences.cases import BEN, EMAIL, PHONE, a_cadence, a_lead, begun, carried_out, new_york

STORY = Story(
    tried=(
        Tried(new_york("2026-03-02 10:00"), Channel.EMAIL, "intro", "delivered"),
        Tried(new_york("2026-03-05 10:20"), Channel.CALL, "check-in", "made", "voicemail", "anna", "Sounds\n busy"),
        Tried(new_york("2026-03-12 14:00"), Channel.CALL, "last-call", "expired", None, "anna"),
        Tried(new_york("2026-03-16 09:30"), Channel.SMS, "still-here", "unknown"),
    ),
    heard=(Heard(new_york("2026-03-06 08:00"), Channel.EMAIL, "Maybe later."),),
)


def silent(found_by: Colleague | None = BEN, return_to: str = "generator") -> Case:
    """Everything was tried: the return to a person is next."""
    cadence = a_cadence({"email": "intro"}, on_silence={"return_to": return_to, "task": "what now?"})
    lead = replace(a_lead(kind=LeadKind.OUTBOUND, generated_by=found_by), question=None)
    return carried_out(begun(cadence, lead))


def handed_over(case: Case) -> Case:
    due = wake(case)
    assert due is not None
    return returned(case, STORY, due.at)


def test_the_lead_goes_back_to_who_found_it_with_a_task() -> None:
    case = handed_over(silent())
    (task,) = case.open_tasks
    assert (task.kind, task.owner, task.title) == (TaskKind.KICK_BACK, "ben", "what now?")
    assert case.lead.owner == BEN
    assert Assigned("no answer after 1 contact") in case.facts


def test_the_note_tells_what_was_tried_heard_and_known() -> None:
    case = silent()
    lead = replace(
        case.lead,
        company="Harbor Bakery",
        source="fair",
        attributes={"size": "small"},
        contacts=(ContactPoint(ContactKind.EMAIL, EMAIL), ContactPoint(ContactKind.PHONE, PHONE, lost="wrong number")),
    )
    note = hand_over_note(replace(case, lead=lead), STORY, BEN)
    assert note == (
        "No answer after 1 contact: back to Ben Okafor, who found the lead; Anna Keller followed it up.\n"
        "\n"
        "Tried:\n"
        "- Mon 02 Mar 2026 10:00 email intro, delivered\n"
        "- Thu 05 Mar 2026 10:20 call check-in, voicemail (anna): Sounds busy\n"
        "- Thu 12 Mar 2026 14:00 call last-call: nobody made it in time\n"
        "- Mon 16 Mar 2026 09:30 sms still-here, nobody knows whether it arrived\n"
        "\n"
        "Heard:\n"
        "- Fri 06 Mar 2026 08:00 email: Maybe later.\n"
        "\n"
        "Known:\n"
        "- Maria Lopez, Harbor Bakery\n"
        "- maria@example.com, +12125550143 (wrong number)\n"
        "- lives by America/New_York\n"
        "- came from: fair\n"
        "- size: small"
    )


def test_a_lead_of_which_nothing_came_is_told_so() -> None:
    note = hand_over_note(silent(), Story())
    assert note.startswith("No answer after 1 contact: it is for a person to say how to go on.\n\nTried:\n- nothing\n")
    assert "Heard:\n- nothing" in note


def test_the_newest_contacts_are_told_and_the_older_ones_counted() -> None:
    many = tuple(replace(STORY.tried[0], what=f"email-{number}") for number in range(MOST_TOLD + 3))
    note = hand_over_note(silent(), Story(many))
    assert "- 3 earlier ones\n- Mon 02 Mar 2026 10:00 email email-3, delivered\n" in note


def test_it_stays_whose_it_is_where_nobody_else_found_it_or_the_finder_left() -> None:
    for case in (silent(None), silent(replace(BEN, active=False)), silent(return_to="owner")):
        after = handed_over(case)
        assert (after.lead.owner.id, after.open_tasks[0].owner) == ("anna", "anna")
        assert not [fact for fact in after.facts if isinstance(fact, Assigned)]
    manager = handed_over(silent(return_to="manager"))
    assert (manager.lead.owner.id, manager.open_tasks[0].owner) == ("anna", "mia")

"""Questions that ask the same count as one, and show how people answered them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from leads.answer_sheets import AnswerLibrary, AnswerSheet
from leads.answering import AnswerDesk
from leads.sheets import sheet_of
from leads.unanswered import Given, OpenQuestion, asked_alike, name_of, named, still_open
from tests.leads.test_answer_lint import GOOD

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def asked(question: str, hours: int, **more: object) -> OpenQuestion:
    values = {"lead_id": UUID(int=hours), "asked_at": NOON + timedelta(hours=hours), **more}
    return OpenQuestion(question=question, **values)  # type: ignore[arg-type]


def test_the_most_asked_come_first_each_in_its_newest_words() -> None:
    found = asked_alike(
        [
            asked("Can the oven be painted red?", 1),
            asked("Do you sell flour?", 9),
            asked("could the ovens be painted in red", 2),
            asked("Can I have the oven painted red?", 3),
        ]
    )
    assert [(one.question, one.count, one.newest_at) for one in found] == [
        ("Can I have the oven painted red?", 3, NOON + timedelta(hours=3)),
        ("Do you sell flour?", 1, NOON + timedelta(hours=9)),
    ]
    assert found[0].wordings == (
        "Can I have the oven painted red?",
        "could the ovens be painted in red",
        "Can the oven be painted red?",
    )
    assert found[0].leads == (UUID(int=3), UUID(int=2), UUID(int=1))


def test_how_people_answered_is_shown_notes_first() -> None:
    answered = {"answered_by": "ben", "answered_at": NOON}
    (found,) = asked_alike(
        [
            asked("Can it be red?", 1, **answered, answered_note="Yes."),
            asked("Can it be red?", 2, **answered),
            asked("Can it be red?", 3, topic="ovens"),
        ]
    )
    assert (found.count, found.answered, found.topic) == (3, 2, "ovens")
    assert found.given == (Given("ben", NOON, "Yes."), Given("ben", NOON, None))


def test_questions_of_small_words_only_are_compared_by_those() -> None:
    assert [one.count for one in asked_alike([asked("How much?", 1), asked("When?", 2)])] == [1, 1]
    assert asked_alike([]) == []


def test_what_the_library_has_an_answer_to_by_now_is_not_open_any_more() -> None:
    groups = asked_alike([asked("Do you deliver to Boston?", 1), asked("Do you sell flour?", 2)])
    library = AnswerLibrary((sheet_of(AnswerSheet, GOOD, "delivery.yaml"),))
    assert [one.question for one in still_open(groups, AnswerDesk(library))] == ["Do you sell flour?"]
    assert len(still_open(groups, AnswerDesk())) == 2


def test_a_question_is_found_by_what_stands_for_it_in_any_of_its_wordings() -> None:
    groups = asked_alike([asked("Can the oven be red?", 1), asked("could the ovens be red", 2), asked("Flour?", 3)])
    name = name_of("Can the oven be red?")
    assert "oven" not in name
    found = named(groups, name)
    assert found is not None
    assert found.question == "could the ovens be red"
    assert named(groups, "nothing") is None

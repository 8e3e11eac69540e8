"""The outcomes that a rep is offered: all there are, each by a key of its own."""

import pytest

from api.console.rep.outcomes import SHOWN, WORDS, choices_of
from cadences.task_outcomes import OUTCOMES, outcomes_of
from cadences.tasks import Outcome, TaskKind


@pytest.mark.parametrize("kind", TaskKind)
def test_every_way_to_end_a_task_is_offered_once_and_has_a_key_of_its_own(kind: TaskKind) -> None:
    choices = choices_of(kind)
    assert frozenset(one.outcome for one in choices) == OUTCOMES[kind]
    assert len(choices) == len(OUTCOMES[kind]) == len({one.key for one in choices})


def test_a_call_beside_the_plan_ends_as_calls_do_and_may_need_no_answer() -> None:
    choices = choices_of(TaskKind.QUESTION, "+12125550143")
    assert frozenset(one.outcome for one in choices) == outcomes_of(TaskKind.QUESTION, "+12125550143")
    assert len(choices) == len({one.key for one in choices})
    usual = [(one.key, one.words) for one in choices[:6]]
    calls = [(one.key, one.words) for one in choices_of(TaskKind.CALL)[:4]]
    assert usual == [*calls, ("5", "Answered"), ("6", "Nothing needed")]


def test_every_outcome_has_words_of_its_own() -> None:
    assert WORDS.keys() == set(Outcome)
    assert len(set(WORDS.values())) == len(Outcome)
    assert SHOWN.keys() == set(TaskKind)


def test_the_usual_outcomes_of_a_call_are_the_first_keys() -> None:
    assert [(one.key, one.words) for one in choices_of(TaskKind.CALL)] == [
        ("1", "Connected"),
        ("2", "Voicemail"),
        ("3", "No answer"),
        ("4", "Wrong number"),
        ("b", "Call back …"),
        ("m", "Meeting …"),
        ("y", "Yes"),
        ("x", "No …"),
        ("n", "Not now …"),
    ]

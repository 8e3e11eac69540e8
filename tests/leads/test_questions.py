"""A message is taken apart into what it asks, in its own words."""

import pytest

from leads.questions import MAX_QUESTIONS, questions_in


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("Do you deliver to Boston?", ["Do you deliver to Boston?"]),
        (
            "Can your ovens run on single-phase power, and what would two of them cost?",
            ["Can your ovens run on single-phase power", "what would two of them cost?"],
        ),
        ("Do you deliver to Boston and also to Maine?", ["Do you deliver to Boston and also to Maine?"]),
        ("do you ship. what does it cost", ["do you ship.", "what does it cost"]),
        ("Is delivery included, or do I pay extra?", ["Is delivery included", "do I pay extra?"]),
        ("Please call me about your service contract.", ["Please call me about your service contract."]),
        ("Do you deliver to Washington D.C. or St. Louis?", ["Do you deliver to Washington D.C. or St. Louis?"]),
    ],
)
def test_each_question_by_itself(message: str, asked: list[str]) -> None:
    assert list(questions_in(message)) == asked


def test_items_of_a_list_are_questions_also_without_a_question_mark() -> None:
    message = "I have some questions:\n1. What does it cost?\n2) Do you install it\n- warranty"
    assert questions_in(message) == ("What does it cost?", "Do you install it", "warranty")


def test_greeting_thanks_and_signature_ask_nothing() -> None:
    message = "Hi there,\n\nwe run a small bakery. How big are the ovens?\n\nThanks,\nNora\nIs this my signature?"
    assert questions_in(message) == ("How big are the ovens?",)


def test_a_question_that_means_nothing_alone_takes_the_sentence_before_it_along() -> None:
    assert questions_in("We only have 208 volts. Is that enough?") == ("We only have 208 volts. Is that enough?",)


def test_a_message_without_a_question_is_one_as_a_whole() -> None:
    assert questions_in("ovens for a pizzeria, two decks") == ("ovens for a pizzeria, two decks",)
    assert questions_in("  \n ") == ()


def test_what_comes_after_many_questions_stays_together_and_is_not_lost() -> None:
    asked = questions_in(" ".join(f"What is part {number}?" for number in range(15)))
    assert len(asked) == MAX_QUESTIONS
    assert asked[-1].endswith("What is part 14?")


def test_the_same_question_twice_is_one() -> None:
    assert questions_in("How heavy is it? How heavy is it?") == ("How heavy is it?",)

"""What a task tells, in its parts."""

from api.console.rep.facts import Part, parts_of


def test_headings_lists_and_what_is_quoted_are_told_apart() -> None:
    text = """Opener

Hello Ann.
Is this a good time?

They asked:
> Do your ovens run
>
> on single-phase power?

Left to answer:
- the price
- the delivery time

"""
    assert parts_of(text) == [
        Part("heading", ["Opener"]),
        Part("words", ["Hello Ann.", "Is this a good time?"]),
        Part("words", ["They asked:"]),
        Part("quote", ["Do your ovens run", "", "on single-phase power?"]),
        Part("words", ["Left to answer:"]),
        Part("list", ["the price", "the delivery time"]),
    ]


def test_a_sentence_is_no_heading_and_a_dash_within_one_no_list() -> None:
    assert parts_of("Yes.\n\nTwo - or three - ovens, please.") == [
        Part("words", ["Yes."]),
        Part("words", ["Two - or three - ovens, please."]),
    ]
    assert parts_of(" \n\n ") == []

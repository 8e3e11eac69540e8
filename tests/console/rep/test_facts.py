"""What a task tells, in its parts."""

import re

import pytest

from api.console.drawn import linked
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


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "Drawings (PDF) <https://www.example.com/d.pdf>",
            '<a href="https://www.example.com/d.pdf" target="_blank" rel="noopener">Drawings (PDF)</a>',
        ),
        ("1 < 2 & <b>", "1 &lt; 2 &amp; &lt;b&gt;"),
        (
            "See <https://www.example.com/?a=1&b=2>, please.",
            'See <a href="https://www.example.com/?a=1&amp;b=2" rel="noopener" target="_blank">'
            "https://www.example.com/?a=1&amp;b=2</a>, please.",
        ),
        (
            '"> onx=1 <https://www.example.com/"onx=1>',
            "&#34;&gt; onx=1 <a href=",
        ),
    ],
)
def test_addresses_in_plain_text_are_links_and_nothing_else_is_markup(text: str, html: str) -> None:
    assert linked(text).startswith(html)
    assert re.sub(r'<a href="[^"<>]*" [a-z="_ ]+>[^<>]*</a>', "", linked(text)).count("<") == 0

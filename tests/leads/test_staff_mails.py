"""Mails to colleagues as values: whatever others wrote stands in them as it was written."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadences.rendering import ERASED_LEAD, render_staff_email, render_staff_prose
from leads.staff_mails import mention, mentioned, plain, staff_mail_id
from tests.sample import COMPANY

LEAD = UUID(int=7)


@pytest.mark.parametrize(
    "words",
    [
        *("- a", "1. b", "12) c", "# d", "== e", "~~~ f", "+ g", "> h", "a | b", "snake_case and _this_"),
        "*x* `y` [z](http://evil.example.com) <b>bold</b> &amp; \\ ![i](j) <http://k>",
        mention(LEAD),
    ],
)
def test_words_of_others_are_no_markdown(words: str) -> None:
    text, html = render_staff_prose(f"{plain(words)}", {LEAD: "Priya"})
    assert text == f"{words}\n"
    assert html.count("<") == 2  # One paragraph, and nothing in it.


@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters="\ue000\ue001", exclude_categories=("Cs", "Cc")), min_size=1
    )
)
def test_any_words_come_out_as_they_went_in(words: str) -> None:
    text, _ = render_staff_prose(f"Of {plain(words)}", {})
    assert text == f"Of {' '.join(words.split())}".rstrip() + "\n"


def test_a_mention_becomes_a_name_and_a_lead_that_is_gone_is_called_so() -> None:
    other = UUID(int=8)
    markdown = f"Call **{mention(LEAD)}** before [{mention(other)}](https://x)."
    assert mentioned(markdown) == {LEAD, other}
    email = render_staff_email("News\nBcc: x", markdown, COMPANY, {LEAD: "P*r*iya <Raman>"})
    assert email.subject == "News Bcc: x"
    assert email.text.startswith(f"Call P*r*iya <Raman> before {ERASED_LEAD} <https://x>.")
    assert "<strong>P*r*iya &lt;Raman&gt;</strong>" in email.html


def test_the_same_news_to_the_same_colleague_has_the_same_id() -> None:
    ids = {staff_mail_id(kind, who, about) for kind in "ab" for who in "xy" for about in "12" for _ in range(2)}
    assert len(ids) == 8

"""A person's own words are told from what they quote."""

import time

import pytest

from leads.normalising import MAX_TEXT
from leads.quotes import written

HI = "> Hi Maria\n> Unsubscribe"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (f"Fine.\n\nOn Mon, Nov 2, 2026 at 3:04 PM Anna <r+x@reply.example.com> wrote:\n{HI}", "Fine."),
        (
            f"Fine.\n\nOn Mon, Nov 2, 2026 at 3:04 PM Anna via Us\n<r+{'x' * 42}@r.example.com> wrote:\n{HI}",
            "Fine.",
        ),
        ("Fine.\n\nFrom: Anna <a@example.com>\nSent: Monday\nTo: Maria\nSubject: Ovens\n\nUnsubscribe", "Fine."),
        ("Fine.\n\n-----Original Message-----\nFrom: Anna\nUnsubscribe", "Fine."),
        ("Fine.\n________________________________\nFrom: Anna\nSent: x\nTo: y\nSubject: z\n\nUnsubscribe", "Fine."),
        (f"Bien.\n\nLe lun. 2 nov. 2026 à 15:04, Anna <a@example.com> a écrit :\n{HI}", "Bien."),
        (f"Gut.\n\nAm Mo., 2. Nov. 2026 um 15:04 Uhr schrieb Anna <a@example.com>:\n{HI}", "Gut."),
        (f"On Mon, 2 Nov 2026 Anna wrote:\n{HI}\n\nbelow", "below"),
        ("From: Anna\nSent: x\nTo: y\nSubject: z\n\nUnsubscribe", ""),
        ("> Yes?\nNo.\n> And this?\nMaybe.", "No.\nMaybe."),
        ("", ""),
    ],
)
def test_what_is_quoted_is_not_the_persons(text: str, own: str) -> None:
    assert written(text).words == own
    assert written(text.replace("\n", "\r\n")).words == own


def test_a_signature_is_read_by_people_and_holds_no_keyword() -> None:
    found = written("Tell me more\n\nBest,\nMaria\n-- \nUnsubscribe Ltd\n+1 212 555 0143")
    assert found.words == "Tell me more"
    assert "+1 212 555 0143" in found.text


@pytest.mark.parametrize(
    ("html", "own"),
    [
        ("<html><head><title>x</title><style>p{}</style></head><p>Fine.</p><p>And you?</p></html>", "Fine.\nAnd you?"),
        ('Fine.<br><div class="gmail_quote">On Monday Anna wrote: <blockquote>Unsubscribe</blockquote></div>', "Fine."),
        ('Fine.<div id="divRplyFwdMsg">From: Anna</div><div>Unsubscribe</div>', "Fine."),
        ("Fine.<blockquote>Unsubscribe<blockquote>No</blockquote></blockquote>", "Fine."),
        ("<script>stop</script>Fine &amp; good", "Fine & good"),
        ("<div>" * 5000 + "deep", ""),
        ("<<<", "<<<"),
    ],
    ids=range(7),
)
def test_html_becomes_text_without_its_quotes(html: str, own: str) -> None:
    words = written("", html).words
    assert words in (own, "deep") if own == "" else words == own


def test_plain_text_is_read_rather_than_html() -> None:
    assert written("plain", "<p>html</p>").words == "plain"


def test_a_long_mail_is_kept_up_to_what_a_note_holds() -> None:
    assert len(written("word " * 50_000).text) <= MAX_TEXT
    assert written("word " * 3_000).text.count("word") > 1_900


CROOKED = ("On ", "On On On On\n", " \n", "From: a\nSent: b\n\n", "> ", "Am ", "Sent from my a b\n", "mail: a,( ")


@pytest.mark.parametrize("again", [*CROOKED, "_" * 40 + "\n\n"])
def test_a_crooked_mail_takes_little_time(again: str) -> None:
    """The library alone takes 20 s for 20 KB of some of these."""
    begun = time.perf_counter()
    written(again * 20_000)
    assert time.perf_counter() - begun < 3


@pytest.mark.parametrize("again", ["<a ", "<!-", "</", "&#", "<p>x", "<br>", "<blockquote><p>", "<style>", "<a b='>"])
def test_crooked_html_takes_little_time(again: str) -> None:
    """The parser alone takes minutes for some of these."""
    begun = time.perf_counter()
    written("", again * 100_000)
    assert time.perf_counter() - begun < 3

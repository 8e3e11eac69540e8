"""What a person wrote in an email: without what it quotes, and as text where it is HTML only.

Source: the library mail-parser-reply finds where the quoted mail begins. Its expressions need time that grows with the
cube of a line's length, so it gets short lines, no runs of white space, and the beginning of a long mail only.
"""

import re
import textwrap
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from mailparser_reply import EmailReplyParser  # type: ignore[import-untyped]

from leads.normalising import MAX_TEXT, clean_text

LONGEST_HTML = 60_000
"""Characters of HTML that are read, styles not counted; what a person wrote stands at its beginning."""
_LONGEST_LINE = 200
_READ = 6_000
"""Characters in which the quoted mail is looked for; what a person writes above it is shorter."""
_LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pt"]
_QUOTED = re.compile(r"^\s*>")
_BLANK_LINES = re.compile(r"\n{3,}")
_RULES = re.compile(r"\n[ _-]*[_-]{20,}\s*$")
"""The line that some mail programs draw above what they quote."""
_NOT_SHOWN = ("script", "style", "head", "title", "template")
_QUOTES = (
    "blockquote",
    ".gmail_quote",
    ".gmail_quote_container",
    ".yahoo_quoted",
    ".moz-cite-prefix",
    ".protonmail_quote",
    "#divRplyFwdMsg",
    "#divRplyFwdMsg ~ *",
    "#appendonsend ~ *",
    "#mail-editor-reference-message-container",
    "[name=messageReplySection] ~ *",
)
"""How mail programs mark what they quote in HTML."""
_LEFT_OUT = ", ".join((*_NOT_SHOWN, *_QUOTES))
_STYLES = re.compile(r"<style[^<>]{0,200}>\s{0,20}(?:<!--)?[^<]{0,200000}</style>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_MOST_OPEN = 50
_MOST_TAGS = 2_000
"""What is nested in each other takes the square of its depth."""
_BLOCKS = ("br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote", "hr")


@dataclass(frozen=True, slots=True)
class Written:
    """A person's own words."""

    text: str
    """With the signature; what a colleague reads."""
    words: str
    """Without the signature and without anything quoted; what is asked whether it says a keyword."""


def written(text: str, html: str = "") -> Written:
    """What the person wrote, without what is quoted below it, above it or between its lines.

    Args:
        text: the mail's plain text; empty when it has HTML only.
        html: its HTML.
    """
    plain = _tamed(text) or _tamed(_html_to_text(html))
    window, rest = plain[:_READ], plain[_READ:]
    replies = EmailReplyParser(languages=list(_LANGUAGES)).read(window).replies
    if not replies:
        return Written("", "")
    newest = replies[0]
    if newest.headers:
        # It begins with what it quotes: the answer stands below it, or there is none.
        own = newest.full_body if _QUOTED.search(newest.full_body) else ""
        return Written(_kept(own), _kept(own))
    whole = newest.content + (rest if len(replies) == 1 else "")
    return Written(_kept(whole), _kept(_RULES.sub("", newest.body)))


def _kept(text: str) -> str:
    """The text without quoted lines, in the length that is kept."""
    lines = [line for line in _RULES.sub("", text).split("\n") if not _QUOTED.match(line)]
    return clean_text("text", _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()[:MAX_TEXT]) or ""


def _tamed(text: str) -> str:
    """The text in short lines without runs of white space."""
    lines: list[str] = []
    for line in text[: 4 * MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        lines += textwrap.wrap(" ".join(line.split()), _LONGEST_LINE) or [""]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _html_to_text(html: str) -> str:
    """What is to be read in HTML, one line for each block, without what mail programs mark as quoted."""
    shown = _STYLES.sub("", html[: 5 * LONGEST_HTML])[:LONGEST_HTML]
    html = "<".join(shown.split("<", _MOST_TAGS + 1)[: _MOST_TAGS + 1])
    if html.count("<") > html.count(">") + _MOST_OPEN:
        # The parser takes very long for tags that never end, and no mail program writes them.
        return _TAG.sub("\n", html)
    try:
        page = BeautifulSoup(html, "html.parser")
        for part in page.select(_LEFT_OUT):
            part.decompose()
        for block in page.find_all(_BLOCKS):
            if isinstance(block, Tag):
                block.insert_after("\n")
        return page.get_text()
    except RecursionError:
        # Nested deeper than any person's mail.
        return ""

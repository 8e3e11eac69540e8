"""Markdown as marketing types it, in lines that an editor or YAML ended, made into text that flows.

Whatever shows it keeps its line ends: mails, texts, talk tracks and suggestions. So those go that only stand there
because a line was full, and those stay that mean something: between paragraphs, in lists, and where one is asked for.
"""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from leads.yaml_text import Folded

_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_FOLDED = re.compile(r"(?<=\S)\n(?=\S)")
_LEAD_IN = re.compile(r"^\s*(?:>\s?)*\s*")
"""What stands before the words of a paragraph's further lines: spaces, and the marks of a quotation."""
_ASKED_FOR = re.compile(r"(?: {2,}|\\)$")
"""A line end that Markdown keeps: behind two spaces, or behind a backslash."""
_RUN_TOGETHER = re.compile(r"(?m)^(?:([-*+]) .*\S \1 \S|1([.)]) .*\S 2\2 \S)")


def flowing(markdown: str) -> str:
    """The Markdown with each paragraph in one line, and with all that is no running prose as it was.

    Args:
        markdown: text; where YAML folded it, a line end that is left was an empty line, and is one again.
    """
    text = _FOLDED.sub("\n\n", markdown) if isinstance(markdown, Folded) else markdown
    lines = text.split("\n")
    for start, end in reversed(_paragraphs(_MARKDOWN.parse(text))):
        lines[start:end] = _joined(lines[start:end])
    return "\n".join(lines)


def runs_together(value: object) -> bool:
    """Whether YAML made one line out of a list, since it was written where lines are folded."""
    return isinstance(value, Folded) and _RUN_TOGETHER.search(value) is not None


def _paragraphs(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """The first line of each paragraph of several lines, and the line after its last."""
    spans = ((token.map[0], token.map[1]) for token in tokens if token.type == "paragraph_open" and token.map)
    return [(start, end) for start, end in spans if end - start > 1]


def _joined(lines: Sequence[str]) -> list[str]:
    joined = [lines[0]]
    for line in lines[1:]:
        if _ASKED_FOR.search(joined[-1]):
            joined.append(line)
        else:
            joined[-1] = f"{joined[-1].rstrip()} {_LEAD_IN.sub('', line)}"
    return joined

"""Markdown with other people's words in it, as html and as plain text, in which those words come out literally.

The words of a template are Markdown; the values put into it (a lead's name or question) must never be. So a value
does not enter the Markdown at all: a placeholder stands for it, and what the value says takes its place after the
Markdown has been read, escaped for html, plain for text.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from cadences.templating import MAX_OUTPUT

_PLACEHOLDER = re.compile("\ue000([0-9]+)\ue001")
_WEB = re.compile("^https?://[^\\s<>\"'`\\\\^{}|\ue000\ue001]+$")

_STYLES = {
    "blockquote_open": "margin:0 0 16px;padding:0 0 0 12px;border-left:3px solid #c9d1d9;color:#57606a",
    "link_open": "color:#0a58ca",
    "paragraph_open": "margin:0 0 16px",
    "bullet_list_open": "margin:0 0 16px;padding:0 0 0 24px",
    "ordered_list_open": "margin:0 0 16px;padding:0 0 0 24px",
    "heading_open": "margin:0 0 12px;font-size:18px",
}
"""Mail programs drop style sheets, so each element carries its own."""


class Values:
    """The values of one rendering, and the placeholders that stand for them."""

    def __init__(self) -> None:
        self._values: list[str] = []
        self._length = 0

    def keep(self, value: str) -> str:
        """The placeholder of a value.

        Raises:
            OverflowError: all values together are longer than a message may be.
        """
        self._length += len(value)
        if self._length > MAX_OUTPUT:
            raise OverflowError(f"the text grows beyond {MAX_OUTPUT} characters")
        self._values.append(value)
        return f"\ue000{len(self._values) - 1}\ue001"

    def as_text(self, text: str) -> str:
        return _PLACEHOLDER.sub(lambda found: self._value(found), text)

    def as_html(self, html: str) -> str:
        return _PLACEHOLDER.sub(lambda found: escape(self._value(found)).replace("\n", "<br />\n"), html)

    def as_link(self, href: str) -> str:
        """A link's target: a web address may come from a value as a whole, anything else only as a quoted part."""
        if (whole := _PLACEHOLDER.fullmatch(href)) and _WEB.match(self._value(whole)):
            return self._value(whole)
        return _PLACEHOLDER.sub(lambda found: quote(self._value(found), safe="@+.-_~"), href)

    def _value(self, found: re.Match[str]) -> str:
        return self._values[int(found.group(1))]


class _Markdown(MarkdownIt):
    """CommonMark without raw html, with line ends kept as they are typed; placeholders in link targets stay."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "breaks": True})

    def normalizeLink(self, url: str) -> str:
        return url if "\ue000" in url else super().normalizeLink(url)


_MARKDOWN = _Markdown()


def render_prose(markdown: str, values: Values) -> tuple[str, str]:
    """Markdown with placeholders, as plain text and as an html fragment."""
    nodes, html = _read(markdown) or _read_with(markdown, values)
    text = "\n\n".join(_blocks(nodes, values))
    return f"{text}\n", values.as_html(html)


def plain_prose(markdown: str) -> str:
    """Markdown of our own, with nobody's words in it, as plain text."""
    return render_prose(markdown, Values())[0].strip()


@lru_cache(maxsize=512)
def _read(markdown: str) -> tuple[Sequence[SyntaxTreeNode], str] | None:
    """The Markdown's blocks and html, the same for every lead; None where a link's target depends on the values."""
    tokens = _MARKDOWN.parse(markdown)
    if _links_to_values(tokens):
        return None
    return _finished(tokens, Values())


def _read_with(markdown: str, values: Values) -> tuple[Sequence[SyntaxTreeNode], str]:
    return _finished(_MARKDOWN.parse(markdown), values)


def _finished(tokens: list[Token], values: Values) -> tuple[Sequence[SyntaxTreeNode], str]:
    _finish(tokens, values)
    html: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return SyntaxTreeNode(tokens).children, html


def _links_to_values(tokens: Sequence[Token]) -> bool:
    return any(
        any("\ue000" in str(token.attrs.get(name, "")) for name in ("href", "src"))
        or _links_to_values(token.children or ())
        for token in tokens
    )


def _finish(tokens: Sequence[Token], values: Values) -> None:
    """Give link targets their values, and elements their style."""
    for token in tokens:
        for name in ("href", "src"):
            if name in token.attrs:
                target = _MARKDOWN.normalizeLink(values.as_link(str(token.attrs[name])))
                token.attrs[name] = target if _MARKDOWN.validateLink(target) else ""
        if token.type in _STYLES and not token.hidden:
            token.attrs["style"] = _STYLES[token.type]
        _finish(token.children or (), values)


def _blocks(nodes: Sequence[SyntaxTreeNode], values: Values) -> list[str]:
    """Each block as lines of plain text."""
    blocks = []
    for node in nodes:
        match node.type:
            case "blockquote":
                inner = "\n\n".join(_blocks(node.children, values))
                blocks.append("\n".join(f"> {line}".rstrip() for line in inner.split("\n")))
            case "bullet_list" | "ordered_list":
                blocks.append(_list(node, values))
            case "hr":
                blocks.append("* * *")
            case "fence" | "code_block":
                blocks.append(values.as_text(node.content).rstrip("\n"))
            case _:
                blocks.append("".join(_inline(child, values) for child in node.children))
    return [block for block in blocks if block.strip()]


def _list(node: SyntaxTreeNode, values: Values) -> str:
    start = int(node.attrs.get("start", 1) or 1)
    items = []
    for number, item in enumerate(node.children, start):
        mark = "- " if node.type == "bullet_list" else f"{number}. "
        inner = "\n".join(_blocks(item.children, values))
        items.append(mark + inner.replace("\n", "\n" + " " * len(mark)))
    return "\n".join(items)


def _inline(node: SyntaxTreeNode, values: Values) -> str:
    match node.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "link":
            words = "".join(_inline(child, values) for child in node.children)
            target = str(node.attrs.get("href", ""))
            shown = target.removeprefix("mailto:").removeprefix("tel:")
            return words if not shown or shown == words else f"{words} <{shown}>"
        case "image" | "text" | "code_inline":
            return values.as_text(node.content)
        case _:
            return "".join(_inline(child, values) for child in node.children)

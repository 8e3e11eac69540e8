"""Parts of a page that the server writes whole: one element for the browser, where widgets would be dozens."""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.utils import urlize
from markdown_it import MarkdownIt
from markupsafe import Markup
from nicegui import ui

from api.console.kit import moment
from leads.normalising import spoken_phone
from leads.spans import city_of

_LABELLED = re.compile(r"(?P<label>[^\n<>]+) <(?P<url>https?://[^\s<>]+)>")
_BRACKETED = re.compile(r"<(https?://[^\s<>]+)>")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")


class Drawn(ui.html):
    """What a template made, in one element; it is sent again only when it changed."""

    def __init__(self, tag: str = "div") -> None:
        """
        Args:
            tag: the element around it.
        """
        super().__init__(sanitize=False, tag=tag)

    def show(self, markup: Markup) -> Self:
        """Show this; as templates make it, what people wrote is escaped in there."""
        self.set_content(markup)
        return self


def macros(folder: Path, name: str) -> Any:
    """The macros of a template: each is called like a function and returns a Markup.

    Args:
        folder: where the area of the console keeps its templates.
    """
    return _environment(folder).get_template(name).module


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "moment": moment,
        "place": city_of,
        "markdown": _from_markdown,
        "linked": linked,
        "phone": spoken_phone,
    }
    environment.filters |= filters
    return environment


def linked(text: str) -> Markup:
    """Plain text with its web addresses as links; those that stand behind what they show, as plain text has them
    ("the price list <https://…>"), without the brackets."""
    whole = _LABELLED.fullmatch(text)
    if whole is not None:
        return Markup('<a href="{}" target="_blank" rel="noopener">{}</a>').format(whole["url"], whole["label"])
    return Markup(urlize(Markup.escape(_BRACKETED.sub(r"\1", text)), target="_blank", rel="noopener"))


@lru_cache(maxsize=512)
def _from_markdown(text: str) -> Markup:
    """What the answer library says, as a page shows it: no html of its own in it, and nothing that is fetched."""
    return Markup(_MARKDOWN.render(text))

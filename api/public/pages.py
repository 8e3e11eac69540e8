"""Public pages as responses: rendered by Jinja2, in one style, with headers that let nothing else in or out."""

import base64
import hashlib
from collections.abc import Awaitable
from functools import cache
from pathlib import Path
from typing import TypeVar

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from adapters.db.engine import is_trouble
from leads.model import Company

_FOLDER = Path(__file__).parent
Shown = TypeVar("Shown", bound=Response)


def page(
    template: str, status: int, company: Company, submits_to: tuple[str, ...] = (), **values: object
) -> HTMLResponse:
    """A page of ours.

    Args:
        template: its file's name, without `.html`.
        company: whose page it is.
        submits_to: origins that its forms lead to besides our own.
        values: what the template names.
    """
    return HTMLResponse(rendered(template, company=company, **values), status, headers=_headers(submits_to))


def rendered(template: str, **values: object) -> str:
    """The text of a template."""
    return _environment().get_template(f"{template}.html").render(**values)


def said(
    company: Company, heading: str, *lines: str, status: int = 200, again: str = "", contact: str = ""
) -> HTMLResponse:
    """A page that says how things are, and asks nothing.

    Args:
        company: whose page it is.
        heading: what it says in short.
        lines: what it says at length.
        status: of HTTP.
        again: where to choose again; empty where that can't be.
        contact: why to call or write to us instead; empty for no mention of it.
    """
    return page("said", status, company, heading=heading, lines=lines, again=again, contact=contact)


def no_such_page(company: Company) -> HTMLResponse:
    """The page of a link that we did not make, or that was cut off or changed on its way."""
    return said(
        company,
        "This link does not work",
        "Perhaps it was cut off. Please open it from the email again, or copy the whole of it.",
        status=404,
        contact="If that does not help",
    )


def gone(company: Company, line: str) -> HTMLResponse:
    """The page of a link to a lead that was erased.

    Args:
        line: what follows from it.
    """
    heading = "We don't have your details any more"
    return said(company, heading, line, status=410, contact="If you would like to talk")


async def unless_in_trouble(company: Company, page: Awaitable[Shown]) -> Shown | HTMLResponse:
    """A page that needs the database, or the one that says that nothing could be stored."""
    try:
        return await page
    except Exception as error:
        if not is_trouble(error):
            raise
        return in_trouble(company)


def in_trouble(company: Company) -> HTMLResponse:
    """The page for when nothing could be stored."""
    response = said(
        company,
        "That did not work, and it is our fault",
        "Nothing was stored. Please go back and press the button again in a minute.",
        status=503,
        contact="If it keeps happening",
    )
    response.headers["Retry-After"] = "60"
    return response


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup(_style())
    return environment


@cache
def _style() -> str:
    return (_FOLDER / "style.css").read_text("utf-8")


@cache
def _headers(submits_to: tuple[str, ...]) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    actions = " ".join(("'self'", *submits_to))
    rules = ("default-src 'none'", f"style-src 'sha256-{digest}'", f"form-action {actions}", "base-uri 'none'")
    return {
        "Content-Security-Policy": "; ".join((*rules, "frame-ancestors 'none'")),
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }

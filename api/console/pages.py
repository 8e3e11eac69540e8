"""How a page comes to be: registered with who may open it, refused to all others, and built inside the frame."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from nicegui import ui

from adapters.db.cases import UnknownLead
from adapters.db.engine import is_trouble
from api.console.cookies import THEME
from api.console.desk import Desk, NotAllowed
from api.console.door import DESK
from api.console.frame import Section, framed
from api.console.kit import link, trouble, unexpected
from api.console.permissions import Page, may_open
from api.console.refusals import NotHere

_BUILT_WITHIN = 10.0
"""Seconds; a page shows what it has by then."""
_NOWHERE = "Nothing is here"
Builder = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Nav:
    """How a page stands in the navigation."""

    section: Section
    icon: str
    """Of Material Icons."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A page of the console."""

    path: str
    """Under the prefix; `{name}` stands for a parameter."""
    page: Page
    title: str
    nav: Nav | None
    module: str
    """Where it is built."""


PAGES: list[Registered] = []
"""Every page, in the order of the navigation."""


def put_in_order(modules: Sequence[ModuleType]) -> None:
    """Let the pages stand in the navigation as their modules do here."""
    order = [module.__name__ for module in modules]
    PAGES.sort(key=lambda one: order.index(one.module) if one.module in order else len(order))


def console_page(path: str, page: Page, *, title: str, nav: Nav | None = None) -> Callable[[Builder], Builder]:
    """Register a builder as a page: `async def today(desk: Desk, ...)`, with path and query parameters behind the desk.

    Args:
        path: under the prefix.
        page: for who may open it.
        title: the heading and, with our name, the window's title.
        nav: where it stands in the navigation; None: it is reached from other pages.
    """

    def register(builder: Builder) -> Builder:
        PAGES.append(Registered(path, page, title, nav, builder.__module__))

        async def opened(request: Request, **parameters: Any) -> None:
            desk: Desk = request.scope[DESK]
            if not may_open(desk.person.role, page):
                with framed(desk, None, "Not for you", theme=_theme(request)):
                    _say_instead(
                        403, f"As {desk.person.role.value} you can't open this page. Ask an admin if you should."
                    )
                return
            with framed(desk, page, title, theme=_theme(request)):
                try:
                    await builder(desk, **parameters)
                except NotAllowed as refused:
                    _say_instead(403, str(refused))
                except NotHere as missing:
                    _say_instead(404, str(missing), missing.back)
                except UnknownLead:
                    _say_instead(404, "There is no such lead. Perhaps it was erased.")
                except Exception as error:  # NiceGUI would show its message, which may quote what a lead said.
                    _say_instead(503 if is_trouble(error) else 500, unexpected(error))

        asked = [one for name, one in inspect.signature(builder).parameters.items() if name != "desk"]
        first = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
        keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in asked]
        opened.__signature__ = inspect.Signature([first, *keywords])  # type: ignore[attr-defined]
        opened.__name__ = builder.__name__
        name = f"{title} | Followthrough"
        ui.page(path, title=name, dark=None, language="en-US", response_timeout=_BUILT_WITHIN)(opened)
        return builder

    return register


def nowhere(request: Request) -> Response | None:
    """What stands at an address of no page, or one whose parts make no sense, such as an id that is none."""
    desk = request.scope.get(DESK)
    if not isinstance(desk, Desk):  # a script or a picture, which needs nobody to be signed in
        return PlainTextResponse("There is nothing here.", 404)
    ui.page_title(f"{_NOWHERE} | Followthrough")
    with framed(desk, None, _NOWHERE, theme=_theme(request)):
        _say_instead(404, "This address leads to no page. Perhaps it was cut off, or has a slip of the pen in it.")
    return None


def _say_instead(status: int, text: str, back: tuple[str, str] | None = None) -> None:
    """Say why what was asked for is not shown, and lead on."""
    ui.context.client.status_code = status
    trouble(text)
    link(*(back or ("Go to where you begin", "/")))


def _theme(request: Request) -> bool | None:
    """Whether the person chose the dark theme; None: the system decides."""
    return {"dark": True, "light": False}.get(request.cookies.get(THEME, ""))

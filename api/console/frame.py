"""What stands around every page: the header, the navigation for this role, the theme, and what happens to errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from nicegui import ui

from api.console.desk import Desk
from api.console.kit import heading, say_what_happened
from api.console.permissions import Page, may_open
from leads.links import CONSOLE_PATH


class Section(StrEnum):
    """A group of the navigation."""

    WORK = "Work"
    MEASURE = "Measure"
    WRITE = "Write"
    HOUSE = "House"


SIGN_OUT = "/sign-out"
STATIC = "static"
_PREFIX = CONSOLE_PATH


@contextmanager
def framed(desk: Desk, page: Page | None, title: str, *, theme: bool | None) -> Iterator[None]:
    """Build the frame, and let the page be built in its middle.

    Args:
        desk: of who is signed in.
        page: the one that is shown; None: none of them.
        title: the page's heading.
        theme: True: dark; False: light; None: as the system is.
    """
    # In the head, so that nothing is painted before the style is there.
    ui.add_head_html(f'<link rel="stylesheet" href="{_PREFIX}/{STATIC}/console.css">')
    ui.add_head_html(f'<script defer src="{_PREFIX}/{STATIC}/console.js"></script>')
    dark = ui.dark_mode(theme)
    ui.on_exception(say_what_happened)
    desk.live.watch(desk.person)
    with ui.header(elevated=False).classes("ft-header"):
        drawer_button = ui.button(icon="menu").props('flat round aria-label="Navigation"').classes("ft-menu")
        ui.link("Followthrough", "/").classes("ft-brand")
        ui.space()
        _theme_button(dark)
        with ui.link(target="/account").classes("ft-me"):
            ui.label(desk.person.name)
            ui.label(desk.person.role.value).classes("ft-quiet")
        with ui.element("form").props(f"method=post action={SIGN_OUT}"):
            ui.button(icon="logout").props('type=submit flat round aria-label="Sign out"').tooltip("Sign out")
    with (
        # The browser alone says whether it is open: it is while there is room for it.
        ui.left_drawer(value=False, bordered=True)
        .props("breakpoint=1100 width=208 show-if-above")
        .classes("ft-drawer") as drawer,
        ui.element("nav").props('aria-label="Console"'),
    ):
        _navigation(desk, page)
    drawer_button.on_click(lambda: drawer.run_method("toggle"))
    # Quasar's page is the landmark `main` already.
    with ui.element("div").classes("ft-main").props("id=main tabindex=-1") as main:
        heading(title, 1).classes("ft-title")
        yield
    ui.skip_link(target=main)


def _navigation(desk: Desk, page: Page | None) -> None:
    from api.console.pages import PAGES

    for section in Section:
        shown = [
            one
            for one in PAGES
            if one.nav is not None and one.nav.section is section and may_open(desk.person.role, one.page)
        ]
        if not shown:
            continue
        ui.label(section.value).classes("ft-section")
        with ui.element("ul").classes("ft-nav"):
            for one in shown:
                if one.nav is None:
                    continue
                with ui.element("li"), ui.link(target=one.path) as link:
                    ui.icon(one.nav.icon).props("aria-hidden=true")
                    ui.label(one.title)
                if one.page is page:
                    link.classes("ft-here").props("aria-current=page")


def _theme_button(dark: ui.dark_mode) -> None:
    def toggle() -> None:
        ui.run_javascript("followthrough.toggleTheme()")

    ui.button(icon="contrast", on_click=toggle).props('flat round aria-label="Light or dark"').tooltip("Light or dark")

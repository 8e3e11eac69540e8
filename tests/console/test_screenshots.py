"""The pictures: none of a page is forgotten, and those that are committed are small and shown."""

import re

from api.console.pages import Registered
from api.console.permissions import Page
from leads.model import Role
from tests.console.addresses import name_of, pages
from tests.console.browser import NARROW, WIDE
from tests.console.open_pages import NAMES
from tests.console.screenshots import BEST, IN_THE_README, ROOT, views
from tests.console.test_every_page import OPENS

LARGEST = 150_000
"""Bytes."""


def test_every_page_is_taken_for_every_role_that_opens_it() -> None:
    taken = {(page.path, role.value) for page, role in _of_the_console(WIDE)}
    assert taken == {(page.path, role) for page in pages() for role in OPENS[page.page.value].split()}
    assert len({name_of(page) for page in pages()}) == len(pages()), "two pages' pictures have one name"


def test_reps_pages_are_taken_on_a_telephone_too() -> None:
    small = {page.page for page, role in _of_the_console(NARROW) if role is Role.REP}
    assert small == {page.page for page in pages() if "rep" in OPENS[page.page.value].split()}
    assert Page.ADD_LEAD in small


def test_what_needs_no_account_is_taken_on_a_desk_and_on_a_telephone() -> None:
    anybodys = {(str(view.page), view.size) for view in views() if view.role is None}
    assert anybodys == {(name, size) for name in NAMES for size in (WIDE, NARROW)}
    assert {"sign-in", "later", "unsubscribe"} <= set(NAMES)


def test_what_is_committed_is_small_is_shown_and_can_be_taken_again() -> None:
    names = {f"{view.name}-{theme}" for view in views() for theme in ("light", "dark")}
    assert IN_THE_README.keys() <= names
    files = {path.stem: path.stat().st_size for path in BEST.glob("*")}
    assert files.keys() == set(IN_THE_README.values())
    assert [name for name, size in files.items() if size > LARGEST] == []
    shown = re.findall(r"docs/screenshots/([\w-]+)\.webp", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert set(shown) == files.keys()


def _of_the_console(size: tuple[int, int]) -> list[tuple[Registered, Role]]:
    return [
        (view.page, view.role)
        for view in views()
        if view.size == size and isinstance(view.page, Registered) and view.role is not None
    ]

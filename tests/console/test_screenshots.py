"""The pictures: none of a page is forgotten, and those that are committed are small and shown."""

import re

from api.console.permissions import Page
from tests.console.addresses import name_of, pages
from tests.console.browser import NARROW, WIDE
from tests.console.screenshots import BEST, IN_THE_README, ROOT, views
from tests.console.test_every_page import OPENS

LARGEST = 150_000
"""Bytes."""


def test_every_page_is_taken_for_every_role_that_opens_it() -> None:
    taken = {(view.page.path, view.role.value) for view in views() if view.size == WIDE}
    assert taken == {(page.path, role) for page in pages() for role in OPENS[page.page.value].split()}
    assert len({name_of(page) for page in pages()}) == len(pages()), "two pages' pictures have one name"


def test_reps_pages_are_taken_on_a_telephone_too() -> None:
    small = {view.page.page for view in views() if view.size == NARROW and view.role.value == "rep"}
    assert small == {page.page for page in pages() if "rep" in OPENS[page.page.value].split()}
    assert Page.ADD_LEAD in small


def test_what_is_committed_is_small_is_shown_and_can_be_taken_again() -> None:
    names = {f"{view.name}-{theme}" for view in views() for theme in ("light", "dark")}
    assert IN_THE_README.keys() <= names
    files = {path.stem: path.stat().st_size for path in BEST.glob("*")}
    assert files.keys() == set(IN_THE_README.values())
    assert [name for name, size in files.items() if size > LARGEST] == []
    shown = re.findall(r"docs/screenshots/([\w-]+)\.webp", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert set(shown) == files.keys()

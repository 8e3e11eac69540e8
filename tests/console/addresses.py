"""An address for each page of the console, in the shown business: pages of one lead show one that is worth it."""

import re
from collections.abc import Mapping
from uuid import UUID

from api.console import areas
from api.console.door import PREFIX
from api.console.pages import PAGES, Registered
from tests.console.incidents import Incidents

assert areas.AREAS  # importing them has registered every page


class NoExample(Exception):
    """A page has a parameter of which nobody has said what to put there."""


def pages() -> list[Registered]:
    """Every page, in the order of the navigation."""
    return list(PAGES)


def examples(incidents: Incidents) -> Mapping[str, str]:
    """What to put in place of each parameter of a path."""
    return {
        "lead_id": str(_richest(incidents)),
        "name": "inbound-web",
        "colleague_id": "anna",
    }


def address_of(page: Registered, values: Mapping[str, str]) -> str:
    """The address of a page, with examples in the place of its parameters.

    Raises:
        NoExample: see there.
    """

    def filled(parameter: re.Match[str]) -> str:
        name = parameter[1].partition(":")[0]
        if name not in values:
            raise NoExample(f"{page.path}: say in tests/console/addresses.py what to put in the place of {name}")
        return values[name]

    return PREFIX + re.sub(r"\{([^}]+)\}", filled, page.path)


def name_of(page: Registered) -> str:
    """What a page's picture is called."""
    return re.sub(r"[^a-z]+", "-", page.path.lower()).strip("-")


def _richest(incidents: Incidents) -> UUID:
    """A lead of anna's with much to tell."""
    return incidents.leads["replied"]

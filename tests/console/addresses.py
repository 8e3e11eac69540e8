"""An address for each page of the console, in the shown business: pages of one lead show one that is worth it."""

import re
from collections.abc import Mapping

from api.console import areas
from api.console.door import PREFIX
from api.console.pages import PAGES, Registered
from leads.model import Role
from tests.console.incidents import Incidents

assert areas.AREAS  # importing them has registered every page


class NoExample(Exception):
    """A page has a parameter of which nobody has said what to put there."""


def pages() -> list[Registered]:
    """Every page, in the order of the navigation."""
    return list(PAGES)


def examples(incidents: Incidents, who: Role) -> Mapping[str, str]:
    """What to put in place of each parameter of a path; a lead is one that the person may see."""
    own = {Role.PARTNER: "of paul", Role.EXPERT: "of eva"}
    return {
        "lead_id": str(incidents.leads[own.get(who, "much to tell")]),
        "name": "inbound-web",
        "file": "delivery",
        "colleague_id": "anna",
        "run_id": str(incidents.bulk_run),
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

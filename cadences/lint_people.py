"""Colleagues whom a cadence names by their id: whether they work here."""

import difflib
from collections.abc import Collection, Iterator

from cadences.bundle import CadenceBundle
from cadences.model import ROLES
from cadences.reading import read
from leads.findings import Finding, Severity

_NAMED_UNDER = ("first_response", "on_reply", "on_yes")


def check_people(bundle: CadenceBundle, colleagues: Collection[str]) -> Iterator[Finding]:
    """A finding for each colleague who is named and is not there.

    Args:
        colleagues: ids of our own people who work here.
    """
    reading = read(bundle.text, bundle.file)
    for part in _NAMED_UNDER:
        named = reading.source.at((part, "escalate_to"))
        if not isinstance(named, str) or named in ROLES or named in colleagues:
            continue
        place = reading.value_place(part, "escalate_to")
        near = difflib.get_close_matches(named, [*ROLES, *colleagues], n=1)
        roles = ", ".join(sorted(ROLES))
        hint = f"did you mean {near[0]}?" if near else f"roles are {roles}; colleagues are listed by `follow reps`"
        message = f"`escalate_to`: {named!r} is neither a role nor the id of a colleague who works here"
        yield Finding(bundle.file, place.line, place.column, Severity.ERROR, message, hint)

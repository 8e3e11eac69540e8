"""Ids that follow from what they name, so that doing a thing again finds what the first time made."""

from uuid import UUID, uuid5


def derived_id(parent: UUID, *parts: object) -> UUID:
    """The id of something that belongs to `parent` and is named by `parts`; the same input gives the same id."""
    return uuid5(parent, ":".join(str(part) for part in parts))


def touch_id(enrollment_id: UUID, step_id: str, occurrence: int) -> UUID:
    """The ledger's id of one step occurrence, which the provider carries back to us."""
    return derived_id(enrollment_id, "touch", step_id, occurrence)

"""The lead map: the places that a lead passes on its way from its question to an order, in order."""

from enum import StrEnum


class Place(StrEnum):
    """Where a lead has been. A lead goes forward only: what came after a later place is no leg of its way."""

    ASKED = "asked"
    """The person asked; earlier than we knew of it, where a file or another form brought it."""
    CAPTURED = "captured"
    """We had it."""
    MACHINE = "machine"
    """The machine had done its part: its first message was out, or the first task stood in somebody's list."""
    ATTEMPTED = "attempted"
    """A person tried in vain for the first time."""
    ANSWERED = "answered"
    """The first human contact: a connected call, or a person's written answer."""
    QUALIFIED = "qualified"
    """Said yes: handed over to its owner."""
    ACCEPTED = "accepted"
    """The owner accepted the hand-over."""
    LOST = "lost"
    WON = "won"
    UNREACHABLE = "unreachable"
    """Its last contact point is dead; it may still be won or lost."""
    OPTED_OUT = "opted_out"
    """Stopped the messages without an answer."""
    ON_ITS_WAY = "on_its_way"
    """Is being followed up, and has come no further."""

    @property
    def is_end(self) -> bool:
        """Whether it only says how a lead stands that came no further."""
        return self in _ENDS


_ENDS = frozenset({Place.UNREACHABLE, Place.OPTED_OUT, Place.ON_ITS_WAY})
FUNNEL = (Place.CAPTURED, Place.ATTEMPTED, Place.ANSWERED, Place.QUALIFIED, Place.ACCEPTED, Place.WON)
"""How far leads came. Who came to a later stage counts for all before it: a yes by a link needs no call."""

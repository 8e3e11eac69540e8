"""What a person may answer by a link: the choices, as links name them and as people read them."""

from enum import StrEnum


class Choice(StrEnum):
    """An answer that a link leads to; the link itself changes nothing."""

    YES = "yes"
    LATER = "later"
    """Not now: a date to come back."""
    NO = "no"

    @property
    def label(self) -> str:
        """What the link and the button say."""
        return _LABELS[self]


_LABELS = {Choice.YES: "Yes, let's talk", Choice.LATER: "Not now", Choice.NO: "No, thank you"}
UNSUBSCRIBE_LABEL = "Unsubscribe"

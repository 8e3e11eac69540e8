"""What somebody has written about a lead and not yet said: it is there again when they come back to the lead."""

from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

MOST = 5_000
"""So many drafts are kept in all; of more, those that nobody has looked at for longest are forgotten."""


@dataclass(slots=True)
class Unsaid:
    """What one colleague has begun to write about one lead."""

    note: str = ""
    subject: str | None = None
    """Of an email; None: none was begun."""
    email: str | None = None

    def forget_email(self) -> None:
        """It is on its way."""
        self.subject = self.email = None


class Drafts:
    """What all colleagues have begun to write; in the memory of this process only, and gone with it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, UUID], Unsaid] = OrderedDict()

    def of(self, colleague_id: str, lead_id: UUID) -> Unsaid:
        """One colleague's about one lead, the same on every page that they have open."""
        unsaid = self._kept.setdefault((colleague_id, lead_id), Unsaid())
        self._kept.move_to_end((colleague_id, lead_id))
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return unsaid

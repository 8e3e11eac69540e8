"""Why an instant is what it is: the links of the chain that explains a wait."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that had a say, in words a rep understands, and the instant it led to."""

    rule: str
    """Which rule: plan, hours, legal hours, limit, legal limit, sender, pause, absence, late, provider, condition,
    channel, consent, do not call."""
    text: str
    at: datetime | None = None
    """The instant this rule led to (UTC)."""

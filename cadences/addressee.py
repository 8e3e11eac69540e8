"""Whom a touch would reach, as far as the rules of contact ask: every case is one, and so is less than a case."""

from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from cadences.model import Cadence
from leads.model import Company, Lead


class Addressee(Protocol):
    """A lead, and what else decides whether and when it may be reached."""

    @property
    def lead(self) -> Lead: ...

    @property
    def company(self) -> Company: ...

    @property
    def cadence(self) -> Cadence: ...

    @property
    def phone_contacts(self) -> tuple[datetime, ...]:
        """Instants of the calls and texts of the last day, by whomever."""
        ...

    @property
    def zone(self) -> ZoneInfo:
        """The lead's own clock."""
        ...

"""What somebody may want for many leads at once: a hold, its end, a step left out, another cadence, another owner."""

from abc import ABC, abstractmethod
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from api import lead_changes
from api.lead_changes import LeadChange
from api.problems import ValueRefused
from leads.capture import CaptureRefused
from leads.normalising import clean_line


class _Wish(BaseModel, ABC):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @abstractmethod
    def change(self) -> LeadChange:
        """What is done to each lead."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What it is, for a heading."""

    @property
    def apart(self) -> timedelta:
        """At least so long passes between the beginning of one lead and of the next."""
        return timedelta()


class Hold(_Wish):
    """Pause the machine until a day, on each lead's own clock."""

    kind: Literal["hold"] = "hold"
    until: date
    """A day; its first moment on each lead's own clock ends the hold."""
    reason: str
    """Why, in a line."""

    def change(self) -> LeadChange:
        return lead_changes.hold(until=self.until, reason=_line("reason", self.reason))

    @property
    def words(self) -> str:
        return f"Hold until {self.until:%a} {self.until.day} {self.until:%b %Y}"


class Resume(_Wish):
    """End the hold."""

    kind: Literal["resume"] = "resume"

    def change(self) -> LeadChange:
        return lead_changes.resume()

    @property
    def words(self) -> str:
        return "Resume"


class SkipStep(_Wish):
    """Leave the next step out, whichever it is."""

    kind: Literal["skip_step"] = "skip_step"

    def change(self) -> LeadChange:
        return lead_changes.skip_step()

    @property
    def words(self) -> str:
        return "Skip the next step"


class SwitchCadence(_Wish):
    """Another cadence takes over."""

    kind: Literal["switch_cadence"] = "switch_cadence"
    cadence: str
    """The name of one that was published."""

    def change(self) -> LeadChange:
        return lead_changes.switch_cadence(cadence=_line("cadence", self.cadence))

    @property
    def words(self) -> str:
        return f"Switch to {self.cadence}"


class Reassign(_Wish):
    """Another colleague owns the leads."""

    kind: Literal["reassign"] = "reassign"
    owner: str
    """The id of an active colleague."""
    note: str | None = None
    """Why, in a line."""

    def change(self) -> LeadChange:
        note = _line("note", self.note) if self.note else None
        return lead_changes.reassign(owner=_line("owner", self.owner), note=note)

    @property
    def words(self) -> str:
        return f"Reassign to {self.owner}"


class GoOn(_Wish):
    """End the holds that a provider's account is the reason of, since somebody has mended it."""

    kind: Literal["go_on"] = "go_on"
    provider: str
    per_second: float = Field(gt=0)
    """So many leads at most begin in a second, for the account's sake."""

    def change(self) -> LeadChange:
        return lead_changes.go_on(provider=self.provider)

    @property
    def words(self) -> str:
        return f"Go on, since {self.provider} is mended"

    @property
    def apart(self) -> timedelta:
        return timedelta(seconds=1 / self.per_second)


Wish = Annotated[Hold | Resume | SkipStep | SwitchCadence | Reassign, Field(discriminator="kind")]
"""What people may want for leads that they chose."""
ASKED: TypeAdapter[Wish] = TypeAdapter(Wish)
"""Reads what somebody asks for."""
Kept = Annotated[Wish | GoOn, Field(discriminator="kind")]
WISH: TypeAdapter[Wish | GoOn] = TypeAdapter(Kept)
"""Reads from JSON what a run does, and writes it."""


def _line(field: str, text: str) -> str:
    """The text as one line.

    Raises:
        ValueRefused: there is none, or it is too long.
    """
    try:
        line = clean_line(field, text)
    except CaptureRefused as refused:
        raise ValueRefused(refused.field, refused.message) from refused
    if not line:
        raise ValueRefused(field, "it must not be empty")
    return line

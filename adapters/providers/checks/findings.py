"""What a check comes to: one line for each thing that a channel needs, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing stands."""

    OK = "ok"
    MISSING = "missing"
    """It is not there yet."""
    WRONG = "wrong"
    """It is there, and it doesn't fit."""
    UNTOLD = "can't be checked"
    """Nobody who may be asked tells; it may be there."""
    UNUSED = "not used"
    """Nothing that is configured needs it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a channel needs. No field ever holds a secret."""

    channel: str
    what: str
    state: State
    note: str = ""
    """What was found, and what to do."""

    @property
    def is_amiss(self) -> bool:
        """Whether somebody has to do something before messages go out and answers come in."""
        return self.state in (State.MISSING, State.WRONG)


class LookUpFailed(Exception):
    """A provider did not tell.

    Args:
        provider: its name, for people.
        status: of its HTTP answer; None when there was no readable one.
    """

    def __init__(self, provider: str, status: int | None) -> None:
        super().__init__(f"{provider} answered with {status}" if status else f"no readable answer from {provider}")
        self.provider = provider
        self.status = status

    @property
    def is_refusal(self) -> bool:
        """Whether the key is not accepted at all."""
        return self.status == 401

    @property
    def is_beyond_the_key(self) -> bool:
        """Whether this key may not look there."""
        return self.status == 403

    def untold(self, channel: str, what: str, scope: str = "", instead: str = "") -> Check:
        """The line of a thing that could not be looked up.

        Args:
            scope: that the key would need to look.
            instead: where a person sees it.
        """
        if not self.is_beyond_the_key:
            return Check(channel, what, State.UNTOLD, f"{self}; try again later")
        wanted = f" without the scope {scope}" if scope else ""
        look = f"; look at {instead}" if instead else ""
        return Check(channel, what, State.UNTOLD, f"this key may not look there{wanted}{look}")

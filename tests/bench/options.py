"""How a run of the bench was asked for."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """What every part is given."""

    rounds: int = 3
    quick: bool = False
    """Small loads, to try the bench itself; nothing that it says is a result."""
    profile: Path | None = None
    """Where to write a profile of the engine's worker."""
    write: Callable[[str], None] = lambda line: None
    began: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        """Tell whoever watches what is happening."""
        self.write(f"[{time.monotonic() - self.began:6.0f} s] {line}")

    def of(self, full: int, quick: int) -> int:
        """A size: the full one, or the one for trying."""
        return quick if self.quick else full

"""What is wrong with a file that marketing writes: where, how bad, and what to write instead."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """It can't be published like this."""
    WARNING = "warning"
    """It can be published; somebody should look at it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake, at one place of one file; lines and columns count from 1."""

    file: str
    line: int
    column: int
    severity: Severity
    message: str
    hint: str = ""
    """What to write instead."""
    length: int = field(default=0, compare=False)
    """How many characters it is about, from its column on; 0 where that is not known, and a word is meant."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity.value}: {self.message}"

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once, the cadence's own file first as it was found, then by line and column."""
    files: dict[str, int] = {}
    unique = list(dict.fromkeys(findings))
    for finding in unique:
        files.setdefault(finding.file, len(files))
    return sorted(unique, key=lambda found: (files[found.file], found.line, found.column))

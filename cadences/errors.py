"""A cadence that can't be used."""

from collections.abc import Iterable

from leads.findings import Finding


class CadenceError(ValueError):
    """A cadence that can't be used; `findings` says why, with file, line and column."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(
            "\n".join(f"{finding}{f' ({finding.hint})' if finding.hint else ''}" for finding in self.findings)
        )

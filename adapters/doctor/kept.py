"""The newest check of everything as it is kept: what it found, for whoever looks later."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from adapters.db.checks import CheckName, Checks
from leads.contract import LivenessResult
from leads.liveness import Finding, FindingKind

MOST_KEPT = 200
"""Findings; a business in which more is wrong has one cause to mend first."""
_IDS = ("lead_id", "reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class LivenessFound:
    """What a check of everything found."""

    checked_at: datetime
    by: str
    took: timedelta
    repair: bool
    """Whether it mended what it could."""
    result: LivenessResult
    findings: tuple[Finding, ...]
    """The first ones; the result says how many there were."""


async def keep_liveness(checks: Checks, found: LivenessFound) -> None:
    """Keep what a check of everything found."""
    document = {
        "seconds": found.took.total_seconds(),
        "repair": found.repair,
        "result": found.result.model_dump(),
        "findings": [_document(one) for one in found.findings[:MOST_KEPT]],
    }
    await checks.keep(CheckName.LIVENESS, found.by, document, found.checked_at)


async def newest_liveness(checks: Checks) -> LivenessFound | None:
    """The newest check of everything; None when there was none yet."""
    kept = await checks.newest(CheckName.LIVENESS)
    if kept is None:
        return None
    return LivenessFound(
        checked_at=kept.checked_at,
        by=kept.by,
        took=timedelta(seconds=kept.found["seconds"]),
        repair=kept.found["repair"],
        result=LivenessResult.model_validate(kept.found["result"]),
        findings=tuple(map(_finding, kept.found["findings"])),
    )


def _document(finding: Finding) -> dict[str, Any]:
    return {field.name: getattr(finding, field.name) for field in fields(finding)}


def _finding(document: Mapping[str, Any]) -> Finding:
    ids = {name: UUID(document[name]) for name in _IDS if document[name] is not None}
    return Finding(**{**document, "kind": FindingKind(document["kind"]), **ids})

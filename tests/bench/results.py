"""Results as files: one for each day and machine, and the newest medians in `results/latest.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.bench.figures import KEYS
from tests.bench.machine import short_name

RESULTS = Path(__file__).parent / "results"
LATEST = "latest.json"
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Results:
    """What one run of the bench measured."""

    measured_at: datetime
    machine: Mapping[str, Any]
    figures: Mapping[str, float]
    """Medians by key; only those of the parts that ran."""
    details: Mapping[str, Any]
    """By part."""


def read_latest(folder: Path = RESULTS) -> dict[str, float | None]:
    """The newest medians; None where nothing was measured yet."""
    path = folder / LATEST
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {key: found.get(key) for key in KEYS}


def write(results: Results, folder: Path = RESULTS) -> Path:
    """Write a run into the day's file, beside the parts that ran earlier that day, and into the latest medians."""
    unknown = results.figures.keys() - set(KEYS)
    if unknown:
        raise ValueError(f"no such figures: {', '.join(sorted(unknown))}")
    folder.mkdir(exist_ok=True)
    rounded = {key: round(value, _DIGITS) for key, value in results.figures.items()}
    path = folder / f"{results.measured_at:%Y-%m-%d}-{short_name(dict(results.machine))}.json"
    earlier = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    same_machine = earlier.get("machine") == dict(results.machine)
    figures = (earlier["figures"] if same_machine else {}) | rounded
    details = (earlier["details"] if same_machine else {}) | dict(results.details)
    day = {
        "measured_at": f"{results.measured_at:%Y-%m-%dT%H:%MZ}",
        "machine": dict(results.machine),
        "figures": {key: figures[key] for key in KEYS if key in figures},
        "details": details,
    }
    _dump(path, day)
    _dump(folder / LATEST, read_latest(folder) | rounded)
    return path


def _dump(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

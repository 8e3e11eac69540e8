"""The guide to the console says what is true of bulk runs: the body that programs send, its wishes, and the paths."""

import re
from pathlib import Path

from api.app import create_app
from api.bulk_wishes import ASKED, Hold
from api.rest.bulk_models import MOST_NAMED, BulkSent

GUIDE = (Path(__file__).parents[2] / "docs/console.md").read_text("utf-8")


def test_the_body_of_a_bulk_run_is_one() -> None:
    (body,) = re.findall(r"(?ms)^```json\n(.*?)^```$", GUIDE)
    assert isinstance(BulkSent.model_validate_json(body).wish, Hold)
    assert f"up to {MOST_NAMED:,} `ids`" in GUIDE


def test_every_wish_is_named() -> None:
    (named,) = re.findall(r"\(`wish`: ([^)]+)\)", GUIDE)
    assert set(re.findall(r"`(\w+)`", named)) == set(ASKED.json_schema()["discriminator"]["mapping"])


def test_every_path_of_bulk_runs_is_served() -> None:
    served = {
        (method.upper(), re.sub(r"\{\w+\}", "{id}", path))
        for path, methods in create_app(None).openapi()["paths"].items()  # type: ignore[arg-type]
        for method in methods
        if path.startswith("/api/bulk-runs")
    }
    rows = [line.split("|")[1] for line in GUIDE.splitlines() if line.startswith("| `") and "/api/bulk-runs" in line]
    told = {pair for row in rows for pair in re.findall(r"`(GET|POST) ([^`]+)`", row)}
    told |= {("POST", f"/api/bulk-runs/{{id}}{more}") for row in rows for more in re.findall(r"`(/[a-z-]+)`", row)}
    assert told == served

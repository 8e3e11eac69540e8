"""The page about capturing: it tells every key of the files that it explains."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from leads.form_sheets import FormConsent, FormField, FormSheet
from leads.hook_sheets import HookConsent, HookSheet, Signature, Timestamp

PAGE = (Path(__file__).parents[2] / "docs" / "capturing-leads.md").read_text("utf-8")


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize(
    ("title", "models"),
    [
        ("Forms", (FormSheet, FormField, FormConsent)),
        ("Hooks", (HookSheet, Signature, Timestamp, HookConsent)),
    ],
)
def test_every_key_is_told(title: str, models: tuple[type[BaseModel], ...]) -> None:
    told = set(re.findall(r"`([a-z_]+)`", section(title)))
    assert {name for model in models for name in model.model_fields} - told == set()

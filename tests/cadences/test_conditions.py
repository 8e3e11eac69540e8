"""Conditions on a step: how a line is read, and of whom it is true."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from cadences.conditions import Condition
from leads.model import ContactKind, ContactPoint
from tests.cadences.cases import a_lead

READ: TypeAdapter[Any] = TypeAdapter(Condition)
LEAD = a_lead(company="Lopez Bakery", source="Fair", attributes={"size": "small"}, sms=True)
CALLED = {"first-call": "connected", "second-call": "voicemail"}


@pytest.mark.parametrize(
    "line",
    [
        "sms consent",
        "not call consent",
        "has email",
        "has phone",
        "company is set",
        "country is not set",
        "not country is set",
        "source is fair",
        "kind is inbound",
        "attributes.size is small",
        "attributes.size is not large",
        "attributes.colour is not set",
        "first-call was connected",
        "first-call was not voicemail",
        "not second-call was connected",
        "third-call was not connected",
        "  sms   consent ",
    ],
)
def test_these_are_true(line: str) -> None:
    assert READ.validate_python(line).holds(LEAD, CALLED)


@pytest.mark.parametrize(
    "line",
    [
        "not sms consent",
        "email consent",
        "country is set",
        "source is fairs",
        "attributes.size is not small",
        "second-call was connected",
        "third-call was connected",
        "not first-call was not voicemail",
    ],
)
def test_these_are_not(line: str) -> None:
    assert not READ.validate_python(line).holds(LEAD, CALLED)


def test_all_lines_must_hold() -> None:
    assert READ.validate_python(["sms consent", "has email"]).holds(LEAD, {})
    assert not READ.validate_python(["sms consent", "not has email"]).holds(LEAD, {})


def test_a_consent_covers_its_own_number_only() -> None:
    other = replace(LEAD, contacts=(ContactPoint(ContactKind.PHONE, "+12125550199"),))
    assert not READ.validate_python("sms consent").holds(other, {})


@pytest.mark.parametrize("line", ["", "sms", "rich is set", "first-call was rude", "consent to sms", [], 3, [1]])
def test_other_lines_are_refused(line: object) -> None:
    with pytest.raises(ValidationError):
        READ.validate_python(line)


def test_a_condition_is_written_as_it_was_read() -> None:
    assert READ.dump_python(READ.validate_python(["sms consent", "not has email"])) == ["sms consent", "not has email"]

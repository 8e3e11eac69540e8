"""The page about providers is true: its examples pass the check, and its addresses are those that we serve."""

import re
from pathlib import Path

import pytest

from adapters.providers.checks.dns_checks import check_domain, check_reply_domain
from adapters.providers.checks.dns_records import DnsRecords
from adapters.providers.checks.findings import State
from api.public.form_page import FORMS_PATH
from api.webhooks.hooks import HOOKS_PATH
from cadences.bundle import CadenceBundle
from cadences.lint import check
from cadences.reading import read
from leads.links import ANSWER_PATH, UNSUBSCRIBE_PATH
from runtime import provider_checks

PAGE = (Path(__file__).parents[2] / "docs/providers.md").read_text("utf-8")


def block(language: str) -> str:
    [found] = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", PAGE)
    return str(found)


def test_the_small_cadence_passes_the_check() -> None:
    text = block("yaml")
    reading = read(text)
    assert reading.cadence is not None, reading.findings
    bundle = CadenceBundle(reading.cadence.name, text, {"sms/first-text.txt": block("text")})
    assert check(bundle, known_cadences={"not-now"}) == []


def test_the_example_of_dns_records_lacks_nothing() -> None:
    records = DnsRecords.read(block("dns"))
    found = [*check_domain(records, "acme-tools.com", None), check_reply_domain(records, "reply.acme-tools.com")]
    assert [each for each in found if each.is_amiss] == []
    assert len(found) == 5


def test_every_state_is_explained() -> None:
    assert re.findall(r"^\| `([a-z' ]+)` \|", PAGE, re.MULTILINE) == [state.value for state in State]


@pytest.mark.parametrize("path", [provider_checks.SENDGRID_INBOUND, provider_checks.TWILIO_INBOUND])
def test_the_addresses_to_set_are_those_that_are_checked(path: str) -> None:
    assert f"<FOLLOW_PUBLIC_URL>{path}" in PAGE


def test_the_paths_to_let_through_are_those_that_others_call() -> None:
    for path in (ANSWER_PATH, UNSUBSCRIBE_PATH, FORMS_PATH, HOOKS_PATH, "/webhooks"):
        assert f"`{path}/`" in PAGE

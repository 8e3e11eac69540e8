"""Which codes may be tried once more, which wait for the next day, and which later reports mean trouble of ours."""

from datetime import timedelta

import pytest

from adapters.providers.error_codes import NEXT_DAY, TWILIO_CODES, reported_trouble, twilio_error
from leads.sending import AccountTrouble, SendRefused


@pytest.mark.parametrize("code", [code for code, (kind, _) in TWILIO_CODES.items() if kind is SendRefused])
def test_refusals_of_twilio_say_when_and_how_often_to_try_again(code: int) -> None:
    error = twilio_error(400, code, timedelta(seconds=7))
    assert isinstance(error, SendRefused)
    assert error.once is (code in (30003, 30008))
    assert error.retry_after == (NEXT_DAY if code in (30023, 30027) else timedelta(seconds=7))


@pytest.mark.parametrize("code", list(TWILIO_CODES))
def test_a_later_report_means_trouble_of_our_account_exactly_for_its_codes(code: int) -> None:
    kind, words = TWILIO_CODES[code]
    assert reported_trouble("twilio", str(code)) == (words if kind is AccountTrouble else None)


@pytest.mark.parametrize("code", ["", "x", "²", "99999", "bounce 5.1.1", "dropped: Invalid"])
def test_no_other_code_means_trouble(code: str) -> None:
    assert reported_trouble("twilio", code) is None
    assert reported_trouble("sendgrid", code) is None
    assert reported_trouble("local", "30007") is None


def test_a_used_up_quota_and_filtered_content_of_sendgrid_mean_trouble() -> None:
    for reason in ("Recipient List over Package Quota", "Spam Content (if Spam Checker app is enabled)"):
        assert reported_trouble("sendgrid", f"dropped: {reason}")

"""What is signed in a form."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from leads.form_tokens import FormKeys, FormToken

KEYS, OTHERS = FormKeys(b"a secret for tests only"), FormKeys(b"another secret")
TOKEN = FormToken(UUID("0d4f9a52-7d3c-4f62-a4f5-6fc3ab2b7b11"), datetime(2026, 11, 20, 15, 0, 0, 123456, UTC))


def test_a_key_belongs_to_one_form_of_one_installation() -> None:
    key = KEYS.key("contact")
    assert (len(key), key.isascii(), key == key.lower()) == (26, True, True)
    assert KEYS.is_key("contact", key)
    for keys, form, given in (
        (KEYS, "sales", key),
        (OTHERS, "contact", key),
        (KEYS, "contact", ""),
        (KEYS, "contact", "ü"),
    ):
        assert not keys.is_key(form, given)


def test_a_token_says_when_which_form_was_shown_and_nobody_else_can_make_one() -> None:
    text = KEYS.token("contact", TOKEN)
    assert KEYS.read_token("contact", text) == TOKEN
    for keys, form, given in ((KEYS, "sales", text), (OTHERS, "contact", text), (KEYS, "contact", f"1{text}")):
        assert keys.read_token(form, given) is None
    for broken in ("", ".", "x.y", text[:-1], text.replace("-", "."), "9" * 400, "ü"):
        assert KEYS.read_token("contact", broken) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("", "unix:", False),
    ],
)
def test_one_ipv6_customer_has_a_whole_network(one: str, other: str, same: bool) -> None:
    assert (KEYS.address_digest(one) == KEYS.address_digest(other)) is same
    assert one not in KEYS.address_digest(one) or not one

"""Whether a delivery was signed with its hook's own secret; the hashes are those of RFC 4231 and of `openssl dgst`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leads.hook_sheets import Signature
from leads.hook_signatures import HookKeys, is_signed

# RFC 4231, test case 2.
SECRET, BODY = "Jefe", b"what do ya want for nothing?"
IN_HEX = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
IN_BASE64 = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
# printf '1795186800.what do ya want for nothing?' | openssl dgst -sha256 -hmac Jefe
TIMED = "751b963fda4c475db839d08dbae232ed5858e77f07d02140716e2e2c31af5a3f"
NOW = datetime.fromtimestamp(1795186800, UTC)


def signed(given: dict[str, str], now: datetime = NOW, body: bytes = BODY, **signature: Any) -> bool:
    headers = {name.lower(): text for name, text in given.items()}
    sheet = Signature.model_validate({"header": "x-signature", **signature})
    return is_signed(sheet, SECRET, body, headers, now)


@pytest.mark.parametrize(
    ("signature", "header"),
    [
        ({}, IN_HEX),
        ({}, IN_HEX.upper()),
        ({"prefix": "sha256="}, f"sha256={IN_HEX}"),
        ({"encoding": "base64"}, IN_BASE64),
        ({"encoding": "base64", "prefix": "sha256="}, f"sha256={IN_BASE64}"),
        ({"prefix": "v1="}, f"t=1, v1={'0' * 64}, v1={IN_HEX}"),
    ],
)
def test_what_was_signed_is_taken(signature: dict[str, Any], header: str) -> None:
    assert signed({"X-Signature": header}, **signature)
    assert not signed({"X-Signature": header}, body=BODY + b"!", **signature)
    assert not signed({"X-Signature": header}, body=b"", **signature)


@pytest.mark.parametrize("header", ["", IN_HEX[:-2], IN_HEX[:-1], f"sha1={IN_HEX}", "x" * 64, IN_BASE64, "ü", "=,=,,"])
def test_anything_else_is_not(header: str) -> None:
    assert not signed({"X-Signature": header})
    assert not signed({"X-Signature": header}, encoding="base64") or header == IN_BASE64
    assert not signed({})


def test_the_time_is_signed_and_must_be_near() -> None:
    timestamp = {"header": "x-time", "tolerance": "5 minutes"}
    given = {"X-Signature": TIMED, "X-Time": "1795186800"}
    for minutes, good in ((0, True), (5, True), (-5, True), (5.1, False), (-5.1, False)):
        assert signed(given, NOW + timedelta(minutes=minutes), timestamp=timestamp) is good
    assert not signed({"X-Signature": IN_HEX, "X-Time": "1795186800"}, timestamp=timestamp)
    for stamp in ("", "now", "1795186800.0", "-1", "9" * 15, "9" * 400, "²"):
        assert not signed({**given, "X-Time": stamp}, timestamp=timestamp)
    # In one header with the signature, as some tools have it.
    one = {"X-Signature": f"t=1795186800,v1={TIMED}"}
    assert signed(one, prefix="v1=", timestamp={"header": "x-signature", "prefix": "t="})


def test_a_secret_belongs_to_one_hook_of_one_installation() -> None:
    keys = HookKeys(b"a secret for tests only")
    assert len({keys.of("one"), keys.of("two"), HookKeys(b"another").of("one")}) == 3
    assert (len(keys.of("one")), keys.of("one").isalnum()) == (52, True)

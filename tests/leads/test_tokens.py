"""Signed tokens: only ours are read, in one spelling, and for the purpose that they were made for."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.tokens import LinkToken, PolicyToken, Purpose, TokenKey

KEY = TokenKey(b"a secret of this installation")
LEAD, TOUCH = UUID(int=0x1234 << 96), UUID(int=0x5678 << 90 | 3)
IN_LINKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


@given(st.uuids(), st.uuids(), st.sampled_from(Purpose))
def test_a_link_comes_back_as_it_was_made(lead_id: UUID, touch_id: UUID, purpose: Purpose) -> None:
    token = KEY.link(purpose, lead_id, touch_id)
    assert KEY.read_link(purpose, token) == LinkToken(lead_id, touch_id)
    assert set(token) <= set(IN_LINKS)


def test_a_link_opens_nothing_else() -> None:
    assert KEY.read_link(Purpose.UNSUBSCRIBE, KEY.link(Purpose.ANSWER, LEAD, TOUCH)) is None
    assert TokenKey(b"another secret").read_link(Purpose.ANSWER, KEY.link(Purpose.ANSWER, LEAD, TOUCH)) is None


def test_any_changed_character_makes_a_link_a_stranger() -> None:
    token = KEY.link(Purpose.UNSUBSCRIBE, LEAD, TOUCH)
    for place in range(len(token)):
        for other in IN_LINKS:
            if other != token[place]:
                changed = token[:place] + other + token[place + 1 :]
                assert KEY.read_link(Purpose.UNSUBSCRIBE, changed) is None


@pytest.mark.parametrize("token", ["", ".", "a", "a.b", "ä", "\x00", "=", "." * 90, "A" * 43])
def test_anything_at_all_is_read_as_nothing(token: str) -> None:
    assert KEY.read_link(Purpose.ANSWER, token) is None
    assert KEY.read_reply(token) is None
    assert KEY.read_mailbox(token) is None


@given(st.uuids())
def test_a_reply_address_fits_and_survives_other_cases(touch_id: UUID) -> None:
    token = KEY.reply(touch_id)
    assert len(f"r+{token}") <= 64
    assert KEY.read_reply(token) == KEY.read_reply(token.upper()) == touch_id


def test_a_changed_reply_address_is_a_stranger() -> None:
    token = KEY.reply(TOUCH)
    for place in range(len(token)):
        changed = token[:place] + ("a" if token[place] != "a" else "b") + token[place + 1 :]
        assert KEY.read_reply(changed) is None
    assert KEY.read_reply(token[:-1]) is None


def test_a_colleague_s_address_names_that_colleague() -> None:
    token = KEY.mailbox("anna-b")
    assert KEY.read_mailbox(token) == KEY.read_mailbox(token.upper()) == "anna-b"
    assert KEY.read_mailbox(token.replace("anna", "tom")) is None


def test_a_policy_link_says_who_and_which_version_and_opens_nothing_else() -> None:
    token = KEY.policy("anna.k-2", "0123456789ab")
    assert KEY.read_policy(token) == PolicyToken("anna.k-2", "0123456789ab")
    assert set(token) <= set(IN_LINKS)
    assert TokenKey(b"another secret").read_policy(token) is None
    assert KEY.read_policy(KEY.link(Purpose.POLICY, LEAD, TOUCH)) is None
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert KEY.read_policy(changed) is None
    for nothing in ("", ".", "a.b", "ä", "\x00", "=" * 9, "A" * 43):
        assert KEY.read_policy(nothing) is None

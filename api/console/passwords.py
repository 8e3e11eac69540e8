"""Passwords: what one has to be like, and its argon2 hash; hashing takes its time on purpose, beside the event loop."""

import asyncio
from functools import cache

from pwdlib import PasswordHash

LEAST = 12
"""Characters; length is what makes a password hard to guess (NIST SP 800-63B)."""
MOST = 200
_AT_ONCE = asyncio.Semaphore(2)
"""Each takes 64 MiB and a core for a moment."""


def objection(password: str, *own: str) -> str:
    """What is wrong with a password, and what to do; empty when nothing is.

    Args:
        own: what it must not be made of: the person's name, id and address.
    """
    if len(password) < LEAST:
        return f"Please take at least {LEAST} characters; a few words make a good password."
    if len(password) > MOST:
        return f"Please take at most {MOST} characters."
    if len(set(password)) < 5:
        return "Please take more than four different characters."
    bare = password.lower()
    for word in own:
        if len(word) >= 3 and bare.replace(word.lower(), "").strip("0123456789!?.-_ ") == "":
            return "Please take something that is not made of your name or address."
    return ""


async def hashed(password: str) -> str:
    """The hash of a password, with its parameters and salt."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_hasher().hash, password)


async def fits(password: str, password_hash: str | None) -> bool:
    """Whether it is the password; for an account that is not there it takes as long, and never fits."""
    async with _AT_ONCE:
        fitting = await asyncio.to_thread(_hasher().verify, password, password_hash or _nobodys())
    return fitting and password_hash is not None


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys() -> str:
    return _hasher().hash("the password of nobody")

"""Caches for what is worked out from phone numbers: they remember the results, and not the numbers."""

from collections.abc import Callable
from threading import Lock
from typing import ParamSpec, TypeVar

from cachetools import LRUCache, cached

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def remembered(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Cache a pure function under Python's salted hashes of its arguments, so that erased people leave no number here.

    The hashes have 64 bits and another salt in each process; that two of some thousand numbers share one is less likely
    than a broken machine.
    """
    cache: LRUCache[int, _Result] = LRUCache(4096)
    return cached(cache, key=lambda *given: hash(given), lock=Lock())(function)

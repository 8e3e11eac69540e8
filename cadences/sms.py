"""How a text message is encoded, and how many segments a phone company will charge for."""

from dataclasses import dataclass
from enum import StrEnum

from gsm0338 import Codec

_CODEC = Codec()


class SmsEncoding(StrEnum):
    """What a text is sent in."""

    GSM_7 = "GSM-7"
    """160 characters in one segment, 153 in each of several; ^ { } [ ] ~ | \\ and the euro sign count twice."""
    UCS_2 = "UCS-2"
    """Any character outside that alphabet: 70 in one segment, 67 in each of several; most emoji count twice."""


_SIZES = {SmsEncoding.GSM_7: (160, 153), SmsEncoding.UCS_2: (70, 67)}


@dataclass(frozen=True, slots=True)
class SmsSize:
    """What a text amounts to."""

    encoding: SmsEncoding
    units: int
    """Septets (GSM-7) or UTF-16 code units (UCS-2)."""
    segments: int

    @property
    def room(self) -> int:
        """How many units its segments hold."""
        alone, each = _SIZES[self.encoding]
        return alone if self.segments == 1 else each * self.segments


def measure(text: str) -> SmsSize:
    """Count a text (source: 3GPP TS 23.038 and 23.040)."""
    encoding, units = SmsEncoding.GSM_7, _gsm_units(text)
    if units is None:
        encoding, units = SmsEncoding.UCS_2, [2 if ord(character) > 0xFFFF else 1 for character in text]
    alone, each = _SIZES[encoding]
    return SmsSize(encoding, sum(units), 1 if sum(units) <= alone else _packed(units, each))


def outside_gsm(text: str) -> list[str]:
    """The characters, each once, that GSM-7 does not have."""
    return [character for character in dict.fromkeys(text) if _septets(character) is None]


def _gsm_units(text: str) -> list[int] | None:
    units = []
    for character in text:
        size = _septets(character)
        if size is None:
            return None
        units.append(size)
    return units


def _septets(character: str) -> int | None:
    if character == "\x1b":
        return None
    try:
        return len(_CODEC.encode(character)[0])
    except UnicodeEncodeError:
        return None


def _packed(units: list[int], each: int) -> int:
    """Segments of `each` units, where a character of two units is never cut in half."""
    segments, room = 1, each
    for size in units:
        if size > room:
            segments, room = segments + 1, each
        room -= size
    return segments

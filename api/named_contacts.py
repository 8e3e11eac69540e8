"""An address or a number as people type it, and the channels that may use it."""

from adapters.db.suppressions import CHANNELS_OF
from leads.capture import CaptureRefused
from leads.model import Channel, ContactKind
from leads.normalising import normal_email, normal_phone


def normal_contact(text: str, region: str) -> str:
    """An address or a number in the one spelling under which it is kept.

    Args:
        region: the country of numbers that are written without a country code.

    Raises:
        CaptureRefused: it is neither.
    """
    return normal_email(text) if "@" in text else normal_phone(text, region)


def channel_for(kind: ContactKind, channel: Channel | None) -> Channel | None:
    """The channel, if it can use such a contact point.

    Raises:
        CaptureRefused: it can't.
    """
    if channel is not None and channel not in CHANNELS_OF[kind]:
        what = "an email address" if kind is ContactKind.EMAIL else "a phone number"
        raise CaptureRefused("channel", f"{channel.value} does not use {what}; leave it out, or name another")
    return channel

"""Which sender a lead's messages come from: the same one for as long as it may be, so that a thread stays one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from cadences.case import Sender
from cadences.enrollment import Slot
from leads.model import Channel, Company


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderOffer:
    """An active sender that a lead's messages may come from: its owner's, or the whole company's."""

    address: str
    channel: Channel
    name: str
    own: bool
    """The owner's; else the company's."""
    limited: bool
    """It has a cap or a gap."""
    used_at: datetime | None
    """When it last wrote to this lead."""
    paused_until: datetime | None = None
    """Its domain is paused until then."""
    why: str = ""
    """Why its domain is paused."""


def senders_of(
    offers: Sequence[SenderOffer],
    paused: tuple[datetime, str] | None,
    slot: Slot | None,
    *,
    lead_id: UUID,
    company: Company,
    now: datetime,
    as_company: bool = False,
) -> dict[Channel, Sender]:
    """Each channel's sender for a lead; a channel that is not there sends as the settings say, at once.

    The one that wrote to the lead last stays; else the owner's own, else one of the company's, always the same.

    Args:
        paused: until when, and why, the domain of the settings' own address is paused.
        slot: what the next step's message was given.
        as_company: nothing comes from the owner's own addresses now.
    """
    chosen: dict[Channel, Sender] = {}
    for channel in (Channel.EMAIL, Channel.SMS):
        open_to = (one for one in offers if one.channel is channel and not (one.own and as_company))
        best = max(open_to, key=lambda one: _rank(one, lead_id), default=None)
        if best is not None:
            sender = Sender(best.address, best.name, limited=best.limited, own=best.own)
            chosen[channel] = _opening(sender, _pause(best.paused_until, best.why), slot, now)
    if Channel.EMAIL not in chosen and paused is not None and paused[0] > now:
        sender = Sender(company.sender_email, company.sender_name)
        chosen[Channel.EMAIL] = _opening(sender, _pause(*paused), None, now)
    return chosen


def _rank(offer: SenderOffer, lead_id: UUID) -> tuple[float, bool, str]:
    # Each of several takes its share of the leads, and one more takes leads of nobody who was written to.
    lot = hashlib.sha256(f"{lead_id} {offer.address}".encode()).hexdigest()
    return offer.used_at.timestamp() if offer.used_at else 0.0, offer.own, lot


def _pause(until: datetime | None, why: str) -> tuple[datetime, str] | None:
    return (until, f"email of this domain is paused: {why}") if until is not None else None


def _opening(sender: Sender, pause: tuple[datetime, str] | None, slot: Slot | None, now: datetime) -> Sender:
    """The sender with the latest of what keeps it back; what is over keeps nothing back.

    So a touch that waited for its turn counts as late, and what follows it keeps its distance.
    """
    kept_back = [pause] if pause is not None else []
    if slot is not None and slot.sender == sender.address:
        kept_back.append((slot.at, slot.why))
    until, why = max(kept_back, default=(now, ""))
    if until <= now:
        return sender
    return replace(sender, opens_at=until, why=why)

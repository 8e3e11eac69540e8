"""Times that leads pick by a link: offered as they are free, taken by the first, and told to the workflow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.cases import OpenCase, UnknownLead
from adapters.db.meetings import TimeTaken, taken_times
from api.public.answers import BY, scanned_since
from api.services import Services
from api.telling import tell
from cadences import meetings
from cadences.case import Case
from cadences.meeting_tasks import when
from cadences.refusals import CommandRefused
from leads.contract import CommandKind
from leads.free_times import LASTS, free_times, offered_until
from leads.meetings import Appointment, Meeting
from leads.model import Company
from leads.spans import Stretch
from leads.tokens import LinkToken

log = structlog.get_logger()


class Outcome(StrEnum):
    """What picking a time came to."""

    TAKEN = auto()
    """The lead and its owner meet then, by this press or by an earlier one."""
    TIME_GONE = auto()
    """Somebody else got that time, or it is none that is offered."""
    REFUSED = auto()
    """It does not fit what was said before; a person of ours has to look."""
    SCANNED = auto()
    """A program pressed the hidden button since the page was shown; nothing was done."""
    GONE = auto()
    """There is no such lead any more."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page shows: whom the lead meets, when that one is free, and when they meet already."""

    case: Case
    times: tuple[datetime, ...]
    standing: Meeting | None
    """The meeting that a press would move."""

    @property
    def zone(self) -> ZoneInfo:
        return self.case.zone


@dataclass(frozen=True, slots=True)
class Picked:
    """The answer to a press."""

    outcome: Outcome
    offer: Offer | None = None
    """How things stand now."""


class Bookings:
    """Offers times, and takes them for leads."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def offer(self, link: LinkToken) -> Offer | None:
        """What is free now; None when there is no such lead any more. Nothing is changed."""
        now = self._services.clock()
        try:
            async with self._services.cases.open(link.lead_id, now) as opened:
                return await _offer(opened, self._services.company, now)
        except UnknownLead:
            return None

    async def pick(self, link: LinkToken, at: datetime, *, seen_at: datetime) -> Picked:
        """The lead wants to meet its owner at this time.

        Args:
            seen_at: when the page with the button was shown.
        """
        services, now = self._services, self._services.clock()
        try:
            async with services.cases.open(link.lead_id, now) as opened:
                offer = await _offer(opened, services.company, now)
                if await scanned_since(opened, link, seen_at):
                    return Picked(Outcome.SCANNED, offer)
                if offer.standing is not None and offer.standing.starts_at == at:
                    return Picked(Outcome.TAKEN, offer)  # Pressed twice.
                if at not in offer.times:
                    return Picked(Outcome.TIME_GONE, offer)
                try:
                    case, meeting = _agreed(offer, at, now)
                except CommandRefused:
                    return Picked(Outcome.REFUSED, offer)
                said = {"meeting": str(meeting.id), "what": "picked a time", "when": when(case, meeting)}
                details = {**said, "touch_id": str(link.touch_id)}
                await opened.save(case, CommandKind.PLAN_CHANGED, by=BY, details=details)
        except UnknownLead:
            return Picked(Outcome.GONE)
        except TimeTaken:
            # Another lead got it between our look and our commit.
            return Picked(Outcome.TIME_GONE, await self.offer(link))
        lead_id = opened.case.lead.id  # The lead that the link was sent to, or the one that it was merged into.
        log.info("a time was picked", lead_id=str(lead_id), revision=opened.revision)
        await tell(services.delivery.deliver, lead_id)
        return Picked(Outcome.TAKEN, Offer(opened.case, offer.times, meeting))


def _agreed(offer: Offer, at: datetime, now: datetime) -> tuple[Case, Meeting]:
    """The case with the meeting at that time, and the meeting."""
    case, standing = offer.case, offer.standing
    if standing is not None:
        moved = Appointment(starts_at=at, minutes=_MINUTES, subject=standing.subject, place=standing.place)
        case = meetings.move(case, standing.id, moved, by=BY, now=now, accepted=True)
        changed = case.meeting(standing.id)
        assert changed is not None  # it was moved just now
        return case, changed
    owner, known = case.lead.owner, {one.id for one in case.meetings}
    appointment = Appointment(
        starts_at=at,
        minutes=_MINUTES,
        subject=f"{owner.name}, {case.company.name}",
        place=f"{owner.name} calls {case.lead.phone}" if case.lead.phone else "",
    )
    case = meetings.arrange(case, appointment, organizer=owner, by=BY, now=now, accepted=True)
    return case, next(one for one in case.meetings if one.id not in known)


_MINUTES = int(LASTS.total_seconds()) // 60


async def _offer(opened: OpenCase, company: Company, now: datetime) -> Offer:
    case, taken = opened.case, list[Stretch]()
    owner = case.lead.owner
    standing = next((one for one in _to_come(case, now) if one.organizer == owner.id), None)

    async def read(connection: AsyncConnection) -> None:
        but = standing.id if standing is not None else None
        taken.extend(await taken_times(connection, owner.id, now, offered_until(now), but=but))

    await opened.beside(read)
    return Offer(case, free_times(owner, company, taken, now), standing)


def _to_come(case: Case, now: datetime) -> Sequence[Meeting]:
    return sorted((one for one in case.meetings if one.is_to_come(now)), key=lambda one: one.starts_at)

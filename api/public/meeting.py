"""The page on which a lead picks a time to meet its owner."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from api.public import pages, presses
from api.public.bookings import Offer, Outcome
from api.public.forms import read_form
from api.public.presses import ONCE_MORE, AskedPages, PublicPages
from cadences.meeting_messages import spoken_day, spoken_time
from leads.links import MEETING_PATH
from leads.model import Ending
from leads.spans import city_of
from leads.tokens import LinkToken, Purpose

router = APIRouter(prefix=MEETING_PATH, include_in_schema=False)

_TIME_GONE = "That time has just been taken. Please choose another one; nothing was changed."
_NONE_CHOSEN = "Please choose a time first. Nothing was changed."


@router.api_route("/{token}", methods=["GET", "HEAD"])
async def show(shared: AskedPages, token: str) -> HTMLResponse:
    """The free times, each to be chosen; opening the page changes nothing."""
    asked = _read(shared, token)
    if asked is None:
        return pages.no_such_page(shared.company)
    return await pages.unless_in_trouble(shared.company, asked.times())


@router.post("/{token}")
async def press(request: Request, shared: AskedPages, token: str) -> Response:
    """A time was chosen: take it, if that may be a person's doing and it is still free."""
    asked = _read(shared, token)
    if asked is None:
        return pages.no_such_page(shared.company)
    return await presses.press(asked, await read_form(request))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The page that somebody asked for."""

    shared: PublicPages
    link: LinkToken
    token: str

    async def times(self, words: str = "") -> HTMLResponse:
        """The page as it is now."""
        return self.page(await self.shared.bookings.offer(self.link), words)

    async def once_more(self) -> HTMLResponse:
        return await self.times(ONCE_MORE)

    async def take(self, form: FormData, seen_at: datetime) -> HTMLResponse:
        return await _take(self, form, seen_at)

    def page(self, offer: Offer | None, words: str = "", *, status: int = 422) -> HTMLResponse:
        """The page with its times.

        Args:
            words: why nothing was done.
            status: of HTTP, where there are words.
        """
        company = self.shared.company
        if offer is None:
            return _gone(self)
        if offer.case.enrollment.ended is Ending.NO:
            return _refused(self)
        owner, zone, standing = offer.case.lead.owner, offer.zone, offer.standing
        if not offer.times:
            heading, line = f"{owner.name} has no free time in the next days", "Please get in touch with us."
            return pages.said(company, heading, line, contact="To find a time")
        local = [(at, at.astimezone(zone)) for at in offer.times]
        return pages.page(
            "meeting",
            status if words else 200,
            company,
            ticket=self.shared.ticket(self.token),
            owner=owner.name,
            words=words,
            zone=city_of(zone),
            standing=spoken_time(standing, zone) if standing is not None else "",
            days=[
                (spoken_day(times[0][1]), [(at.astimezone(UTC).isoformat(), f"{clock:%H:%M}") for at, clock in times])
                for _, times in ((day, list(found)) for day, found in groupby(local, lambda one: one[1].date()))
            ],
        )


async def _take(asked: _Asked, form: FormData, seen_at: datetime) -> HTMLResponse:
    at = _instant(form)
    if at is None:
        return await asked.times(_NONE_CHOSEN)
    picked = await asked.shared.bookings.pick(asked.link, at, seen_at=seen_at)
    match picked.outcome:
        case Outcome.SCANNED:
            return asked.page(picked.offer, ONCE_MORE)
        case Outcome.TIME_GONE:
            return asked.page(picked.offer, _TIME_GONE, status=409)
        case Outcome.REFUSED:
            return _refused(asked)
        case Outcome.GONE:
            return _gone(asked)
    return _taken(asked, picked.offer)


def _taken(asked: _Asked, offer: Offer | None) -> HTMLResponse:
    if offer is None or offer.standing is None:
        return _gone(asked)
    meeting, reachable = offer.standing, offer.case.lead.email is not None
    return pages.said(
        asked.shared.company,
        f"You meet {meeting.organizer_name}",
        spoken_time(meeting, offer.zone),
        *([meeting.place] if meeting.place else []),
        "An invitation for your calendar is on its way." if reachable else "Please note it in your calendar.",
        again=asked.shared.links.meeting(asked.link.lead_id, asked.link.touch_id),
    )


def _refused(asked: _Asked) -> HTMLResponse:
    return pages.said(
        asked.shared.company,
        "You have told us that you want no more",
        "That stands, and no time can be chosen here.",
        status=409,
        contact="If you would like to talk after all",
    )


def _gone(asked: _Asked) -> HTMLResponse:
    return pages.gone(asked.shared.company, "So no time can be chosen here.")


def _read(shared: PublicPages, token: str) -> _Asked | None:
    link = shared.links.key.read_link(Purpose.MEETING, token)
    return _Asked(shared, link, token) if link is not None else None


def _instant(form: FormData) -> datetime | None:
    """The one time that was chosen."""
    match form.getlist("at"), form.getlist("answer"):
        case [str() as text], ["book"]:
            try:
                at = datetime.fromisoformat(text)
                return at.astimezone(UTC) if at.tzinfo is not None else None
            except (ValueError, OverflowError):
                return None
    return None

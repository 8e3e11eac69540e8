"""The page of the answers: yes, not now, or no."""

from dataclasses import dataclass
from datetime import date, datetime

from dateutil.relativedelta import relativedelta
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from api.public import pages, presses
from api.public.answers import FARTHEST_YEARS, Outcome, Pressed
from api.public.forms import read_form
from api.public.presses import ONCE_MORE, AskedPages, PublicPages
from cadences.asked_after_stop import asked_for_in_person
from leads.choices import Choice
from leads.links import ANSWER_PATH
from leads.tokens import LinkToken, Purpose

router = APIRouter(prefix=ANSWER_PATH, include_in_schema=False)

_SPANS = {
    "1-month": ("1 month", relativedelta(months=1)),
    "3-months": ("3 months", relativedelta(months=3)),
    "1-year": ("1 year", relativedelta(years=1)),
}
_HEADINGS = {
    None: "How shall we go on?",
    Choice.YES: "Yes, let's talk?",
    Choice.LATER: "Not now?",
    Choice.NO: "No, thank you?",
}
_MEANINGS = {
    Choice.YES: "A person of ours gets in touch with you. The automatic messages end.",
    Choice.NO: "We stop, and don't come back to you about this.",
}
_WRONG_DATE = f"Please choose a day after today, and within {FARTHEST_YEARS} years."


@router.api_route("/{token}", methods=["GET", "HEAD"])
@router.api_route("/{token}/{choice}", methods=["GET", "HEAD"])
async def show(shared: AskedPages, token: str, choice: str = "") -> HTMLResponse:
    """The page with a button for each answer; opening it changes nothing."""
    asked = _read(shared, token, choice)
    return pages.no_such_page(shared.company) if asked is None else asked.form()


@router.post("/{token}")
@router.post("/{token}/{choice}")
async def press(request: Request, shared: AskedPages, token: str, choice: str = "") -> Response:
    """A button was pressed: take the answer, if it may be a person's."""
    asked = _read(shared, token, choice)
    if asked is None:
        return pages.no_such_page(shared.company)
    return await presses.press(asked, await read_form(request))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The page that somebody asked for."""

    shared: PublicPages
    link: LinkToken
    token: str
    choice: Choice | None

    async def once_more(self) -> HTMLResponse:
        return self.form(ONCE_MORE)

    async def take(self, form: FormData, seen_at: datetime) -> HTMLResponse:
        return await _take(self, form, seen_at)

    def form(self, words: str = "", *, until: str | None = None) -> HTMLResponse:
        """The page with its buttons.

        Args:
            words: why nothing was done.
            until: a date that can't be taken.
        """
        chosen = self.choice if until is None else Choice.LATER
        return pages.page(
            "answer",
            422 if words or until is not None else 200,
            self.shared.company,
            ticket=self.shared.ticket(self.token),
            heading=_HEADINGS[chosen],
            choice=chosen,
            # What was chosen in the email comes first.
            order=sorted(Choice, key=lambda option: option is not chosen),
            meanings=_MEANINGS,
            spans=[(value, label) for value, (label, _) in _SPANS.items()],
            years=FARTHEST_YEARS,
            words=words,
            wrong_date=_WRONG_DATE if until is not None else "",
            until=until or "",
        )


async def _take(asked: _Asked, form: FormData, seen_at: datetime) -> HTMLResponse:
    answers, link_answers = form.getlist("answer"), asked.shared.answers
    until = str(form.get("until", "")).strip()
    match answers:
        case ["yes" | "no" as answer]:
            pressed = await link_answers.say(asked.link, answer, seen_at=seen_at)
        case [str() as answer] if answer in _SPANS:
            pressed = await link_answers.not_now(asked.link, _SPANS[answer][1], seen_at=seen_at)
        case ["date" as answer]:
            day = _day(until)
            pressed = (
                await link_answers.not_now(asked.link, day, seen_at=seen_at) if day else Pressed(Outcome.WRONG_DATE)
            )
        case _:
            return asked.form(ONCE_MORE)
    match pressed.outcome:
        case Outcome.SCANNED:
            return asked.form(ONCE_MORE)
        case Outcome.WRONG_DATE:
            return asked.form(until=until)
        case Outcome.REFUSED:
            return _refused(asked)
        case Outcome.GONE:
            return pages.gone(asked.shared.company, "So nothing more will come from us by itself.")
    match answer:
        case "yes":
            return _yes(asked, pressed)
        case "no":
            return _no(asked)
        case _:
            return _later(asked, pressed)


def _yes(asked: _Asked, pressed: Pressed) -> HTMLResponse:
    company, case = asked.shared.company, pressed.case
    owner = case.lead.owner.name if case else company.name
    line = f"{owner} will be in touch with you. The automatic messages have ended."
    if case is not None and case.lead.stopped_us:
        line = f"{owner} will write to you. You had stopped everything else from us, and that stays so."
        if asked_for_in_person(case) is None:
            line = (
                "You had stopped all messages from us, and we have no address to write to. Please call or write to us."
            )
    return pages.said(
        company,
        "Thank you, let's talk",
        line,
        again=asked.shared.links.answer(asked.link.lead_id, asked.link.touch_id),
        contact="If it is urgent",
    )


def _later(asked: _Asked, pressed: Pressed) -> HTMLResponse:
    until = f"{pressed.until.day} {pressed.until:%B %Y}" if pressed.until else "then"
    return pages.said(
        asked.shared.company,
        "All right, not now",
        f"You won't hear from us before {until}. Then we get in touch again.",
        "If you would like to talk earlier, simply reply to one of our emails.",
        again=asked.shared.links.answer(asked.link.lead_id, asked.link.touch_id),
    )


def _no(asked: _Asked) -> HTMLResponse:
    return pages.said(
        asked.shared.company,
        "Thank you for telling us",
        "We won't come back to you about this. A message that was on its way already may still arrive.",
        contact="If you pressed the wrong button",
    )


def _refused(asked: _Asked) -> HTMLResponse:
    return pages.said(
        asked.shared.company,
        "You have answered before",
        "That answer stands, and can't be changed on this page.",
        status=409,
        contact="To change it",
    )


def _read(shared: PublicPages, token: str, choice: str) -> _Asked | None:
    link = shared.links.key.read_link(Purpose.ANSWER, token)
    if link is None or (choice and choice not in list(Choice)):
        return None
    return _Asked(shared, link, token, Choice(choice) if choice else None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

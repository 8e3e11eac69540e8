"""The pages of the business's own forms: shown, sent, mended and thanked for, without a script."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from api.form_intake import Answer, Fate, FormIntake, Posted
from api.public import pages
from api.public.form_page import FORMS_PATH, form_page
from api.public.forms import read_form
from api.rest.auth import AskedServices
from api.services import Services
from leads.form_answers import HONEYPOT, KEY, TOKEN, box_of, too_old
from leads.form_sheets import FormSheet
from leads.form_tokens import FormKeys, FormToken
from leads.named_sheets import SheetBroken

LONGEST_FORM = 256 * 1024
"""Bytes: the longest question, in letters that take nine bytes each, and room for the rest."""
_MOST_FIELDS = 100
_NOT_OURS = (
    "The form that you sent is not one of ours any more, so nothing has arrived yet. Here is what you wrote: please "
    "look through it, and send it once more."
)
_LAY_OPEN = "This page lay open for long, so nothing has arrived yet. Please look through it, and send it once more."
_SENT_BEFORE = "What you sent before has arrived. If you want to tell us this as well, please send it."
_TOO_MANY = "A lot was sent from where you are, so this has not arrived yet. Please wait ten minutes, and send it then."
THANKS = "Thank you"
_THANKS = re.compile(r"\s*((?:thank you|thanks)\b[^.!:\n]{0,60}?)\s*(?:[.!:\n]|$)", re.IGNORECASE)
router = APIRouter(prefix=FORMS_PATH, include_in_schema=False)


class _Form:
    """One form, and what its pages need."""

    def __init__(self, services: Services, sheet: FormSheet) -> None:
        self.sheet = sheet
        self._services = services
        self._keys = FormKeys(services.links.key.secret)

    def page(
        self,
        posted: Mapping[str, str],
        mistakes: Mapping[str, str] | None = None,
        words: str = "",
        status: int = 200,
    ) -> HTMLResponse:
        """The form with a new token, and with what was written already."""
        name = self.sheet.form
        token = self._keys.token(name, FormToken(uuid4(), self._services.clock()))
        shown = {"key": self._keys.key(name), "token": token, "words": words, "status": status}
        return form_page(self.sheet, self._services.company, posted=posted, mistakes=mistakes or {}, **shown)  # type: ignore[arg-type]

    async def take(self, request: Request) -> Response:
        sent = await read_form(request, LONGEST_FORM, _MOST_FIELDS)
        fields, now = _texts(self.sheet, sent), self._services.clock()
        origin = _origin(request)
        vouched_for = origin is not None and (origin in self.sheet.origins or self._is_ours(origin, request))
        if not self._keys.is_key(self.sheet.form, fields.get(KEY, "")) or (origin is not None and not vouched_for):
            return self.page(fields, words=_NOT_OURS, status=403)
        token = self._keys.read_token(self.sheet.form, fields.get(TOKEN, ""))
        if token is not None and too_old(token, now):
            return self.page(fields, words=_LAY_OPEN, status=422)
        posted = Posted(
            sheet=self.sheet,
            fields=fields,
            token=token,
            page=self._page_of(origin, request),
            address=request.client.host if request.client is not None else None,
            vouched_for=vouched_for,
        )
        return self._said(await FormIntake(self._services).take(posted), fields)

    def _said(self, answer: Answer, fields: Mapping[str, str]) -> Response:
        match answer.fate:
            case Fate.MISTAKEN:
                return self.page(fields, answer.mistakes, status=422)
            case Fate.SENT_BEFORE:
                return self.page(fields, words=_SENT_BEFORE, status=409)
            case Fate.TOO_MANY:
                busy = self.page(fields, words=_TOO_MANY, status=429)
                busy.headers["Retry-After"] = "600"
                return busy
        if self.sheet.redirect is not None:
            return RedirectResponse(self.sheet.redirect, 303, headers={"Cache-Control": "no-store"})
        return pages.said(self._services.company, *_thanks(self.sheet.thanks))

    def _is_ours(self, origin: str, request: Request) -> bool:
        """Whether it is the origin of this very page: as it is called in links, or as the browser called it."""
        base = urlsplit(self._services.links.base_url)
        return origin == f"{base.scheme}://{base.netloc}".lower() or _host_of(origin) == request.headers.get("Host", "")

    def _page_of(self, origin: str | None, request: Request) -> str:
        """Where the form was filled in, as far as the browser says."""
        if origin is None or origin not in self.sheet.origins:
            return f"{self._services.links.base_url}{FORMS_PATH}/{self.sheet.form}"
        referer = request.headers.get("Referer", "")
        return referer if referer.lower().startswith(f"{origin}/") else origin


@router.api_route("/{name}", methods=["GET", "HEAD"])
async def show(services: AskedServices, name: str) -> HTMLResponse:
    """The form; opening it changes nothing."""
    try:
        sheet = services.doors.forms.get(name)
    except SheetBroken:
        return _out_of_order(services)
    return _no_such_form(services) if sheet is None else _Form(services, sheet).page({})


@router.post("/{name}")
async def send(request: Request, services: AskedServices, name: str) -> Response:
    """Take what was written."""
    return await pages.unless_in_trouble(services.company, _sent(request, services, name))


async def _sent(request: Request, services: Services, name: str) -> Response:
    try:
        sheet = await services.doors.form(name, services.clock())
    except SheetBroken:
        return _out_of_order(services)
    return _no_such_form(services) if sheet is None else await _Form(services, sheet).take(request)


def _thanks(words: str) -> tuple[str, ...]:
    """What is said above, and then below: a form that thanks by itself is not thanked for twice."""
    begun = _THANKS.match(words)
    heading, rest = (begun[1], words[begun.end() :]) if begun else (THANKS, words)
    return heading, *rest.strip().splitlines()


def _texts(sheet: FormSheet, form: FormData) -> dict[str, str]:
    """What was written into each field of the form; other fields are none of ours."""
    names = {KEY, TOKEN, HONEYPOT, *(field.name for field in sheet.fields), *map(box_of, sheet.consents)}
    written = {name: form.get(name) for name in names}
    return {name: text.replace("\0", "") for name, text in written.items() if isinstance(text, str)}


def _origin(request: Request) -> str | None:
    """The website that a browser says it was sent from; None when it does not say."""
    origin = request.headers.get("Origin", "").lower()
    return origin if origin not in ("", "null") else None


def _host_of(origin: str) -> str | None:
    """The host, and port, of an origin; None where it is none that a browser would send."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def _no_such_form(services: Services) -> HTMLResponse:
    return pages.said(
        services.company, "There is no such page", "Perhaps its address has changed.", status=404, contact="To reach us"
    )


def _out_of_order(services: Services) -> HTMLResponse:
    page = pages.said(
        services.company,
        "This page is being mended",
        "Please come back in a while.",
        status=503,
        contact="If it can't wait",
    )
    page.headers["Retry-After"] = "600"
    return page

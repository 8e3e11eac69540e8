"""Add a lead while the person is on the phone: a few fields, and whoever is known already shows up while one types."""

import asyncio
from dataclasses import dataclass

from nicegui import ui

from adapters.db.lookalikes import Lookalike
from api.commands import LeadCaptured
from api.console import kit
from api.console.desk import Desk
from api.console.fields import Fields, objection
from api.console.frame import Section
from api.console.pages import Nav, console_page
from api.console.permissions import Action, Page, may_open
from api.writes import Caller
from leads.lookalikes import wanted
from leads.normalising import new_lead, normal_email, normal_phone

_SOURCES = ("phone call", "walk-in", "event", "referral", "email")
_NEXT = "whoever is next by the rules"
_BY_THE_RULES = ""
"""Instead of a colleague's id."""


@dataclass(slots=True)
class _Form:
    """The fields, and what they are looked for with."""

    phone: ui.input
    name: ui.input
    company: ui.input
    email: ui.input
    question: ui.textarea
    source: ui.select
    owner: ui.select

    @property
    def fields(self) -> Fields:
        """What somebody types."""
        return Fields(phone=self.phone, name=self.name, company=self.company, email=self.email, question=self.question)

    def clear(self) -> None:
        """Make room for the next person."""
        for one in (self.phone, self.name, self.company, self.email, self.question):
            one.set_value("")
        self.phone.run_method("focus")


@console_page("/add", Page.ADD_LEAD, title="Add lead", nav=Nav(Section.WORK, "person_add"))
async def add_lead(desk: Desk) -> None:
    """The form at the left, who is known already beside it, and below what became of the last one."""
    with ui.element("div").classes("ft-columns"):
        with ui.element("form").classes("ft-card").props('aria-label="The new lead"') as box:
            form = _fields(await _who_may_get_it(desk))
        with ui.element("div").classes("ft-stack"):
            if may_open(desk.person.role, Page.IMPORT_LEADS):
                kit.link("A file of leads", "/add/file").classes("self-start")
            known = _KnownAlready(desk, form)
            said = ui.element("section").classes("ft-stack").props("aria-live=polite")

    fields = form.fields

    async def add() -> None:
        async with kit.acting(button, fields):
            if not _is_right(desk, form):
                return
            captured = await _capture(desk, form)
            form.clear()
            said.clear()
            with said:
                await _say(desk, captured)

    for one in (form.phone, form.name, form.company, form.email):
        one.on_value_change(known.look)
    with box, ui.row().classes("ft-buttons"):
        ui.label("Ctrl + Enter").classes("ft-quiet")
        button = ui.button("Add lead", on_click=add)
    # The browser must not send the form itself, and Enter in a field must not either.
    box.on("submit.prevent", lambda: None)
    box.on("keydown.ctrl.enter.prevent", add)


async def _who_may_get_it(desk: Desk) -> dict[str, str]:
    """By id, what to call each: the routing's rules, oneself where one has leads, and who else may get a new one."""
    takers = await desk.services.router.takers(desk.services.clock())
    me = {desk.person.id: "me"} if may_open(desk.person.role, Page.TODAY) else {}
    others = sorted((one.name, one.id) for one in takers if one.id not in me and may_open(one.role, Page.TODAY))
    return {_BY_THE_RULES: _NEXT} | me | {colleague: name for name, colleague in others}


def _fields(owners: dict[str, str]) -> _Form:
    phone = ui.input("Phone").props("type=tel autofocus autocomplete=off outlined")
    name = ui.input("Name").props("autocomplete=off outlined")
    company = ui.input("Company").props("autocomplete=off outlined")
    email = ui.input("Email").props("type=email autocomplete=off outlined")
    question = ui.textarea("What do they want to know?").props("autogrow outlined")
    with ui.row().classes("ft-line"):
        source = ui.select(list(_SOURCES), value=_SOURCES[0], label="How they came").props("outlined").classes("col")
        owner = ui.select(owners, value=_BY_THE_RULES, label="Goes to").props("outlined").classes("col")
    return _Form(phone, name, company, email, question, source, owner)


class _KnownAlready:
    """Who is like what was typed so far, looked for at every keystroke: whoever types on must see it, too.

    One look at a time, and then another one at what was typed meanwhile: none waits for a pause, and none comes late.
    """

    def __init__(self, desk: Desk, form: _Form) -> None:
        """Build it where we are, with nobody in it."""
        self._desk = desk
        self._form = form
        self._box = ui.element("section").classes("ft-stack").props('aria-live=polite aria-label="Known already"')
        self._shown: list[tuple[Lookalike, bool]] = []
        self._looks = self._typed_on = False

    async def look(self) -> None:
        """Something was typed."""
        self._typed_on = True
        if self._looks:
            return
        self._looks = True
        try:
            while self._typed_on:
                self._typed_on = False
                self._show(await self._found())
        finally:
            self._looks = False

    async def _found(self) -> list[tuple[Lookalike, bool]]:
        """The leads, each with whether this person may open it."""
        form, desk = self._form, self._desk
        searched = wanted(
            phone=form.phone.value or "",
            email=form.email.value or "",
            name=form.name.value or "",
            company=form.company.value or "",
            region=desk.services.company.country,
        )
        await desk.still_here()
        found = [] if searched.is_empty else await desk.services.lookalikes.of(searched)
        mine = await asyncio.gather(*(_may_open(desk, one) for one in found))
        return list(zip(found, mine, strict=True))

    def _show(self, found: list[tuple[Lookalike, bool]]) -> None:
        if found == self._shown:  # Else whoever goes by the ears hears the same at every keystroke.
            return
        self._shown = found
        self._box.clear()
        with self._box:
            for one, opens in found:
                _known(one, opens=opens)


async def _may_open(desk: Desk, one: Lookalike) -> bool:
    if not may_open(desk.person.role, Page.LEAD):
        return False
    return desk.sees_all or await desk.services.ownership.concerns(one.id, desk.person.id)


def _known(one: Lookalike, *, opens: bool) -> None:
    certain = one.likeness.is_certain
    with ui.element("article").classes("ft-card ft-known" + (" ft-certain" if certain else "")):
        with ui.row().classes("ft-line"):
            kit.heading(one.name or one.company or "No name", 2).classes("col")
            ui.label(one.likeness.value).classes("ft-tag ft-warn" if certain else "ft-tag")
        ui.label(" · ".join(part for part in (one.company, one.stage, f"with {one.owner_name}") if part))
        if certain:
            ui.label("The same person: what you add goes to this lead.").classes("ft-quiet")
        if opens:
            kit.link("Open the lead", f"/leads/{one.id}")


def _is_right(desk: Desk, form: _Form) -> bool:
    """Whether there is such an address and such a number; what is wrong with either is said at once."""
    return form.fields.are_right(
        phone=objection(normal_phone, form.phone.value, desk.services.company.country),
        email=objection(normal_email, form.email.value),
    )


async def _capture(desk: Desk, form: _Form) -> LeadCaptured:
    new = new_lead(
        region=desk.services.company.country,
        phone=form.phone.value or None,
        email=form.email.value or None,
        name=form.name.value or None,
        company=form.company.value or None,
        question=form.question.value or None,
        source=form.source.value,
        owner=form.owner.value or None,
    )

    async def work(caller: Caller) -> LeadCaptured:
        return await desk.commands.capture(new, caller)

    return await desk.do(
        Action.CAPTURE, work, became=lambda done: {"created": done.created}, about=lambda done: done.id
    )


async def _say(desk: Desk, captured: LeadCaptured) -> None:
    """What became of it: whose it is, and what happens next."""
    services = desk.services
    lead = await services.reading.lead(captured.id, services.company, services.clock())
    if lead is None:
        return
    with ui.element("article").classes("ft-card ft-done"):
        added = "Added" if captured.created else "Known already: added to the lead"
        kit.heading(f"{added}: {lead.name or lead.company or 'no name'}", 2)
        ui.label(f"{lead.owner_name} has it.")
        if captured.incomplete:
            ui.label("There is nothing to reach the person by yet; a task asks for it.").classes("ft-quiet")
        if may_open(desk.person.role, Page.LEAD) and (
            desk.sees_all or await services.ownership.concerns(captured.id, desk.person.id)
        ):
            kit.link("Open the lead", f"/leads/{captured.id}")

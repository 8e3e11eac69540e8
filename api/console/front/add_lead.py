"""Add a lead while the person is on the phone: a few fields, and whoever is known already shows up while one types."""

import asyncio
from dataclasses import dataclass, field

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

_WAIT = 0.25
"""Seconds without a keystroke after which what was typed is looked for."""
_SOURCES = ("phone call", "walk-in", "event", "referral", "email")
_NEXT, _ME = "whoever is next by the rules", "me"


@dataclass(slots=True)
class _Form:
    """The fields, and what they are looked for with."""

    phone: ui.input
    name: ui.input
    company: ui.input
    email: ui.input
    question: ui.textarea
    source: ui.select
    owner: ui.select | None
    known: ui.element
    number: int = field(default=0)
    """Of the last look-up that was begun; an older one that comes late is not shown."""

    @property
    def fields(self) -> Fields:
        """What somebody types."""
        return Fields(phone=self.phone, name=self.name, company=self.company, email=self.email, question=self.question)

    def clear(self) -> None:
        """Make room for the next person."""
        for one in (self.phone, self.name, self.company, self.email, self.question):
            one.set_value("")
        self.known.clear()
        self.phone.run_method("focus")


@console_page("/add", Page.ADD_LEAD, title="Add lead", nav=Nav(Section.WORK, "person_add"))
async def add_lead(desk: Desk) -> None:
    """The form at the left, who is known already beside it, and below what became of the last one."""
    with ui.element("div").classes("ft-columns"):
        with ui.element("form").classes("ft-card").props('aria-label="The new lead"') as box:
            form = _fields(desk)
        with ui.element("div").classes("ft-stack"):
            form.known = ui.element("section").classes("ft-stack").props('aria-live=polite aria-label="Known already"')
            said = ui.element("section").classes("ft-stack").props("aria-live=polite")

    async def look() -> None:
        await _look(desk, form)

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
        one.on_value_change(look)
    with box, ui.row().classes("ft-buttons"):
        ui.label("Ctrl + Enter").classes("ft-quiet")
        button = ui.button("Add lead", on_click=add)
    # The browser must not send the form itself, and Enter in a field must not either.
    box.on("submit.prevent", lambda: None)
    box.on("keydown.ctrl.enter.prevent", add)


def _fields(desk: Desk) -> _Form:
    phone = ui.input("Phone").props("type=tel autofocus autocomplete=off outlined")
    name = ui.input("Name").props("autocomplete=off outlined")
    company = ui.input("Company").props("autocomplete=off outlined")
    email = ui.input("Email").props("type=email autocomplete=off outlined")
    question = ui.textarea("What do they want to know?").props("autogrow outlined")
    with ui.row().classes("ft-line"):
        source = ui.select(list(_SOURCES), value=_SOURCES[0], label="How they came").props("outlined").classes("col")
        owner = None
        if may_open(desk.person.role, Page.TODAY):
            owner = ui.select([_NEXT, _ME], value=_NEXT, label="Goes to").props("outlined").classes("col")
    return _Form(phone, name, company, email, question, source, owner, ui.element("span"))


async def _look(desk: Desk, form: _Form) -> None:
    """Show who is like what was typed, once one pauses."""
    form.number += 1
    number = form.number
    # Not in the browser: it would hold the last letters back from a lead that is added at once.
    await asyncio.sleep(_WAIT)
    if number != form.number:
        return
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
    if number != form.number:
        return
    form.known.clear()
    with form.known:
        for one, opens in zip(found, mine, strict=True):
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
    mine = form.owner is not None and form.owner.value == _ME
    new = new_lead(
        region=desk.services.company.country,
        phone=form.phone.value or None,
        email=form.email.value or None,
        name=form.name.value or None,
        company=form.company.value or None,
        question=form.question.value or None,
        source=form.source.value,
        owner=desk.person.id if mine else None,
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

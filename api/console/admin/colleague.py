"""One of our own people: what is known, the account, days off, and leaving."""

from dataclasses import replace
from datetime import date

from nicegui import ui

from adapters.db.reps import RepView
from adapters.db.sessions import SessionView
from api.console import kit
from api.console.admin.colleague_form import ColleagueForm, texts_of
from api.console.admin.people import account_tag
from api.console.desk import Desk, NotAllowed
from api.console.fields import Fields
from api.console.pages import console_page
from api.console.permissions import Action, Page, may_do
from api.console.refusals import NotHere
from api.console.shown_once import show_once
from api.console.tables import Table
from api.days_off import Replanned
from api.staff import Away, Back, Staff
from api.writes import Caller
from leads.absences import Absence, WhileAway
from leads.model import Colleague

_HOLD, _BY_RULE = "", "*"
"""What becomes of the work meanwhile; else it is the id of who covers."""


@console_page("/people/{colleague_id}", Page.PEOPLE, title="Colleague")
async def colleague(desk: Desk, colleague_id: str) -> None:
    """Show and change a colleague."""
    everybody = {one.id: one for one in await desk.services.people.all()}
    if colleague_id not in everybody:
        raise NotHere(f"There is no colleague {colleague_id!r}.", ("Everybody", "/people"))
    await _Page(desk, everybody[colleague_id], list(everybody.values())).build()


class _Page:
    def __init__(self, desk: Desk, one: Colleague, everybody: list[Colleague]) -> None:
        self._desk = desk
        self._one = one
        self._everybody = everybody
        self._is_oneself = one.id == desk.person.id

    async def build(self) -> None:
        with ui.row().classes("ft-line"):
            kit.heading(f"{self._one.name} ({self._one.id})")
            ui.space()
            kit.link("Everybody", "/people")
        with ui.element("div").classes("ft-columns items-start"):
            with kit.section("Details"):
                self._form = ColleagueForm(texts_of(self._one))
                self._save_button = ui.button("Save", icon="save", on_click=self._save).classes("self-start")
            with ui.element("div").classes("ft-stack"):
                with kit.section("Account"):
                    self._account = ui.element("div").classes("ft-stack")
                with kit.section("Days off"):
                    self._days = ui.element("div").classes("ft-stack")
                with kit.section("Working here"):
                    self._leaving = ui.element("div").classes("ft-stack")
        await self._fill()

    async def _fill(self) -> None:
        services, now = self._desk.services, self._desk.services.clock()
        everybody = await services.people.reps(services.company, now)
        view = next(one for one in everybody if one.id == self._one.id)
        for box in (self._account, self._days, self._leaving):
            box.clear()
        with self._account:
            await self._build_account(view)
        with self._days:
            self._build_days(view)
        with self._leaving:
            self._build_leaving(view)

    async def _save(self) -> None:
        async with kit.acting(self._save_button, self._form.fields()):
            texts = self._form.changed()
            if not texts:
                kit.done("Nothing was changed.")
                return
            if self._is_oneself and "role" in texts:
                raise NotAllowed("Your own role is for another admin to change.")

            async def work(_: Caller) -> Colleague:
                return await Staff(self._desk.services, self._desk.person.id).change(self._one.id, texts)

            before, after = self._form.before(texts), self._form.told(texts)
            await self._desk.do(Action.CHANGE_PEOPLE, work, subject=self._one.id, before=before, after=after)
            self._form.keep()
            kit.done("Saved; what is planned stays.")
            await self._fill()

    async def _build_account(self, view: RepView) -> None:
        services, now = self._desk.services, self._desk.services.clock()
        account = (await services.accounts.all(now)).get(self._one.id)
        with ui.row().classes("ft-line"):
            account_tag(self._desk, view, account)
            ui.space()
            if view.active:
                has_password = account is not None and account.has_password
                if not has_password:
                    ui.button("Invite", icon="add_link", on_click=self._invite).props("outline")
                elif not self._is_oneself:
                    ui.button("Reset the password", icon="lock_reset", on_click=self._reset).props("outline")
        self._once = ui.element("div")
        sessions = await services.sessions.of(self._one.id, now)
        if sessions:
            table = Table("Where signed in", ["Signed in with", "Since", "Last seen"])
            for one in sessions:
                table.row(*self._session_cells(one))
            if not self._is_oneself:
                out = ui.button("Sign out everywhere", icon="logout", on_click=self._sign_out).props("flat")
                out.classes("self-start")
        else:
            ui.label("Signed in nowhere.").classes("ft-quiet")

    def _session_cells(self, one: SessionView) -> tuple[str, str, str]:
        now, zone = self._desk.services.clock(), self._desk.zone
        return one.how, kit.moment(one.created_at, zone, now), f"{kit.span(now - one.seen_at)} ago"

    async def _invite(self) -> None:
        async with kit.acting():
            await self._show_invitation()

    async def _show_invitation(self) -> None:
        services = self._desk.services

        async def work(_: Caller) -> str:
            return await services.accounts.invite(self._one.id, self._desk.person.id, services.clock())

        text = await self._desk.do(Action.INVITE, work, subject=self._one.id)
        await self._fill()
        with self._once:
            note = "It is shown this once, and works once, for a week. Whoever has it chooses the password."
            show_once(f"An invitation for {self._one.name}", services.links.welcome(text), note)

    async def _reset(self) -> None:
        lines = ("The old one works no more, and every session ends.", "You get a link to choose a new one with.")
        if not await kit.confirm(f"Reset the password of {self._one.name}?", *lines, yes="Reset it", danger=True):
            return
        async with kit.acting():
            services = self._desk.services

            async def work(_: Caller) -> None:
                self._require_another_ones_admin()
                await services.accounts.forget_password(self._one.id)
                await services.sessions.revoke_all(self._one.id, services.clock())

            await self._desk.do(Action.CHANGE_PASSWORD, work, subject=self._one.id, after={"password": "reset"})
            await self._show_invitation()

    async def _sign_out(self) -> None:
        async with kit.acting():
            services = self._desk.services

            async def work(_: Caller) -> int:
                self._require_another_ones_admin()
                return await services.sessions.revoke_all(self._one.id, services.clock())

            await self._desk.do(Action.REVOKE_SESSIONS, work, subject=self._one.id)
            kit.done("Signed out everywhere.")
            await self._fill()

    def _require_another_ones_admin(self) -> None:
        """Some actions are everybody's own; done to others, they are an admin's."""
        if self._is_oneself or not may_do(self._desk.person.role, Action.CHANGE_PEOPLE):
            raise NotAllowed("That is for another admin to do.")

    def _build_days(self, view: RepView) -> None:
        names = {one.id: one.name for one in self._everybody}
        if view.absences:
            table = Table("Days off", ["From", "To", "Meanwhile", "Why"])
            for one in view.absences:
                table.row(str(one.first_day), str(one.last_day), _meanwhile(one, names), one.reason or "")
            back = ui.button("Back again", icon="event_available", on_click=self._back).props("flat")
            back.classes("self-start").tooltip("Ends the days off that have begun, else the next ones")
        with ui.element("div").classes("ft-fields"):
            first = ui.input("First day away").props("type=date stack-label outlined dense")
            last = ui.input("Last day away").props("type=date stack-label outlined dense")
            covers = {one.id: f"{one.name} covers" for one in self._everybody if one.active and one.id != self._one.id}
            policies = {_HOLD: "work waits", _BY_RULE: "whoever the rules find covers", **covers}
            cover = ui.select(policies, label="Meanwhile", value=_HOLD).props("outlined dense")
            why = ui.input("Why").props("outlined dense")

        fields = Fields(first_day=first, last_day=last, cover=cover, reason=why)

        async def away() -> None:
            async with kit.acting(button, fields):
                begins = _day(first.value)
                if fields.are_right(first_day="" if begins else "Choose a day.") and begins is not None:
                    await self._away(begins, _day(last.value) or begins, cover.value, why.value)

        button = ui.button("Enter days off", icon="event_busy", on_click=away).props("outline").classes("self-start")

    async def _away(self, first: date, last: date, cover: str, why: str | None) -> None:
        policy = WhileAway.HOLD if cover == _HOLD else WhileAway.COVER
        absence = Absence(first_day=first, last_day=last, policy=policy, reason=(why or "").strip() or None)
        if cover not in (_HOLD, _BY_RULE):
            absence = replace(absence, cover=cover)

        async def work(_: Caller) -> Away:
            return await Staff(self._desk.services, self._desk.person.id).away(self._one.id, absence)

        after = {"away": f"{absence.first_day} to {absence.last_day}", "meanwhile": cover or "hold"}
        entered = await self._desk.do(Action.CHANGE_PEOPLE, work, subject=self._one.id, after=after)
        kit.done(f"Entered; {_planned(entered.replanned)}")
        await self._fill()

    async def _back(self) -> None:
        async with kit.acting():

            async def work(_: Caller) -> Back:
                return await Staff(self._desk.services, self._desk.person.id).back(self._one.id)

            back = await self._desk.do(Action.CHANGE_PEOPLE, work, subject=self._one.id, after={"away": "ended"})
            kit.done(f"Back; {_planned(back.replanned)}")
            await self._fill()

    def _build_leaving(self, view: RepView) -> None:
        if view.active:
            ui.label(f"Has {view.leads:,} leads and {view.open_tasks:,} open tasks.").classes("ft-quiet")
            if not self._is_oneself:
                leave = ui.button("Works here no more", icon="person_off", on_click=lambda: self._leave(view))
                leave.props("flat color=negative").classes("self-start")
            return
        left = f"{view.leads:,} leads and {view.open_tasks:,} open tasks are left"
        ui.label(f"Works here no more. {left} to be given to others." if view.leads or view.open_tasks else "Has left.")
        again = ui.button("Works here again", icon="person_add", on_click=self._return).props("outline")
        again.classes("self-start")

    async def _leave(self, view: RepView) -> None:
        lines = [
            "Gets nothing new, and is signed out at once.",
            f"{view.leads:,} leads and {view.open_tasks:,} open tasks stay until you give them to others.",
        ]
        if not await kit.confirm(f"Does {self._one.name} work here no more?", *lines, yes="No more", danger=True):
            return
        async with kit.acting():

            async def work(_: Caller) -> RepView:
                self._require_another_ones_admin()
                return await Staff(self._desk.services, self._desk.person.id).deactivate(self._one.id)

            before, after = {"active": True}, {"active": False}
            await self._desk.do(Action.CHANGE_PEOPLE, work, subject=self._one.id, before=before, after=after)
            await self._fill()

    async def _return(self) -> None:
        async with kit.acting():

            async def work(_: Caller) -> None:
                await Staff(self._desk.services, self._desk.person.id).activate(self._one.id)

            before, after = {"active": False}, {"active": True}
            await self._desk.do(Action.CHANGE_PEOPLE, work, subject=self._one.id, before=before, after=after)
            await self._fill()


def _meanwhile(absence: Absence, names: dict[str, str]) -> str:
    if absence.policy is WhileAway.HOLD:
        return "work waits"
    return f"{names.get(absence.cover, absence.cover)} covers" if absence.cover else "whoever the rules find covers"


def _planned(replanned: Replanned) -> str:
    return f"{replanned.changed:,} of {replanned.looked_at:,} leads have another plan now."


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None

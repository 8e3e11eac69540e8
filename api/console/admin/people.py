"""Our own people: who is at work, how much each has to do, and who may sign in."""

from nicegui import ui

from adapters.db.accounts import AccountView
from adapters.db.reps import RepView
from api.console import kit
from api.console.admin.colleague_form import ColleagueForm
from api.console.desk import Desk
from api.console.frame import Section
from api.console.pages import Nav, console_page
from api.console.permissions import Action, Page
from api.console.tables import Table
from api.staff import Staff
from api.writes import Caller


@console_page("/people", Page.PEOPLE, title="People", nav=Nav(Section.HOUSE, "group"))
async def people(desk: Desk) -> None:
    """Show everybody."""
    services, now = desk.services, desk.services.clock()
    everybody = await services.people.reps(services.company, now)
    accounts = await services.accounts.all(now)
    with ui.row().classes("ft-line"):
        here = [one for one in everybody if one.active]
        at_work = sum(one.at_work for one in here)
        ui.label(f"{len(here)} colleagues, {at_work} at work now").classes("col ft-quiet")
        ui.button("Add a colleague", icon="person_add", on_click=lambda: _add(desk))
    with ui.element("section").classes("ft-card").props('aria-label="Everybody"'):
        headings = ["Who", "Role", "At work", "Account", "Leads", "Open tasks", "Calls due today", "Away", ""]
        table = Table("Everybody", headings, numbers=[4, 5, 6])
        for one in everybody:
            _row(desk, table, one, accounts.get(one.id))


def _row(desk: Desk, table: Table, one: RepView, account: AccountView | None) -> None:
    with table.row():
        with table.cell():
            kit.link(one.name, f"/people/{one.id}")
            kit.words(f" {one.id}" + (f", {one.team}" if one.team else "")).classes("ft-quiet")
        kit.words(one.role, "td")
        with table.cell():
            _at_work(desk, one)
        with table.cell():
            account_tag(desk, one, account)
        for count in (one.leads, one.open_tasks):
            kit.words(f"{count:,}", "td").classes("ft-number")
        kit.words(f"{one.calls_due_today} of {one.calls_per_day}", "td").classes("ft-number")
        away = [f"{day.first_day:%d %b} to {day.last_day:%d %b}" for day in one.absences]
        kit.words(", ".join(away), "td")
        with table.cell():
            change = kit.link("Change", f"/people/{one.id}")
            change.props["aria-label"] = f"Change {one.name}"


def _at_work(desk: Desk, one: RepView) -> None:
    if not one.active:
        kit.words("works here no more").classes("ft-quiet")
    elif one.at_work:
        kit.words("at work").classes("ft-tag ft-good")
    elif one.at_work_from is not None:
        kit.words(f"from {kit.moment(one.at_work_from, desk.zone, desk.services.clock())}").classes("ft-quiet")
    else:
        kit.words("not for a year").classes("ft-quiet")


def account_tag(desk: Desk, one: RepView, account: AccountView | None) -> None:
    """Whether somebody can sign in."""
    if not one.active:
        kit.words("none").classes("ft-quiet")
    elif account is not None and account.has_password:
        kit.words("can sign in").classes("ft-tag ft-good")
    elif account is not None and account.invited_until is not None:
        until = kit.moment(account.invited_until, desk.zone, desk.services.clock())
        kit.words(f"invited until {until}").classes("ft-tag ft-warn")
    else:
        kit.words("not invited").classes("ft-tag")


async def _add(desk: Desk) -> None:
    """Ask for a new colleague, and open its page."""
    with ui.dialog() as dialog, ui.card().classes("ft-dialog ft-dialog-wide"):
        kit.heading("Add a colleague")
        short = ui.input("Short name", placeholder="anna").props("outlined dense autofocus")
        short.props('hint="Small letters and digits; it stays."')
        form = ColleagueForm({}, brief=True)

        fields = form.fields(id=short)

        async def add() -> None:
            async with kit.acting(save, fields):
                colleague_id, texts = (short.value or "").strip(), form.changed()

                async def work(_: Caller) -> None:
                    await Staff(desk.services, desk.person.id).add(colleague_id, texts)

                await desk.do(Action.CHANGE_PEOPLE, work, subject=colleague_id, after=form.told(texts))
                dialog.close()
                ui.navigate.to(f"/people/{colleague_id}")

        with ui.row().classes("ft-buttons"):
            save = ui.button("Add", on_click=add)
            ui.button("Cancel", on_click=dialog.close).props("flat")
    dialog.props["aria-label"] = "Add a colleague"
    dialog.open()

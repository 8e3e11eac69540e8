"""One's own account: the password, and where one is signed in."""

from collections.abc import Callable
from uuid import UUID

from nicegui import ui

from adapters.db.sessions import SessionView
from api.console import kit, passwords
from api.console.desk import Desk, NotAllowed
from api.console.fields import Fields
from api.console.frame import Section
from api.console.pages import Nav, console_page
from api.console.permissions import Action, Page
from api.writes import Caller


@console_page("/account", Page.ACCOUNT, title="Your account", nav=Nav(Section.HOUSE, "person"))
async def account(desk: Desk) -> None:
    """Change the password, and end sessions that should not be."""
    with kit.section("Password").classes("ft-narrow"):
        await _password(desk)
    with kit.section("Where you are signed in"):

        @ui.refreshable
        async def sessions() -> None:
            await _sessions(desk, sessions.refresh)

        await sessions()


async def _password(desk: Desk) -> None:
    services = desk.services
    now_in_use = await services.accounts.password_hash(desk.person.id)
    old = ui.input("Your password now", password=True).props("autocomplete=current-password")
    old.set_visibility(now_in_use is not None)
    new = ui.input("New password", password=True).props("autocomplete=new-password")
    new.props(f'hint="At least {passwords.LEAST} characters"')
    again = ui.input("The new one once more", password=True).props("autocomplete=new-password")

    fields = Fields(old=old, new=new, again=again)

    async def change() -> None:
        async with kit.acting(button, fields):
            person = await desk.still_here()
            hash_now = await services.accounts.password_hash(person.id)
            attempt = None
            if hash_now is not None:
                # Whoever finds the page open must not guess here what the sign-in would not let them guess.
                attempt = await services.accounts.begin_attempt(person.id, str(person.session_id), services.clock())
                if attempt is None:
                    raise NotAllowed("Too many attempts. Please wait a quarter of an hour.")
            known = hash_now is None or await passwords.fits(old.value, hash_now)
            if known and attempt is not None:
                await services.accounts.attempt_succeeded(attempt)
            if not fields.are_right(
                old="" if known else "That is not your password.",
                new=passwords.objection(new.value, desk.person.id, *desk.person.name.split()),
                again="" if new.value == again.value else "The two new passwords are not the same.",
            ):
                return

            async def work(_: Caller) -> None:
                now = services.clock()
                await services.accounts.set_password(desk.person.id, await passwords.hashed(new.value), now)
                await services.sessions.revoke_all(desk.person.id, now, but=desk.person.session_id)

            await desk.do(Action.CHANGE_PASSWORD, work, subject=desk.person.id)
            for field in (old, new, again):
                field.set_value("")
            kit.done("Your password is changed, and you are signed out everywhere else.")

    button = ui.button("Change it", on_click=change)


async def _sessions(desk: Desk, refresh: Callable[[], object]) -> None:
    now = desk.services.clock()
    for one in await desk.services.sessions.of(desk.person.id, now):
        with ui.row().classes("ft-line"):
            ui.label(_browser(one.agent)).classes("col")
            ui.label(f"{one.how}, last seen {kit.span(now - one.seen_at)} ago").classes("ft-quiet")
            if one.id == desk.person.session_id:
                ui.label("here").classes("ft-tag")
            else:
                _end_button(desk, one, refresh)


def _end_button(desk: Desk, one: SessionView, refresh: Callable[[], object]) -> None:
    async def end() -> None:
        async with kit.acting():

            async def work(_: Caller) -> None:
                await end_session(desk, one.id)

            await desk.do(Action.REVOKE_SESSIONS, work, subject=str(one.id))
            kit.done("Signed out there.")
            refresh()

    ui.button("Sign out", on_click=end).props("flat dense")


async def end_session(desk: Desk, session_id: UUID) -> None:
    """End one session of one's own at once."""
    mine = {one.id for one in await desk.services.sessions.of(desk.person.id, desk.services.clock())}
    if session_id in mine:
        await desk.services.sessions.revoke(session_id, desk.services.clock())


def _browser(agent: str) -> str:
    """What somebody calls the browser."""
    for mark, name in (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")):
        if mark in agent:
            return name
    return agent[:40] or "unknown browser"

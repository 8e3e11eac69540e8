"""Tokens of programs that call the REST interface: made here and shown once, revoked one by one."""

from nicegui import ui

from adapters.db.access import TokenView
from api.console import kit
from api.console.desk import Desk
from api.console.fields import Fields
from api.console.frame import Section
from api.console.pages import Nav, console_page
from api.console.permissions import Action, Page
from api.console.shown_once import show_once
from api.console.tables import Table
from api.problems import ValueRefused
from api.writes import Caller
from leads.normalising import clean_line

_LONGEST_NAME = 60


@console_page("/tokens", Page.TOKENS, title="Tokens", nav=Nav(Section.HOUSE, "key"))
async def tokens(desk: Desk) -> None:
    """Make and revoke tokens."""
    await _Tokens(desk).build()


class _Tokens:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def build(self) -> None:
        with kit.section("A token for a program"):
            with ui.row().classes("ft-line"):
                self._name = ui.input("Which program", placeholder="website").classes("col")
                self._name.props(
                    f'outlined dense maxlength={_LONGEST_NAME} hint="It stands in the record of what it does."'
                )
                self._name.on("keydown.enter", self._make)
                self._button = ui.button("Make a token", icon="add", on_click=self._make)
            self._once = ui.element("div")
        with kit.section("Tokens"):
            self._list = ui.element("div").classes("ft-stack")
        await self._fill()

    async def _make(self) -> None:
        async with kit.acting(self._button, Fields(name=self._name)):
            name = clean_line("name", self._name.value)
            if not name:
                raise ValueRefused("name", "say which program it is for")

            async def work(_: Caller) -> str:
                return await self._desk.services.tokens.create(name, self._desk.services.clock())

            text = await self._desk.do(Action.MAKE_TOKEN, work, subject=name)
            self._once.clear()
            with self._once:
                show_once(f"The token for {name}", text, "It is shown this once; whoever loses it gets another.")
            self._name.set_value("")
            await self._fill()

    async def _fill(self) -> None:
        found = await self._desk.services.tokens.all()
        self._list.clear()
        with self._list:
            if not found:
                kit.empty("No program calls us yet.", "What it may do is described at /api/openapi.json.", "key")
                return
            table = Table("Tokens", ["Program", "Made", "State", ""], one_line=[1])
            for one in found:
                self._row(table, one)

    def _row(self, table: Table, one: TokenView) -> None:
        now, zone = self._desk.services.clock(), self._desk.zone
        with table.row(one.name, kit.moment(one.created_at, zone, now)):
            with table.cell():
                if one.revoked_at is None:
                    kit.words("in force").classes("ft-tag ft-good")
                else:
                    kit.words(f"revoked {kit.moment(one.revoked_at, zone, now)}").classes("ft-quiet")
            with table.cell():
                if one.revoked_at is None:
                    button = ui.button("Revoke", on_click=lambda: self._revoke(one)).props("flat dense")
                    button.props["aria-label"] = f"Revoke the token of {one.name}"

    async def _revoke(self, one: TokenView) -> None:
        question = f"Revoke the token of {one.name}?"
        if not await kit.confirm(question, "Whatever calls with it is refused at once.", yes="Revoke it", danger=True):
            return
        async with kit.acting():
            services = self._desk.services

            async def work(_: Caller) -> bool:
                return await services.tokens.revoke_one(one.id, services.clock())

            made_at = one.created_at.isoformat()
            await self._desk.do(
                Action.REVOKE_TOKEN, work, subject=one.name, before={"id": str(one.id), "made": made_at}
            )
            kit.done("Revoked.")
            await self._fill()

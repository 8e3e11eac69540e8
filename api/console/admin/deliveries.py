"""What came in and fits nowhere yet: messages of nobody's, suspected forms, and deliveries that could not be read."""

from nicegui import ui

from api.console.admin.hook_list import HookList
from api.console.admin.inbox import WaitingMessages
from api.console.desk import Desk
from api.console.frame import Section
from api.console.pages import Nav, console_page
from api.console.permissions import Action, Page, may_do

_TABS = {"inbox": "Inbox", "forms": "Suspected forms", "hooks": "Deliveries of programs"}


@console_page("/deliveries", Page.DELIVERIES, title="Deliveries", nav=Nav(Section.HOUSE, "local_shipping"))
async def deliveries(desk: Desk, tab: str = "") -> None:
    """Show what waits for a person.

    Args:
        tab: inbox, forms or hooks; the first that has something when left out.
    """
    services = desk.services
    inbox = WaitingMessages(desk, forms=False)
    forms = WaitingMessages(desk, forms=True)
    counts = {
        "inbox": (await services.inbound.page(forms=False, limit=1)).total,
        "forms": (await services.inbound.page(forms=True, limit=1)).total,
    }
    hooks = HookList(desk) if may_do(desk.person.role, Action.REPLAY_DELIVERY) else None
    if hooks is not None:
        counts["hooks"] = (await services.doors.deliveries.lines(state="failed", limit=1)).total
    first = tab if tab in counts else next((name for name, count in counts.items() if count), "inbox")
    with ui.tabs().props("dense align=left no-caps inline-label").classes("ft-tabs") as tabs:
        for name, count in counts.items():
            ui.tab(name, f"{_TABS[name]} ({count:,})" if count else _TABS[name])
    with ui.tab_panels(tabs, value=first).props("animated=false keep-alive=false").classes("ft-panels"):
        with ui.tab_panel("inbox"):
            await inbox.build()
        with ui.tab_panel("forms"):
            await forms.build()
        if hooks is not None:
            with ui.tab_panel("hooks"):
                await hooks.build()

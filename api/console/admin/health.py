"""Health: is all well at a glance, and then each part of it."""

from collections.abc import Sequence

from nicegui import ui

from api.console import kit
from api.console.admin.alerts import AlertList
from api.console.admin.followed_up import FollowedUp
from api.console.admin.sample_business import build_sample
from api.console.admin.sending import build_sending
from api.console.desk import Desk
from api.console.frame import Section
from api.console.pages import Nav, console_page
from api.console.permissions import Page
from api.providers import ChannelUse
from leads.model import Channel

_OK = "ok"
_PARTS = {"database": "Database", "temporal": "Engine (Temporal)"}


@console_page("/health", Page.HEALTH, title="Health", nav=Nav(Section.HOUSE, "monitor_heart"))
async def health(desk: Desk) -> None:
    """Show how the house is."""
    tiles = ui.element("div").classes("ft-grid")

    async def fill_tiles() -> None:
        await _fill(tiles, desk)

    await fill_tiles()
    await FollowedUp(desk, fill_tiles).build()
    await AlertList(desk, fill_tiles).build()
    await build_sending(desk)
    await build_sample(desk)


async def _fill(tiles: ui.element, desk: Desk) -> None:
    """Say anew how each part stands."""
    services = desk.services
    parts, newest, alerts = await services.readiness(), await services.doctor.newest(), await services.alerts.all()
    tiles.clear()
    with tiles:
        for name, state in parts.items():
            well = state == _OK
            kit.tile(_PARTS.get(name, name), "Ready" if well else "Away", note="" if well else state, good=well)
        if newest is None:
            kit.tile("Leads followed up", "Not checked")
        else:
            left = newest.result.found - newest.result.mended
            when = kit.moment(newest.checked_at, desk.zone, services.clock())
            value = "All" if not left else f"All but {left:,}"
            kit.tile("Leads followed up", value, note=f"checked {when}", good=not left)
        kit.tile("Open alerts", str(len(alerts)), good=not alerts)
        uses = services.providers.uses
        if len({use.is_local for use in uses}) == 1:
            kit.tile("Messages", "Stay here" if uses[0].is_local else "Go out", note=_through(uses))
        else:
            for use in uses:
                what = "Emails" if use.channel is Channel.EMAIL else "Texts"
                kit.tile(what, "Stay here" if use.is_local else "Go out", note=use.provider)


def _through(uses: Sequence[ChannelUse]) -> str:
    return ", ".join(dict.fromkeys(use.provider for use in uses))

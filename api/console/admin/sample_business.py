"""The sample business on the page of the house: what of it is still here, and the button that takes it out."""

from nicegui import ui

from api.console import kit
from api.console.desk import Desk
from api.console.permissions import Action
from api.sample import Sample, SampleFound, SampleRemoved
from api.writes import Caller


async def build_sample(desk: Desk) -> None:
    """Build it where we are; nothing where nothing of the sample is here."""
    box = ui.element("div")
    found = await Sample(desk.services, desk.person.id).found()
    if found.is_here:
        with box:
            _show(desk, box, found)


def _show(desk: Desk, box: ui.element, found: SampleFound) -> None:
    async def work(_: Caller) -> SampleRemoved:
        return await Sample(desk.services, desk.person.id).remove()

    async def take_out() -> None:
        asked = f"Take out {found.said}?"
        if not await kit.confirm(asked, "Nothing of yours goes. It can't be undone.", yes="Take out", danger=True):
            return
        async with kit.acting(button):
            removed = await desk.do(
                Action.REMOVE_SAMPLE,
                work,
                became=lambda done: {"erased": done.erased, "retired": [one.id for one in done.retired]},
            )
            box.clear()
            with box:
                _say(removed)

    with kit.section("The sample business"):
        with ui.row().classes("ft-line"):
            left = f"Still here: {found.said}." if found.can_go else "Some of it is still here."
            ui.label(left).classes("col")
            button = ui.button("Take out the sample", icon="cleaning_services", on_click=take_out).props("outline")
            button.set_visibility(found.can_go)
        for one in found.stays:
            ui.label(f"{one}.")


def _say(removed: SampleRemoved) -> None:
    with kit.section("The sample business"):
        kit.said("It is gone." if not removed.stays else "The rest is gone.").props("role=status")
        for one in removed.stays:
            ui.label(f"{one}.")
        if not removed.forgotten:
            kit.trouble("Temporal does not answer. Check every lead, once it is back, and repair what it still has.")

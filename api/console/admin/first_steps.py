"""The first steps of a new installation, where an admin begins: ticked as they are done, and gone with the last one."""

from nicegui import ui

from api.console import kit
from api.console.desk import Desk
from api.console.permissions import Action, may_do
from api.first_steps import FirstSteps, Step
from api.writes import Caller


async def build_first_steps(desk: Desk) -> None:
    """Build the card where we are; nothing once all is done or somebody put it away, or for who isn't to do it."""
    if not may_do(desk.person.role, Action.PUT_AWAY_FIRST_STEPS):
        return
    steps = await FirstSteps(desk.services, desk.person.id).left()
    if steps is None:
        return
    with kit.section("First steps") as card:
        with ui.element("ul").classes("ft-steps"):
            for step in steps:
                _show(step)
        button = ui.button("Don't show this again").props("flat dense no-caps").classes("self-start")
        button.on_click(lambda: _put_away(desk, card, button))


def _show(step: Step) -> None:
    with ui.element("li").classes("ft-done-step" if step.done else ""):
        state = "done" if step.done else "to do"
        with ui.element("span").props(f'role=img aria-label="{state}"'):  # An icon alone is hidden from the ears.
            ui.icon("check_circle" if step.done else "radio_button_unchecked")
        with ui.element("div"):
            kit.words(step.what).classes("ft-strong")
            if not step.done:
                with ui.element("div").classes("ft-quiet"):
                    kit.said(f"{step.how} ", "span")
                    if step.page:
                        kit.link(_PAGES[step.page], step.page)


_PAGES = {"/people": "People", "/answers": "Answers", "/health": "Health"}
"""What the pages are called in the navigation."""


async def _put_away(desk: Desk, card: ui.element, button: ui.button) -> None:
    async with kit.acting(button):

        async def work(_: Caller) -> None:
            """That it was done is written down, and that is all."""

        await desk.do(Action.PUT_AWAY_FIRST_STEPS, work)
        card.delete()
        kit.done("Put away. Health and the documents have it all.")

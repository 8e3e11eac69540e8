"""A name asked for: of a template, or a file of answers."""

from collections.abc import Callable

from nicegui import ui

from api.console import kit


async def ask_name(
    title: str, yes: str, require: Callable[[str], object], *, before: str = "", example: str = ""
) -> str | None:
    """A name that it can have; None when nobody wants one after all, or it is the name as before.

    Args:
        require: raises a ValueError, whose text says why, for a name that it can't have.
        before: what it is called now.
        example: such a name, shown while there is none.
    """

    def objection(name: str) -> str | None:
        if before and name == before:
            return None
        try:
            require(name)
        except ValueError as wrong:
            return str(wrong)
        return None

    with ui.dialog() as dialog, ui.card().classes("ft-dialog"):
        kit.heading(title)
        field = ui.input("Name", value=before, placeholder=example, validation=objection)
        field.props("autofocus").without_auto_validation()

        def go() -> None:
            if field.validate():
                dialog.submit(field.value)

        field.on("keydown.enter", go)
        with ui.row().classes("ft-buttons"):
            ui.button(yes, on_click=go)
            ui.button("Cancel", on_click=dialog.close).props("flat")
    name: str | None = await kit.answer_of(dialog, title)
    return name if name != before else None

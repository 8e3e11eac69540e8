"""Where an answer to an open question is to stand: in a file that there is, or in a new one."""

from nicegui import ui

from adapters.answer_files import AnswerFiles, NoSuchFileName
from api.console import kit
from api.console.desk import Desk
from api.console.marketing.answer_page import address_of

_NEW = ""
"""Stands for a file that is not there yet."""


async def ask_where(desk: Desk, question: str, nearest: str | None) -> None:
    """Ask for the file, and go on in its editor, with the question at hand.

    Args:
        nearest: the file of the topic that the question comes nearest to.
    """
    files = AnswerFiles(desk.services.playbook)
    names = files.names()
    options = {**{name: name for name in names}, _NEW: "a new file"}
    first = nearest if nearest in options else next(iter(options))

    def objection(name: str) -> str | None:
        try:
            files.require_free(name)
        except NoSuchFileName as wrong:
            return str(wrong)
        return None

    title = "Write an answer"
    with ui.dialog() as dialog, ui.card().classes("ft-dialog"):
        kit.heading(title)
        ui.label(f"“{question}”").classes("ft-asked-words")
        where = ui.select(options, label="In the file", value=first).props("outlined dense").classes("ft-stretched")
        called = ui.input("Name of the new file", placeholder="delivery-times", validation=objection)
        called.props("outlined dense").classes("ft-stretched").without_auto_validation()
        called.bind_visibility_from(where, "value", value=_NEW)

        def go() -> None:
            if where.value == _NEW:
                if called.validate():
                    dialog.submit(address_of(called.value, new=True, question=question))
            else:
                dialog.submit(address_of(where.value, question=question))

        called.on("keydown.enter", go)
        with ui.row().classes("ft-buttons"):
            ui.button("Begin", on_click=go).props("autofocus")
            ui.button("Cancel", on_click=dialog.close).props("flat")
    address = await kit.answer_of(dialog, title)
    if address:
        ui.navigate.to(address)

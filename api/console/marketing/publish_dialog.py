"""What an edit changes, and the question whether it is to be published."""

from nicegui import ui

from api.console import kit
from api.console.marketing.changes_view import for_leads, in_files
from api.console.marketing.editing import Editing
from cadences.changes import changed_files, changes_for_leads
from cadences.drafts import draft_of


async def ask_to_publish(editing: Editing, in_flight: int) -> bool:
    """Show what publishing would change, and ask.

    Args:
        in_flight: leads on their way in the cadence.
    """
    with _Dialog(f"Publish {editing.name}?") as opened:
        _what_it_means(editing, in_flight)
        _changes(editing)
        with ui.row().classes("ft-buttons"):
            ui.button("Publish", icon="publish", on_click=lambda: opened.dialog.submit(True)).props("autofocus")
            ui.button("Not yet", on_click=lambda: opened.dialog.submit(False)).props("flat")
    return bool(await opened.answer())


async def show_changes(editing: Editing) -> None:
    """Show what is otherwise than published; a text with errors can be compared as well."""
    with _Dialog(f"What changes in {editing.name}") as opened:
        _changes(editing)
        with ui.row().classes("ft-buttons"):
            ui.button("Close", on_click=opened.dialog.close).props("autofocus")
    await opened.answer()


def _what_it_means(editing: Editing, in_flight: int) -> None:
    takes = "New leads take this version from now on."
    keep = f" {in_flight:,} on their way keep the version they began with." if in_flight else ""
    ui.label(takes + keep)


def _changes(editing: Editing) -> None:
    published, draft = editing.published, editing.draft
    if editing.is_right:
        kit.heading("For leads", 3)
        for_leads(changes_for_leads(published, draft.bundle))
    kit.heading("In the files", 3)
    in_files(changed_files(draft_of(published).files if published is not None else {}, draft.files))


class _Dialog:
    """A wide dialog with a title."""

    def __init__(self, title: str) -> None:
        self.dialog = ui.dialog()
        self._title = title

    def __enter__(self) -> "_Dialog":
        self._card = ui.card().classes("ft-dialog ft-broad")
        self._card.move(self.dialog)
        self._card.__enter__()
        kit.heading(self._title)
        return self

    def __exit__(self, *_: object) -> None:
        self._card.__exit__(*_)

    async def answer(self) -> object:
        """What was answered; None when it was closed."""
        return await kit.answer_of(self.dialog, self._title)

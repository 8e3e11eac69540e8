"""The files of a cadence, to be written: a tab for each, CodeMirror below, and what is wrong with its place."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from api.console import kit
from api.console.marketing.code_editor import code_editor, editor_help
from api.console.marketing.file_name import ask_name
from api.console.marketing.parts import ICONS
from api.console.marketing.problems import counted, go_to_place, list_problems, mark
from cadences.drafts import Draft
from leads.findings import Finding
from leads.model import Channel

_PLAN_ICON = "timeline"
_KINDS = {Channel.EMAIL: "Email", Channel.SMS: "Text", Channel.CALL: "Talk track of a call"}


def channel_of(file: str) -> Channel | None:
    """Which kind of template a file is; None for the plan itself."""
    parts = PurePosixPath(file).parts
    return Channel(parts[1]) if parts[0] == "templates" else None


class FilesPane:
    """Tabs, the editors, and the list of what is wrong."""

    def __init__(
        self,
        draft: Draft,
        *,
        on_draft: Callable[[Draft], None],
        on_file: Callable[[str], Awaitable[None]],
        keys: dict[str, Callable[[], Awaitable[None]]],
    ) -> None:
        """
        Args:
            on_draft: called with the draft at each change.
            on_file: called with the file that is looked at now.
            keys: what keystrokes in the editor do.
        """
        self._draft = draft
        self._on_draft = on_draft
        self._on_file = on_file
        self._keys = keys
        self._tab: dict[str, ui.tab] = {}
        self._editors: dict[str, ui.codemirror] = {}
        self._places: dict[str, ui.element] = {}
        self._findings: list[Finding] = []
        self.file = draft.file
        with ui.element("div").classes("ft-files"):
            with ui.row().classes("ft-line ft-tabs-line"):
                self._tabs = ui.tabs(on_change=self._chosen).props("dense inline-label no-caps align=left")
                self._tabs.props["aria-label"] = "Files"
                self._tabs.classes("col")
                with (
                    ui.button(icon="add").props('flat dense round aria-label="Add a template"'),
                    ui.menu().props("role=menu"),
                ):
                    for channel, kind in _KINDS.items():
                        _menu_item(kind, partial(self._add, channel))
                self._file_menu = ui.button(icon="more_vert").props('flat dense round aria-label="Rename or remove"')
                with self._file_menu, ui.menu().props("role=menu"):
                    _menu_item("Rename", self._rename)
                    _menu_item("Remove", self._remove)
            self._room = ui.element("div").classes("ft-editors")
            editor_help("Ctrl+S saves the draft, Ctrl+Enter publishes.")
        self._problems = ui.element("div").classes("ft-problems")
        # A dialog that stood in a menu would go with it.
        self._dialogs = ui.element("div")
        self._make_tabs()
        self._open(draft.file)
        # Keystrokes before the page is connected might reach the server in another order.
        self._editors[draft.file].disable()
        ui.context.client.on_connect(self._begin)

    def _begin(self) -> None:
        for editor in self._editors.values():
            editor.enable()

    def show(self, draft: Draft) -> None:
        """Another draft is to be written now: somebody else's, or what is published."""
        self._draft = draft
        for file in [file for file in self._editors if file not in draft.files]:
            self._close(file)
        for file, editor in self._editors.items():
            editor.set_value(draft.files[file])
        if self.file not in draft.files:
            self.file = draft.file
        self._make_tabs()
        self._open(self.file)

    def mark(self, findings: Sequence[Finding]) -> None:
        """Show what is wrong with the text as it stands: in the tabs, at its line, and in the list."""
        self._findings = list(findings)
        for file, editor in self._editors.items():
            self._mark(file, editor)
        self._make_tabs()
        list_problems(self._problems, self._findings, self.go_to)

    async def go_to(self, finding: Finding) -> None:
        """Open the file of a finding at its place."""
        if finding.file in self._draft.files:
            await self._look_at(finding.file)
            self._tabs.set_value(finding.file)
        editor = self._editors.get(self.file)
        if editor is not None:
            go_to_place(editor, finding)

    def _make_tabs(self) -> None:
        """A tab for each file; the tabs stay as they are where the files do, so that nobody loses the focus."""
        files = sorted(self._draft.files, key=_in_order)
        if list(self._tab) != files:
            self._tabs.clear()
            with self._tabs:
                self._tab = {file: _tab(file) for file in files}
        for file, tab in self._tab.items():
            problems = [one for one in self._findings if one.file == file]
            bad = any(one.is_error for one in problems)
            state = "ft-tab-bad" if bad else "ft-tab-warn" if problems else ""
            tab.classes(remove="ft-tab-bad ft-tab-warn", add=state)
            words = [_spoken(file), *([counted(problems)] if problems else [])]
            tab.props["aria-label"] = ", ".join(words)
        self._tabs.set_value(self.file)
        self._file_menu.set_enabled(self.file != self._draft.file)

    async def _chosen(self, event: ValueChangeEventArguments[Any]) -> None:
        if isinstance(event.value, str) and event.value in self._draft.files:
            await self._look_at(event.value)

    async def _look_at(self, file: str) -> None:
        if file == self.file:
            return
        self.file = file
        self._open(file)
        self._file_menu.set_enabled(file != self._draft.file)
        await self._on_file(file)

    def _open(self, file: str) -> None:
        """Show the editor of a file; each has one of its own, with its own undo."""
        if file not in self._editors:
            with self._room, ui.element("div") as self._places[file]:
                self._editors[file] = self._editor(file)
            self._mark(file, self._editors[file])
        for other, place in self._places.items():
            place.set_visibility(other == file)

    def _close(self, file: str) -> None:
        del self._editors[file]
        self._places.pop(file).delete()

    def _editor(self, file: str) -> ui.codemirror:
        channel = channel_of(file)
        return code_editor(
            self._draft.files[file],
            _spoken(file),
            lambda text: self._written(file, text),
            language="YAML" if channel is None else "Markdown" if channel is not Channel.SMS else None,
            # Prose is read in lines that fit; a plan by its columns.
            wraps=channel is not None,
            keys=self._keys,
        )

    def _written(self, file: str, text: str) -> None:
        if file in self._draft.files and self._draft.files[file] != text:
            self._draft = self._draft.with_file(file, text)
            self._on_draft(self._draft)

    def _mark(self, file: str, editor: ui.codemirror) -> None:
        mark(editor, self._draft.files[file], [one for one in self._findings if one.file == file])

    async def _add(self, channel: Channel) -> None:
        with self._dialogs:
            title, require = f"New template: {_KINDS[channel].lower()}", partial(self._draft.with_template, channel)
            name = await ask_name(title, "Add", require, example="quick-note")
        if name:
            draft, file = self._draft.with_template(channel, name)
            self._changed(draft, file)

    async def _rename(self) -> None:
        file, channel = self.file, channel_of(self.file)
        if channel is None:
            return
        before = PurePosixPath(file).stem
        with self._dialogs:
            require = partial(self._draft.with_template, channel)
            name = await ask_name(f"Rename {before}", "Rename", require, before=before)
        if name:
            draft, new = self._draft.renamed(file, name)
            self._close(file)
            self._changed(draft, new)
            plan = self._editors.get(draft.file)
            if plan is not None:
                plan.set_value(draft.text)

    async def _remove(self) -> None:
        file = self.file
        if channel_of(file) is None:
            return
        name = PurePosixPath(file).stem
        with self._dialogs:
            sure = await kit.confirm(f"Remove {name}?", "Steps that name it will be errors.", yes="Remove", danger=True)
        if sure:
            self._close(file)
            self._changed(self._draft.without(file), self._draft.file)

    def _changed(self, draft: Draft, file: str) -> None:
        """Files came, went, or are called otherwise."""
        self._draft, self.file = draft, file
        self._make_tabs()
        self._open(file)
        self._on_draft(draft)


def _menu_item(text: str, act: Callable[[], Awaitable[None]]) -> None:
    ui.menu_item(text, act).props("role=menuitem")


def _in_order(file: str) -> tuple[int, str]:
    """The plan first, then emails, texts and talk tracks."""
    channel = channel_of(file)
    return (-1 if channel is None else [*_KINDS].index(channel), PurePosixPath(file).stem)


def _tab(file: str) -> ui.tab:
    channel = channel_of(file)
    return ui.tab(file, PurePosixPath(file).stem, ICONS[channel] if channel is not None else _PLAN_ICON)


def _spoken(file: str) -> str:
    """What a file is called by whoever hears the page."""
    channel = channel_of(file)
    return f"{PurePosixPath(file).stem}, {'the plan' if channel is None else _KINDS[channel].lower()}"

"""One file of the answer library, to be written: checked while one types, and saved where it counts at once."""

import asyncio
import json
from urllib.parse import quote

from nicegui import background_tasks, ui

from adapters.answer_files import AnswerFile, AnswerFiles, ChangedMeanwhile, NotWritable
from api.console import kit
from api.console.desk import Desk
from api.console.frame import STATIC
from api.console.marketing.problems import go_to_place, list_problems, mark, to_errors
from api.console.pages import console_page
from api.console.permissions import Action, Page
from api.console.refusals import NotHere
from api.writes import Caller
from leads.answer_lint import check_answers
from leads.answer_sheets import AnswerSheet, read_answers
from leads.findings import Finding, in_order
from leads.links import CONSOLE_PATH
from leads.sheets import Sheet, SheetError, read_sheet

CHECK_AFTER = 0.3
"""Seconds of silence after a keystroke."""
_HELP = "editor-help"


def address_of(name: str) -> str:
    """The page of a file."""
    return f"/answers/{quote(name)}/edit"


@console_page("/answers/{file}/edit", Page.EDIT_ANSWERS, title="Edit answers")
async def edit_answers(desk: Desk, file: str) -> None:
    """Edit the answers of one file."""
    files = AnswerFiles(desk.services.playbook)
    try:
        found = await files.read(file)
    except SheetError as wrong:
        kit.trouble(f"The file can't be read: {wrong}")
        kit.link("All answers", "/answers")
        return
    if found is None:
        raise NotHere(f"There is no file of answers called {file!r}.", ("All answers", "/answers"))
    kit.entitle(f"Edit {file}")
    ui.add_head_html(f'<script defer src="{CONSOLE_PATH}/{STATIC}/editor.js"></script>')
    await _AnswerEditor(desk, files, found).build()


class _AnswerEditor:
    """The page: keystrokes in, findings out; what is right can be saved."""

    def __init__(self, desk: Desk, files: AnswerFiles, found: AnswerFile) -> None:
        self._desk = desk
        self._files = files
        self._file = found
        self._text = found.text
        self._findings: list[Finding] = []
        self._checked: str | None = None
        """The text that the findings are about."""
        self._disputed = False
        """Somebody else wrote the file, and it is not decided whose text stays."""
        self._why_not = files.why_not()
        self._turn = 0

    async def build(self) -> None:
        """Put the parts together, and check what is there."""
        with ui.row().classes("ft-line ft-editor-bar"):
            with ui.element("div").classes("col"):
                self._state = ui.label().props("role=status").classes("ft-quiet")
            self._errors_button = ui.button(icon="error", on_click=self._to_first_error)
            self._errors_button.props("flat color=negative no-caps")
            self._save_button = ui.button("Save", icon="save", on_click=self._save).props("data-key=save-draft")
        if self._why_not is not None:
            with ui.element("div").classes("ft-notice").props("role=note"):
                ui.label(self._why_not)
        self._news = ui.element("div")
        self._room = ui.element("div")
        with ui.element("section").classes("ft-card").props('aria-label="File"'):
            with ui.element("div").classes("ft-editors"):
                self._editor = ui.codemirror(
                    self._text,
                    on_change=lambda event: self._written(event.value),
                    language="YAML",
                    theme="githubLight",
                    indent="  ",
                    line_wrapping=True,
                    keymap={"Mod-s": lambda _: self._save()},
                ).classes("ft-editor")
            ui.label("Esc, then Tab leaves the editor. Ctrl+S saves.").classes("ft-quiet").props(f"id={_HELP}")
            self._problems = ui.element("div").classes("ft-problems")
        words = f"{json.dumps(f'{self._file.name}, answers')}, {json.dumps(_HELP)}"
        ui.run_javascript(f"followthrough.dressEditor({self._editor.id}, {words})")
        # Keystrokes before the page is connected might reach the server in another order.
        self._editor.disable()
        ui.context.client.on_connect(self._begin)
        kit.link("All answers", "/answers")
        await self._check()

    def _begin(self) -> None:
        if self._why_not is None:
            self._editor.enable()

    @property
    def _is_changed(self) -> bool:
        return self._text != self._file.text

    @property
    def _errors(self) -> int:
        return sum(one.is_error for one in self._findings)

    def _written(self, text: str) -> None:
        if text == self._text:
            return
        self._text = text
        self._turn += 1
        self._tell()
        background_tasks.create(self._check_once_silent(self._turn), name="answer editor")

    async def _check_once_silent(self, turn: int) -> None:
        await asyncio.sleep(CHECK_AFTER)
        if turn == self._turn and not self._state.is_deleted:
            with self._room:
                try:
                    await self._check()
                except Exception as error:
                    kit.say_what_happened(error)

    async def _check(self) -> None:
        """Say what is wrong with the text, beside all other files as they are."""
        text = self._text
        colleagues = frozenset(one.id for one in await self._desk.services.people.all() if one.active)
        findings = await asyncio.to_thread(_check, self._files, self._file.name, text, colleagues)
        if text != self._text:
            return  # Another check is to come.
        self._findings, self._checked = findings, text
        mark(self._editor, text, findings)
        list_problems(self._problems, findings, self._go_to)
        self._tell()

    async def _go_to(self, finding: Finding) -> None:
        go_to_place(self._editor, finding)

    async def _to_first_error(self) -> None:
        first = next((one for one in self._findings if one.is_error), None)
        if first is not None:
            go_to_place(self._editor, first)

    async def _save(self) -> None:
        if self._checked != self._text:
            await self._check()
        if not self._may_save():
            return
        text, file = self._text, self._file

        async def work(_: Caller) -> AnswerFile:
            return await self._files.write(file, text)

        async with kit.acting(self._save_button):
            try:
                self._file = await self._desk.do(
                    Action.SAVE_ANSWERS,
                    work,
                    subject=file.name,
                    before={"text": _short(file.mark)},
                    became=lambda done: {"text": _short(done.mark)},
                )
            except ChangedMeanwhile:
                self._disputed = True
                kit.refused("Somebody else changed the file meanwhile; yours is not saved.")
                self._tell_news()
            except NotWritable as refused:
                kit.refused(str(refused))
            else:
                self._desk.services.answers.read()
                kit.done("Saved: it counts from the next question on.")
        self._tell()

    def _tell_news(self) -> None:
        self._news.clear()
        if not self._disputed:
            return
        with self._news, ui.element("div").classes("ft-notice").props("role=alert"):
            ui.label("Somebody else changed the file since you opened it. Yours is not saved.")
            ui.button("Take theirs", on_click=self._take_theirs).props("flat dense")
            ui.button("Keep mine", on_click=self._keep_mine).props("flat dense")

    async def _take_theirs(self) -> None:
        if await self._read_again():
            with self._room:
                self._text = self._file.text
                self._editor.set_value(self._text)
                await self._check()

    async def _keep_mine(self) -> None:
        if await self._read_again():
            with self._room:
                await self._save()

    async def _read_again(self) -> bool:
        """Look at what stands in the file now; False, and the dispute goes on, where it can't be read."""
        with self._room:
            try:
                now = await self._files.read(self._file.name)
            except SheetError as wrong:
                kit.refused(f"The file can't be read: {wrong}")
                return False
            self._file = now or AnswerFile(self._file.name, "", None)
            self._disputed = False
            self._tell_news()
            return True

    def _may_save(self) -> bool:
        is_right = self._checked == self._text and not self._errors
        return is_right and self._is_changed and not self._disputed and self._why_not is None

    def _tell(self) -> None:
        """Say how things stand, and what can be done."""
        self._state.set_text("Not saved yet" if self._is_changed else "As it stands in the file")
        self._errors_button.set_text(to_errors(self._errors))
        self._errors_button.set_visibility(bool(self._errors))
        self._save_button.set_enabled(self._may_save())
        self._save_button.props["title"] = "It can be saved once the errors are mended." if self._errors else ""


def _check(files: AnswerFiles, name: str, text: str, colleagues: frozenset[str]) -> list[Finding]:
    """What is wrong with this file beside the others; what is wrong with another one is told where that is edited."""
    own = f"{name}.yaml"
    sheet = read_sheet(AnswerSheet, text, own)
    # It comes last, so that what stands twice is told here and not in the other file.
    found = check_answers([*_right_ones(files, name), sheet], colleagues)
    return in_order(sheet.source.whole(one) for one in found if one.file == own)


def _right_ones(files: AnswerFiles, name: str) -> list[Sheet[AnswerSheet]]:
    """The other files that can be read."""
    sheets = []
    for path in files.others(name):
        try:
            (other,) = read_answers([path])
        except SheetError:
            continue
        if other.value is not None:
            sheets.append(other)
    return sheets


def _short(mark: str | None) -> str | None:
    return None if mark is None else mark[:12]

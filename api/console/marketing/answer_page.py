"""One file of the answer library, to be written: checked and shown while one types, saved where it counts at once."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from nicegui import ui

from adapters.answer_files import AnswerFile, AnswerFiles, ChangedMeanwhile, NoSuchFileName, NotWritable
from adapters.db.inquiries import Used
from api.console import kit
from api.console.desk import Desk
from api.console.marketing.answer_editing import AnswerEditing
from api.console.marketing.answer_preview import AnswerPreview
from api.console.marketing.code_editor import code_editor, editor_help, keep_until_saved, leave_for, on_line
from api.console.marketing.editor_frame import CHECK_AFTER, LOOK_EVERY, EditorFrame
from api.console.marketing.file_name import ask_name
from api.console.marketing.parts import names_of, when
from api.console.marketing.person_choice import people_for
from api.console.marketing.problems import go_to_line, go_to_place, list_problems, mark
from api.console.pages import console_page
from api.console.permissions import Page
from api.console.refusals import NotHere
from api.previewing import CadencePreview
from leads.answer_drafts import Begun, new_file, with_answer
from leads.findings import Finding
from leads.links import CONSOLE_PATH
from leads.sheets import SheetError
from leads.unanswered import AskedAlike, name_of, named


def address_of(name: str, *, new: bool = False, question: str | None = None) -> str:
    """The page of a file.

    Args:
        new: there is no such file yet.
        question: an open one, for which an answer is to be begun. Its words stand in no address.
    """
    asked = {"new": "true"} if new else {}
    if question is not None:
        asked["asked"] = name_of(question)
    return f"/answers/{quote(name)}/edit{'?' if asked else ''}{urlencode(asked)}"


@console_page("/answers/{file}/edit", Page.EDIT_ANSWERS, title="Edit answers")
async def edit_answers(desk: Desk, file: str, new: bool = False, asked: str = "") -> None:
    """Edit the answers of one file."""
    files = AnswerFiles(desk.services.playbook)
    try:
        found = await files.read(file)
        if found is None and new:
            files.require_free(file)
            found = AnswerFile(file, "", None)
    except NoSuchFileName as wrong:
        raise NotHere(f"A file of answers can't be called {file!r}: {wrong}.", ("All answers", "/answers")) from wrong
    except SheetError as wrong:
        kit.trouble(f"The file can't be read: {wrong}")
        kit.link("All answers", "/answers")
        return
    if found is None:
        raise NotHere(f"There is no file of answers called {file!r}.", ("All answers", "/answers"))
    kit.entitle(f"Edit {file}")
    editing = AnswerEditing(desk, files, found, found.text, why_not=files.why_not())
    group = named((await desk.services.inquiries.unanswered()).groups, asked) if asked else None
    if asked and group is None:
        kit.trouble("This question is none of the open ones any more; no answer was begun for it.")
    begun = _begun(editing, group) if editing.why_not is None else None
    if begun is not None:
        editing.text = begun.text
    await _AnswerEditor(editing, begun).build(group, await names_of(desk))


def _begun(editing: AnswerEditing, group: AskedAlike | None) -> Begun | None:
    """The file with the answer begun that somebody came to write; None where it is edited as it is."""
    if group is None and not editing.is_new:
        return None
    text = new_file(editing.name) if editing.is_new else editing.text
    return with_answer(text, group.wordings if group is not None else (), _ids(editing.desk))


def _ids(desk: Desk) -> set[str]:
    return {one.answer.id for one in desk.services.answers.read().library.answers}


def _at_hand(group: AskedAlike, names: Mapping[str, str]) -> None:
    """The question that is to be answered, and how people did; their notes are about one person, and are only read."""
    with ui.element("section").classes("ft-lead-in").props('aria-label="The question at hand"'):
        ui.label(f"“{group.question}”").classes("ft-asked-words")
        count = "once" if group.count == 1 else f"{group.count} times"
        ui.label(f"Asked {count}; {group.answered} answered by a person.").classes("ft-quiet")
        for given in group.given:
            if given.note:
                ui.label(f"{names.get(given.by, given.by)}: {given.note}").classes("ft-given")


class _AnswerEditor:
    """The page: keystrokes in, everything else follows; what is right can be saved."""

    def __init__(self, editing: AnswerEditing, begun: Begun | None) -> None:
        self._editing = editing
        self._begun = begun

    async def build(self, group: AskedAlike | None, names: Mapping[str, str]) -> None:
        """Put the parts together, and check what is there.

        Args:
            group: what is to be answered; None where nothing is.
            names: what colleagues are called.
        """
        editing = self._editing
        cadences = await CadencePreview(editing.desk.services).answering()
        people = await people_for(editing.desk, cadences[0].name if cadences else "")
        self._frame = EditorFrame(self._go_to, text="File", preview="As it arrives")
        with self._frame.bar:
            self._add_button = ui.button("Add an answer", icon="add", on_click=self._add).props("flat")
            self._save_button = ui.button("Save", icon="save", on_click=self._save).props("data-key=save-draft")
            self._file_menu = ui.button(icon="more_vert").props('flat dense round aria-label="Rename or remove"')
            with self._file_menu, ui.menu().props("role=menu"):
                ui.menu_item("Rename", self._rename).props("role=menuitem")
                ui.menu_item("Remove", self._remove).props("role=menuitem")
        with self._frame.text:
            if editing.why_not is not None:
                with ui.element("div").classes("ft-notice").props("role=note"):
                    ui.label(editing.why_not)
            if group is not None:
                _at_hand(group, names)
            with ui.element("div").classes("ft-editors"):
                self._editor = code_editor(
                    editing.text,
                    f"{editing.name}, answers",
                    self._written,
                    language="YAML",
                    wraps=True,
                    keys={"Mod-s": self._save},
                )
            editor_help("Ctrl+S saves.")
            self._problems = ui.element("div").classes("ft-problems")
        with self._frame.preview:
            self._preview = AnswerPreview(editing.desk, people, cadences)
        # Keystrokes before the page is connected might reach the server in another order.
        self._editor.disable()
        # What was begun for somebody is worth no question; what is written in it is.
        keep_until_saved(self._editor, editing.text)
        on_line(self._editor, self._stands_at)
        ui.context.client.on_connect(self._begin)
        kit.link("All answers", "/answers")
        await self._check()
        ui.timer(LOOK_EVERY, self._look)

    def _begin(self) -> None:
        if self._editing.why_not is None:
            self._editor.enable()
        if self._begun is not None:
            go_to_line(self._editor, self._begun.line)
            self._begun = None

    def _written(self, text: str) -> None:
        if text == self._editing.text:
            return
        self._editing.text = text
        self._tell()
        self._frame.once_silent((CHECK_AFTER, self._check))

    async def _check(self) -> None:
        """Say what is wrong with the text, and show what it says."""
        editing, before = self._editing, self._editing.checked
        if not await editing.check() or editing.checked is None:
            return
        checked = editing.checked
        mark(self._editor, checked.text, checked.findings)
        list_problems(self._problems, checked.findings, self._go_to)
        self._tell()  # What is right can be saved at once; to show it takes longer.
        if checked.errors:
            self._preview.stale()
        else:
            line = _first_difference(before.text, checked.text) if before is not None else None
            await self._preview.show(checked, checked.written_in(line) if line is not None else None)

    async def _stands_at(self, line: int) -> None:
        """Show the answer in which somebody stands."""
        checked = self._editing.checked
        answer = checked.written_in(line) if checked is not None and checked.text == self._editing.text else None
        if answer is not None:
            with self._frame.room:
                await self._preview.follow(answer)

    async def _go_to(self, finding: Finding) -> None:
        go_to_place(self._editor, finding)

    async def _add(self) -> None:
        begun = with_answer(self._editing.text or new_file(self._editing.name), (), _ids(self._editing.desk))
        await self._replace(begun.text)
        go_to_line(self._editor, begun.line)

    async def _replace(self, text: str) -> None:
        """Another text stands in the editor now."""
        self._frame.once_silent()
        self._editing.text = text
        self._editor.set_value(text)
        await self._check()

    async def _save(self) -> None:
        editing = self._editing
        if not editing.is_right:
            await self._check()
        if not editing.may_save:
            return
        missed = await editing.would_miss()
        if missed and not await self._is_sure("Save without answers that people got?", "Save", missed):
            return
        async with kit.acting(self._save_button):
            try:
                await editing.save()
            except ChangedMeanwhile:
                kit.refused("Somebody else changed the file meanwhile; yours is not saved.")
            except NotWritable as refused:
                kit.refused(str(refused))
            else:
                self._stands_saved()
                kit.done("Saved: it counts from the next question on.")
        self._tell()

    async def _rename(self) -> None:
        editing = self._editing
        with self._frame.room:
            name = await ask_name(f"Rename {editing.name}", "Rename", editing.files.require_free, before=editing.name)
            if not name:
                return
            async with kit.acting():
                try:
                    await editing.rename(name)
                except ChangedMeanwhile:
                    kit.refused("Somebody else changed the file meanwhile; it is called as before.")
                except (NoSuchFileName, NotWritable) as refused:
                    kit.refused(str(refused))
                else:
                    self._stands_saved()
                    kit.done(f"The file is called {name} now.")
                    await self._check()
            self._tell()

    async def _remove(self) -> None:
        editing = self._editing
        with self._frame.room:
            missed = await editing.would_miss(without_file=True)
            if not await self._is_sure(f"Remove {editing.name}?", "Remove", missed):
                return
            async with kit.acting():
                try:
                    await editing.remove()
                except ChangedMeanwhile:
                    kit.refused("Somebody else changed the file meanwhile; it is still there.")
                except NotWritable as refused:
                    kit.refused(str(refused))
                else:
                    leave_for("/answers")
                    return
            self._tell()

    async def _is_sure(self, question: str, yes: str, missed: Mapping[str, Used]) -> bool:
        """Ask before answers go, and say of each who got it: what is asked for again is left to a person."""
        desk = self._editing.desk
        lines = [
            f"{one}: given {'once' if used.times == 1 else f'{used.times:,} times'}, last {when(used.last_at, desk)}"
            for one, used in missed.items()
        ]
        if missed:
            lines.append("Whoever asks for it from now on is left to a person. What was answered already stays so.")
        else:
            lines.append("Nobody got an answer of it yet.")
        with self._frame.room:
            return await kit.confirm(question, *lines, yes=yes, danger=True)

    def _stands_saved(self) -> None:
        """The file is there as it stands here, and has an address of its own."""
        editing = self._editing
        keep_until_saved(self._editor, editing.file.text)
        kit.entitle(f"Edit {editing.name}")
        ui.navigate.history.replace(f"{CONSOLE_PATH}{address_of(editing.name)}")

    async def _look(self) -> None:
        """See what others do to the same file."""
        if await self._editing.look():
            self._tell()

    async def _take_theirs(self) -> None:
        if not await self._read_again():
            return
        if self._editing.is_new:  # They removed it, or called it otherwise.
            leave_for("/answers")
            return
        keep_until_saved(self._editor, self._editing.file.text)
        await self._replace(self._editing.file.text)

    async def _keep_mine(self) -> None:
        if await self._read_again():
            await self._save()

    async def _read_again(self) -> bool:
        """Look at what stands in the file now; False, and the dispute goes on, where it can't be read."""
        await self._editing.desk.still_here()
        try:
            await self._editing.read_again()
        except SheetError as wrong:
            kit.refused(f"The file can't be read: {wrong}")
            return False
        self._tell()
        return True

    def _tell(self) -> None:
        """Say how things stand, and what can be done."""
        editing = self._editing
        self._frame.say("Not saved yet" if editing.is_changed else "As it stands in the file")
        self._frame.show(editing.findings)
        if editing.is_disputed:
            self._frame.tell(
                "Somebody else changed the file, or removed it, since you opened it. Yours is not saved.",
                {"Take theirs": self._take_theirs, "Keep mine": self._keep_mine},
            )
        else:
            self._frame.tell()
        is_open = editing.why_not is None and not editing.is_disputed
        self._save_button.set_enabled(editing.may_save)
        self._add_button.set_enabled(is_open)
        self._file_menu.set_enabled(is_open and not editing.is_new)
        why = "It can be saved once the errors are mended." if not editing.is_right and editing.findings else ""
        self._save_button.props["title"] = why


def _first_difference(before: str, after: str) -> int | None:
    """The first line that is another one now; counts from 1."""
    if before == after:
        return None
    old, new = before.split("\n"), after.split("\n")
    same = (number for number, pair in enumerate(zip(old, new, strict=False), 1) if pair[0] != pair[1])
    return next(same, min(len(old), len(new)) + 1)

"""The answer library: a question tried out, what nobody has an answer to, and how often each answer was found."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from nicegui import ui

from adapters.answer_files import AnswerFiles
from adapters.db.inquiries import Used
from api.console import kit
from api.console.desk import Desk
from api.console.frame import Section
from api.console.marketing.answer_page import address_of
from api.console.marketing.answer_place import ask_where
from api.console.marketing.file_name import ask_name
from api.console.marketing.parts import names_of, when
from api.console.pages import Nav, console_page
from api.console.permissions import Page, may_open
from api.console.tables import Table
from leads.answer_sheets import AnswerSheet, Shelved
from leads.answer_trials import Trial, try_out
from leads.answering import AnswerDesk
from leads.inquiries import AnswerFound
from leads.unanswered import AskedAlike, still_open

_SHOWN = 50
"""Groups of questions at once."""
_LONGEST = 2000
"""Characters of a question that is tried out."""
_FOLDER = "answers/ of the folder that FOLLOW_PLAYBOOK_DIR names"


@console_page("/answers", Page.ANSWERS, title="Answers", nav=Nav(Section.WRITE, "forum"))
async def answers(desk: Desk) -> None:
    """Show the library, and what it lacks."""
    library = desk.services.answers
    desk_of_answers = library.read()
    if library.trouble is not None:
        with ui.element("div").classes("ft-trouble").props("role=alert"):
            ui.icon("error_outline").props("aria-hidden=true")
            with ui.element("div"):
                ui.label("A file has a mistake. Until it is mended, what it said before counts.")
                for line in library.trouble.split("\n"):
                    ui.label(_without_folder(line)).classes("ft-code")
                if may_open(desk.person.role, Page.EDIT_ANSWERS):
                    for path in library.files:
                        if str(path) in library.trouble:
                            kit.link(f"Mend {path.name}", address_of(path.stem))
    with ui.element("div").classes("ft-columns"):
        with kit.section("Try a question"):
            _try(desk)
        with kit.section("Nobody has an answer to"):
            await _unanswered(desk, desk_of_answers)
    with kit.section("The library"):
        await _library(desk, desk_of_answers)


def _try(desk: Desk) -> None:
    field = ui.textarea("What somebody might ask", placeholder="Do you deliver to Boston, and what does it cost?")
    field.props(f"outlined autogrow maxlength={_LONGEST}")

    async def ask() -> None:
        await desk.still_here()
        found.clear()
        question = (field.value or "").strip()
        if not question:
            return
        tried = try_out(desk.services.answers.read(), Trial(question, None, 1))
        with found:
            for answer in tried.answers:
                _found(answer)
            for open_one in tried.unanswered:
                with ui.element("div").classes("ft-notice"):
                    ui.label(f"“{open_one}” is left to a person.")
            if tried.nearest:
                ui.label(f"What came nearest: {tried.nearest} of 100.").classes("ft-quiet")
            if not tried.answers and not tried.unanswered:
                ui.label("There is no question in it, or no library.").classes("ft-quiet")

    field.on("keydown.ctrl.enter", ask)
    ui.button("What would we answer?", on_click=ask).classes("ft-alone")
    found = ui.element("div").props("aria-live=polite").classes("ft-tried")


def _found(answer: AnswerFound) -> None:
    with ui.element("article").classes("ft-found"):
        with ui.row().classes("ft-line"):
            kit.heading(answer.title, 3).classes("col")
            ui.label(f"{answer.score:.0f} of 100").classes("ft-tag ft-good")
        ui.label(f"to “{answer.question}”").classes("ft-quiet")
        ui.markdown(answer.whole, sanitize=True)


async def _unanswered(desk: Desk, library: AnswerDesk) -> None:
    found = await desk.services.inquiries.unanswered()
    names = await names_of(desk)
    # What is kept with a question is what was so when it came in.
    groups = await asyncio.to_thread(still_open, found.groups, library)
    if not groups:
        kit.empty("Every question so far has an answer")
    else:
        files = _files(desk, library) if _writes(desk) else {}
        with ui.element("ol").classes("ft-asked"):
            for group in groups[:_SHOWN]:
                _asked(desk, group, names, files)
    left_out = max(len(groups) - _SHOWN, 0)
    if left_out:
        ui.label(f"{left_out} more, asked less often.").classes("ft-quiet")
    if answered := len(found.groups) - len(groups):
        ui.label(f"{answered} {'has' if answered == 1 else 'have'} an answer by now.").classes("ft-quiet")
    if found.left_out:
        ui.label(f"From the newest {found.messages} messages; {found.left_out} older ones are left out.").classes(
            "ft-quiet"
        )


def _asked(desk: Desk, group: AskedAlike, names: Mapping[str, str], files: Mapping[str, Path]) -> None:
    with ui.element("li"):
        with ui.row().classes("ft-line"):
            ui.label(group.question).classes("col ft-asked-words")
            ui.label(f"{group.count} times" if group.count > 1 else "once").classes("ft-tag")
        facts = [f"newest {when(group.newest_at, desk)}"]
        if group.topic is not None:
            facts.append(f"nearest topic: {group.topic}")
        facts.append(f"{group.answered} answered by a person")
        ui.label(", ".join(facts)).classes("ft-quiet")
        notes = [given for given in group.given if given.note]
        if notes:
            with ui.element("details"):
                with ui.element("summary"):
                    ui.label("How people answered")
                for given in notes:
                    ui.label(f"{names.get(given.by, given.by)}: {given.note}").classes("ft-given")
        if _writes(desk):
            nearest = files.get(group.topic) if group.topic is not None else None

            async def write() -> None:
                await ask_where(desk, group.question, nearest.stem if nearest is not None else None)

            button = ui.button("Write an answer", icon="edit", on_click=write).props("flat dense no-caps")
            button.props["aria-label"] = f"Write an answer to: {group.question}"
            button.classes("ft-alone")


def _writes(desk: Desk) -> bool:
    """Whether this person writes answers, and they can be written here."""
    return may_open(desk.person.role, Page.EDIT_ANSWERS) and AnswerFiles(desk.services.playbook).why_not() is None


async def _library(desk: Desk, library: AnswerDesk) -> None:
    used = await desk.services.inquiries.uses()
    names = await names_of(desk)
    where = f"They are written in files, in {_FOLDER}; a change counts from the next question on."
    with ui.row().classes("ft-line"):
        ui.label(where).classes("ft-quiet col")
        if _writes(desk):
            ui.button("New file", icon="add", on_click=lambda: _new_file(desk)).props("flat")
    if not library.library.answers:
        kit.empty("There are no answers: every question goes to a person", where, icon="forum")
    files = _files(desk, library)
    for sheet in library.library.sheets:
        with ui.element("section").classes("ft-topic"):
            with ui.row().classes("ft-line"):
                kit.heading(sheet.topic, 3).classes("col")
                file = files.get(sheet.topic)
                if file is not None:
                    ui.label(f"{file.parent.name}/{file.name}").classes("ft-quiet ft-code")
                    if may_open(desk.person.role, Page.EDIT_ANSWERS):
                        kit.link("Edit", address_of(file.stem)).props["aria-label"] = f"Edit {file.stem}"
            for one in library.library.answers:
                if any(one.answer is answer for answer in sheet.answers):
                    _shelved(desk, one, used.pop(one.answer.id, None), names)
    if used:
        kit.heading("Not there any more", 3)
        table = Table("Answers that were removed", ("id", "found", "last"), (1,))
        for gone, times in sorted(used.items()):
            table.row(gone, f"{times.times:,}", when(times.last_at, desk))


async def _new_file(desk: Desk) -> None:
    require = AnswerFiles(desk.services.playbook).require_free
    name = await ask_name("New file of answers", "Begin", require, example="delivery-times")
    if name:
        ui.navigate.to(address_of(name, new=True))


def _shelved(desk: Desk, one: Shelved, used: Used | None, names: Mapping[str, str]) -> None:
    answer = one.answer
    with ui.element("details").classes("ft-shelved"):
        with ui.element("summary"), ui.element("span").classes("ft-shelved-head"):
            ui.label(answer.title).classes("ft-asked-words")
            if answer.stage is not None:
                ui.label(answer.stage.value).classes("ft-tag")
            ui.label(_times(desk, used)).classes("ft-quiet")
        ui.markdown(answer.answer, sanitize=True)
        for link in answer.links:
            kit.outer_link(link.label, link.url, new_tab=True)
        ui.label("Asked for as").classes("ft-quiet")
        with ui.element("ul"):
            for example in answer.questions.examples:
                with ui.element("li"):
                    ui.label(example)
        experts = ", ".join(names.get(expert, expert) for expert in one.experts)
        ui.label(f"id {answer.id}{f'; experts: {experts}' if experts else ''}").classes("ft-quiet")


def _times(desk: Desk, used: Used | None) -> str:
    if used is None:
        return "never found"
    return f"found {'once' if used.times == 1 else f'{used.times:,} times'}, last {when(used.last_at, desk)}"


def _files(desk: Desk, library: AnswerDesk) -> dict[str, Path]:
    """The file of each topic, as far as that is clear: several files may have one topic."""
    sheets: list[AnswerSheet] = list(library.library.sheets)
    files = desk.services.answers.files
    return {sheet.topic: file for sheet, file in zip(sheets, files, strict=True)} if len(sheets) == len(files) else {}


def _without_folder(line: str) -> str:
    """A finding's line without the folders before its file, which say nothing to whoever writes it."""
    file, colon, rest = line.partition(":")
    return f"{Path(file).name}{colon}{rest}" if file.endswith((".yaml", ".yml")) else line

"""A file of answers being edited by one person at one page: what is written, checked and saved, without any widgets."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from adapters.answer_files import AnswerFile, AnswerFiles, ChangedMeanwhile
from adapters.db.inquiries import Used
from api.console.desk import Desk
from api.console.permissions import Action
from api.writes import Caller
from leads.answer_lint import check_answers
from leads.answer_sheets import Answer, AnswerLibrary, AnswerSheet
from leads.answering import AnswerDesk
from leads.findings import Finding, in_order
from leads.sheets import Sheet, SheetError, read_sheet, read_text


@dataclass(frozen=True, slots=True)
class Checked:
    """A text that was looked at, beside all other files as they are."""

    text: str
    findings: tuple[Finding, ...]
    sheet: Sheet[AnswerSheet]
    others: tuple[AnswerSheet, ...]
    """What the other files say, as far as they are right."""
    library: AnswerDesk
    """All of it, as it would be with this text."""

    @property
    def errors(self) -> int:
        return sum(one.is_error for one in self.findings)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers of this file; none while it has an error."""
        return self.sheet.value.answers if self.sheet.value is not None else ()

    def written_in(self, line: int) -> Answer | None:
        """The answer that stands in a line; counts from 1."""
        places = self.sheet.source.values
        begun = [at for at in range(len(self.answers)) if places["answers", at].line <= line]
        return self.answers[begun[-1]] if begun else None


@dataclass(slots=True)
class AnswerEditing:
    """What one person has before them. Another one may be at the same file; nobody saves over the other unseen."""

    desk: Desk
    files: AnswerFiles
    file: AnswerFile
    """As it was when it was read, or saved, last."""
    text: str
    """As it stands in the editor."""
    checked: Checked | None = None
    is_disputed: bool = False
    """Somebody else wrote the file, and it is not decided whose text stays."""
    why_not: str | None = None
    """Why nothing can be written here."""
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def name(self) -> str:
        """The file's name, without `.yaml`."""
        return self.file.name

    @property
    def is_new(self) -> bool:
        """Whether there is no such file yet."""
        return self.file.mark is None

    @property
    def is_changed(self) -> bool:
        """Whether there is anything that is not saved."""
        return self.is_new or self.text != self.file.text

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.checked.findings if self.checked is not None else ()

    @property
    def is_right(self) -> bool:
        """Whether the text as it stands was checked, and has no error."""
        return self.checked is not None and self.checked.text == self.text and not self.checked.errors

    @property
    def may_save(self) -> bool:
        return self.is_right and self.is_changed and not self.is_disputed and self.why_not is None

    async def check(self) -> bool:
        """Look for mistakes; False when the text has changed meanwhile, and another check is to come."""
        text = self.text
        colleagues = frozenset(one.id for one in await self.desk.services.people.all() if one.active)
        checked = await asyncio.to_thread(_check, self.files, self.name, text, colleagues)
        if text != self.text:
            return False
        self.checked = checked
        return True

    async def would_miss(self, *, without_file: bool = False) -> dict[str, Used]:
        """The answers that would be gone, and that people got: how often, and when last; by their ids.

        Args:
            without_file: all of this file's; else those that stand in the file and not in the text.
        """
        before = read_sheet(AnswerSheet, self.file.text, "").value
        ids = {one.id for one in before.answers} if before is not None else set()
        if self.checked is not None:
            kept = () if without_file else self.checked.answers
            ids -= {one.id for one in (*kept, *(answer for sheet in self.checked.others for answer in sheet.answers))}
        used = await self.desk.services.inquiries.uses() if ids else {}
        return {one: used[one] for one in sorted(ids) if one in used}

    async def save(self) -> None:
        """Write the text into the file; it counts from the next question on.

        Raises:
            ChangedMeanwhile: somebody else wrote, made or removed the file; nothing was saved.
            NotWritable: it can't be written.
        """
        async with self._one_at_a_time:
            text, file = self.text, self.file

            async def work(_: Caller) -> AnswerFile:
                return await self.files.write(file, text)

            try:
                self.file = await self.desk.do(
                    Action.SAVE_ANSWERS,
                    work,
                    subject=file.name,
                    before={"text": _short(file.mark)},
                    became=lambda done: {"text": _short(done.mark)},
                )
            except ChangedMeanwhile:
                self.is_disputed = True
                raise
            self.desk.services.answers.read()

    async def rename(self, name: str) -> None:
        """Call the file otherwise; what is written and not saved stays so.

        Raises:
            ChangedMeanwhile: somebody else wrote or removed the file; it is called as before.
            NoSuchFileName: it can't be called so, or another one is.
            NotWritable: it can't be renamed.
        """
        async with self._one_at_a_time:
            file = self.file

            async def work(_: Caller) -> AnswerFile:
                return await self.files.rename(file, name)

            before, after = {"file": file.name}, {"file": name}
            try:
                done = self.desk.do(Action.RENAME_ANSWERS, work, subject=file.name, before=before, after=after)
                self.file = await done
            except ChangedMeanwhile:
                self.is_disputed = True
                raise
            self.desk.services.answers.read()

    async def remove(self) -> None:
        """Remove the file; from the next question on its answers are given to nobody.

        Raises:
            ChangedMeanwhile: somebody else wrote or removed the file; what is there is still there.
            NotWritable: it can't be removed.
        """
        async with self._one_at_a_time:
            file = self.file

            async def work(_: Caller) -> None:
                await self.files.remove(file)

            try:
                before: Mapping[str, str | None] = {"text": _short(file.mark)}
                await self.desk.do(Action.REMOVE_ANSWERS, work, subject=file.name, before=before)
            except ChangedMeanwhile:
                self.is_disputed = True
                raise
            self.desk.services.answers.read()

    async def look(self) -> bool:
        """Whether somebody else wrote the file meanwhile; whose text stays is to be decided then."""
        async with self._one_at_a_time:
            try:
                now = await self.files.read(self.name)
            except SheetError:
                return False  # Perhaps it is being written; a save would say so.
            if self.is_disputed or (now.mark if now is not None else None) == self.file.mark:
                return False
            if now is not None and now.text == self.text:
                self.file = now
            else:
                self.is_disputed = True
            return True

    async def read_again(self) -> None:
        """See what stands in the file now, which decides a dispute.

        Raises:
            SheetError: it can't be read.
        """
        now = await self.files.read(self.name)
        self.file = now or AnswerFile(self.name, "", None)
        self.is_disputed = False


def _check(files: AnswerFiles, name: str, text: str, colleagues: frozenset[str]) -> Checked:
    """What is wrong with this file beside the others; what is wrong with another one is told where that is edited."""
    own = f"{name}.yaml"
    sheet, others = read_sheet(AnswerSheet, text, own), _right_ones(files, name)
    # It comes last, so that what stands twice is told here and not in the other file.
    found = check_answers([*others, sheet], colleagues, only=own)
    findings = in_order(sheet.source.whole(one) for one in found if one.file == own)
    right = tuple(one.value for one in others if one.value is not None)
    library = AnswerLibrary((*right, sheet.value) if sheet.value is not None else right)
    return Checked(text, tuple(findings), sheet, right, AnswerDesk(library))


def _right_ones(files: AnswerFiles, name: str) -> list[Sheet[AnswerSheet]]:
    """The other files that can be read."""
    sheets = []
    for path in files.others(name):
        try:
            other = _sheet(read_text(path), str(path))
        except SheetError:
            continue
        if other.value is not None:
            sheets.append(other)
    return sheets


@lru_cache(maxsize=256)
def _sheet(text: str, file: str) -> Sheet[AnswerSheet]:
    """The other files seldom change while one is written, and to read one takes longer than all the rest."""
    return read_sheet(AnswerSheet, text, file)


def _short(mark: str | None) -> str | None:
    return None if mark is None else mark[:12]

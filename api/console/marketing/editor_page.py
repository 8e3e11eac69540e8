"""The cadence editor: files, what is wrong with them, what they would do, what they change; saved, and published."""

from nicegui import ui

from adapters.db.cadence_drafts import DraftMoved
from adapters.db.cadences import PublishedMeanwhile
from api.console import kit
from api.console.desk import Desk, SignedOut
from api.console.marketing.editing import Editing
from api.console.marketing.editor_frame import CHECK_AFTER, LOOK_EVERY, EditorFrame
from api.console.marketing.files_pane import FilesPane
from api.console.marketing.parts import names_of, when
from api.console.marketing.person_choice import people_for
from api.console.marketing.preview_pane import PreviewPane
from api.console.marketing.publish_dialog import ask_to_publish, show_changes
from api.console.pages import console_page
from api.console.permissions import Page
from api.console.refusals import NotHere
from api.publishing import NotPublishable
from cadences.drafts import Draft, NoSuchName
from leads.findings import Finding

SAVE_AFTER = 1.5
"""Seconds of silence after a keystroke."""


@console_page("/cadences/{name}/edit", Page.EDIT_CADENCE, title="Edit a cadence")
async def edit_cadence(desk: Desk, name: str) -> None:
    """Edit a cadence; one that does not exist begins with a small one that is right."""
    try:
        editing = await Editing.begin(desk, name)
    except NoSuchName as wrong:
        raise NotHere(f"A cadence can't be called {name!r}: {wrong}.", ("All cadences", "/cadences")) from wrong
    kit.entitle(f"Edit {name}")
    editor = _Editor(editing, await names_of(desk), await people_for(desk, name))
    await editor.build()


class _Editor:
    """The page: keystrokes in, everything else follows."""

    def __init__(self, editing: Editing, names: dict[str, str], people: dict[str, str]) -> None:
        self._editing = editing
        self._names = names
        self._people = people

    async def build(self) -> None:
        """Put the parts together, and check what is there."""
        self._frame = EditorFrame(self._go_to, text="Files", preview="What would happen")
        with self._frame.bar:
            self._save_button = ui.button("Save draft", on_click=self._save).props("flat data-key=save-draft")
            ui.button("What changes", on_click=self._show_changes).props("flat")
            self._drop_button = ui.button("Drop draft", on_click=self._drop).props("flat color=negative")
            self._publish_button = ui.button("Publish", icon="publish", on_click=self._publish)
            self._publish_button.props("data-key=publish")
        with self._frame.text:
            self._files = FilesPane(
                self._editing.draft,
                on_draft=self._written,
                on_file=self._looked_at,
                keys={"Mod-s": self._save, "Mod-Enter": self._publish},
            )
        with self._frame.preview:
            self._preview = PreviewPane(self._editing.desk, self._people)
        self._tell()
        self._tell_news()
        await self._check()
        ui.timer(LOOK_EVERY, self._look)
        # Whoever closes the window a moment after the last keystroke loses nothing.
        ui.context.client.on_disconnect(self._save_quietly)

    def _written(self, draft: Draft) -> None:
        self._editing.draft = draft
        self._tell()
        self._frame.once_silent((CHECK_AFTER, self._check), (SAVE_AFTER, self._save_unless_disputed))

    async def _save_unless_disputed(self) -> None:
        """While it is not decided whose text stays, nothing is saved."""
        if self._editing.theirs is None:
            await self._save_draft()

    async def _check(self) -> None:
        """Say what is wrong, and show what it would do."""
        if not await self._editing.check():
            return
        self._files.mark(self._editing.findings)
        self._tell()  # What is right can be published at once; to show it takes longer.
        if self._editing.errors:
            self._preview.stale()
        else:
            await self._preview.show(self._editing.draft.bundle)

    async def _go_to(self, finding: Finding) -> None:
        await self._files.go_to(finding)

    async def _looked_at(self, file: str) -> None:
        await self._preview.follow(file)

    async def _save(self) -> None:
        """Somebody asked for it."""
        await self._save_unless_disputed()

    async def _save_draft(self) -> None:
        if not self._editing.is_changed:
            return
        self._frame.say("Saving ...")
        try:
            await self._editing.save()
        except DraftMoved:
            self._tell_news()
        except Exception as error:
            kit.say_what_happened(error)
        self._tell()

    async def _save_quietly(self) -> None:
        """The page is gone, or its connection: nobody is there to be told anything."""
        if self._editing.theirs is None and self._editing.is_changed:
            try:
                await self._editing.save()
            except (DraftMoved, SignedOut):
                return

    async def _show_changes(self) -> None:
        await show_changes(self._editing)

    async def _publish(self) -> None:
        editing = self._editing
        if not await editing.check():
            return
        self._files.mark(editing.findings)
        self._tell()
        if not self._may_publish():
            return
        seen = {one.name: one.in_flight for one in await editing.desk.services.published.all()}
        if not await ask_to_publish(editing, seen.get(editing.name, 0)):
            return
        async with kit.acting(self._publish_button):
            try:
                done = await editing.publish()
            except NotPublishable:
                await self._check()
                kit.refused("There are errors in it; nothing was published.")
            except (DraftMoved, PublishedMeanwhile):
                kit.refused("Somebody else was faster; nothing was published. Look at what they did first.")
                self._tell_news()
            else:
                self._files.show(editing.draft)
                self._tell_news()
                await self._check()
                kit.done(
                    f"Published: new leads take {done.version[:8]} from now on."
                    if done.changed
                    else "The same text is published already; nothing changed."
                )
        self._tell()

    async def _drop(self) -> None:
        editing = self._editing
        line = "What is published stays." if editing.published else "The cadence was never published, and is gone then."
        if not await kit.confirm(f"Drop the draft of {editing.name}?", line, yes="Drop it", danger=True):
            return
        async with kit.acting():
            try:
                await editing.drop()
            except DraftMoved:
                self._tell_news()
                kit.refused("Somebody else saved it meanwhile; it is still there.")
                return
            if editing.published is None:
                ui.navigate.to("/cadences")
                return
            await self._show_again()

    async def _look(self) -> None:
        """See what others do to the same cadence."""
        try:
            if await self._editing.look():
                self._tell_news()
                self._tell()
        except SignedOut as over:
            kit.say_what_happened(over)

    async def _show_again(self) -> None:
        """Another text stands in the editor now."""
        self._frame.once_silent()
        self._files.show(self._editing.draft)
        self._tell_news()
        self._tell()
        await self._check()

    def _tell_news(self) -> None:
        """Say what somebody else did, and offer what can be done."""
        editing = self._editing
        if editing.theirs is not None:
            theirs = editing.theirs
            who = "You saved" if theirs.by == editing.desk.person.id else f"{self._called(theirs.by)} saved"
            elsewhere = " in another window" if theirs.by == editing.desk.person.id else ""
            self._frame.tell(
                f"{who} this draft{elsewhere}, {when(theirs.at, editing.desk)}. Yours is not saved.",
                {"Take theirs": self._take_theirs, "Keep mine": self._keep_mine},
            )
        elif editing.is_behind:
            self._frame.tell(
                "Another version was published since this edit began.",
                {"Take what is published": self._take_published, "Go on with this text": self._go_on},
            )
        else:
            self._frame.tell()

    async def _take_theirs(self) -> None:
        self._editing.take_theirs()
        await self._show_again()

    async def _keep_mine(self) -> None:
        self._editing.keep_mine()
        self._tell_news()
        await self._save_draft()

    async def _take_published(self) -> None:
        async with kit.acting():
            await self._editing.drop()
            await self._show_again()

    async def _go_on(self) -> None:
        self._editing.go_on_from_published()
        self._tell_news()
        self._tell()
        await show_changes(self._editing)

    def _may_publish(self) -> bool:
        editing = self._editing
        return editing.is_right and editing.changes_anything and editing.theirs is None and not editing.is_behind

    def _tell(self) -> None:
        """Say how things stand, and what can be done."""
        editing = self._editing
        self._frame.say(self._said())
        self._frame.show(editing.findings)
        # A draft is saved by itself, also when the window closes; whose text is disputed, only once that is decided.
        self._frame.keep(text_at_risk=editing.is_changed and editing.theirs is not None)
        self._save_button.set_enabled(editing.is_changed and editing.theirs is None)
        self._drop_button.set_visibility(editing.saved is not None)
        self._publish_button.set_enabled(self._may_publish())
        why = "It can be published once the errors are mended." if editing.errors else ""
        self._publish_button.props["title"] = why

    def _said(self) -> str:
        editing = self._editing
        if editing.is_changed:
            return "Not saved yet"
        if editing.saved is not None:
            return f"Draft saved by {self._called(editing.saved.by)}, {when(editing.saved.at, editing.desk)}"
        return "As published" if editing.published is not None else "New, not saved yet"

    def _called(self, colleague: str) -> str:
        return self._names.get(colleague, colleague)

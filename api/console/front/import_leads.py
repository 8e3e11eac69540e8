"""Bring in a file of leads: choose it, see how it is understood and what would happen, then watch each row come in."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from nicegui import events, ui

from adapters.db.engine import is_trouble
from api.console import kit
from api.console.desk import Desk
from api.console.front.import_views import (
    FATES,
    has_consents,
    how_far,
    many,
    show_columns,
    show_forecast,
    show_rows,
)
from api.console.pages import console_page
from api.console.permissions import Action, Page, may_open
from api.csv_import import Defaults, Fate
from api.csv_table import TableUnreadable
from api.file_imports import KEPT_FOR, LONGEST, MOST_ROWS, FileImport, RowResult, Run, imports_of
from api.problems import ValueRefused
from api.writes import Caller
from leads.capture import DEFAULT_CADENCES
from leads.links import CONSOLE_PATH
from leads.model import LeadKind

_LOOKS_EVERY = 0.5
"""Seconds, while a file comes in."""
_PATH = "/add/file"
_INBOUND, _OUTBOUND = "They asked us something (inbound)", "We found them (outbound)"
_RULES, _OF_KIND = "", ""


@console_page(_PATH, Page.IMPORT_LEADS, title="Import leads")
async def import_leads(desk: Desk, file: str = "") -> None:
    """One file, from its choice to what became of each row.

    Args:
        file: the id of one that was chosen before.
    """
    await _Import(desk).build(file)


class _Import:
    """The page: a part for each step, which is built once the one before it is done."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._imports = imports_of(desk.services)
        self._one: FileImport | None = None
        self._shown: Fate | None = None
        """Only rows of this result; None: all."""

    async def build(self, asked: str) -> None:
        choices = await self._desk.services.in_flight.choices()
        self._names = choices.owners
        self._owners = {_RULES: "whoever is next by the rules"} | {one: choices.owners[one] for one in choices.at_work}
        self._cadences = sorted(choices.versions)
        self._chooser = ui.element("div").classes("ft-stack")
        self._file, self._settings, self._forecast, self._result = (
            ui.element("div").classes("ft-stack").props("aria-live=polite") for _ in range(4)
        )
        self._timer = ui.timer(_LOOKS_EVERY, self._look_again, active=False)
        found = self._asked_for(asked)
        self._build_chooser(gone=bool(asked) and found is None)
        if found is not None:
            await self._show(found)

    def _asked_for(self, asked: str) -> FileImport | None:
        """The file in the address; without one, the one that is coming in now."""
        by = self._desk.person.id
        if not asked:
            return self._imports.running_of(by)
        try:
            return self._imports.of(UUID(asked), by)
        except ValueError:
            return None

    # 1. The file.

    def _build_chooser(self, *, gone: bool) -> None:
        with self._chooser, kit.section("The file"):
            if gone:
                kit.trouble(
                    f"This file is not here any more: it is kept for {KEPT_FOR.total_seconds() / 3600:.0f} hours, and "
                    "until the server is started anew. Choose it again; whoever came in already is known."
                )
            kit.said(
                f"A CSV file whose first line names its columns, up to {LONGEST >> 20} MB and {MOST_ROWS:,} rows. "
                "How it was saved is found out. Nothing comes in before you have seen what would happen."
            ).classes("ft-quiet")
            upload = ui.upload(
                max_file_size=LONGEST,
                auto_upload=True,
                on_upload=self._on_file,
                on_rejected=self._on_too_long,
            ).classes("ft-uploader")
            upload.on("failed", self._on_failed, args=[])
            upload.on("added", self._on_added, args=[])
            # Only then: a sending that is reset before is broken off.
            upload.on("finish", lambda: upload.reset(), args=[])
            with ui.row().classes("ft-line"):
                self._choose = ui.button("Choose a file", icon="upload_file")
                # The browser opens its dialog only while it handles the very click.
                self._choose.on("click", js_handler=f"() => runMethod({upload.id}, 'pickFiles', [])")
                kit.link("Add one lead by hand", "/add")
            self._refused = ui.element("div").classes("ft-stack")

    def _on_added(self) -> None:
        self._choose.props(add="loading")
        self._refused.clear()

    def _chosen(self) -> None:
        self._choose.props(remove="loading")

    def _on_too_long(self) -> None:
        self._chosen()
        self._say_refused(f"The file is longer than {LONGEST >> 20} MB. Split it, or use `follow enroll`.")

    def _on_failed(self) -> None:
        self._chosen()
        self._say_refused("The file did not arrive. Look whether you are still connected, and choose it again.")

    def _say_refused(self, text: str) -> None:
        self._refused.clear()
        with self._refused:
            kit.trouble(text)

    async def _on_file(self, event: events.UploadEventArguments) -> None:
        async with kit.acting():
            try:
                person = await self._desk.require(Action.IMPORT_LEADS)
                taken = await self._imports.take(event.file.name, event.file.save, person.id)
            except TableUnreadable as unreadable:
                self._say_refused(f"{unreadable}.")
                return
            finally:
                self._chosen()
            ui.navigate.history.replace(f"{CONSOLE_PATH}{_PATH}?file={taken.id}")
            await self._show(taken)

    async def _show(self, one: FileImport) -> None:
        """The file as it stands: just chosen, looked at, coming in, or through."""
        self._one, self._shown = one, None
        for part in (self._file, self._settings, self._forecast, self._result):
            part.clear()
        with self._file, kit.section("How it is understood"):
            show_columns(one)
        if one.run is not None:
            await self._show_run(one.run)
            return
        self._build_settings(one)
        if one.forecast is not None:
            await self._show_forecast(one)

    # 2. What holds for rows that don't say.

    def _build_settings(self, one: FileImport) -> None:
        before, columns = one.defaults or Defaults(), set(one.table.fields)
        with self._settings, kit.section("What holds for rows that don't say it themselves"):
            with ui.element("div").classes("ft-columns"):
                # Nobody is written to because somebody overlooked a field: it is asked, unless the file says it.
                unsaid = "" if "kind" in columns else LeadKind.INBOUND.value
                kinds = {unsaid: _INBOUND, LeadKind.OUTBOUND.value: _OUTBOUND}
                kind = ui.select(kinds, value=before.kind or (None if unsaid else ""), label="Who are they?")
                source = ui.input("Where they came from", value=before.source or "").props("autocomplete=off")
                owner = ui.select(self._owners, value=before.owner or _RULES, label="Who gets them")
                usual = " or ".join(DEFAULT_CADENCES.values())
                cadences = {_OF_KIND: f"the usual one ({usual})"} | {name: name for name in self._cadences}
                cadence = ui.select(cadences, value=before.cadence or _OF_KIND, label="Cadence")
                wording = ui.textarea("The words that everybody with a “yes” agreed to", value=before.consent_wording)
                wording.props("autogrow")
                method = ui.input("How they agreed", value=before.consent_method).props("autocomplete=off")
                fields = (kind, source, owner, cadence, wording, method)
                for field in fields:
                    field.props("outlined stack-label")
            consents = has_consents(one.table)
            wording.set_visibility(consents)
            method.set_visibility(consents)
            kit.said(
                "Who asked us something is written to at once, at any hour. Old leads that nobody followed up are more "
                "calls than anybody can make in a day: `follow enroll --backlog` starts them as there is room."
            ).classes("ft-quiet")

            def defaults() -> Defaults:
                if kind.value is None:
                    raise ValueRefused("kind", "say who they are: whoever asked us is written to at once")
                return Defaults(
                    kind=kind.value or None,
                    source=(source.value or "").strip() or None,
                    owner=owner.value or None,
                    cadence=cadence.value or None,
                    consent_wording=(wording.value or "").strip() or None,
                    consent_method=(method.value or "").strip() or Defaults().consent_method,
                )

            async def look() -> None:
                async with kit.acting(button):
                    await self._rehearse(one, defaults())

            def changed() -> None:
                one.forecast = None
                self._forecast.clear()

            for field in fields:
                field.on_value_change(changed)
            with ui.row().classes("ft-buttons"):
                button = ui.button("See what would happen", icon="visibility", on_click=look)

    # 3. What would happen.

    async def _rehearse(self, one: FileImport, defaults: Defaults) -> None:
        await self._desk.require(Action.IMPORT_LEADS)
        self._forecast.clear()
        with self._forecast, ui.element("div").classes("ft-card") as waiting:
            said = ui.label(f"Looking at {many(one.table.length, 'row')}").props("role=status")
            bar = kit.progress_bar("Rows looked at")

        def progress(looked_at: int) -> None:
            said.set_text(f"Looking at row {looked_at:,} of {one.table.length:,}")
            bar.set_value(looked_at / one.table.length)

        try:
            await self._imports.rehearse(self._desk.services, one, defaults, progress)
        except Exception as error:
            self._forecast.clear()
            if not is_trouble(error):
                raise
            with self._forecast:
                kit.trouble("The database does not answer; nothing was stored.", self._again(one, defaults))
            return
        waiting.delete()
        await self._show_forecast(one)

    def _again(self, one: FileImport, defaults: Defaults) -> Callable[[], Awaitable[None]]:
        async def again() -> None:
            async with kit.acting():
                await self._rehearse(one, defaults)

        return again

    async def _show_forecast(self, one: FileImport) -> None:
        forecast = one.forecast
        assert forecast is not None
        self._forecast.clear()
        with self._forecast, kit.section("What would happen"):
            show_forecast(forecast, self._names)
            if one.remarks:
                kit.heading("Rows that are refused, or not taken whole", 3)
                await show_rows("Rows that are refused, or not taken whole", one.remarks, lambda _: False)
            if not forecast.good:
                kit.empty("No row can come in.", "Mend the file as it says above, and choose it again.", "edit_note")
                return
            known = many(forecast.fates[Fate.KNOWN], "known lead")
            label = f"Bring {many(forecast.new, 'lead')} in" if forecast.new else f"Add what is new of {known}"
            kit.words("As things stand now; nothing is stored yet.", "p").classes("ft-quiet")
            with ui.row().classes("ft-buttons"):
                self._bring = ui.button(label, icon="login", on_click=self._on_bring)

    # 4. What became of it.

    async def _on_bring(self) -> None:
        async with kit.acting(self._bring):
            one = self._one
            if one is not None:
                await self._begin(one)

    async def _begin(self, one: FileImport) -> None:
        """Let it come in by itself, whoever looks on; the audit entry is finished with what became of it."""
        desk, begun = self._desk, asyncio.Event()

        async def work(caller: Caller) -> Run:
            self._imports.begin(one)
            begun.set()
            return await self._imports.bring_in(desk.services, one, caller.token.name)

        asked = replace(one.defaults or Defaults(), consent_wording=None, source=None)
        after = {"rows": one.table.length, "kind": asked.kind, "owner": asked.owner, "cadence": asked.cadence}
        doing = asyncio.create_task(
            desk.do(Action.IMPORT_LEADS, work, subject=str(one.id), after=after, became=Run.summary)
        )
        self._imports.keep(doing)
        waiting = asyncio.create_task(begun.wait())
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not begun.is_set():
            doing.result()  # It was refused, and says why.
        assert one.run is not None
        self._settings.clear()
        self._forecast.clear()
        await self._show_run(one.run)

    async def _show_run(self, run: Run) -> None:
        self._result.clear()
        with self._result:
            with kit.section("What became of it"):
                self._bar = kit.progress_bar("Rows with a result")
                with ui.row().classes("ft-line"):
                    self._said = ui.label().props("role=status aria-live=polite").classes("ft-strong col")
                    self._stop = ui.button("Stop", icon="stop", on_click=self._on_stop).props("outline")
                self._after = ui.element("div").classes("ft-stack")
            self._each = ui.element("div").classes("ft-stack")
        self._tell(run)
        if run.ended:
            await self._show_end(run)
        else:
            self._timer.activate()

    def _tell(self, run: Run) -> None:
        self._bar.set_value(len(run.rows) / run.of if run.of else 1)
        begin = "Stopped: " if run.ended and run.stopped else "Broke off: " if run.trouble else ""
        self._said.set_text(f"{begin or ('Finished: ' if run.ended else '')}{how_far(run) or 'no row came in'}")
        self._stop.set_visibility(not run.ended)

    async def _look_again(self) -> None:
        run = self._one.run if self._one is not None else None
        if run is None:
            return
        self._tell(run)
        if run.ended:
            self._timer.deactivate()
            await self._desk.still_here()
            await self._show_end(run)

    async def _on_stop(self) -> None:
        async with kit.acting(self._stop):
            await self._desk.require(Action.IMPORT_LEADS)
            if self._one is not None:
                self._imports.stop(self._one)

    async def _show_end(self, run: Run) -> None:
        """What there is to do now, and each row."""
        one = self._one
        assert one is not None
        self._after.clear()
        with self._after:
            if run.trouble is not None:
                kit.trouble(f"It broke off: {run.trouble}. What came in stays; the rest can still come.")
            if not run.all_told:
                kit.trouble("The engine can't be reached: all are stored, and follow-up begins as soon as it can.")
            with ui.row().classes("ft-line"):
                if not run.is_through:
                    self._bring = ui.button("Go on", icon="play_arrow", on_click=self._on_bring)
                if run.fates[Fate.REJECTED]:
                    self._download = ui.button("Download the refused rows", icon="download", on_click=self._hand_out)
                    self._download.props("outline")
                kit.link("Import another file", _PATH)
            if run.fates[Fate.REJECTED]:
                kit.said(
                    "The refused rows come as a table like the one they are from, each with its line and why. Mend "
                    "them there, and choose that file here. A cell that begins like a formula has a `'` before it, "
                    "which is taken away again."
                ).classes("ft-quiet")
        await self._list(run)

    async def _list(self, run: Run) -> None:
        rows = [row for row in run.rows if self._shown in (None, row.fate)]
        self._each.clear()
        with self._each, kit.section("Each row"):
            with ui.row().classes("ft-line").props('role=group aria-label="Which rows"'):
                self._tab(run, "All", len(run.rows), None)
                for fate, (label, _) in FATES.items():
                    if run.fates[fate]:
                        self._tab(run, label, run.fates[fate], fate)
            if rows:
                await show_rows("Each row and what became of it", rows, self._opens)
            else:
                kit.empty("No row came in.", icon="checklist")

    def _tab(self, run: Run, label: str, count: int, fate: Fate | None) -> None:
        async def choose() -> None:
            async with kit.acting():
                await self._desk.still_here()
                self._shown = fate
                await self._list(run)

        chosen = self._shown is fate
        button = ui.button(f"{label} {count:,}", on_click=choose)
        look = "unelevated" if chosen else "flat"
        button.props(f"dense no-caps padding='2px 10px' {look} aria-pressed={'true' if chosen else 'false'}")

    def _opens(self, row: RowResult) -> bool:
        """Whoever sees every lead opens those of the file; marketing does not."""
        return row.lead_id is not None and self._desk.sees_all and may_open(self._desk.person.role, Page.LEAD)

    async def _hand_out(self) -> None:
        async with kit.acting(self._download):
            await self._desk.require(Action.IMPORT_LEADS)
            if self._one is None:
                return
            stem = self._one.name.rpartition(".")[0] or self._one.name or "leads"
            rows = await self._one.refused_rows()
            ui.download.content(rows, f"{stem}-refused.csv", "text/csv")
            kit.done("Written to a file of yours.")

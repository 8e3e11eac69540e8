"""A person's data: what we have, handed out as a file, or erased for good after a look at what would go."""

import json

from nicegui import ui

from adapters.db.cases import UnknownLead
from adapters.db.erasure_preview import WouldErase
from adapters.erasing import Erased
from api.console import kit
from api.console.desk import Desk
from api.console.fields import Fields
from api.console.frame import Section
from api.console.lead_finder import FoundLead, LeadFinder
from api.console.pages import Nav, console_page
from api.console.permissions import Action, Page
from api.problems import ValueRefused
from api.writes import Caller

WORD = "ERASE"
"""To be typed before somebody is erased."""
_ROWS = {
    "answers": "answers given",
    "assignments": "owners it had",
    "backlog_starts": "places in a backlog",
    "bulk_items": "bulk changes that it was part of",
    "bulk_runs": "bulk changes of this lead alone",
    "commands": "decisions and notes",
    "consents": "consents",
    "contact_points": "addresses and numbers",
    "enrollments": "runs through a cadence",
    "first_responses": "first-response clocks",
    "form_submissions": "forms sent",
    "holds": "pauses",
    "hook_deliveries": "deliveries of other programs",
    "inbound_messages": "messages from the person",
    "inquiries": "questions asked",
    "lead_merges": "leads merged into it",
    "leads": "the lead itself",
    "meetings": "meetings",
    "outbox": "copies in the local outbox",
    "stage_changes": "changes of stage",
    "staff_mails": "mails to colleagues about it",
    "tasks": "tasks",
    "touches": "messages and calls",
}
"""What rows of each table are, for people; others are called as their table is."""


@console_page("/erasure", Page.ERASURE, title="Personal data", nav=Nav(Section.HOUSE, "person_off"))
async def erasure(desk: Desk, lead: str = "") -> None:
    """Find a person; hand out or erase what is known.

    Args:
        lead: the id, the address or the number of the one to show at once.
    """
    await _PersonalData(desk).build(lead)


class _PersonalData:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def build(self, lead: str) -> None:
        with kit.section("Whose data?"):
            LeadFinder(self._desk, self._show)
        self._box = ui.element("div").classes("ft-stack").props("aria-live=polite")
        if lead:
            found = await self._desk.services.reading.find_leads(lead)
            if len(found) == 1:
                await self._show_preview(await self._desk.services.erasure_preview.of(found[0]))
            else:
                with self._box:
                    kit.empty("No lead has this id, address or number.", "Perhaps it was erased already.", "person_off")

    async def _show(self, one: FoundLead) -> None:
        await self._show_preview(await self._desk.services.erasure_preview.of(one.id))

    async def _show_preview(self, would: WouldErase) -> None:
        services = self._desk.services
        view = await services.reading.lead(would.lead_id, services.company, services.clock())
        if view is None:
            raise UnknownLead(str(would.lead_id))
        self._box.clear()
        with self._box, ui.element("div").classes("ft-columns items-start"):
            with kit.section(view.name or view.company or "A lead without a name"):
                contacts = ", ".join(one.value for one in view.contacts)
                with ui.element("dl").classes("ft-facts"):
                    for name, value in (
                        ("Company", view.company or ""),
                        ("Reached at", contacts),
                        ("Stage", view.stage),
                        ("Owner", view.owner_name),
                        ("Came in", kit.moment(view.created_at, self._desk.zone, services.clock())),
                    ):
                        kit.words(name, "dt")
                        kit.words(value, "dd")
                with ui.row().classes("ft-line"):
                    kit.link("Open the lead", f"/leads/{would.lead_id}")
                    ui.space()
                    self._export = ui.button(
                        "Export everything", icon="download", on_click=lambda: self._hand_out(would)
                    )
                    self._export.props("outline")
            self._build_erase(would)

    def _build_erase(self, would: WouldErase) -> None:
        with kit.section("What an erasure would take"):
            with ui.element("ul").classes("ft-erasure-counts"):
                for name, count in sorted(would.rows.items(), key=lambda pair: -pair[1]):
                    with ui.element("li"):
                        kit.words(_ROWS.get(name, name.replace("_", " ")))
                        kit.words(f"{count:,}").classes("ft-bold")
            if would.contact_points:
                ui.label(f"{_stays(would.contact_points)}, so that nobody writes to the person again.")
            if len(would.merged) == 1:
                ui.label("A lead that was merged into it goes with it.")
            elif would.merged:
                ui.label(f"{len(would.merged)} leads that were merged into it go with it.")
            ui.label("It can't be undone. All that the engine (Temporal) keeps of the lead goes, too.")
            with ui.row().classes("ft-line items-start"):
                word = ui.input(f"Type {WORD}").props("outlined dense autocomplete=off").classes("col")
                fields = Fields(word=word)
                erase = ui.button("Erase for good", icon="delete_forever")
                erase.on_click(lambda: self._erase(would, word.value, fields))
                erase.props("color=negative")

    async def _hand_out(self, would: WouldErase) -> None:
        async with kit.acting(self._export):
            services = self._desk.services

            async def work(_: Caller) -> str | None:
                dossier = await services.dossiers.of(would.lead_id, services.clock())
                return None if dossier is None else json.dumps(dossier, indent=2, ensure_ascii=False)

            text = await self._desk.do(Action.EXPORT, work, lead_id=would.lead_id)
            if text is None:
                raise UnknownLead(str(would.lead_id))
            ui.download.content(f"{text}\n", f"lead-{str(would.lead_id)[:8]}.json", "application/json")
            kit.done("Everything is in the file that your browser saved.")

    async def _erase(self, would: WouldErase, word: str | None, fields: Fields | None = None) -> None:
        async with kit.acting(fields=fields):
            if (word or "").strip() != WORD:
                raise ValueRefused("word", f"type {WORD} to erase the person for good")
            services = self._desk.services

            async def work(_: Caller) -> Erased:
                return await services.erasing.erase(would.lead_id, self._desk.person.id, services.clock())

            erased = await self._desk.do(Action.ERASE, work, lead_id=would.lead_id)
            self._box.clear()
            with self._box:
                self._say_erased(would, erased)

    def _say_erased(self, would: WouldErase, erased: Erased) -> None:
        with ui.element("section").classes("ft-card"):
            kit.heading("Erased")
            ui.label(f"Nothing is left of lead {would.lead_id} but its id and the date.")
            if erased.suppressed:
                ui.label(f"{_stays(erased.suppressed)}.")
            ui.label("A backup made before still has the person.")
            if not erased.forgotten:
                kit.trouble(
                    "The engine (Temporal) does not answer. It still has the lead's id, and nothing of the person."
                )
                again = ui.button("Erase it there, too", on_click=lambda: self._erase(would, WORD))
                again.props("outline").classes("self-start")


def _stays(points: int) -> str:
    """What the company's own list keeps."""
    if points == 1:
        return "The address or number stays on the suppression list, scrambled so that nobody can read it"
    return f"The {points} addresses and numbers stay on the suppression list, scrambled so that nobody can read them"

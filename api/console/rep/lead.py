"""One lead: everything that is known of it, and what whoever follows it up may record."""

from uuid import UUID
from zoneinfo import ZoneInfo

from nicegui import Client, ui

from adapters.db.cases import UnknownLead
from adapters.db.lead_views import LeadView
from adapters.db.views import TaskView
from api.commands import CommandDone
from api.console import kit
from api.console.admin.engine_panel import engine_panel
from api.console.desk import Desk
from api.console.live import OpenPage
from api.console.pages import console_page
from api.console.permissions import Page
from api.console.rep import facts, keys, ticking
from api.console.rep.facts import LeadAtHand, read_lead
from api.console.rep.last_said import LastSaid, Recorded, recorded
from api.console.rep.names import who_is
from api.console.rep.work import Work

_SHOWN = 40
"""So many entries of the timeline are shown at first."""
_KEYS = (
    ("This lead", (("C", "call"), ("O", "to the note"), ("1 to 4", "outcomes, as the buttons say"))),
    ("What they say", (("Y", "yes"), ("X", "no, asked once more"), ("N", "not now, until …"))),
    (
        "Beside that",
        (
            ("E", "write an email"),
            ("T", "log a contact"),
            ("P", "add a phone or an email"),
            ("U", "undo the last slip"),
        ),
    ),
    ("Anywhere", (("G", "today"), ("A", "add a lead"), ("Esc", "leave a field, or go back"), ("?", "this list"))),
)


@console_page("/leads/{lead_id}", Page.LEAD, title="Lead")
async def lead(desk: Desk, lead_id: UUID) -> None:
    """The whole lead; by the id of a merged one, the lead that it lives on in."""
    into = await desk.services.merges.into(lead_id)
    if into is not None:
        ui.navigate.to(f"/leads/{into}")
        return
    shown = await read_lead(desk, lead_id)
    if shown is None:
        raise UnknownLead(str(lead_id))
    keys.listen()
    ticking.load()
    page = LeadPage(desk, ui.context.client, shown)
    page.build()
    await engine_panel(desk, lead_id)
    page.begin()


class LeadPage(OpenPage):
    """The open page of one lead."""

    def __init__(self, desk: Desk, client: Client, shown: LeadAtHand) -> None:
        super().__init__(desk.person, client)
        self._desk = desk
        self._page_client = client
        self._zone = ZoneInfo(desk.person.zone or desk.services.company.zone)
        self._shown = shown
        self._work: Work | None = None
        self._task: TaskView | None = None
        self.lead = (shown.view.id, shown.view.revision)

    def build(self) -> None:
        """The lead at the left, its plan and its story at the right."""
        with ui.element("div").classes("ft-lead"):
            with ui.element("div").classes("ft-stack"):
                self._head = ui.element("section").classes("ft-card").props('aria-label="Who"')
                self._asked = ui.element("div").classes("ft-stack")
                self._working = ui.element("div").classes("ft-stack")
                self._more = ui.element("div").classes("ft-stack")
            self._side = ui.element("div").classes("ft-stack ft-side")
        with ui.element("div").classes("ft-bar"):
            self._last = LastSaid(self._desk, self._taken_back)
            ui.space()
            for words, path, key in (("Today", "/today", "g"), ("Add lead", "/add", "a")):
                keys.by_key(kit.link(words, path), key)
            keys.help_button(_KEYS)
        self._draw_work()
        self._draw_facts()

    def begin(self) -> None:
        """Keep up from now on."""
        self._desk.live.keep(self, self._page_client)

    async def read_lead_anew(self) -> None:
        """Show what happened to the lead; what is typed stays, unless its task is over."""
        with self._page_client:
            await self._read()
            task, work = self._task, self._work
            if task is not None and work is not None and not work.over and self._shown.task(task.id) is None:
                work.close_as(await self._desk.services.reading.task(task.id, self._desk.services.clock()))
            self._draw_facts()

    async def _read(self) -> None:
        found = await read_lead(self._desk, self._shown.view.id)
        if found is None:
            self.lead = None
            kit.refused("This lead is gone, or was merged into another one.")
            return
        self._shown = found
        self.lead = (found.view.id, found.view.revision)

    async def _settled(self, words: str, done: CommandDone) -> None:
        self._last.show(recorded(words, self._task.id if self._task is not None else None, done))
        await self._read()
        self._draw_work()
        self._draw_facts()

    async def _noted(self) -> None:
        await self._read()
        self._draw_facts()
        self._last.tell("Noted.")

    async def _taken_back(self, _: Recorded) -> None:
        await self._read()
        self._draw_work()
        self._draw_facts()

    def _draw_work(self) -> None:
        view, me = self._shown.view, self._desk.person.id
        mine = [task for task in view.open_tasks if me in (task.owner, task.escalated_to)]
        self._task = next(iter(mine or view.open_tasks), None)
        self._working.clear()
        with self._working:
            self._work = Work(self._desk, self._shown, self._task, self._settled, self._noted)
            if self._task is not None:
                facts.talk(self._task)

    def _draw_facts(self) -> None:
        now, lead = self._desk.services.clock(), self._shown
        for place in (self._head, self._asked, self._more, self._side):
            place.clear()
        with self._head:
            facts.header(lead, now, page=True)
        with self._asked:
            facts.question(lead, told=self._task.text if self._task is not None else "")
        with self._more:
            _ending(lead.view, self._zone, lead.zone)
            facts.timeline(lead.view.timeline, self._zone, now, shown=_SHOWN)
        with self._side:
            facts.next_touch(lead, now)
            _tasks(lead.view)
            facts.contacts(lead.view)
            _consents(lead.view)
            _about(lead.view)
            _same_company(lead.view)


def _ending(view: LeadView, zone: ZoneInfo, there: ZoneInfo) -> None:
    """Why the messages ended, and what proves it."""
    if view.ending is None:
        return
    with kit.section(f"Over: {view.ending.reason.replace('_', ' ')}"):
        kit.words(view.ending.why or "").classes("ft-words")
        kit.words(f"{view.ending.at.astimezone(zone):%a %d %b %Y %H:%M}").classes("ft-quiet")
        for entry in view.ending.evidence:
            kit.words(f"{entry.text}" + (f" · {entry.by}" if entry.by else "")).classes("ft-words ft-quiet")


def _tasks(view: LeadView) -> None:
    """What else is to be done, and by whom."""
    if not view.open_tasks:
        return
    with kit.section("Open tasks"), ui.element("ul").classes("ft-plain"):
        for task in view.open_tasks:
            with ui.element("li"):
                kit.words(task.title)
                whose = f"{task.owner}, also {task.escalated_to}" if task.escalated_to else task.owner
                kit.words(f" {whose}").classes("ft-quiet")
                if task.overdue:
                    kit.words("overdue").classes("ft-tag ft-bad")


def _consents(view: LeadView) -> None:
    """What the person permitted, in the words it was asked with."""
    if not view.consents:
        return
    with kit.section("Consents"), ui.element("ul").classes("ft-plain"):
        for one in view.consents:
            with ui.element("li"):
                kit.words(f"{one.channel}: {one.contact}")
                if one.revoked_at is not None:
                    kit.words("revoked").classes("ft-tag ft-bad")
                kit.words(f"“{one.wording}” ({one.method}, {one.given_at:%d %b %Y})", "p").classes("ft-quiet ft-words")


def _about(view: LeadView) -> None:
    """Where it came from, and what else it told."""
    told = [
        ("Came", f"{view.kind}, {view.source}" if view.source else view.kind),
        ("Found by", view.generated_by),
        ("Cost", f"{view.cost}" if view.cost is not None else None),
        ("Country", view.country),
        *((name.replace("_", " ").capitalize(), value) for name, value in view.attributes.items()),
    ]
    with kit.section("About"), ui.element("dl").classes("ft-keys"):
        for name, value in told:
            if value:
                kit.words(name, "dt").classes("ft-quiet")
                kit.words(value, "dd").classes("ft-words")


def _same_company(view: LeadView) -> None:
    """Who else came from there, as a hint."""
    if not view.same_domain:
        return
    with kit.section(f"Also at {view.company_domain}"), ui.element("ul").classes("ft-plain"):
        for other in view.same_domain:
            with ui.element("li"):
                kit.link(who_is(other.name, other.company), f"/leads/{other.id}")
                kit.words(f" {other.stage}, with {other.owner}").classes("ft-quiet")

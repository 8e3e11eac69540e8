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
from api.console.desk import Desk, NotAllowed
from api.console.drawn import Drawn, macros
from api.console.live import OpenPage
from api.console.names import who_is
from api.console.pages import console_page
from api.console.permissions import Page
from api.console.rep import facts, keys, ticking
from api.console.rep.facts import LeadAtHand, read_lead
from api.console.rep.last_said import LastSaid, Recorded, may_take_back, not_yet_final, recorded
from api.console.rep.work import Work
from leads.amounts import money
from leads.links import CONSOLE_PATH

_LEAD = macros(facts.TEMPLATES, "lead.html")
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
    page.build_bar()
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
        self._unsaid = desk.drafts.of(desk.person.id, shown.view.id)
        self.lead = (shown.view.id, shown.view.revision)

    def build(self) -> None:
        """The lead at the left, its plan and its story at the right."""
        with ui.element("div").classes("ft-lead"):
            with ui.element("div").classes("ft-stack"):
                self._head = Drawn("section").classes("ft-card").props('aria-label="Who"')
                self._asked = Drawn().classes("ft-stack")
                self._working = ui.element("div").classes("ft-stack")
                self._more = Drawn().classes("ft-stack")
            self._side = Drawn().classes("ft-stack ft-side")
        self._draw_work()
        self._draw_facts()

    def build_bar(self) -> None:
        """What stands below everything, wherever one has scrolled to."""
        with ui.element("div").classes("ft-bar"):
            self._last = LastSaid(self._desk, self._taken_back)
            ui.space()
            for words, path, key in (("Today", "/today", "g"), ("Add lead", "/add", "a")):
                keys.by_key(kit.link(words, path), key)
            keys.help_button(_KEYS)

    def begin(self) -> None:
        """Keep up from now on."""
        self._desk.live.keep(self, self._page_client)
        view = self._shown.view
        if view.slip is not None and may_take_back(view.slip, self._desk.person):
            self._last.show(not_yet_final(view.id, who_is(view.name, view.company), view.slip, self._desk.person.id))

    async def read_lead_anew(self) -> None:
        """Show what happened to the lead; what is typed stays, unless its task is over."""
        if self._work is not None and self._work.is_recording:
            return
        with self._page_client:
            try:
                await self._read()
            except NotAllowed:  # Since it was opened, it became somebody else's, or was erased.
                self.lead = None
                await self.leave()
                return
            task, work = self._task, self._work
            if task is not None and work is not None and not work.over and self._shown.task(task.id) is None:
                closed = await self._desk.services.reading.task(task.id, self._desk.services.clock())
                if closed is not None and closed.closed_by == self._desk.person.id:
                    self._draw_work()
                else:
                    work.close_as(closed)
            self._draw_facts()

    async def _read(self) -> None:
        found = await read_lead(self._desk, self._shown.view.id)
        if found is None:
            self.lead = None
            kit.refused("This lead is gone, or was merged into another one.")
            return
        self._shown = found
        self.lead = (found.view.id, found.view.revision)

    async def _settled(self, words: str, done: CommandDone, _: bool) -> None:
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
            self._work = Work(self._desk, self._shown, self._task, self._unsaid, self._settled, self._noted)
            if self._task is not None:
                Drawn().show(facts.talk(self._task))

    def _draw_facts(self) -> None:
        now, lead, zone = self._desk.services.clock(), self._shown, self._zone
        view = lead.view
        self._head.show(facts.header(lead, now, page=True))
        self._asked.show(facts.question(lead, told=self._task.text if self._task is not None else ""))
        story = facts.timeline(view.timeline, zone, now, shown=_SHOWN)
        self._more.show(_LEAD.ending(view, zone, now) + story)
        self._side.show(
            facts.next_touch(lead, now)
            + facts.open_tasks(view)
            + facts.contacts(view)
            + _LEAD.consents(view, zone, now)
            + _LEAD.about(_about(view))
            + _LEAD.same_company(view.company_domain, _same_company(view))
        )


def _about(view: LeadView) -> list[tuple[str, str | None]]:
    """Where it came from, and what else it told."""
    return [
        ("Came", f"{view.kind}, {view.source}" if view.source else view.kind),
        ("Found by", view.generated_by),
        ("Cost", money(view.cost, view.currency)),
        ("Country", view.country),
        *((name.replace("_", " ").capitalize(), value) for name, value in view.attributes.items()),
    ]


def _same_company(view: LeadView) -> list[tuple[str, str, str, str]]:
    """Who else came from there, as a hint: who, the path of its page, its stage and its owner."""
    others = view.same_domain
    return [(who_is(one.name, one.company), f"{CONSOLE_PATH}/leads/{one.id}", one.stage, one.owner) for one in others]

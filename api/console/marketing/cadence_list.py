"""All cadences: what they are for, how many leads are on their way, and who is editing which."""

from nicegui import ui

from adapters.db.cadence_drafts import DraftSeen
from adapters.db.published_cadences import CadenceSeen
from api.console import kit
from api.console.desk import Desk
from api.console.frame import Section
from api.console.marketing.parts import names_of, plan_strip, when
from api.console.pages import Nav, console_page
from api.console.permissions import Action, Page, may_do
from cadences.aloud import audience_aloud
from cadences.bundle import CadenceBundle
from cadences.drafts import NoSuchName, require_name


@console_page("/cadences", Page.CADENCES, title="Cadences", nav=Nav(Section.WRITE, "timeline"))
async def cadences(desk: Desk) -> None:
    """Show every cadence, and let writers begin another one."""
    services = desk.services
    seen = await services.published.all()
    drafts = {one.name: one for one in await services.drafts.all()}
    names = await names_of(desk)
    writes = may_do(desk.person.role, Action.SAVE_DRAFT)
    if writes:
        with ui.row().classes("ft-line"):
            ui.label("New leads take what is published; leads on their way keep theirs.").classes("ft-quiet col")
            ui.button("New cadence", icon="add", on_click=lambda: _begin(desk))
    new_ones = [one for one in drafts.values() if one.name not in {cadence.name for cadence in seen}]
    if not seen and not new_ones:
        kit.empty("No cadence is published yet", "`follow publish` publishes the shipped ones.", icon="timeline")
    for one in seen:
        bundle = await services.shelf.published(one.name)
        if bundle is not None:
            _card(desk, one, bundle, drafts.get(one.name), names, writes=writes)
    for draft in new_ones:
        _new_card(desk, draft, names, writes=writes)


def _card(
    desk: Desk,
    one: CadenceSeen,
    bundle: CadenceBundle,
    draft: DraftSeen | None,
    names: dict[str, str],
    *,
    writes: bool,
) -> None:
    cadence = bundle.cadence
    with ui.element("article").classes("ft-card ft-cadence"):
        with ui.row().classes("ft-line"):
            with kit.heading("").classes("col"):
                kit.link(one.name, f"/cadences/{one.name}")
            if draft is not None:
                ui.label(_edited(desk, draft, names)).classes("ft-tag ft-warn")
            if writes:
                _edit_button(one.name, resumes=draft is not None)
        if cadence.about:
            ui.label(cadence.about)
        plan_strip(cadence)
        with ui.row().classes("ft-counts"):
            _fact(f"{one.in_flight:,}", "on their way")
            if one.in_flight != one.in_flight_now:
                _fact(f"{one.in_flight - one.in_flight_now:,}", "of them in earlier versions")
            _fact(f"{one.versions}", "version" if one.versions == 1 else "versions")
            ui.label(f"{audience_aloud(cadence)} Current since {when(one.changed_at, desk)}.").classes("ft-quiet")


def _new_card(desk: Desk, draft: DraftSeen, names: dict[str, str], *, writes: bool) -> None:
    """A cadence that was never published."""
    with ui.element("article").classes("ft-card ft-cadence"), ui.row().classes("ft-line"):
        kit.heading(draft.name).classes("col")
        ui.label(f"not published; {_edited(desk, draft, names)}").classes("ft-tag ft-warn")
        if writes:
            _edit_button(draft.name, resumes=True)


def _edit_button(name: str, *, resumes: bool) -> None:
    label = f"{'Go on editing' if resumes else 'Edit'} {name}"
    button = ui.button("Go on editing" if resumes else "Edit", icon="edit")
    button.on_click(lambda: ui.navigate.to(f"/cadences/{name}/edit")).props("flat dense")
    button.props["aria-label"] = label


def _edited(desk: Desk, draft: DraftSeen, names: dict[str, str]) -> str:
    return f"draft by {names.get(draft.by, draft.by)}, {when(draft.at, desk)}"


def _fact(value: str, words: str) -> None:
    with ui.element("span").classes("ft-count"):
        ui.label(value)
        ui.label(words).classes("ft-quiet")


async def _begin(desk: Desk) -> None:
    """Ask what a new cadence is called, and open it in the editor."""
    taken = {*await desk.services.shelf.names(), *(one.name for one in await desk.services.drafts.all())}

    def objection(name: str) -> str | None:
        try:
            require_name(name)
        except NoSuchName as wrong:
            return str(wrong)
        return f"there is a cadence {name} already" if name in taken else None

    with ui.dialog() as dialog, ui.card().classes("ft-dialog"):
        kit.heading("New cadence")
        field = (
            ui.input("Name", placeholder="price-list", validation=objection)
            .props("autofocus")
            .without_auto_validation()
        )

        def go() -> None:
            if field.validate():
                dialog.submit(field.value)

        field.on("keydown.enter", go)
        with ui.row().classes("ft-buttons"):
            ui.button("Begin", on_click=go)
            ui.button("Cancel", on_click=dialog.close).props("flat")
    name = await kit.answer_of(dialog, "New cadence")
    if name:
        ui.navigate.to(f"/cadences/{name}/edit")

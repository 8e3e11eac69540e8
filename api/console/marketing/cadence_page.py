"""One cadence: its plan and what came of it, its rules and trials, and its versions with the leads on their way."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from nicegui import ui

from adapters.db.cadence_drafts import SavedDraft
from adapters.db.experiments import ExperimentView
from adapters.db.published_cadences import VersionSeen
from api.console import kit
from api.console.desk import Desk
from api.console.marketing.changes_view import changes_between
from api.console.marketing.parts import names_of, percent, plan_strip, short, when
from api.console.marketing.plan_picture import by_step, plan_timeline, rules_aloud
from api.console.pages import console_page
from api.console.permissions import Action, Page, may_do
from api.console.refusals import NotHere
from api.console.tables import Table
from cadences.bundle import CadenceBundle
from leads.experiments import Share
from leads.measures import ask
from leads.periods import Every

_PERIODS = {12: "the last 12 weeks", 26: "the last half year", 52: "the last year"}
_SHOWN = 25
"""Versions in the list; those with leads on their way are always there."""


@console_page("/cadences/{name}", Page.CADENCE, title="Cadence")
async def cadence_page(desk: Desk, name: str, version: str = "") -> None:
    """Show a cadence as a version has it: the current one, unless another is asked for."""
    services = desk.services
    versions = await services.published.versions(name)
    chosen = next((one for one in versions if version and one.version.startswith(version)), None)
    chosen = chosen or (versions[0] if versions else None)
    bundle = await services.shelf.find(name, chosen.version) if chosen is not None else None
    if chosen is None or bundle is None:
        raise NotHere("There is no published cadence of this name.", ("All cadences", "/cadences"))
    kit.entitle(name)
    await _head(desk, bundle, chosen, versions)
    with kit.section("The plan"):
        await _plan(desk, bundle, chosen, versions)
    with ui.element("div").classes("ft-columns"):
        with kit.section("What holds for all of it"):
            rules_aloud(bundle.cadence)
        await _trials(desk, name)
    with kit.section("Versions"):
        await _versions(desk, name, versions, chosen)


async def _head(desk: Desk, bundle: CadenceBundle, chosen: VersionSeen, versions: Sequence[VersionSeen]) -> None:
    draft = await desk.services.drafts.get(bundle.name)
    with ui.row().classes("ft-line"):
        with ui.element("div").classes("col ft-lead-in"):
            if bundle.cadence.about:
                ui.label(bundle.cadence.about)
            plan_strip(bundle.cadence)
        if draft is not None:
            await _draft_tag(desk, draft)
        if may_do(desk.person.role, Action.SAVE_DRAFT):
            label = "Edit" if draft is None else "Go on editing"
            ui.button(label, icon="edit", on_click=lambda: ui.navigate.to(f"/cadences/{bundle.name}/edit"))
    if not chosen.is_current:
        with ui.element("div").classes("ft-notice"):
            ui.label(f"This is version {short(chosen.version)}, which new leads don't take any more.")
            kit.link("The current one", f"/cadences/{bundle.name}")
    with ui.element("div").classes("ft-grid"):
        in_flight = sum(one.in_flight for one in versions)
        kit.tile("on their way", f"{in_flight:,}", note="leads, in all versions")
        kit.tile("in this version", f"{chosen.in_flight:,}", note=f"{percent(chosen.in_flight, in_flight)} of them")
        kit.tile("steps", f"{len(bundle.cadence.steps)}", note=f"{len(bundle.templates)} templates")


async def _draft_tag(desk: Desk, draft: SavedDraft) -> None:
    names = await names_of(desk)
    ui.label(f"draft by {names.get(draft.by, draft.by)}, {when(draft.at, desk)}").classes("ft-tag ft-warn")


async def _plan(desk: Desk, bundle: CadenceBundle, chosen: VersionSeen, versions: Sequence[VersionSeen]) -> None:
    weeks = next(iter(_PERIODS))
    only_this = False

    @ui.refreshable
    async def shown() -> None:
        await desk.still_here()
        now, zone = desk.services.clock(), ZoneInfo(desk.services.company.zone)
        first = (now - timedelta(weeks=weeks - 1)).astimezone(zone).date()
        asked = ask(now, zone, every=Every.WEEK, first=first)
        of = {"cadence": bundle.name, **({"version": chosen.version} if only_this else {})}
        report = await desk.services.reports.steps(asked, of, now)
        plan_timeline(bundle, by_step(report.rows))

    def choose_weeks(chosen_weeks: int) -> None:
        nonlocal weeks
        weeks = chosen_weeks
        shown.refresh()

    def choose_versions(one_only: bool) -> None:
        nonlocal only_this
        only_this = one_only
        shown.refresh()

    with ui.row().classes("ft-line"):
        ui.label("Beside each step stands what came of it in").classes("ft-quiet")
        ui.select(_PERIODS, value=weeks, on_change=lambda event: choose_weeks(event.value)).props(
            'dense outlined options-dense aria-label="Results of"'
        )
        if len(versions) > 1:
            ui.switch("this version only", on_change=lambda event: choose_versions(event.value))
    await shown()


async def _trials(desk: Desk, name: str) -> None:
    found = await desk.services.experiments.all(desk.services.clock(), name)
    with kit.section("Trials"):
        if not found:
            kit.empty("No step tries variants", "`variants:` in a step compares two texts.", icon="science")
        for one in found:
            _trial(one)


def _trial(one: ExperimentView) -> None:
    with ui.element("div").classes("ft-trial"):
        with ui.row().classes("ft-line"):
            kit.heading(one.step, 3).classes("col")
            ui.label("running" if one.running else "over").classes(f"ft-tag {'ft-good' if one.running else ''}")
        ui.label(one.judgement.text).classes("ft-verdict")
        measured = "replies" if one.goal == "reply" else "yes"
        ui.label(f"By {measured} within {one.within_days} days, {one.sample} people for each.").classes("ft-quiet")
        table = Table(
            f"Variants of {one.step}", ("variant", "people", "replied", "said yes", "stopped us"), range(1, 5)
        )
        for arm in one.arms:
            counts = arm.counts
            table.row(
                counts.name,
                f"{counts.leads:,}",
                _share(counts.replied, arm.reply_share),
                _share(counts.yes, arm.yes_share),
                f"{counts.opted_out:,}",
            )


def _share(count: int, share: Share | None) -> str:
    return f"{count:,}" if share is None else f"{count:,} ({share.share:.1%}, {share.low:.1%} to {share.high:.1%})"


async def _versions(desk: Desk, name: str, versions: Sequence[VersionSeen], chosen: VersionSeen) -> None:
    names = await names_of(desk)
    shown = [one for number, one in enumerate(versions) if number < _SHOWN or one.in_flight]
    most = max(one.in_flight for one in shown)
    by_time = sorted(versions, key=lambda one: one.published_at)
    before = {one.version: earlier for earlier, one in pairwise(by_time)}
    table = Table("Versions", ("version", "published", "by", "on their way", ""), (3,))
    for one in shown:
        with table.row():
            with table.cell(0), ui.row().classes("ft-inline"):
                if one is chosen:
                    ui.label(short(one.version)).classes("ft-code")
                else:
                    kit.link(short(one.version), f"/cadences/{name}?version={one.version}").classes("ft-code")
                if one.is_current:
                    ui.label("current").classes("ft-tag ft-good")
            with table.cell(1):
                ui.label(when(one.published_at, desk))
            with table.cell(2):
                ui.label(_publisher(one, names))
            with table.cell(3):
                _bar(one.in_flight, most)
            with table.cell(4):
                if (earlier := before.get(one.version)) is not None:
                    _changed_button(desk, name, earlier, one)
    if len(shown) < len(versions):
        ui.label(f"{len(versions) - len(shown)} earlier ones without a lead are left out.").classes("ft-quiet")


def _publisher(one: VersionSeen, names: Mapping[str, str]) -> str:
    return "with Followthrough" if one.by is None else names.get(one.by, one.by)


def _bar(count: int, most: int) -> None:
    """A number, and how much that is beside the greatest one."""
    with ui.element("div").classes("ft-share-bar"):
        ui.label(f"{count:,}")
        ui.element("span").style(f"width: {count / most:.0%}" if most else "width: 0")


def _changed_button(desk: Desk, name: str, earlier: VersionSeen, one: VersionSeen) -> None:
    async def show() -> None:
        async with kit.acting(button):
            await desk.still_here()
            before = await desk.services.shelf.find(name, earlier.version)
            after = await desk.services.shelf.find(name, one.version)
            if after is not None:
                _show_changes(before, after)

    button = ui.button("What changed", on_click=show).props("flat dense")
    button.props["aria-label"] = f"What changed with {short(one.version)}"


def _show_changes(before: CadenceBundle | None, after: CadenceBundle) -> None:
    with ui.dialog(value=True) as dialog, ui.card().classes("ft-dialog ft-broad"):
        title = f"What changed with {short(after.version)}"
        dialog.props(f'aria-label="{title}"').on("hide", dialog.delete)
        kit.heading(title)
        changes_between(before, after)
        with ui.row().classes("ft-buttons"):
            ui.button("Close", on_click=dialog.close).props("autofocus")

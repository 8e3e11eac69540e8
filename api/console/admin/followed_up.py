"""Is every lead followed up? The newest check's findings, another check while it runs, and repairs, one or all."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from nicegui import ui

from adapters.doctor.kept import LivenessFound
from api.console import kit
from api.console.desk import Desk
from api.console.names import who_is
from api.console.permissions import Action
from api.console.tables import Table
from api.doctor import Checkup, DoctorAway
from api.writes import Caller
from leads.liveness import Finding

_LOOKS_AGAIN_EVERY = 0.7
"""Seconds, while a check runs."""


class FollowedUp:
    """The part of the page about promise 1."""

    def __init__(self, desk: Desk, on_checked: Callable[[], Awaitable[None]]) -> None:
        """Build nothing yet.

        Args:
            on_checked: lets the rest of the page know that a check has ended.
        """
        self._desk = desk
        self._on_checked = on_checked
        self._doctor = desk.services.doctor

    async def build(self) -> None:
        """Build it where we are."""
        with kit.section("Is every lead followed up?"):
            with ui.row().classes("ft-line"):
                self._said = ui.label().classes("col").props("aria-live=polite")
                self._button = ui.button("Check every lead", icon="health_and_safety", on_click=self._begin).props(
                    "outline"
                )
            self._bar = ui.linear_progress(0, show_value=False).props('aria-label="How far the check is" rounded')
            self._findings = ui.element("div").classes("ft-stack")
        self._timer = ui.timer(_LOOKS_AGAIN_EVERY, self._look_again, active=False)
        checkup = self._doctor.checkup
        if checkup is not None and checkup.is_running:
            self._watch(checkup)
        else:
            await self._show_newest()

    async def _begin(self) -> None:
        async with kit.acting(self._button):

            async def work(_: Caller) -> Checkup:
                return self._doctor.begin(self._desk.person.id)

            self._watch(await self._desk.do(Action.CHECK_LEADS, work))

    def _watch(self, checkup: Checkup) -> None:
        self._button.disable()
        self._bar.set_visibility(True)
        self._show_progress(checkup)
        self._timer.activate()

    def _show_progress(self, checkup: Checkup) -> None:
        self._bar.props(remove="indeterminate")
        if checkup.of:
            self._bar.set_value(checkup.done / checkup.of)
            said = f"Looking at {checkup.looking_at}: {checkup.done:,} of {checkup.of:,}"
        else:
            self._bar.props("indeterminate")
            said = f"Looking at {checkup.looking_at}"
        self._said.set_text(f"{said}, {_findings(checkup.found)} so far")

    async def _look_again(self) -> None:
        checkup = self._doctor.checkup
        if checkup is not None and checkup.is_running:
            self._show_progress(checkup)
            return
        self._timer.deactivate()
        self._button.enable()
        await self._desk.still_here()
        await self._show_newest()
        await self._on_checked()

    async def _show_newest(self) -> None:
        self._bar.set_visibility(False)
        self._findings.clear()
        checkup, newest = self._doctor.checkup, await self._doctor.newest()
        broke_off = checkup is not None and checkup.trouble is not None and checkup.ended_at is not None
        with self._findings:
            if checkup is not None and broke_off and (newest is None or newest.checked_at < checkup.begun_at):
                kit.trouble(f"The check broke off: {checkup.trouble}.")
            if newest is None:
                self._said.set_text("Nobody has looked yet; it is looked at every hour without you.")
                return
            self._said.set_text(self._summary(newest))
            left = [one for one in newest.findings if not one.repaired]
            if left:
                ids = list(dict.fromkeys(one.lead_id for one in left if one.lead_id is not None))
                leads = await self._desk.services.reading.named(ids)
                names = {one.id: who_is(one.name, one.company) for one in leads}
                _Findings(self._desk, left, newest.result.found - newest.result.mended, names).build()
            else:
                kit.empty(
                    "Every lead is followed up.",
                    "For each it is clear what comes next and when: a message, somebody's task, or the end of a pause.",
                )

    def _summary(self, newest: LivenessFound) -> str:
        when = kit.moment(newest.checked_at, self._desk.zone, self._desk.services.clock())
        looked_at = f"{newest.result.leads:,} leads and {newest.result.workflows:,} workflows"
        mended = f"; {newest.result.mended:,} mended" if newest.result.mended else ""
        return f"Checked {when} by {newest.by}: {looked_at} in {kit.span(newest.took)}{mended}."


class _Findings:
    """What is wrong, and the buttons that mend it."""

    def __init__(self, desk: Desk, findings: Sequence[Finding], total: int, names: Mapping[UUID, str]) -> None:
        """
        Args:
            total: how many there are; not all of very many are kept.
            names: of the leads.
        """
        self._desk = desk
        self._findings = list(findings)
        self._total = total
        self._names = names
        self._repairable = {number for number, one in enumerate(self._findings) if one.repairable}
        self._states: dict[int, ui.element] = {}

    def build(self) -> None:
        with ui.row().classes("ft-line"):
            self._count = ui.label().classes("col ft-bad-text")
            self._all = ui.button(icon="build", on_click=self._repair_all)
        self._recount(0)
        self._progress = ui.linear_progress(0, show_value=False).props('aria-label="How far the repairs are" rounded')
        self._progress.set_visibility(False)
        table = Table("Findings", ["What", "About", "Wrong", "To do", ""])
        for number, finding in enumerate(self._findings):
            with table.row(kind_of(finding)):
                with table.cell():
                    self._subject(finding)
                for words in (finding.wrong, finding.to_do):
                    with table.cell():
                        kit.said(f"{words[:1].upper()}{words[1:]}.")
                with table.cell() as state:
                    self._build_state(number, finding)
            self._states[number] = state

    def _build_state(self, number: int, finding: Finding) -> None:
        if finding.repairable:
            about = f"{kind_of(finding)}, {finding.subject}"
            button = ui.button("Repair", on_click=lambda: self._repair_one(number, finding)).props("flat dense")
            button.props["aria-label"] = f"Repair: {about}"
        else:
            kit.words("for a person").classes("ft-tag ft-warn")

    async def _repair_one(self, number: int, finding: Finding) -> None:
        async with kit.acting():
            self._show_state(number, *await self._mended(finding))

    async def _repair_all(self) -> None:
        todo = [(number, self._findings[number]) for number in sorted(self._repairable)]
        lines = [f"{count:,} times: {what}" for what, count in Counter(one.to_do for _, one in todo).most_common()]
        question = f"Repair {_findings(len(todo))}?"
        if not await kit.confirm(question, *lines, yes="Repair them", no="Not now"):
            return
        async with kit.acting(self._all):
            self._progress.set_visibility(True)
            mended = 0
            for done, (number, finding) in enumerate(todo, start=1):
                said, mark = await self._mended(finding)
                self._show_state(number, said, mark)
                mended += mark == "ft-good"
                self._progress.set_value(done / len(todo))
            kit.done(f"{mended} of {len(todo)} are well now.")
        self._progress.set_visibility(False)

    async def _mended(self, finding: Finding) -> tuple[str, str]:
        """What came of the repair of one finding, and its mark."""

        async def work(_: Caller) -> list[Finding]:
            return await self._desk.services.doctor.mend(finding)

        try:
            left = await self._desk.do(
                Action.REPAIR,
                work,
                subject=(finding.lead_id and str(finding.lead_id)) or finding.workflow_id,
                before={"found": finding.kind.value},
            )
        except DoctorAway as away:
            return f"not mended: {away}", "ft-bad"
        if all(one.repaired for one in left):
            return ("repaired" if left else "well by now"), "ft-good"
        return f"still there: {'; '.join(one.wrong for one in left if not one.repaired)}", "ft-bad"

    def _recount(self, mended: int) -> None:
        """Say how many are left, and offer to repair those of them that can be."""
        self._total -= mended
        shown = f", the first {len(self._findings)} are shown" if self._total > len(self._findings) else ""
        self._count.set_text(f"{_findings(self._total)}{shown}" if self._total else "All of it is mended.")
        self._count.classes(add="" if self._total else "ft-good-text", remove="" if self._total else "ft-bad-text")
        self._all.set_text(f"Repair all {len(self._repairable)}")
        self._all.set_visibility(bool(self._repairable))

    def _subject(self, finding: Finding) -> None:
        if finding.lead_id is None:
            kit.words(finding.subject)
        else:
            name = self._names.get(finding.lead_id, f"lead {str(finding.lead_id)[:8]}")
            kit.link(name, f"/leads/{finding.lead_id}")

    def _show_state(self, number: int, said: str, mark: str) -> None:
        if mark == "ft-good" and number in self._repairable:
            self._repairable.discard(number)
            self._recount(1)
        cell = self._states[number]
        cell.clear()
        with cell:
            kit.words(said).classes(f"ft-tag {mark}").props("role=status")


def kind_of(finding: Finding) -> str:
    """What a kind of finding is called."""
    return finding.kind.value.replace("_", " ").capitalize()


def _findings(count: int) -> str:
    return f"{count:,} finding{'' if count == 1 else 's'}"

"""A cadence's plan as a timeline that reads aloud, with what came of each step beside it."""

from collections.abc import Mapping, Sequence

from nicegui import ui

from adapters.db.reports.models import Outcomes
from adapters.db.reports.models import Step as StepRow
from api.console import kit
from api.console.marketing.parts import channel_icon, percent
from cadences.aloud import (
    audience_aloud,
    first_response_aloud,
    hours_aloud,
    limits_aloud,
    not_now_aloud,
    personal_touch_aloud,
    reply_aloud,
    silence_aloud,
    step_aloud,
    yes_aloud,
)
from cadences.bundle import CadenceBundle
from cadences.model import Cadence, Step
from cadences.reading import TEMPLATE_FILES


def plan_timeline(bundle: CadenceBundle, results: Mapping[str, Outcomes]) -> None:
    """Every step in order, and what came of it.

    Args:
        bundle: the version that is shown.
        results: by step; those that never happened are left out.
    """
    cadence = bundle.cadence
    with ui.element("ol").classes("ft-plan"):
        for step in cadence.steps:
            aloud = step_aloud(step, cadence)
            with ui.element("li").classes("ft-step"):
                channel_icon(step.channel)
                with ui.element("div").classes("ft-step-words"):
                    ui.label(aloud.when).classes("ft-step-when")
                    ui.label(", ".join((aloud.what, *aloud.details)))
                    _words_button(bundle, step)
                _results(results.get(step.step_id), is_message=step.is_message)
        if cadence.on_silence is not None:
            with ui.element("li").classes("ft-step ft-step-end"):
                ui.icon("flag").props("aria-hidden=true").classes("ft-channel")
                ui.label(silence_aloud(cadence.on_silence)).classes("ft-step-words")


def _words_button(bundle: CadenceBundle, step: Step) -> None:
    """What the step says, as marketing wrote it."""
    pattern = TEMPLATE_FILES.get(step.channel)
    names = [step.content, *(step.variants or {}).values()] if pattern is not None else []
    files = {name: bundle.templates.get(pattern.format(name), "") for name in names} if pattern is not None else {}
    if not files:
        return

    def show() -> None:
        with ui.dialog(value=True) as dialog, ui.card().classes("ft-dialog ft-broad"):
            dialog.on("hide", dialog.delete)
            dialog.props["aria-label"] = f"The words of {step.step_id}"
            for name, text in files.items():
                kit.heading(name)
                ui.label(text).classes("ft-source")
            with ui.row().classes("ft-buttons"):
                ui.button("Close", on_click=dialog.close).props("autofocus")

    button = ui.button("Read it", on_click=show).props("flat dense")
    button.props["aria-label"] = f"Read {step.step_id}"


def _results(outcomes: Outcomes | None, *, is_message: bool) -> None:
    if outcomes is None or not outcomes.sent:
        ui.label("none yet").classes("ft-results ft-quiet")
        return
    with ui.element("dl").classes("ft-results"):
        _figure("sent" if is_message else "made", f"{outcomes.sent:,}")
        # Nobody replies to a call.
        _figure("replied", percent(outcomes.replied, outcomes.sent) if is_message else "")
        _figure("yes", percent(outcomes.yes, outcomes.sent))
        _figure("stopped us", percent(outcomes.opted_out, outcomes.sent))


def _figure(label: str, value: str) -> None:
    with ui.element("div") as figure:
        if not value:
            figure.props("aria-hidden=true").classes("ft-nothing")
        with ui.element("dt"):
            ui.label(label)
        with ui.element("dd"):
            ui.label(value)


def rules_aloud(cadence: Cadence) -> None:
    """What holds for the whole plan."""
    lines = [
        audience_aloud(cadence),
        hours_aloud(cadence),
        limits_aloud(cadence),
        first_response_aloud(cadence.target),
        reply_aloud(cadence),
        yes_aloud(cadence),
        personal_touch_aloud(cadence),
        not_now_aloud(cadence),
    ]
    with ui.element("ul").classes("ft-rules"):
        for line in lines:
            with ui.element("li"):
                ui.label(line)


def by_step(rows: Sequence[StepRow]) -> dict[str, Outcomes]:
    """What came of each step, all its templates, variants and channels together."""
    counted: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.step is None:
            continue
        sums = counted.setdefault(row.step, {})
        for name in ("sent", "delivered", "bounced", "replied", "yes", "no", "not_now", "opted_out"):
            sums[name] = sums.get(name, 0) + int(getattr(row.outcomes, name))
    return {step: Outcomes(**sums) for step, sums in counted.items()}

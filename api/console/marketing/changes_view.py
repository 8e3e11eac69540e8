"""What an edit changes, to be read: for leads in sentences, and in each file line by line."""

from collections.abc import Sequence

from markupsafe import Markup, escape
from nicegui import ui

from api.console import kit
from cadences.bundle import CadenceBundle
from cadences.changes import Change, ChangedFile, ChangedLine, LineKind, changed_files, changes_for_leads
from cadences.drafts import draft_of

_SIGNS = {LineKind.SAME: " ", LineKind.ADDED: "+", LineKind.REMOVED: "-"}
_SAID = {LineKind.SAME: "", LineKind.ADDED: "added: ", LineKind.REMOVED: "removed: "}
_MOST_LINES = 2000
"""More are no help to anybody."""


def changes_between(before: CadenceBundle | None, after: CadenceBundle) -> None:
    """What is otherwise from one version to the next."""
    for_leads(changes_for_leads(before, after))
    in_files(changed_files(draft_of(before).files if before is not None else {}, draft_of(after).files))


def for_leads(changes: Sequence[Change]) -> None:
    """What is otherwise for leads that take the new version."""
    if not changes:
        ui.label("For leads nothing changes.").classes("ft-quiet")
        return
    with ui.element("ul").classes("ft-changes"):
        for change in changes:
            with ui.element("li"):
                ui.label(change.about).classes("ft-tag")
                with ui.element("div"):
                    if change.before:
                        with ui.element("del"):
                            ui.label(change.before)
                    if change.after:
                        with ui.element("ins"):
                            ui.label(change.after)


def in_files(files: Sequence[ChangedFile]) -> None:
    """What is otherwise in each file."""
    if not files:
        ui.label("No file changes.").classes("ft-quiet")
    for file in files:
        with ui.element("section").classes("ft-file"):
            with ui.row().classes("ft-line"):
                kit.heading(file.file, 3).classes("col")
                ui.label(f"{file.added} added, {file.removed} removed").classes("ft-quiet")
            ui.html(_lines(file), sanitize=False).classes("ft-diff").props(
                f'role=region tabindex=0 aria-label="Changes in {file.file}"'
            )


def _lines(file: ChangedFile) -> str:
    """All stretches as one table; thousands of elements of their own would make a page slow."""
    rows: list[Markup] = []
    for number, stretch in enumerate(file.stretches):
        if number:
            rows.append(Markup('<tr class="ft-gap"><td colspan="3">⋯</td></tr>'))
        rows += [_line(line) for line in stretch]
        if len(rows) > _MOST_LINES:
            rows.append(Markup('<tr class="ft-gap"><td colspan="3">and more</td></tr>'))
            break
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _line(line: ChangedLine) -> Markup:
    # Whoever hears the page hears what the sign says.
    said = Markup('<span class="ft-hidden">{}</span>').format(_SAID[line.kind]) if _SAID[line.kind] else Markup("")
    return Markup(
        '<tr class="ft-{kind}"><td class="ft-at">{before}</td><td class="ft-at">{after}</td>'
        '<td class="ft-text"><span aria-hidden="true">{sign}</span>{said}{text}</td></tr>'
    ).format(
        kind=line.kind.value,
        before=line.before or "",
        after=line.after or "",
        sign=_SIGNS[line.kind],
        said=said,
        text=escape(line.text),
    )

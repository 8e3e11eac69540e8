"""What is wrong with a text that somebody is writing: underlined in its editor, and in a list that leads there."""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import PurePosixPath

from nicegui import ui

from api.console import kit
from leads.findings import Finding, Severity

_TOKEN = re.compile(r"[\w.-]+|\S")


def mark(editor: ui.codemirror, text: str, findings: Sequence[Finding]) -> None:
    """Underline what is wrong, and mark its line.

    Args:
        text: what was checked.
        findings: those of this very file.
    """
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    decorations: list[dict[str, object]] = []
    tooltips: dict[int, str] = {}
    for one in findings:
        if one.line > len(lines):
            continue
        kind = "error" if one.is_error else "warning"
        decorations.append({"kind": "line", "line": one.line, "class": f"ft-line-{kind}"})
        line = lines[one.line - 1]
        begins = min(one.column - 1, len(line))
        found = _TOKEN.search(line, begins)
        span = (begins, min(begins + one.length, len(line))) if one.length else found.span() if found else None
        if span is not None:
            start = starts[one.line - 1]
            where = {"from": start + span[0], "to": start + span[1]}
            decorations.append({"kind": "mark", **where, "class": f"ft-mark-{kind}"})
        said = f"{one.message}. {one.hint}" if one.hint else one.message
        tooltips[one.line] = f"{tooltips[one.line]}\n{said}" if one.line in tooltips else said
    # Not by the element's own properties: every update of an element brings the server's text along, over what
    # somebody has typed since. In the browser the marks are put where the text still is what was checked.
    length = len(text.encode("utf-16-le")) // 2
    arguments = ", ".join(json.dumps(one) for one in (length, decorations, tooltips))
    ui.run_javascript(f"followthrough.markProblems({editor.id}, {arguments})")


def go_to_place(editor: ui.codemirror, finding: Finding) -> None:
    """Put the cursor where a finding points."""
    ui.run_javascript(f"followthrough.goToPlace({editor.id}, {finding.line}, {finding.column})")


def go_to_line(editor: ui.codemirror, line: int) -> None:
    """Put the cursor at the end of a line; counts from 1."""
    ui.run_javascript(f"followthrough.goToPlace({editor.id}, {line}, Infinity)")


def list_problems(box: ui.element, findings: Sequence[Finding], go_to: Callable[[Finding], Awaitable[None]]) -> None:
    """Write the list anew."""
    box.clear()
    with box:
        with ui.element("div").props("role=status").classes("ft-problems-count"):
            ui.label(counted(findings) if findings else "No problem found")
        with ui.element("ul"):
            for one in findings:
                with ui.element("li"):
                    _problem(one, go_to)


def _problem(one: Finding, go_to: Callable[[Finding], Awaitable[None]]) -> None:
    async def go() -> None:
        await go_to(one)

    with ui.element("button").props("type=button").classes("ft-problem").on("click", go):
        icon, kind = ("error", "bad") if one.is_error else ("warning", "warn")
        ui.icon(icon).classes(f"ft-{kind}-text").props(f'role=img aria-label="{one.severity.value}"')
        with ui.element("span"):
            ui.label(f"{PurePosixPath(one.file).stem}, line {one.line}").classes("ft-problem-place")
            kit.said(one.message)
            if one.hint:
                kit.said(one.hint).classes("ft-quiet")


def counted(findings: Sequence[Finding]) -> str:
    """How much is wrong: 1 error, 2 warnings."""
    errors = sum(one.is_error for one in findings)
    counts = ((errors, Severity.ERROR), (len(findings) - errors, Severity.WARNING))
    return ", ".join(f"{count} {kind.value}{'' if count == 1 else 's'}" for count, kind in counts if count)


def to_errors(errors: int) -> str:
    """What the way to the first error is called."""
    return "1 error: go to it" if errors == 1 else f"{errors} errors: go to the first"

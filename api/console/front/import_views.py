"""How a file of leads looks: its columns as they were understood, what would happen, and what became of each row."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from nicegui import ui

from api.console import kit
from api.console.tables import GrowingList
from api.console.tables import Table as Lines
from api.csv_import import Fate
from api.csv_rehearsal import Rehearsed
from api.csv_table import Table
from api.file_imports import FileImport, RowResult, Run

PAGE = 100
"""Rows shown at once."""
FATES = {
    Fate.CREATED: ("New", "ft-good"),
    Fate.INCOMPLETE: ("New, to complete", "ft-warn"),
    Fate.KNOWN: ("Known already", ""),
    Fate.REJECTED: ("Refused", "ft-bad"),
}
_ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows (Western Europe)"}
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LONGEST_CELL = 60


def many(count: int, thing: str) -> str:
    """1 lead, 2,500 leads."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def show_columns(one: FileImport) -> None:
    """What the file is, and what each of its columns is read as."""
    table = one.table
    separator = _SEPARATORS.get(table.delimiter, f"“{table.delimiter}”")
    ui.label(f"{one.name}: {many(table.length, 'row')}, cells between {separator}, {_ENCODINGS[table.encoding]}")
    lines = Lines("The columns of the file", ("Column", "Read as", "In the first row"))
    examples = [*one.example, *[""] * len(table.header)]
    for name, field, example in zip(table.header, table.fields, examples, strict=False):
        if not name.strip() and not example.strip():
            continue
        with lines.row(name.strip() or "without a name"):
            with lines.cell():
                if field is None:
                    kit.words("not read").classes("ft-tag ft-warn")
                else:
                    kit.words(field.replace("_", " "))
            kit.words(_shortened(example), "td").classes("ft-break")
    if table.ignored:
        kit.said(
            "What is not read is lost. To keep a column's values with the lead, call it `attributes.NAME` in the file; "
            "the names that are known stand in the documentation (docs/enrolling-leads.md)."
        ).classes("ft-quiet")


def show_forecast(forecast: Rehearsed, names: Mapping[str, str]) -> None:
    """How many would come in, and to whom.

    Args:
        names: of colleagues, by id.
    """
    with ui.element("div").classes("ft-grid"):
        kit.tile("come in", f"{forecast.new:,}", note="as leads that are new")
        kit.tile("known already", f"{forecast.fates[Fate.KNOWN]:,}", note="what is new of them is added")
        kit.tile("to complete", f"{forecast.incomplete:,}", note="of the new: nobody reaches them yet")
        kit.tile("refused", f"{forecast.bad:,}", note="listed below", good=None if not forecast.bad else False)
    if forecast.emails_at_once:
        with ui.element("div").classes("ft-note").props("role=note"):
            ui.icon("forward_to_inbox").props("aria-hidden=true")
            people = "person" if forecast.emails_at_once == 1 else "people"
            ui.label(
                f"{forecast.emails_at_once:,} {people} asked us something: an email goes out at once, at any hour."
            )
    if not forecast.new:
        return
    with ui.element("div").classes("ft-columns"):
        _counted("Who gets them", "Colleague", Counter({names.get(k, k): v for k, v in forecast.by_owner.items()}))
        _counted("Which cadence begins", "Cadence", forecast.by_cadence)


def _counted(title: str, heading: str, counts: Counter[str]) -> None:
    with ui.element("div").classes("ft-stack"):
        kit.heading(title, 3)
        lines = Lines(title, (heading, "Leads"), numbers=(1,))
        for name, leads in counts.most_common():
            lines.row(name, f"{leads:,}")


async def show_rows(title: str, rows: Sequence[RowResult], opens: Callable[[RowResult], bool]) -> None:
    """Rows with what becomes of them.

    Args:
        opens: whether the reader may open the lead of a row.
    """
    table = Lines(title, ("Line", "Who", "Result", "Why"), numbers=(0,))

    async def load(after: int | None) -> tuple[Sequence[RowResult], int | None]:
        begin = after or 0
        return rows[begin : begin + PAGE], begin + PAGE if len(rows) > begin + PAGE else None

    def show(row: RowResult) -> None:
        label, look = FATES[row.fate]
        with table.row(str(row.line)):
            with table.cell().classes("ft-break"):
                if opens(row):
                    kit.link(row.who or "without a name", f"/leads/{row.lead_id}")
                else:
                    kit.words(row.who or "without a name")
            with table.cell():
                kit.words(label).classes(f"ft-tag {look}")
            kit.words(said_of(row), "td").classes("ft-break")

    await GrowingList(load, show, more=f"Show {PAGE} more").begin()


def said_of(row: RowResult) -> str:
    """Why a row is refused, or what of it is left out."""
    if row.fate is Fate.REJECTED or not row.said:
        return row.said
    return f"{row.said} (taken without it; a person's task)"


def how_far(run: Run) -> str:
    """In a few words: 120 of 400: 100 new, 20 known already."""
    told = [f"{run.fates[fate]:,} {label.lower()}" for fate, (label, _) in FATES.items() if run.fates[fate]]
    begin = "" if run.ended else f"{len(run.rows):,} of {run.of:,}: " if told else f"0 of {run.of:,}"
    return begin + ", ".join(told)


def has_consents(table: Table) -> bool:
    """Whether a column says who agreed to something."""
    return any(field is not None and field.endswith(" consent") for field in table.fields)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_CELL else f"{line[:_LONGEST_CELL]}…"

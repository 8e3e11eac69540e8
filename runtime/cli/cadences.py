"""`follow check` and `follow schema`, and the check that publishing asks for: what marketing runs first."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cadences.bundle import CadenceBundle
from cadences.errors import CadenceError
from cadences.library import library_files, read_bundle, templates_beside
from cadences.lint import check as check_bundle
from cadences.schema import schema_text
from leads.findings import Finding, in_order


def register(app: typer.Typer) -> None:
    """Add the commands `check` and `schema`."""
    app.command()(check)
    app.command()(schema)


def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Cadence files; the shipped ones when left out.", show_default=False)
    ] = None,
) -> None:
    """Find every mistake in cadence files and their templates: file, line, column, and what to write instead."""
    bundles, warnings = _checked(files or library_files())
    typer.echo(_summary(bundles, warnings))


def schema() -> None:
    """Print the JSON Schema of a cadence, for editors."""
    typer.echo(schema_text(), nl=False)


def checked_bundles(files: Sequence[Path] | None = None) -> list[CadenceBundle]:
    """The cadences of these files, or the shipped ones, after a check that prints what it finds.

    Raises:
        typer.Exit: there is an error in them; it has been printed.
    """
    return _checked(files or library_files())[0]


def known_cadences(paths: Sequence[Path]) -> frozenset[str]:
    """Names that a cadence may refer to: the shipped ones, those checked, and those that lie beside them."""
    neighbours = [
        path for folder in {path.parent for path in paths} if folder.is_dir() for path in folder.glob("*.yaml")
    ]
    return frozenset(path.stem for path in [*library_files(), *paths, *neighbours])


def echo_findings(findings: Iterable[Finding]) -> None:
    """Print what is wrong, each with its place."""
    for finding in findings:
        typer.echo(_line(finding))


def _checked(paths: Sequence[Path]) -> tuple[list[CadenceBundle], int]:
    """The cadences of the files and the number of warnings; an error ends the command."""
    bundles, findings = _read(paths)
    known = known_cadences(paths)
    for bundle in bundles:
        findings += check_bundle(bundle, known_cadences=known, known_templates=templates_beside(Path(bundle.file)))
    echo_findings(in_order(findings))
    errors = sum(finding.is_error for finding in findings)
    warnings = len(findings) - errors
    if errors:
        more = f" and {_count(warnings, 'warning')}" if warnings else ""
        typer.echo(f"\n{_count(errors, 'error')}{more}.")
        raise typer.Exit(1)
    return bundles, warnings


def _read(paths: Sequence[Path]) -> tuple[list[CadenceBundle], list[Finding]]:
    bundles: list[CadenceBundle] = []
    findings: list[Finding] = []
    for path in dict.fromkeys(paths):
        try:
            bundles.append(read_bundle(path))
        except CadenceError as error:
            findings.extend(error.findings)
    return bundles, findings


def _line(finding: Finding) -> str:
    """One finding as editors and people read it, the file relative to where the command was called."""
    relative = os.path.relpath(finding.file)
    file = relative if not relative.startswith("..") else finding.file
    place = f"{file}:{finding.line}:{finding.column}: {finding.severity.value}: {finding.message}"
    return f"{place}\n    {finding.hint}" if finding.hint else place


def _summary(bundles: Sequence[CadenceBundle], warnings: int) -> str:
    names = ", ".join(bundle.name for bundle in bundles)
    fine = f"{_count(len(bundles), 'cadence')} checked, no errors: {names}."
    return f"\n{fine} {_count(warnings, 'warning')} to look at." if warnings else fine


def _count(amount: int, word: str) -> str:
    return f"{amount} {word}{'' if amount == 1 else 's'}"

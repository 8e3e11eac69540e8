"""Every mistake in a cadence and its templates at once: what `follow check` says and what publishing refuses."""

from collections.abc import Collection

from cadences import lint_plan, lint_templates
from cadences.bundle import CadenceBundle
from cadences.reading import read
from leads.findings import Finding, in_order


def check(
    bundle: CadenceBundle, *, known_cadences: Collection[str] = (), known_templates: Collection[str] = ()
) -> list[Finding]:
    """All findings about a bundle: the YAML's first, then each template's, by line.

    A file that can't be read as a cadence still has its templates looked at.

    Args:
        bundle: the cadence and its templates.
        known_cadences: the names that it may refer to, besides its own.
        known_templates: paths of templates that could be named besides those of the bundle.
    """
    reading = read(bundle.text, bundle.file)
    findings = list(reading.findings)
    if reading.cadence is not None:
        findings += lint_plan.check_plan(bundle, reading, reading.cadence, known_cadences)
    findings += lint_templates.check_templates(bundle, reading, known_templates)
    return in_order(reading.source.whole(one) if one.file == bundle.file else one for one in findings)

"""What is wrong with templates: missing ones, fields nobody has, subjects that lie, texts that cost too much."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from cadences import rendering
from cadences.bundle import CadenceBundle
from cadences.fields import (
    ALWAYS,
    ANSWERED_LEAD,
    ATTRIBUTES,
    EMAIL_ONLY,
    KNOWN,
    SAMPLE_COMPANY,
    SAMPLE_LEAD,
    SAMPLE_PROMISE,
)
from cadences.model import Step
from cadences.reading import Reading
from cadences.rendering import RenderError
from cadences.sms import outside_gsm
from cadences.subjects import claims_conversation, claims_forward
from cadences.templating import TemplateMistake, parse_template
from cadences.uses import FieldUse, field_uses
from leads.findings import Finding, Severity
from leads.model import Lead
from leads.yaml_text import Path

MAX_SEGMENTS = 3
BARE_LEAD = replace(SAMPLE_LEAD, name=None, company=None, question=None, source=None)
"""A lead of whom next to nothing is known: templates must do for it too."""

_TAGS = re.compile(r"{{.*?}}|{%.*?%}|{#.*?#}")
_PLAIN = {
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2026": "...",
    "\u00a0": "a plain space", "\u202f": "a plain space", "\u2022": "-", "\u00b4": "'", "`": "'",
}  # fmt: skip
_NAMES = {"\u00a0": "a no-break space", "\u202f": "a no-break space"}


def check_templates(bundle: CadenceBundle, reading: Reading, known: Collection[str] = ()) -> list[Finding]:
    """All findings about the templates of a bundle, and about those that are missing.

    Args:
        known: paths of templates that could be named besides.
    """
    defaults = _defaults(reading)
    used: set[str] = set()
    findings: list[Finding] = []
    first = _first_emails(reading)
    for path, mention in reading.templates().items():
        if path not in bundle.templates:
            place = reading.value_place(*mention)
            message = f"the template templates/{path} is missing"
            hint = (
                _look_alike(path, {*bundle.templates, *known})
                or f"write that file, or mend the name {PurePosixPath(path).stem}"
            )
            findings.append(Finding(bundle.file, place.line, place.column, Severity.ERROR, message, hint))
            continue
        template = _Template(bundle, path, defaults, may_answer=path not in first)
        findings += template.check()
        used |= template.fields
    complete = not any(finding.is_error for finding in [*reading.findings, *findings])
    findings += _check_defaults(bundle, reading, defaults, used if complete else set(defaults))
    if reading.cadence is not None and not any(finding.is_error for finding in findings):
        findings += _check_renderings(bundle, reading)
    return findings


def _look_alike(path: str, known: Collection[str]) -> str:
    """Whether another template of the same kind was meant."""
    wanted = PurePosixPath(path)
    names = [one.stem for one in map(PurePosixPath, sorted(known)) if one.parent == wanted.parent]
    near = difflib.get_close_matches(wanted.stem, names, n=1)
    return f"did you mean {near[0]}?" if near else ""


def _defaults(reading: Reading) -> Mapping[str, str]:
    """The cadence's defaults, even where the rest of the file can't be read."""
    found = reading.source.at(("defaults",))
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


class _Template:
    """One template under examination, without a lead."""

    def __init__(self, bundle: CadenceBundle, path: str, defaults: Mapping[str, str], *, may_answer: bool) -> None:
        self.bundle, self.path, self.defaults = bundle, path, defaults
        self.may_answer = may_answer
        self.source = bundle.templates[path]
        self.lines = self.source.split("\n")
        self.fields: set[str] = set()

    def check(self) -> list[Finding]:
        findings: list[Finding] = []
        if self.path.startswith("email/"):
            template, matter = rendering.read_email(self.source, self.path)
            if template is None:
                return [replace(found, file=self.bundle.template_file(self.path)) for found in matter]
            parts = [template.subject, template.preheader, template.body]
            findings += self._subject(template.subject)
            if not template.body.strip():
                findings.append(self._finding(len(self.lines), 1, "the email has no words", "write some under the ---"))
        else:
            parts = [self.source]
        for part in parts:
            findings += self._part(part)
        if self.path.startswith("sms/"):
            findings += self._characters()
        return findings

    def _part(self, part: str) -> Iterator[Finding]:
        try:
            uses = field_uses(parse_template(part, self.path))
        except TemplateMistake as mistake:
            yield self._finding(mistake.line, 1, mistake.message, mistake.hint)
            return
        seen: dict[tuple[str, int], int] = {}
        for use in uses:
            nth = seen[(use.name, use.line)] = seen.get((use.name, use.line), 0) + 1
            self.fields.add(use.name)
            if problem := self._problem(use):
                yield self._finding(use.line, self._column(use, nth), *problem)

    def _problem(self, use: FieldUse) -> tuple[str, str] | None:
        base, dot, _ = use.name.partition(".")
        known = KNOWN | self.defaults.keys()
        if base not in known:
            near = difflib.get_close_matches(base, known, n=1, cutoff=0.6)
            hint = (
                f"did you mean `{near[0]}`?"
                if near
                else f"known: {', '.join(sorted(known))}; add others to `defaults:`"
            )
            return f"no field is called `{use.name}`", hint
        if base in EMAIL_ONLY and base not in self.defaults and not self.path.startswith("email/"):
            return f"only emails have `{base}`", "leave it out here"
        if dot and base != ATTRIBUTES:
            return (
                f"`{base}` has no parts, so there is no `{use.name}`",
                f"write `{base}`; to change it, `{base} | upper`",
            )
        if base == ATTRIBUTES and not dot:
            return "`attributes` is a whole list", "name one of them: attributes.size"
        if use.safe or base in self.defaults or (base in ALWAYS and base != ATTRIBUTES):
            return None
        hint = f'write {{{{ {use.name} | default("…") }}}}, or ask first: {{% if {use.name} %}}'
        if base != ATTRIBUTES:
            hint += f", or add `{use.name}` to the cadence's `defaults:`"
        return f"a lead may have no `{use.name}`", hint

    def _column(self, use: FieldUse, nth: int) -> int:
        """Where the field stands in its line; Jinja2 only tells the line."""
        line = self.lines[use.line - 1] if use.line <= len(self.lines) else ""
        pattern = rf"(?<![\w.]){re.escape(use.name)}(?!\w)"
        tags = [tag.span() for tag in _TAGS.finditer(line)]
        found = [
            match.start() + 1
            for match in re.finditer(pattern, line)
            if any(start < match.start() < end for start, end in tags)
        ]
        return found[min(nth, len(found)) - 1] if found else 1

    def _subject(self, subject: str) -> Iterator[Finding]:
        if _is_untrue(subject, self.may_answer):
            line = next((number for number, text in enumerate(self.lines, 1) if text.startswith("subject")), 1)
            word = subject.strip().split(":")[0]
            yield self._finding(
                line,
                1,
                f"the subject pretends to be part of a conversation: {word}:",
                "say what the email is about; a misleading subject is unlawful (15 USC 7704(a)(2))",
            )

    def _characters(self) -> Iterator[Finding]:
        """Characters that halve the room in a text, by accident more often than not."""
        for number, line in enumerate(self.lines, 1):
            plain = _TAGS.sub(lambda tag: " " * len(tag.group()), line)
            for character in outside_gsm(plain):
                if character == "\t":
                    continue
                name = _NAMES.get(character, character)
                instead = _PLAIN.get(character)
                yield self._finding(
                    number,
                    plain.index(character) + 1,
                    f"{name} (U+{ord(character):04X}) makes the whole text UCS-2: 70 characters a segment, not 160",
                    f"write {instead} instead" if instead else "leave it out, unless it is worth the price",
                    Severity.WARNING,
                )

    def _finding(self, line: int, column: int, message: str, hint: str, severity: Severity = Severity.ERROR) -> Finding:
        return Finding(self.bundle.template_file(self.path), line, column, severity, message, hint)


def _check_defaults(
    bundle: CadenceBundle, reading: Reading, defaults: Mapping[str, str], used: set[str]
) -> Iterator[Finding]:
    for name in defaults:
        place = reading.place("defaults", name)
        if name in ALWAYS:
            message, hint = f"every lead has `{name}`; this default is never used", "remove it"
        elif name not in used:
            message, hint = f"no template names `{name}`", "remove it, or mend the name"
        else:
            continue
        yield Finding(bundle.file, place.line, place.column, Severity.WARNING, message, hint)


def _first_emails(reading: Reading) -> frozenset[str]:
    """The template of the plan's first email, and its variants, which can't answer another one."""
    return _first_of(reading, "email/")


def _first_of(reading: Reading, folder: str) -> frozenset[str]:
    """The templates of this folder of the first step that has any."""
    mentions = {path: mention[1] for path, mention in reading.templates().items() if path.startswith(folder)}
    first = next(iter(mentions.values()), None)
    return frozenset(path for path, step in mentions.items() if step == first)


def _is_untrue(subject: str, may_answer: bool) -> bool:
    return claims_conversation(subject) and (not may_answer or claims_forward(subject))


def _check_renderings(bundle: CadenceBundle, reading: Reading) -> Iterator[Finding]:
    """Render everything for a lead that has all and for one that has nothing, and look at what comes out."""
    first_texts, first_emails = _first_of(reading, "sms/"), _first_emails(reading)
    for path, mention in reading.templates().items():
        step = _step(reading, mention)
        turns = range(1, 5) if step is not None and step.repeat else range(1, 2)
        found: list[Finding] = []
        for lead in (SAMPLE_LEAD, ANSWERED_LEAD, BARE_LEAD):
            found = found or [
                finding for turn in turns for finding in _rendered(bundle, path, lead, turn, path not in first_emails)
            ]
        yield from found
        if path.startswith("sms/") and not found:
            yield from _check_text(bundle, path, path in first_texts)


def _rendered(bundle: CadenceBundle, path: str, lead: Lead, turn: int, may_answer: bool) -> Iterator[Finding]:
    channel, name = path.split("/")[0], PurePosixPath(path).stem
    file = bundle.template_file(path)
    promise = SAMPLE_PROMISE if lead is ANSWERED_LEAD else None
    try:
        match channel:
            case "email":
                email = rendering.render_email(bundle, name, lead, SAMPLE_COMPANY, occurrence=turn, answer_by=promise)
                if _is_untrue(email.subject_as_written, may_answer):
                    message = f'the subject comes out as "{email.subject_as_written}" and pretends to be a reply'
                    yield Finding(file, 1, 1, Severity.ERROR, message, "say what the email is about")
            case "sms":
                # Which text is a lead's first depends on when it agreed to texts, so each is counted as if it were.
                sms = rendering.render_sms(bundle, name, lead, SAMPLE_COMPANY, occurrence=turn, first=True)
                if sms.segments > MAX_SEGMENTS:
                    message = f"the text takes {sms.segments} segments ({sms.units} characters, {sms.encoding.value})"
                    hint = f"shorten it to {MAX_SEGMENTS} at most, better one: 160 characters"
                    yield Finding(file, 1, 1, Severity.WARNING, message, hint)
            case _:
                rendering.render_talk_track(bundle, name, lead, SAMPLE_COMPANY, occurrence=turn, answer_by=promise)
    except RenderError as error:
        who = " (a lead without name, company and question)" if lead is BARE_LEAD else ""
        yield Finding(file, error.line, 1, Severity.ERROR, f"{error.message}{who}", error.hint)


def _check_text(bundle: CadenceBundle, path: str, first: bool) -> Iterator[Finding]:
    """The trade's rules for texts: say who you are, and in the first one how to stop."""
    text = rendering.render_sms(bundle, PurePosixPath(path).stem, SAMPLE_LEAD, SAMPLE_COMPANY).text
    file = bundle.template_file(path)
    if not rendering.says_who(text, SAMPLE_COMPANY):
        hint = "name the company: {{ our_name }}"
        yield Finding(file, 1, 1, Severity.WARNING, "the text does not say who it is from", hint)
    if first and not rendering.says_how_to_stop(text):
        hint = f"end the first text with: {rendering.STOP_WORDS} (it is added to the first one otherwise)"
        yield Finding(file, 1, 1, Severity.WARNING, "the first text does not say how to stop the texts", hint)


def _step(reading: Reading, mention: Path) -> Step | None:
    index = mention[1]
    return reading.cadence.steps[index] if reading.cadence is not None and isinstance(index, int) else None

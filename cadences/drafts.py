"""A cadence that is being edited: its YAML and its templates, which may be broken, and everything that is wrong."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType

from cadences.bundle import CadenceBundle
from cadences.lint import check
from cadences.lint_people import check_people
from cadences.model import SLUG
from cadences.reading import TEMPLATE_FILES, read
from leads.findings import Finding, Severity, in_order
from leads.model import Channel
from leads.yaml_text import MAX_BYTES

MOST_TEMPLATES = 100
_FOLDER = "templates/"
_NEW_CADENCE = """# yaml-language-server: $schema=./cadence.schema.json
cadence: {name}
about: Say in a sentence what it is for.

defaults:
  first_name: there

steps:
  - email: hello
  - {{after: 2 business days, call: first-call}}
  - {{wait: 3 months, email: still-there, repeat: {{every: 3 months, until: an answer}}}}
"""
_EMAIL = """---
subject: "{subject}"
---
Hi {{{{ first_name | default("there") }}}},

{words}

{{{{ owner_first_name }}}}
"""
_TEXT = "{{ our_name }}: write what you want to say. Reply STOP to opt out.\n"
_TALK_TRACK = """Call {{ first_name | default("the lead") }}.

- What do they need?
- What comes next, and when?
"""


class NoSuchName(ValueError):
    """It can't be called so; the text says what a name looks like."""


@dataclass(frozen=True)
class Draft:
    """A cadence's files as somebody is writing them."""

    name: str
    """The cadence's name, and the YAML file's without `.yaml`."""
    text: str
    templates: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Path under `templates/` to its text; also those that no step names."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _storable(self.text))
        templates = {path: _storable(text) for path, text in sorted(self.templates.items())}
        object.__setattr__(self, "templates", MappingProxyType(templates))

    @property
    def file(self) -> str:
        """The YAML's name in findings."""
        return f"{self.name}.yaml"

    @property
    def bundle(self) -> CadenceBundle:
        """What would be published: the YAML, and those templates that it names."""
        named = read(self.text, self.file).templates()
        return CadenceBundle(self.name, self.text, {path: self.templates[path] for path in named if path in self})

    @property
    def files(self) -> dict[str, str]:
        """Every file by the name that findings give it, the YAML first."""
        return {self.file: self.text, **{template_file(path): text for path, text in self.templates.items()}}

    def __contains__(self, path: str) -> bool:
        return path in self.templates

    def with_file(self, file: str, text: str) -> "Draft":
        """The draft with another text of one of its files, or with one more template."""
        if file == self.file:
            return replace(self, text=text)
        return replace(self, templates={**self.templates, file.removeprefix(_FOLDER): text})

    def with_template(self, channel: Channel, name: str) -> tuple["Draft", str]:
        """The draft with a new template of this channel, and its file.

        Raises:
            NoSuchName: it is no name, or there is one of this name.
        """
        path = self._free(channel, name)
        subject = name.replace("-", " ").capitalize()
        text = {
            Channel.EMAIL: _EMAIL.format(subject=subject, words="Write what you want to say."),
            Channel.SMS: _TEXT,
            Channel.CALL: _TALK_TRACK,
        }[channel]
        return self.with_file(template_file(path), text), template_file(path)

    def renamed(self, file: str, name: str) -> tuple["Draft", str]:
        """The draft with a template called otherwise, also where the YAML names it, and its new file.

        Raises:
            NoSuchName: it is no name, or there is one of this name.
        """
        path = file.removeprefix(_FOLDER)
        channel = Channel(PurePosixPath(path).parts[0])
        new = self._free(channel, name)
        templates = {new if one == path else one: text for one, text in self.templates.items()}
        return replace(self, text=self._renaming(path, new), templates=templates), template_file(new)

    def without(self, file: str) -> "Draft":
        """The draft without a template."""
        gone = file.removeprefix(_FOLDER)
        return replace(self, templates={path: text for path, text in self.templates.items() if path != gone})

    def _free(self, channel: Channel, name: str) -> str:
        path = TEMPLATE_FILES[channel].format(require_name(name))
        if path in self:
            raise NoSuchName(f"there is a template {path} already")
        return path

    def _renaming(self, path: str, new: str) -> str:
        """The YAML with the new name in each place where a step names the template."""
        before, after = PurePosixPath(path).stem, PurePosixPath(new).stem
        lines = self.text.split("\n")
        mentions = read(self.text, self.file).mentions(path)
        for place in sorted(mentions, key=lambda one: (one.line, one.column), reverse=True):
            line = lines[place.line - 1]
            start = place.column - 1
            lines[place.line - 1] = line[:start] + re.sub(re.escape(before), after, line[start:], count=1)
        return "\n".join(lines)


def draft_of(bundle: CadenceBundle) -> Draft:
    """What is published, to be edited."""
    return Draft(bundle.name, bundle.text, bundle.templates)


def new_draft(name: str) -> Draft:
    """A small cadence that is right, to begin with.

    Raises:
        NoSuchName: it is no name.
    """
    templates = {
        "email/hello.md": _EMAIL.format(subject="Your question", words="Thank you for asking. Here is our answer."),
        "email/still-there.md": _EMAIL.format(subject="Are you still interested?", words="May we help you with it?"),
        "call/first-call.md": _TALK_TRACK,
    }
    return Draft(require_name(name), _NEW_CADENCE.format(name=name), templates)


def require_name(name: str) -> str:
    """A name that a cadence, or a template, can have.

    Raises:
        NoSuchName: it is none.
    """
    if re.fullmatch(SLUG, name) is None or len(name) > 60:
        raise NoSuchName("use small letters, digits and hyphens, like first-call")
    return name


def _unnamed(draft: Draft, bundle: CadenceBundle) -> Iterator[Finding]:
    for path in draft.templates:
        if path not in bundle.templates:
            message = "no step names this template, so it will not be published"
            hint = "name it in a step, or remove it"
            yield Finding(template_file(path), 1, 1, Severity.WARNING, message, hint)


def _storable(text: str) -> str:
    """The text without what no database keeps and no editor shows: NUL, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def template_file(path: str) -> str:
    """What findings call a template."""
    return f"{_FOLDER}{path}"


def check_draft(
    draft: Draft, *, known_cadences: Collection[str] = (), colleagues: Collection[str] | None = None
) -> list[Finding]:
    """Everything that is wrong with a draft: what `follow check` finds, and what only shows while it is edited.

    Args:
        known_cadences: the names that it may refer to, besides its own.
        colleagues: ids of our own people who work here; None when that is not known.
    """
    too_large = [
        Finding(file, 1, 1, Severity.ERROR, f"the file is larger than {MAX_BYTES // 1024} KB", "one page or two do")
        for file, text in draft.files.items()
        if len(text.encode("utf-8", "replace")) > MAX_BYTES
    ]
    if too_large:
        return too_large
    bundle = draft.bundle
    findings = check(bundle, known_cadences=known_cadences, known_templates=draft.templates)
    if colleagues is not None:
        findings += map(read(draft.text, draft.file).source.whole, check_people(bundle, colleagues))
    if read(draft.text, draft.file).source.complete:  # Else nobody knows what its steps name.
        findings += _unnamed(draft, bundle)
    if len(draft.templates) > MOST_TEMPLATES:
        message = f"{len(draft.templates)} templates are more than the {MOST_TEMPLATES} that a cadence may have"
        findings.append(Finding(draft.file, 1, 1, Severity.ERROR, message, "remove those that no step names"))
    return in_order(findings)

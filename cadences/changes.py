"""What an edit of a cadence changes: line by line, and for the leads that will take it."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cadences.aloud import (
    NOUN,
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
from cadences.experiments import experiments_of
from cadences.model import Cadence, Instead, Step
from cadences.reading import TEMPLATE_FILES
from leads.model import Channel

AROUND = 3
"""Lines that stay as they are and are shown before and after those that change."""


class LineKind(StrEnum):
    """What becomes of a line."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line of a file, with its number before and after."""

    kind: LineKind
    before: int | None
    after: int | None
    text: str


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """What changes in a file, as stretches of lines; what lies between them stays."""

    file: str
    stretches: tuple[tuple[ChangedLine, ...], ...]

    @property
    def added(self) -> int:
        return self._count(LineKind.ADDED)

    @property
    def removed(self) -> int:
        return self._count(LineKind.REMOVED)

    def _count(self, kind: LineKind) -> int:
        return sum(line.kind is kind for stretch in self.stretches for line in stretch)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise for leads which take the new version."""

    about: str
    """A step's id, or what of the cadence it is."""
    before: str
    """As it is read aloud; empty where there was nothing, or where what is new says it all."""
    after: str
    """Empty where it is gone."""


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> list[ChangedFile]:
    """Every file whose text is not the same, as it is named; one that is not there has no lines.

    Args:
        before: texts by the files' names.
        after: the same, as they are now.
    """
    names = [*after, *(name for name in before if name not in after)]
    return [
        ChangedFile(name, tuple(_stretches(_lines(before.get(name)), _lines(after.get(name)))))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _lines(text: str | None) -> list[str]:
    return [] if text is None else text.removesuffix("\n").split("\n")


def _stretches(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[ChangedLine, ...]]:
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for group in matcher.get_grouped_opcodes(AROUND):
        lines: list[ChangedLine] = []
        for tag, first, last, new_first, new_last in group:
            if tag == "equal":
                numbers = zip(range(first, last), range(new_first, new_last), strict=True)
                lines += [ChangedLine(LineKind.SAME, old + 1, new + 1, before[old]) for old, new in numbers]
                continue
            lines += [ChangedLine(LineKind.REMOVED, old + 1, None, before[old]) for old in range(first, last)]
            lines += [ChangedLine(LineKind.ADDED, None, new + 1, after[new]) for new in range(new_first, new_last)]
        yield tuple(lines)


def changes_for_leads(before: CadenceBundle | None, after: CadenceBundle) -> list[Change]:
    """What is otherwise for leads that take the new version instead of the one before; by the plan's own order.

    Args:
        before: None where there is none, so that everything is new.
        after: a cadence without an error.
    """
    old, new = before.cadence if before is not None else None, after.cadence
    return [
        *_changed(_rules(old), _rules(new)),
        *_changed(_steps(old), _steps(new)),
        *_moved(old, new),
        *_words(before, after),
        *_trials(before, after),
    ]


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for about in dict.fromkeys([*after, *before]):
        was, now = before.get(about, ""), after.get(about, "")
        if was != now:
            yield Change(about, was, now)


def _rules(cadence: Cadence | None) -> dict[str, str]:
    """What holds for the whole cadence, by what it is about."""
    if cadence is None:
        return {}
    silence = cadence.on_silence
    defaults = ", ".join(f"{name}: {value}" for name, value in sorted(cadence.defaults.items()))
    return {
        "for": audience_aloud(cadence),
        "hours": hours_aloud(cadence),
        "limits": limits_aloud(cadence),
        "first response": first_response_aloud(cadence.target),
        "reply": reply_aloud(cadence),
        "yes": yes_aloud(cadence),
        "personal touch": personal_touch_aloud(cadence),
        "not now": not_now_aloud(cadence),
        **({"silence": silence_aloud(silence)} if silence is not None else {}),
        **({"defaults": f"Templates say {defaults}."} if defaults else {}),
    }


def _steps(cadence: Cadence | None) -> dict[str, str]:
    return {} if cadence is None else {step.step_id: str(step_aloud(step, cadence)) for step in cadence.steps}


def _moved(before: Cadence | None, after: Cadence) -> Iterator[Change]:
    """The order of the steps that both have."""
    if before is None:
        return
    both = {step.step_id for step in before.steps} & {step.step_id for step in after.steps}
    old, new = ([step.step_id for step in one.steps if step.step_id in both] for one in (before, after))
    if old != new:
        yield Change("order", " → ".join(old), " → ".join(new))


def _words(before: CadenceBundle | None, after: CadenceBundle) -> Iterator[Change]:
    """Steps that stay, and say something else."""
    if before is None:
        return
    for step in after.cadence.steps:
        old = before.cadence.step(step.step_id)
        for channel, name in _templates(step):
            file = TEMPLATE_FILES[channel].format(name)
            was, now = before.templates.get(file), after.templates.get(file)
            if old is not None and (channel, name) in _templates(old) and was != now:
                yield Change(step.step_id, "", f"The {NOUN[channel]} “{name}” says something else.")


def _templates(step: Step) -> list[tuple[Channel, str]]:
    """Whatever a lead may get from a step that is made from a template."""
    named = [(step.channel, name) for name in (step.content, *(step.variants or {}).values())]
    if isinstance(step.instead, Instead):
        named.append((step.instead.channel, step.instead.content))
    return [(channel, name) for channel, name in named if channel in TEMPLATE_FILES]


def _trials(before: CadenceBundle | None, after: CadenceBundle) -> Iterator[Change]:
    """Experiments that begin, end, or begin anew."""
    old, new = (
        {one.step: one.fingerprint for one in experiments_of(bundle)} if bundle is not None else {}
        for bundle in (before, after)
    )
    for step in dict.fromkeys([*new, *old]):
        if old.get(step) == new.get(step):
            continue
        if step not in new:
            yield Change(step, "", "Its variants are compared no more; what was counted stays.")
        elif step in old:
            yield Change(step, "", "The comparison of its variants begins anew.")
        else:
            yield Change(step, "", "Its variants are compared from now on.")

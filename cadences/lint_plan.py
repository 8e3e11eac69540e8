"""What is wrong with a plan that can be read: steps that never come, rules that can't be kept, an end in nothing."""

import difflib
import itertools
from collections.abc import Collection, Iterator
from datetime import time, timedelta

from cadences import reach
from cadences.bundle import CadenceBundle
from cadences.conditions import Clause
from cadences.model import Cadence, Instead, Step
from cadences.reading import Reading
from leads.findings import Finding, Severity
from leads.model import Channel, LeadKind
from leads.spans import Span, Unit
from leads.yaml_text import Path, Place, Value

EARLIEST, LATEST = time(8), time(21)
"""Texts and calls are lawful from 08:00 to 21:00 on the person's clock (47 CFR 64.1200(c)(1))."""

MAX_DAYS = 3660
MAX_OPENINGS = 60
"""Through so many openings of the cadence's hours a due time may be counted; it is done anew for every plan."""
_OUTCOMES = {
    Channel.EMAIL: ("sent", "skipped"),
    Channel.SMS: ("sent", "skipped"),
    Channel.CALL: (
        *("connected", "voicemail", "no answer", "wrong number", "call back"),
        *("meeting", "done", "expired", "skipped"),
    ),
    Channel.TASK: ("done", "connected", "meeting", "expired", "skipped"),
}


def check_plan(
    bundle: CadenceBundle, reading: Reading, cadence: Cadence, known_cadences: Collection[str]
) -> list[Finding]:
    """All findings about the plan itself."""
    plan = _Plan(bundle, reading, cadence, known_cadences)
    return [
        *plan.names(),
        *plan.step_names(),
        *plan.spans(),
        *plan.due_times(),
        *plan.order(),
        *plan.end(),
        *plan.conditions(),
        *plan.channels(),
        *plan.hours(),
        *plan.limits(),
        *plan.first_response(),
    ]


class _Plan:
    """One cadence under examination; each method looks for one kind of mistake."""

    def __init__(
        self, bundle: CadenceBundle, reading: Reading, cadence: Cadence, known_cadences: Collection[str]
    ) -> None:
        self.bundle, self.reading, self.cadence = bundle, reading, cadence
        self.known = {*known_cadences, cadence.name}
        self.steps = list(enumerate(cadence.steps))

    def names(self) -> Iterator[Finding]:
        """The file, the cadence, and the cadences that it leads to."""
        if self.cadence.name != self.bundle.name:
            yield self._error(
                self._value("cadence"),
                f'the cadence is called "{self.cadence.name}" and its file "{self.bundle.name}"',
                f"write `cadence: {self.bundle.name}`, or rename the file to {self.cadence.name}.yaml",
            )
        target = self.cadence.on_not_now.cadence
        if target not in self.known:
            near = difflib.get_close_matches(target, self.known, n=1)
            known = ", ".join(sorted(self.known))
            yield self._error(
                self._value("on_not_now", "cadence"),
                f'a dated "not now" starts the cadence "{target}", which does not exist',
                f'did you mean "{near[0]}"?'
                if near
                else f"known are {known}; name one with on_not_now: {{cadence: NAME}}",
            )

    def step_names(self) -> Iterator[Finding]:
        """Each step needs a name of its own."""
        first: dict[str, int] = {}
        for index, step in self.steps:
            place = self._value("steps", index, "id" if step.id else step.channel.value)
            if not step.step_id:
                yield self._error(place, "the step has no name", "add `id: NAME`, in small letters")
            elif step.step_id in first:
                line = self._place("steps", first[step.step_id]).line
                hint = f"add `id: {step.step_id}-2`; outcomes and reports tell steps apart by it"
                yield self._error(place, f'the step in line {line} is called "{step.step_id}" too', hint)
            first.setdefault(step.step_id, index)

    def spans(self) -> Iterator[Finding]:
        """Spans that never end, or that are over before they begin."""
        for path, span in self._all_spans():
            key = str(path[-1])
            if reach.about_days(span) > MAX_DAYS:
                yield self._error(
                    self._value(*path), f"{span} is more than ten years", "write a span that somebody will see"
                )
            elif span.amount == 0 and key in ("every", "hold"):
                yield self._error(self._value(*path), f"`{key}` of no time at all", "write at least `1 day`")
        for index, step in self.steps:
            if (
                step.repeat
                and not step.is_message
                and reach.at_most_days(step.repeat.every) < 1
                and step.repeat.every.amount
            ):
                yield self._warning(
                    self._value("steps", index, "repeat", "every"),
                    f"a {step.channel.value} every {step.repeat.every} is more than one a day",
                    "a person has to do it; write `1 business day` or more",
                )

    def due_times(self) -> Iterator[Finding]:
        """Due times in minutes or hours that take too many openings of the cadence's hours to go by."""
        hours = self.cadence.hours
        opening = _from_midnight(hours.to) - _from_midnight(hours.from_)
        for path, span in self._all_spans():
            if path[-1] != "within" or span.unit not in (Unit.MINUTE, Unit.HOUR):
                continue
            length = timedelta(minutes=span.amount) if span.unit is Unit.MINUTE else timedelta(hours=span.amount)
            openings = -(-length // opening)
            if openings > MAX_OPENINGS:
                longest = Span(MAX_OPENINGS * opening // timedelta(hours=1), Unit.HOUR)
                yield self._error(
                    self._value(*path),
                    f"{span} counted only while `hours` are open: that takes {openings} days on which they open",
                    f"count in days, like `5 business days`; in hours, these `hours` allow `{longest}` at most",
                )

    def order(self) -> Iterator[Finding]:
        """Steps that come too late to come at all."""
        endless: Step | None = None
        past: list[tuple[Step, Span]] = []
        latest_step, latest = self.cadence.steps[0], 0.0
        for index, step in self.steps:
            if endless is not None:
                yield self._error(
                    self._place("steps", index),
                    f'"{step.step_id}" never comes: "{endless.step_id}" before it repeats until an answer',
                    f'move it above "{endless.step_id}", or give that one `times`',
                )
                continue
            if step.repeat is not None and step.repeat.until == "an answer":
                endless = step
            earlier = None
            if step.after is not None:
                earlier = next((other for other, after in past if reach.surely_shorter(step.after, after)), None)
                if earlier is None and reach.at_most_days(step.after) < latest:
                    earlier = latest_step
                past.append((step, step.after))
            if earlier is not None:
                yield self._error(
                    self._value("steps", index, "after"),
                    f'{step.after} after the first contact is over when "{earlier.step_id}" before it comes',
                    "put the steps in the order of their time, or count with `wait` from the previous touch",
                )
            start = reach.at_least_days(step.after) if step.after else latest + reach.at_least_days(step.wait)
            end = (
                start + reach.at_least_days(step.repeat.every) * ((step.repeat.times or 1) - 1)
                if step.repeat
                else start
            )
            if end >= latest:
                latest_step, latest = step, end

    def end(self) -> Iterator[Finding]:
        """A plan ends in a tail that repeats, or hands the lead back: never in nothing."""
        last, index = self.cadence.steps[-1], len(self.cadence.steps) - 1
        repeats = last.repeat is not None and last.repeat.until == "an answer"
        place = self._place("steps", index)
        if not repeats and self.cadence.on_silence is None:
            yield self._error(
                place,
                "the plan ends without an answer: after this step nobody follows up",
                "add `on_silence: {return_to: owner}`, or `repeat: {every: 3 months, until: an answer}` to the step",
            )
        if repeats and self.cadence.on_silence is not None and last.if_ is None:
            yield self._warning(
                self._place("on_silence"),
                f'this is never reached: "{last.step_id}" repeats until an answer',
                "remove `on_silence`, or give the last step `times` in the place of `until`",
            )
        if repeats and self.cadence.on_silence is None and last.if_ is not None:
            yield self._warning(
                self._place("steps", index, "if"),
                f'for a lead without "{last.if_}" the plan ends here, and its owner gets a task',
                "let the tail come for everybody, or say with `on_silence` who gets the lead",
            )
        if repeats and last.instead == "skip":
            yield self._warning(
                self._place("steps", index, "instead"),
                f"a lead that can't be reached by {last.channel.value} is skipped for ever",
                "let another channel take the tail's place",
            )
        if self.cadence.for_.kind is LeadKind.INBOUND:
            for path in self._mentions_of_generator():
                yield self._warning(
                    self._value(*path), "an inbound lead has no generator", "write `owner` or `manager`"
                )

    def conditions(self) -> Iterator[Finding]:
        """Conditions about steps that do not exist, have not been, or can't end like that."""
        positions: dict[str, int] = {}
        for index, step in self.steps:
            positions.setdefault(step.step_id, index)
        for index, step in self.steps:
            clauses = step.if_.clauses if step.if_ else ()
            place = self._value("steps", index, "if")
            for clause in clauses:
                if clause.kind == "outcome":
                    yield from self._outcome(index, step, clause, positions)
            if any(_opposite(one, other) for one, other in itertools.combinations(clauses, 2)):
                yield self._error(place, "these conditions contradict each other: the step never comes", "keep one")

    def _outcome(self, index: int, step: Step, clause: Clause, positions: dict[str, int]) -> Iterator[Finding]:
        place, position = self._value("steps", index, "if"), positions.get(clause.subject)
        if position is None:
            near = difflib.get_close_matches(clause.subject, positions, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"steps are called {', '.join(filter(None, positions))}"
            yield self._error(place, f'there is no step "{clause.subject}"', hint)
            return
        if position > index or (position == index and not (step.repeat and clause.negated)):
            when = "comes later than" if position > index else "is"
            yield self._error(place, f'"{clause.subject}" {when} this step', "ask about a step further up")
            return
        asked = self.cadence.steps[position]
        channels = [asked.channel, *([asked.instead.channel] if isinstance(asked.instead, Instead) else [])]
        possible = list(dict.fromkeys(outcome for channel in channels for outcome in _OUTCOMES[channel]))
        if clause.value not in possible:
            yield self._warning(
                place,
                f'"{clause.subject}" is {_a(asked.channel)} and never ends as "{clause.value}"',
                f"it ends as {', '.join(possible)}",
            )

    def channels(self) -> Iterator[Finding]:
        """Texts without consent, and replacements that replace nothing."""
        for index, step in self.steps:
            asks = step.if_ is not None and any(
                clause.kind == "consent" and clause.subject == "sms" and not clause.negated
                for clause in step.if_.clauses
            )
            if step.channel is Channel.SMS and not asks and step.instead is None:
                yield self._warning(
                    self._place("steps", index),
                    "nobody may be texted without written consent; a lead that gave none gets a call in its place",
                    "add `if: sms consent` to leave the step out for them, or `instead:` to say what they get",
                )
            if isinstance(step.instead, Instead) and step.instead.channel is step.channel:
                yield self._warning(
                    self._place("steps", index, "instead"),
                    f"when {step.channel.value} can't be used, another {step.channel.value} can't either",
                    "name another channel, or `skip`",
                )
            if step.instead is not None and step.channel is Channel.TASK:
                yield self._warning(
                    self._place("steps", index, "instead"),
                    "a task can always be given; this is never used",
                    "remove it",
                )
            if step.repeat and step.repeat.until == "connected" and step.channel is not Channel.CALL:
                yield self._warning(
                    self._value("steps", index, "repeat", "until"),
                    f"{_a(step.channel)} never connects: it comes all {step.repeat.times} times",
                    "leave `until` out, or repeat a call",
                )

    def hours(self) -> Iterator[Finding]:
        """Hours in which no text and no call is lawful."""
        hours = self.cadence.hours
        used = {step.channel for step in self.cadence.steps}
        used |= {step.instead.channel for step in self.cadence.steps if isinstance(step.instead, Instead)}
        if not used & {Channel.SMS, Channel.CALL}:
            return
        law = "texts and calls are lawful from 08:00 to 21:00 on the person's own clock"
        if hours.from_ >= LATEST or hours.to <= EARLIEST:
            key = "from" if hours.from_ >= LATEST else "to"
            yield self._error(self._value("hours", key), "the window for texts and calls never opens", law)
            return
        if hours.from_ < EARLIEST:
            yield self._warning(self._value("hours", "from"), "texts and calls wait until 08:00", law)
        if hours.to > LATEST:
            yield self._warning(self._value("hours", "to"), "texts and calls stop at 21:00", law)

    def limits(self) -> Iterator[Finding]:
        """Plans with more messages than the limits let through."""
        limits = self.cadence.limits
        if limits.per_day > limits.per_week:
            yield self._warning(
                self._value("limits", "per_day"),
                f"{limits.per_day} a day are never reached with {limits.per_week} a week",
                f"write `per_day: {limits.per_week}` or less",
            )
        per_day_gap, per_week_gap = 1 / limits.per_day, 7 / limits.per_week
        at = 0.0
        sent: list[float] = []
        for index, step in self.steps:
            at = reach.about_days(step.after) if step.after else at + reach.about_days(step.wait)
            if not step.is_message:
                continue
            sent.append(at)
            if step.repeat and 0 < reach.at_most_days(step.repeat.every) < max(per_day_gap, per_week_gap):
                yield self._warning(
                    self._value("steps", index, "repeat", "every"),
                    f"every {step.repeat.every} is more than `limits` lets through; the messages will come later",
                    f"write a longer time, or raise per_day ({limits.per_day}) and per_week ({limits.per_week})",
                )
            elif sum(at == other for other in sent) == limits.per_day + 1:
                yield self._crowded(index, "day", "per_day", limits.per_day)
            elif sum(at - 7 < other <= at for other in sent) == limits.per_week + 1:
                yield self._crowded(index, "week", "per_week", limits.per_week)

    def _crowded(self, index: int, span: str, key: str, limit: int) -> Finding:
        return self._warning(
            self._place("steps", index),
            f"with this, {limit + 1} messages fall into one {span}; `limits` moves it to a later day",
            f"plan it later yourself, or raise {key} above {limit}",
        )

    def first_response(self) -> Iterator[Finding]:
        """A target for the first human contact needs a human."""
        target = self.cadence.first_response
        if target is None:
            return
        at = 0.0
        for index, step in self.steps:
            at = reach.at_least_days(step.after) if step.after else at + reach.at_least_days(step.wait)
            if step.is_message:
                continue
            if at > reach.at_most_days(target.within):
                yield self._warning(
                    self._place("steps", index),
                    f"the first step for a person comes after the first-response target of {target.within}",
                    "let a call come at once, as one of the first steps",
                )
            return
        yield self._warning(
            self._place("first_response"),
            "no step lets a person answer, so the target can only be kept by chance",
            "add `- call: first-call` after the first email",
        )

    def _all_spans(self) -> Iterator[tuple[Path, Span]]:
        """Every span that stands in the file."""
        waiting: list[tuple[Path, Value]] = [((), self.reading.source.value)]
        while waiting:
            path, value = waiting.pop()
            if path == ("defaults",):
                continue
            parts: list[tuple[str | int, Value]] = []
            if isinstance(value, dict):
                parts = [*value.items()]
            elif isinstance(value, list):
                parts = [*enumerate(value)]
            waiting.extend(((*path, key), part) for key, part in parts)
            if isinstance(value, str) and path[-1] in ("after", "wait", "within", "expires", "every", "pause", "hold"):
                yield path, Span.parse(value)

    def _mentions_of_generator(self) -> Iterator[Path]:
        if self.cadence.on_silence is not None and self.cadence.on_silence.return_to == "generator":
            yield ("on_silence", "return_to")
        for index, step in self.steps:
            if step.to == "generator":
                yield ("steps", index, "to")

    def _place(self, *path: str | int) -> Place:
        if len(path) == 2 and path[0] == "steps":
            return self.reading.value_place(*path)
        return self.reading.place(*path)

    def _value(self, *path: str | int) -> Place:
        return self.reading.value_place(*path)

    def _error(self, place: Place, message: str, hint: str) -> Finding:
        return Finding(self.bundle.file, place.line, place.column, Severity.ERROR, message, hint)

    def _warning(self, place: Place, message: str, hint: str) -> Finding:
        return Finding(self.bundle.file, place.line, place.column, Severity.WARNING, message, hint)


def _from_midnight(clock: time) -> timedelta:
    """How far into the day a clock time is; the end of the day is a whole day."""
    if clock == time.max:
        return timedelta(days=1)
    return timedelta(hours=clock.hour, minutes=clock.minute)


def _opposite(one: Clause, other: Clause) -> bool:
    same = (one.kind, one.subject, one.value) == (other.kind, other.subject, other.value)
    return same and one.negated is not other.negated


def _a(channel: Channel) -> str:
    return {Channel.EMAIL: "an email", Channel.SMS: "a text", Channel.CALL: "a call", Channel.TASK: "a task"}[channel]

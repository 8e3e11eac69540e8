"""The cadences that the bench runs, as marketing would write them, over the shipped templates."""

from pathlib import Path

from cadences.bundle import CadenceBundle
from cadences.library import library_folder
from cadences.reading import read

BURST = "bench-burst"
"""Ten emails at once, then silence for months."""
STREAM = "bench-stream"
"""Twenty emails at once, as many as the limits permit in a day."""
SLEEP = "bench-sleep"
"""One email, then nothing for months: a sleeping lead."""
CYCLES = "bench-cycles"
"""208 emails: eight at once, 192 a minute later, eight more two minutes after that."""
MESSAGES = "bench-messages"
"""Twenty emails and texts, days apart."""
MESSAGES_AND_CALLS = "bench-messages-and-calls"
"""The same with four of the twenty being calls."""

_ALWAYS = """
for: {kind: inbound}
hours: {days: mon-sun, from: "00:00", to: "24:00"}
limits: {per_day: 20, per_week: 100}
defaults: {first_name: there}
steps:
"""
_TAIL = "  - {wait: 6 months, email: quarterly, id: tail, repeat: {every: 6 months, until: an answer}}\n"
_TEN_EMAILS = (
    "answer-the-question",
    "checking-in",
    "case-study",
    "quarterly",
    "any-news",
    "as-agreed",
    "keeping-in-touch",
    "one-useful-thing",
    "introduction",
    "closing-the-loop",
)
_TEXTS = ("quick-note", "still-here", "still-here-2")
CYCLE = 8
"""Touches until a run continues as new."""
CYCLES_SKIPPED = 24
"""Whole cycles between the first that is measured and the last: touches 9 to 200."""


def _at_once(rounds: int) -> str:
    steps = [
        f"  - {{wait: 0 minutes, email: {name}, id: email-{number}}}"
        for number, name in enumerate(_TEN_EMAILS * rounds, 1)
    ]
    return "\n".join(steps) + "\n"


def _cycles() -> str:
    def block(name: str, minutes: int, times: int) -> str:
        repeat = f"repeat: {{every: 0 minutes, times: {times}}}"
        return f"  - {{wait: {minutes} minutes, email: checking-in, id: {name}, {repeat}}}\n"

    return block("first", 0, CYCLE) + block("middle", 1, CYCLE * CYCLES_SKIPPED) + block("last", 2, CYCLE)


def _spread(calls: bool) -> str:
    """Twenty touches three days apart, every fourth a text; with calls, every fifth is one."""
    lines = []
    for number in range(1, 21):
        if calls and number % 5 == 0:
            what = "call: second-call"
        elif number % 4 == 0:
            what = f"sms: {_TEXTS[number % 3]}"
        else:
            what = f"email: {_TEN_EMAILS[number % 10]}"
        lines.append(f"  - {{wait: {0 if number == 1 else 3} days, {what}, id: touch-{number}}}\n")
    return "".join(lines)


_STEPS = {
    BURST: _at_once(1),
    STREAM: _at_once(2),
    SLEEP: "  - {wait: 0 minutes, email: answer-the-question}\n",
    CYCLES: _cycles(),
    MESSAGES: _spread(calls=False),
    MESSAGES_AND_CALLS: _spread(calls=True),
}


def bundle(name: str) -> CadenceBundle:
    """A cadence of the bench with the shipped templates that it uses."""
    source = f"cadence: {name}\nabout: For measuring.{_ALWAYS}{_STEPS[name]}{_TAIL}"
    templates = {path: _template(path) for path in read(source, f"{name}.yaml").templates()}
    return CadenceBundle(name, source, templates)


def bundles() -> list[CadenceBundle]:
    """All of them."""
    return [bundle(name) for name in _STEPS]


def _template(path: str) -> str:
    return (Path(library_folder()) / "templates" / path).read_text("utf-8")

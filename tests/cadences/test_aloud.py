"""A plan is read aloud in whole sentences, and says whatever its steps say."""

from cadences.aloud import MARKDOWN, silence_aloud, step_aloud, whom
from cadences.reading import parse

PLAN = """cadence: plan
for: {kind: outbound}
on_silence: {return_to: generator, task: "was it the *right* person?", within: 10 business days}
steps:
  - email: hello
  - {after: 3 business days, call: first-call, instead: skip}
  - {after: 1 week, sms: quick-note, if: [sms consent, not hello was sent], instead: {email: by-email}}
  - {after: 2 weeks, email: story, variants: {short: story-short, long: story-long}}
  - {after: 3 weeks, task: "send *it*", within: 1 business day, expires: 2 days, to: manager}
  - {wait: 1 month, call: again, repeat: {times: 5, every: 6 days, until: connected}}
"""


def test_every_step_says_when_what_and_on_which_condition() -> None:
    cadence = parse(PLAN)
    assert [str(step_aloud(step, cadence)) for step in cadence.steps] == [
        "At once: email “hello”.",
        "3 business days after the first contact: call “first-call”, by the owner, "
        "due with the first response, where that is still to come, left out where it can't be sent.",
        "1 week after the first contact: text “quick-note”, if sms consent and not hello was sent, "
        "else email by-email.",
        "2 weeks after the first contact: email “story”, or, to compare them, “story-short” and “story-long”.",
        "3 weeks after the first contact: task send *it*, by the manager, due within 1 business day, "
        "given up 2 days after that.",
        "1 month after the touch before: call “again”, by the owner, 5 times, every 6 days until a call connects.",
    ]


def test_in_markdown_names_are_code_and_what_somebody_wrote_is_no_markup() -> None:
    cadence = parse(PLAN)
    hello, task = (str(step_aloud(cadence.steps[number], cadence, MARKDOWN)) for number in (0, 4))
    assert hello == "At once: email `hello`."
    assert "task send \\*it\\*, by the manager" in task


def test_what_somebody_wrote_is_markdown_only_where_the_text_is() -> None:
    silence = parse(PLAN).on_silence
    assert silence is not None
    assert "was it the *right* person?, within 10 business days" in silence_aloud(silence)
    assert "was it the \\*right\\* person?" in silence_aloud(silence, MARKDOWN)
    assert (whom("manager"), whom("mia")) == ("the manager", "mia")

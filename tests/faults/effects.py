"""Whether each command that was answered with a 2xx has taken effect exactly once, and each other one not at all."""

from collections import Counter
from collections.abc import Iterator, Sequence

from leads.contract import CommandKind
from tests.faults.evidence import Evidence, Row
from tests.faults.seeds import Given


def wrong_effects(commands: Sequence[Given], seen: Evidence) -> Iterator[str]:
    """What the commands did too often, or not at all."""
    for given in commands:
        if given.status >= 500 or (given.status in (400, 401, 404, 413, 415, 422)):
            yield f"{given.order.kind.value} was answered {given.status}: {given.answer}"
    accepted = Counter(given.order.kind for given in commands if given.accepted)
    stored = Counter(CommandKind(command["kind"]) for command in seen.commands)
    for kind in {given.order.kind for given in commands}:
        if stored[kind] != accepted[kind]:
            yield f"{kind.value} was accepted {accepted[kind]} times and stored {stored[kind]} times"
    if stored[CommandKind.START] != 1:
        yield f"its capture was stored {stored[CommandKind.START]} times"
    for given in commands:
        times = _effects(given, seen)
        if times != int(given.accepted):
            yield f"{given.order.kind.value} was answered {given.status} and took effect {times} times"


def _effects(given: Given, seen: Evidence) -> int:
    """How often a command took effect."""
    key, body = given.key, given.order.body
    match given.order.kind:
        case CommandKind.LOG_PERSONAL_TOUCH:
            return sum(touch["personal"] and touch["text"] == key for touch in seen.touches)
        case CommandKind.RECORD_ANSWER:
            return sum(answer["note"] == key and answer["answer"] == body["answer"] for answer in seen.answers)
        case CommandKind.NOT_NOW:
            return sum(enrollment["cadence"] == "not-now" for enrollment in seen.enrollments)
        case CommandKind.HOLD:
            return sum(hold["note"] == key for hold in seen.holds)
        case CommandKind.RESUME:
            return sum(hold["lifted_at"] is not None for hold in seen.holds)
        case CommandKind.SKIP_STEP:
            outcomes = [outcome for each in seen.enrollments for outcome in each["progress"]["outcomes"].values()]
            return outcomes.count("skipped")
        case CommandKind.SWITCH_CADENCE:
            return sum(enrollment["cadence"] == body["cadence"] for enrollment in seen.enrollments)
        case CommandKind.REASSIGN:
            return int(seen.lead["owner_id"] == body["owner"])
        case CommandKind.LEAD_ASKED_AGAIN:
            return sum(inquiry["question"] == key for inquiry in seen.inquiries)
        case CommandKind.COMPLETE_TASK:
            return _completions(given, seen)
    raise ValueError(f"nobody gives {given.order.kind}")


def _completions(given: Given, seen: Evidence) -> int:
    """A completed call is closed as it was said, and stands in the ledger once."""
    done: list[Row] = [
        task
        for task in seen.tasks
        if str(task["id"]) == given.task_id
        and (task["state"], task["outcome"], task["note"]) == ("done", given.order.body["outcome"], given.key)
    ]
    made = sum(touch["state"] == "made" and touch["text"] == given.key for touch in seen.touches)
    return made if len(done) == min(1, made) else -1

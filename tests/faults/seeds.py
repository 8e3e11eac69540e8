"""From a seed to a trial: one fault in one life, with the provider's moods and people's commands around it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from leads.contract import CommandKind
from tests.faults import cadence
from tests.faults.points import COMMANDS, GROUPS, MISBEHAVIOURS, POINTS, Fault, Life, Point
from tests.faults.provider_behaviours import (
    ACCEPT,
    CUT_AFTER,
    FAIL_AFTER,
    SILENT_AFTER,
    Behaviour,
    Report,
    late,
    rate_limited,
)
from tests.faults.trigger import Shot

_SERVERS_SHARE = 0.08
"""Of all seeds: they take seconds each, and run one after the other."""
_REQUESTS = 16
"""So many requests for a lead are scripted; no life has more."""
_LATE = late(timedelta(seconds=0.4))
_LIMITED = rate_limited(timedelta(seconds=1))
_MISBEHAVIOURS = {"late": _LATE, "429": _LIMITED, **{each.name: each for each in MISBEHAVIOURS}}
_BY_GROUP = [[point for point in POINTS if point.group == group] for group in GROUPS]
_ON_SERVERS = [points for points in _BY_GROUP if points[0].on_servers]
_ELSEWHERE = [points for points in _BY_GROUP if not points[0].on_servers]
_HIDDEN = (FAIL_AFTER, CUT_AFTER, SILENT_AFTER)
"""The message is out, and we are not told."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command that somebody gives over REST."""

    kind: CommandKind
    after: int | None
    """Once so many messages are out; None: once the fault has happened."""
    body: dict[str, Any] = field(default_factory=dict)


@dataclass
class Given:
    """A command that was given, and the answer."""

    order: Order
    key: str
    status: int = 0
    answer: dict[str, Any] = field(default_factory=dict)
    task_id: str | None = None

    @property
    def accepted(self) -> bool:
        """A 2xx: it has to take effect, once."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one seed means."""

    seed: int
    point: Point
    cadence: str
    shots: tuple[Shot, ...] = ()
    at_delivery: int = 0
    """Which delivery of the lead is accepted, but not answered to a living worker."""
    after: timedelta = timedelta(0)
    """When the fault happens, from the capture on; for those that have no named instant."""
    outage: timedelta = timedelta(0)
    """How long a server is away."""
    calls_back: bool = True
    """Twilio is given a status callback; if not, texts are found by listing."""
    emails: tuple[Behaviour, ...] = ()
    texts: tuple[Behaviour, ...] = ()
    orders: tuple[Order, ...] = ()

    def __str__(self) -> str:
        moods = {each.name for each in (*self.emails, *self.texts)} - {ACCEPT.name}
        orders = [order.kind.value for order in self.orders]
        return f"seed {self.seed}: {self.point.name} in {self.cadence}, provider {sorted(moods)}, commands {orders}"


def trial_of(seed: int) -> Trial:
    """The trial of a seed; the same one each time."""
    random = Random(seed)
    point = _point(random)
    return _trial(seed, point, random)


def seeds_for(point: Point, count: int = 1, first: int = 0) -> Iterator[int]:
    """The first seeds whose fault happens at this point."""
    seed = first
    while count:
        if _point(Random(seed)) is point:
            yield seed
            count -= 1
        seed += 1


def _point(random: Random) -> Point:
    return random.choice(random.choice(_ON_SERVERS if random.random() < _SERVERS_SHARE else _ELSEWHERE))


def _trial(seed: int, point: Point, random: Random) -> Trial:
    plan = _cadence(point, random)
    messages = cadence.MESSAGE_STEPS[plan]
    emails, texts = _moods(point, random)
    orders = _orders(point, random)
    return Trial(
        seed=seed,
        point=point,
        cadence=plan,
        shots=_shots(point, messages, random),
        at_delivery=random.randrange(messages),
        after=timedelta(seconds=random.uniform(0.02, 0.9)),
        outage=timedelta(seconds=random.uniform(0, 1.5)),
        calls_back=point.life is Life.REPORTED or point.fault is Fault.RACE or random.random() < 0.5,
        emails=emails,
        texts=texts,
        orders=orders,
    )


def _cadence(point: Point, random: Random) -> str:
    if point.life is Life.LONG:
        return cadence.LONG
    if point.command is CommandKind.COMPLETE_TASK:
        return cadence.CALLS
    if point.life is Life.COMMANDED:
        return random.choice((cadence.MESSAGES, cadence.CALLS))
    return cadence.MESSAGES


def _shots(point: Point, messages: int, random: Random) -> tuple[Shot, ...]:
    name = point.name.rpartition("stands still: ")[2].rpartition("two workers: ")[2]
    if point.fault is Fault.STAND_STILL:
        passes = 0 if ":" in name else random.randrange(messages)
        return (Shot(name, passes, stops=True),)
    if point.fault is not Fault.TRIGGER:
        return ()
    if point.life is Life.RETAKEN:
        first = random.choice(("after claim", "provider answered", "before record"))
        return (Shot(first, random.randrange(messages)), Shot(name))
    if point.group == "two workers, one killed":
        return (Shot(name, random.randrange(messages)),)
    if ":" in point.name or point.life is Life.LONG:
        return (Shot(name),)
    shots = [Shot(name, random.randrange(messages))]
    if random.random() < 0.15:
        shots.append(Shot(random.choice(("before claim", "after claim", "before record", "after record"))))
    return tuple(shots)


def _moods(point: Point, random: Random) -> tuple[tuple[Behaviour, ...], tuple[Behaviour, ...]]:
    """How the provider behaves for each of the lead's emails and texts, and what it reports of them."""
    plain = [[ACCEPT] * _REQUESTS, [ACCEPT] * _REQUESTS]
    of_email = _reports(point, random, ("processed", "delivered"))
    of_text = _reports(point, random, ("sent", "delivered"))
    channel, turn = random.randrange(2), random.randrange(2)
    if point.life is Life.UNKNOWN:
        of_email = of_text = ()
        plain[channel][turn] = random.choice(_HIDDEN)
    elif point.name.startswith("provider: "):
        mood = _MISBEHAVIOURS[point.name.removeprefix("provider: ").removesuffix(", and a kill")]
        plain[channel][turn] = mood
        if random.random() < 0.3:
            plain[1 - channel][random.randrange(2)] = mood
    elif random.random() < 0.25:
        plain[channel][turn] = random.choice([*_MISBEHAVIOURS.values()])
    scripts = [
        [mood.reporting(*reports) if mood.delivers else mood for mood in moods]
        for moods, reports in zip(plain, (of_email, of_text), strict=True)
    ]
    if point.command is CommandKind.MESSAGE_REPORTED:
        # An email: a text would be found by a look-up first.
        settled = Report(event="delivered", after=timedelta(seconds=random.uniform(0.4, 1.2)))
        scripts[0][turn] = random.choice((FAIL_AFTER, CUT_AFTER)).reporting(settled)
    elif point.life is Life.REPORTED:
        scripts[channel][turn] = ACCEPT.reporting(_bad_news(point, channel, random))
    return tuple(scripts[0]), tuple(scripts[1])


def _reports(point: Point, random: Random, events: tuple[str, str]) -> tuple[Report, ...]:
    accepted, delivered = events
    ways: dict[str, tuple[Report, ...]] = {
        "none": (),
        "prompt": (Report(event=delivered),),
        "late": (Report(event=delivered, after=timedelta(seconds=random.uniform(0.2, 1.5))),),
        "ahead": (Report(event=accepted, ahead=True), Report(event=delivered)),
        "ahead, delivered": (Report(event=delivered, ahead=True), Report(event=accepted)),
        "twice": (Report(event=delivered, times=2),),
        "reordered": (Report(event=delivered), Report(event=accepted, after=timedelta(seconds=0.3), times=2)),
    }
    if point.group == "webhook races the send":
        return ways[random.choice(("ahead", "ahead, delivered", "twice", "reordered"))]
    return ways[random.choice(list(ways))]


def _bad_news(point: Point, channel: int, random: Random) -> Report:
    soon = timedelta(seconds=random.uniform(0, 0.3))
    if point.command is CommandKind.LEAD_OPTED_OUT:
        email = Report(event=random.choice(("unsubscribe", "spamreport")), after=soon)
        return email if channel == 0 else Report(event="failed", error_code=21610, after=soon)
    email = Report(event="bounce", fields={"type": "bounce", "status": "5.1.1"}, after=soon)
    return email if channel == 0 else Report(event="undelivered", error_code=30005, after=soon)


def _orders(point: Point, random: Random) -> tuple[Order, ...]:
    """What people command: what the point is about, or now and then something in the midst of it."""
    kind = point.command
    if point.life is Life.COMMANDED and kind is not None:
        asked = Order(kind, random.randrange(4), _body(kind, random))
        if kind is CommandKind.RESUME:
            return (Order(CommandKind.HOLD, asked.after, _body(CommandKind.HOLD, random)), asked)
        if kind is CommandKind.COMPLETE_TASK:
            return (Order(kind, 2, asked.body),)
        return (asked,)
    if point.life in (Life.MESSAGES, Life.LONG) and random.random() < 0.3:
        kind = random.choice([each for each in COMMANDS if each is not CommandKind.COMPLETE_TASK])
        at_the_turn = random.choice((7, 8)) if point.life is Life.LONG else None
        return (Order(kind, at_the_turn, _body(kind, random)),)
    return ()


def _body(kind: CommandKind, random: Random) -> dict[str, Any]:
    later = (datetime.now(UTC) + timedelta(days=random.randrange(20, 60))).date().isoformat()
    match kind:
        case CommandKind.LOG_PERSONAL_TOUCH:
            return {"channel": random.choice(("call", "email", "task"))}
        case CommandKind.RECORD_ANSWER:
            return {"answer": random.choice(("yes", "no"))}
        case CommandKind.NOT_NOW:
            return {"until": later}
        case CommandKind.HOLD:
            return {"until": later, "reason": "the harness holds"}
        case CommandKind.SWITCH_CADENCE:
            return {"cadence": cadence.OTHER}
        case CommandKind.REASSIGN:
            return {"owner": "ben"}
        case CommandKind.COMPLETE_TASK:
            outcome = random.choice(("connected", "voicemail", "no answer", "yes", "no", "not now", "call back"))
            return {"outcome": outcome, **({"until": later} if outcome in ("not now", "call back") else {})}
    return {}

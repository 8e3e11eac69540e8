"""A business that is worth looking at: six weeks of it, lived by the real code on a clock that is moved along.

Everything that a page can show has happened here: calls, replies, meetings, holds, a bounce, a message of which nobody
knows whether it went out, questions that no answer fits, deliveries that no hook understands. It is the same each time.
"""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from activities.reviews import ReviewActivities
from adapters.delivery import CommandDelivery
from api.services import Services
from cadences.bundle import CadenceBundle
from cadences.library import shipped
from leads.contract import CommandKind, Plan, ReviewInput, SchedulesResult, Told
from tests.clocks import SettableClock
from tests.console.actors import Actors
from tests.console.cast import COLLEAGUES, guests
from tests.console.incidents import Incidents

LASTS = timedelta(weeks=6)
_SEED = "ovens"
_REVIEWED_DAYS = 10
_FAIR = """\
cadence: fair-visitors
about: Somebody talked to us at the trade fair, and left a card.
for: {kind: inbound}

hours: {days: mon-fri, from: "09:00", to: "17:30", calendar: US}
limits: {per_day: 1, per_week: 3}

first_response: {within: 4 hours, escalate_to: manager}
on_personal_touch: {pause: 5 business days}
on_reply: {task: answer the reply, within: 1 hour}
on_not_now: {cadence: not-now}

defaults:
  first_name: there

steps:
  - {email: answer-the-question, instead: skip}
  - {call: first-call, within: 1 business day}
  - {after: 3 business days, email: checking-in, variants: {case: case-study}, sample: 200}
  - {after: 8 business days, call: second-call}
  - {after: 4 weeks, email: one-useful-thing}
  - {wait: 3 months, email: quarterly, repeat: {every: 3 months, until: an answer}}
"""


class _NoSchedules:
    """Here nobody keeps schedules."""

    async def ensure(self) -> SchedulesResult:
        return SchedulesResult()


class _Listening:
    """Temporal, which hears all that it is told."""

    async def tell(self, kind: CommandKind, told: Told, newest: Plan) -> None:
        return None


async def live_through(services: Services, engine: AsyncEngine, clock: SettableClock) -> Incidents:
    """Six weeks that end at the clock's present instant.

    Args:
        services: over an empty database, and on this very clock.

    Returns:
        What happened once, for whoever wants to open the right page.
    """
    end = clock()
    clock.move_to(end - LASTS)
    for bundle in (*shipped(), fair_visitors()):
        await services.shelf.publish(bundle, clock())
    await services.people.add(COLLEAGUES, clock())
    actors = Actors(services, engine, clock, end)
    everybody = list(guests(clock(), end, _SEED))
    for guest in everybody:
        actors.at(guest.at, lambda guest=guest: actors.arrives(guest))  # type: ignore[misc]
    incidents = Incidents(actors, everybody)
    incidents.plan()
    await actors.live()
    await incidents.note_whose()
    await _close(services, engine, clock)
    return incidents


def fair_visitors() -> CadenceBundle:
    """A cadence of marketing's own, that tries two emails."""
    templates = next(bundle for bundle in shipped() if bundle.name == "inbound-web").templates
    useful = next(bundle for bundle in shipped() if bundle.name == "outbound-qualified").templates
    named = ("answer-the-question", "checking-in", "case-study", "quarterly")
    own = {name: templates[name] for name in (*(f"email/{one}.md" for one in named), "call/first-call.md")}
    own |= {"call/second-call.md": templates["call/second-call.md"]}
    own |= {"email/one-useful-thing.md": useful["email/one-useful-thing.md"]}
    return CadenceBundle("fair-visitors", _FAIR, own)


async def _close(services: Services, engine: AsyncEngine, clock: SettableClock) -> None:
    """What the schedules would have done: every workflow has heard, and there are counts and reviews."""
    delivery = CommandDelivery(engine, _Listening(), lambda: clock() + timedelta(minutes=1))
    while (await delivery.deliver_all()).delivered:
        pass
    reviews = ReviewActivities(services.reviews, _NoSchedules(), clock)  # type: ignore[arg-type]
    day, written = clock().date(), 0
    while written < _REVIEWED_DAYS:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            await reviews.write_review(ReviewInput(manager_id="mia", day=day))
            written += 1
    await services.reports.refresh(clock())
    await services.times.learn(clock())

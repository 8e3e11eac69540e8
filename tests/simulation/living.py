"""One lead's twelve weeks, lived: the engine acts when it is due, reps work their tasks, and the person reacts."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import LeadRow, TaskRow, TouchRow
from cadences.case import Case
from cadences.commands import not_now, record_answer
from cadences.hearing import lead_opted_out, lead_replied
from cadences.library import shipped
from cadences.task_outcomes import complete_task
from cadences.tasks import Outcome, TaskKind
from leads.contract import CommandKind, Plan
from leads.model import Channel, Colleague
from leads.presence import clock_of, first_at_work
from tests.simulation.journal import LeadStory
from tests.simulation.leads_to_come import Prospect
from tests.simulation.people import COMPANY, MANAGERS, REPS, is_off
from tests.workflows.lives import Life

_PEOPLE: dict[str, Colleague] = {one.id: one for one in (*REPS, *MANAGERS)}
_LATER = next(bundle for bundle in shipped() if bundle.name == "not-now")
_ANSWERED = {TaskKind.REPLY, TaskKind.QUESTION}
_NEVER = timedelta(days=10_000)
_MOST_STEPS = 400
"""More than any of these lives takes; beyond it something goes round in circles."""


class Person:
    """One lead's life until an instant."""

    def __init__(self, life: Life, engine: AsyncEngine, prospect: Prospect) -> None:
        self._life = life
        self._engine = engine
        self._prospect = prospect
        self._chance = random.Random(prospect.seed)
        self._planned: dict[UUID, tuple[datetime, Outcome]] = {}
        """What the owner of each task is going to do, and when."""
        self._letters: list[datetime] = []
        """When the person will write back."""
        self._seen: set[UUID] = set()
        self._decided = prospect.mind == "silent"
        self.story: LeadStory

    async def live(self, end: datetime) -> LeadStory:
        """Everything that happens from capture to `end`."""
        prospect = self._prospect
        lead_id = await self._life.capture(prospect.new, prospect.captured_at)
        row = await self._row(select(LeadRow).where(LeadRow.id == lead_id))
        self.story = LeadStory(lead_id, prospect.new.source or "", prospect.new.kind, prospect.captured_at, row.cadence)
        self.story.asks = prospect.new.question is not None
        for _ in range(_MOST_STEPS):
            await self._look()
            at, act = min([*self._engine_acts(), *self._rep_acts(), *self._person_acts()], key=lambda one: one[0])
            if at >= end:
                await self._life.until(end)
                await self._look()
                return self.story
            await self._life.until(at)
            if act is not None:
                await act
        raise AssertionError(f"person {prospect.number} does not come to rest")

    # What may come next: an instant, and what happens then (None: the engine acts by itself).

    def _engine_acts(self) -> Sequence[tuple[datetime, Any]]:
        wake = self._plan.wake
        return [(wake.at if wake is not None else datetime.max.replace(tzinfo=self._prospect.captured_at.tzinfo), None)]

    def _rep_acts(self) -> Sequence[tuple[datetime, Any]]:
        found = []
        for task in self._tasks:
            if task.id not in self._planned:
                self._planned[task.id] = self._intention(task)
            at, outcome = self._planned[task.id]
            found.append((at, _Lazy(self._do, task, outcome)))
        return found

    def _person_acts(self) -> Sequence[tuple[datetime, Any]]:
        found: list[tuple[datetime, Any]] = [(at, _Lazy(self._write_back, at)) for at in self._letters]
        if not self._decided and self._ready_unasked():
            found.append((self._last_message + timedelta(minutes=37), _Lazy(self._decide_unasked)))
        return found

    async def _look(self) -> None:
        """What the engine did meanwhile."""
        lead_id = self.story.lead_id
        row = await self._row(select(LeadRow).where(LeadRow.id == lead_id))
        self._plan = Plan.model_validate(row.plan)
        self._ended = row.ended
        if not self.story.owners or self.story.owners[-1] != row.owner_id:
            self.story.owners.append(row.owner_id)
        async with self._engine.connect() as connection:
            tasks = select(TaskRow).where(TaskRow.lead_id == lead_id, TaskRow.state == "open").order_by(TaskRow.due_at)
            self._tasks = list(await connection.execute(tasks.with_only_columns(*TaskRow.__table__.columns)))
            sent = select(TouchRow.id, TouchRow.happened_at, TouchRow.step_id).where(
                TouchRow.lead_id == lead_id, TouchRow.channel.in_(["email", "sms"]), TouchRow.state == "sent"
            )
            for touch in await connection.execute(sent.order_by(TouchRow.happened_at)):
                if touch.id not in self._seen:
                    self._seen.add(touch.id)
                    self.story.messages.append(touch.happened_at)
                    self.story.made.append((touch.happened_at, touch.step_id))
                    if self._chance.random() < self._prospect.replies:
                        self._letters.append(touch.happened_at + timedelta(minutes=self._chance.randrange(30, 1800)))

    # What a rep does.

    def _intention(self, task: Any) -> tuple[datetime, Outcome]:
        """When its owner will do a task, and with which outcome; one in twenty is forgotten."""
        rep = _PEOPLE[task.owner]
        delay = timedelta(minutes=self._chance.randrange(4, 75))
        forgotten, outcome = self._chance.random() < 0.05, self._outcome(TaskKind(task.kind))
        if forgotten and task.kind == TaskKind.CALL.value:
            return task.opens_at + _NEVER, outcome
        wanted = max(task.opens_at, self._life.clock()) + delay
        while True:
            at, _ = first_at_work(rep, COMPANY, wanted)
            assert at is not None
            at = at.replace(second=0, microsecond=0) if at.second == 0 else at
            day = at.astimezone(clock_of(rep, COMPANY)).date()
            if not is_off(rep.id, day):
                return at, outcome
            wanted = at + timedelta(days=1)

    def _outcome(self, kind: TaskKind) -> Outcome:
        draw = self._chance.random()
        match kind:
            case TaskKind.CALL:
                if draw < 0.45:
                    return Outcome.NO_ANSWER
                return Outcome.VOICEMAIL if draw < 0.6 else self._word() or Outcome.CONNECTED
            case TaskKind.STEP:
                return self._word() or (Outcome.CONNECTED if draw < 0.5 else Outcome.DONE)
            case TaskKind.REPLY | TaskKind.QUESTION:
                return Outcome.ANSWERED
            case TaskKind.HAND_OVER:
                return Outcome.ACCEPTED if draw < 0.5 else Outcome.WON if draw < 0.8 else Outcome.LOST
            case TaskKind.KICK_BACK:
                return Outcome.NO if draw < 0.7 else Outcome.NOT_NOW
        raise AssertionError(f"nobody here knows how a {kind.value} task ends")

    def _word(self) -> Outcome | None:
        """What the person says on the phone, once it has made up its mind."""
        if self._decided or len(self.story.contacts) + 1 < self._prospect.decides_after:
            return None
        return {"yes": Outcome.YES, "no": Outcome.NO, "not now": Outcome.NOT_NOW}.get(self._prospect.mind)

    async def _do(self, task: Any, outcome: Outcome) -> None:
        now, story = self._life.clock(), self.story
        until = now + timedelta(days=45) if outcome is Outcome.NOT_NOW else None

        def decide(case: Case, at: datetime) -> Case:
            return complete_task(
                case,
                task_id=task.id,
                outcome=outcome,
                by=task.owner,
                note=None,
                now=at,
                until=until,
                later=(_LATER.cadence, _LATER.version) if outcome is Outcome.NOT_NOW else None,
            )

        details = {"outcome": outcome.value}
        told: dict[str, Any] = {"task_id": task.id, "until": until}
        await self._life.say(CommandKind.COMPLETE_TASK, decide, by=task.owner, details=details, **told)
        story.done.append((now, task.owner, outcome.value))
        if task.kind == TaskKind.CALL.value:
            story.made.append((now, task.step_id))
        elif outcome is Outcome.ANSWERED:
            story.made.append((now, None))
        match outcome:
            case Outcome.NO_ANSWER | Outcome.VOICEMAIL:
                story.attempts.append((now, task.owner))
            case Outcome.CONNECTED | Outcome.ANSWERED:
                story.contacts.append((now, task.owner))
                if outcome is Outcome.ANSWERED:  # One answer settles all that was to be answered.
                    others = [one for one in self._tasks if one.kind in _ANSWERED and one.id != task.id]
                    story.done += [(now, task.owner, outcome.value) for _ in others]
            case Outcome.YES | Outcome.NO | Outcome.NOT_NOW:
                story.contacts.append((now, task.owner))
                self._decided = True
                story.said.append((now, outcome.value))
            case Outcome.WON:
                story.won_at = now
            case Outcome.LOST:
                story.lost_at = now
            case Outcome.ACCEPTED:
                story.accepted_at = now

    # What the person does.

    @property
    def _last_message(self) -> datetime:
        return self.story.messages[-1]

    def _ready_unasked(self) -> bool:
        """Whether the person says by itself what it has in mind: by a link, or by STOP."""
        by_itself = self._prospect.mind == "stop" or self._prospect.new.phone is None
        return by_itself and self._ended is None and len(self.story.messages) >= self._prospect.decides_after

    async def _decide_unasked(self) -> None:
        now, mind = self._life.clock(), self._prospect.mind
        self._decided = True
        self.story.said.append((now, mind))
        match mind:
            case "stop":
                await self._life.say(
                    CommandKind.LEAD_OPTED_OUT,
                    lambda case, at: lead_opted_out(case, why="wrote STOP", now=at),
                    by="the lead",
                    details={"text": "STOP"},
                )
            case "not now":
                until = now + timedelta(days=45)
                await self._life.say(
                    CommandKind.NOT_NOW,
                    lambda case, at: not_now(
                        case,
                        until=until,
                        cadence=_LATER.cadence,
                        version=_LATER.version,
                        by="the lead",
                        note=None,
                        now=at,
                    ),
                    by="the lead",
                    until=until,
                    cadence=_LATER.name,
                )
            case _:
                await self._life.say(
                    CommandKind.RECORD_ANSWER,
                    lambda case, at: record_answer(case, answer=mind, by="the lead", note=None, now=at),
                    by="the lead",
                    details={"answer": mind},
                    answer=mind,
                )

    async def _write_back(self, letter: datetime) -> None:
        self._letters.remove(letter)
        if self._ended is not None:
            return
        await self._life.say(
            CommandKind.LEAD_REPLIED,
            lambda case, at: lead_replied(case, text="Thank you, one more thing …", channel=Channel.EMAIL, now=at),
            by="the lead",
        )

    async def _row(self, wanted: Any) -> Any:
        async with self._engine.connect() as connection:
            return (await connection.execute(wanted.with_only_columns(*LeadRow.__table__.columns))).one()


class _Lazy:
    """What somebody is going to do; awaited only if it comes to that."""

    def __init__(self, act: Any, *given: Any) -> None:
        self._act, self._given = act, given

    def __await__(self) -> Any:
        return self._act(*self._given).__await__()

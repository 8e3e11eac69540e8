"""How the people of the shown business live: leads come in and say things, colleagues do their tasks, time passes."""

import heapq
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.access import Token
from adapters.db.rows import LeadRow, MeetingRow, TaskRow, TouchRow
from adapters.providers.local_outbox import LocalOutbox
from api.commands import LeadCommands
from api.inbound_emails import EmailInbox
from api.public.answers import LinkAnswers
from api.services import Services
from api.writes import Caller, ourselves
from cadences.tasks import Outcome, TaskKind, asks_to_call
from leads.contract import Plan
from leads.invitations import InvitationReply, Method, Participation
from leads.meetings import Appointment
from leads.model import Colleague
from leads.presence import first_at_work
from leads.quotes import Written
from leads.replies import IncomingEmail
from leads.sending import AccountTrouble, ContactPointDead, Finding, Found, OutcomeUnknown, OutgoingMessage, Receipt
from leads.spans import at_local
from leads.tokens import LinkToken
from tests.clocks import SettableClock
from tests.console.cast import COLLEAGUES, NOTES, REPLIES, Guest
from tests.console.clockwork import Clockwork

_IDS = UUID("5b0d3c1e-6d0c-4f53-8c9b-2b8e0f3a9d11")
_STILL_TO_DO = timedelta(minutes=55)
"""What would be done so shortly before the end is still to be done."""
_BUSY_DAYS, _LEFT_THEN = timedelta(days=2), 0.35
"""Before the end there was much to do, and so much of it is left."""
_SLOWNESS = {"anna": 22, "ben": 75, "chloe": 40}
"""Within so many minutes somebody does a task, in the middle of the six weeks; others take an hour and a half."""
_LEARNT = 1.2
"""How much quicker everybody becomes in six weeks: at first it takes so much longer, at last so much less."""
_FORGETS = {"ben": 0.2, "eva": 0.5, "paul": 0.5}
"""How likely a task is left lying; others leave one in fourteen."""
_SUBJECT = "See the two-deck oven at work"


class Provider:
    """The local outbox, with the troubles that a real provider has."""

    provider = LocalOutbox.provider

    def __init__(self, outbox: LocalOutbox) -> None:
        self._outbox = outbox
        self.dead: set[str] = set()
        self.silent: set[str] = set()
        """Recipients of whose next message nobody can say what became of it."""
        self._lost: set[UUID] = set()
        self.locked: set[str] = set()
        """Recipients at whose message the account turns out to be in trouble."""

    async def send(self, message: OutgoingMessage) -> Receipt:
        if message.to in self.dead:
            raise ContactPointDead("550 5.1.1 no such user here", code="550")
        if message.to in self.silent:
            self.silent.remove(message.to)
            self._lost.add(message.touch_id)
            raise OutcomeUnknown("the connection was lost after the message was handed over")
        if message.to in self.locked:
            raise AccountTrouble("the account has no credit left", code="402")
        return await self._outbox.send(message)

    async def find(self, message: OutgoingMessage, since: datetime) -> Finding:
        if message.touch_id in self._lost:
            return Finding(Found.UNKNOWN)
        return await self._outbox.find(message, since)


_Act = Callable[[], Awaitable[object]]


class Actors:
    """Everybody at once: leads come in and say things, colleagues work, and the machine does what is due."""

    def __init__(self, services: Services, engine: AsyncEngine, clock: SettableClock, end: datetime) -> None:
        self.services, self.engine, self.clock, self.end = services, engine, clock, end
        self._begins = clock()
        self.provider = Provider(LocalOutbox(engine, clock))
        self.clockwork = Clockwork(services.cases, self.provider, services.links, clock)
        self.commands = LeadCommands(services)
        self.emails = EmailInbox(services, "sendgrid")
        self.people: dict[str, Colleague] = {one.id: one for one in COLLEAGUES}
        self.everybody: list[UUID] = []
        self.left: set[UUID] = set()
        """Leads whose tasks nobody does any more."""
        self._due: list[tuple[datetime, int, _Act]] = []
        self._number = count()
        self.guests: dict[UUID, Guest] = {}
        self._intended: set[UUID] = set()
        self._seen: set[UUID] = set()
        self._talks: dict[UUID, int] = {}
        self._decided: set[UUID] = set()
        self._taken: set[tuple[str, datetime]] = set()

    async def look_at_new(self) -> None:
        """Take up leads that came in just now, by other doors than ours."""
        async with self.engine.connect() as connection:
            new = select(LeadRow.id).where(LeadRow.created_at == self.clock(), LeadRow.id.not_in(self.everybody))
            found = (await connection.execute(new.order_by(LeadRow.name))).scalars().all()
        for lead_id in found:
            self.everybody.append(lead_id)
            await self.look(lead_id)

    def forget(self, lead_id: UUID) -> None:
        """The lead was erased."""
        self.everybody.remove(lead_id)
        self.clockwork.forget(lead_id)

    def at(self, instant: datetime, act: _Act) -> None:
        """Something that somebody is going to do; what would come after the end never happens."""
        if instant <= self.end:
            heapq.heappush(self._due, (instant, next(self._number), act))

    async def live(self) -> None:
        """Let time pass until the end."""
        while True:
            wake = self.clockwork.next()
            someone = self._due[0][0] if self._due else None
            if wake is not None and wake[0] <= self.end and (someone is None or wake[0] <= someone):
                self.clock.move_to(max(self.clock(), wake[0]))
                await self.clockwork.act(wake[1])
                await self.look(wake[1])
            elif someone is not None:
                at, _, act = heapq.heappop(self._due)
                self.clock.move_to(max(self.clock(), at))
                await act()
            else:
                break
        self.clock.move_to(self.end)

    # What happens to one lead.

    async def arrives(self, guest: Guest) -> None:
        captured = await self.commands.capture(guest.new, ourselves("website"))
        self.guests[captured.id] = guest
        self.everybody.append(captured.id)
        await self.look(captured.id)

    async def look(self, lead_id: UUID) -> None:
        """What changed of a lead: its plan, its tasks and messages, at which people do something."""
        async with self.engine.connect() as connection:
            plan = await connection.scalar(select(LeadRow.plan).where(LeadRow.id == lead_id))
            opened = select(TaskRow.__table__).where(TaskRow.lead_id == lead_id, TaskRow.state == "open")
            tasks = (await connection.execute(opened.order_by(TaskRow.opens_at, TaskRow.id))).all()
            sent = select(TouchRow.id, TouchRow.happened_at).where(
                TouchRow.lead_id == lead_id, TouchRow.channel == "email", TouchRow.state == "sent"
            )
            letters = (await connection.execute(sent.order_by(TouchRow.happened_at))).all()
        self.clockwork.adopt(lead_id, Plan.model_validate(plan))
        for task in tasks:
            if task.id not in self._intended:
                self._intended.add(task.id)
                self._intend(task)
        for letter in letters:
            if letter.id not in self._seen:
                self._seen.add(letter.id)
                self._read(lead_id, letter.id, letter.happened_at)

    def _intend(self, task: Any) -> None:
        """When a task's owner will do it; some are forgotten, and what is recent is still to be done."""
        guest, owner = self.guests.get(task.lead_id), self.people[task.owner]
        if guest is None:
            return
        since = (self.clock() - self._begins) / (self.end - self._begins)
        slowness = _SLOWNESS.get(owner.id, 90) * (1 + _LEARNT * (1 - 2 * since) / 1.5)
        wanted = max(task.opens_at, self.clock()) + timedelta(minutes=2 + slowness * guest.chance.random())
        at, _ = first_at_work(owner, self.services.company, wanted)
        forgotten = guest.chance.random() < _FORGETS.get(owner.id, 0.07)
        if at is None or forgotten or at > self.end - _STILL_TO_DO:
            return
        if at > self.end - _BUSY_DAYS and guest.chance.random() < _LEFT_THEN:
            return
        # Not to the second when the day begins.
        self.at(at + timedelta(seconds=guest.chance.randrange(600)), lambda: self._do(task))

    async def _do(self, task: Any) -> None:
        lead_id, guest = task.lead_id, self.guests[task.lead_id]
        async with self.engine.connect() as connection:
            state = await connection.scalar(select(TaskRow.state).where(TaskRow.id == task.id))
        if state != "open" or lead_id in self.left:
            return
        outcome = self._outcome(lead_id, TaskKind(task.kind), task.contact)
        if outcome is None:
            return
        now, until, meeting = self.clock(), None, None
        match outcome:
            case Outcome.NOT_NOW:
                until = (now + timedelta(days=guest.chance.choice((18, 45, 70, 120)))).date()
            case Outcome.CALL_BACK:
                until = self._working_hour(now + timedelta(days=1), 15)
            case Outcome.MEETING:
                meeting = self._appointment(task.owner, guest)
        await self.commands.complete_task(
            task.id,
            self.caller(task.owner),
            None,
            outcome=outcome,
            until=until,
            note=guest.chance.choice(NOTES.get(outcome.value, ("",))) or None,
            meeting=meeting,
            organizer=task.owner if meeting is not None else None,
        )
        await self.look(lead_id)
        if meeting is not None:
            await self._answers_invitation(lead_id, guest)

    def _appointment(self, host: str, guest: Guest) -> Appointment:
        day = self.clock() + timedelta(days=guest.chance.choice((2, 3, 5)))
        starts_at = self._free_time(host, day, guest.chance.choice((10, 14)))
        place = guest.chance.choice(("Test kitchen, 1 Main Street", "https://meet.example.com/ovens"))
        return Appointment(starts_at=starts_at, subject=_SUBJECT, place=place)

    def _outcome(self, lead_id: UUID, kind: TaskKind, contact: str | None) -> Outcome | None:
        guest, draw = self.guests[lead_id], self.guests[lead_id].chance.random()
        match kind:
            case TaskKind.STEP:
                return self._said(lead_id) or (Outcome.CONNECTED if draw < 0.5 else Outcome.DONE)
            case _ if asks_to_call(kind, contact):
                if draw < 0.22:
                    return Outcome.NO_ANSWER
                if draw < 0.3:
                    return Outcome.VOICEMAIL
                if draw < 0.45 and guest.mind != "no":
                    return Outcome.MEETING
                return self._said(lead_id) or (Outcome.CALL_BACK if draw > 0.93 else Outcome.CONNECTED)
            case TaskKind.REPLY | TaskKind.QUESTION:
                return (self._said(lead_id) if draw < 0.3 else None) or Outcome.ANSWERED
            case TaskKind.HAND_OVER:
                return Outcome.ACCEPTED if draw < 0.45 else Outcome.WON if draw < 0.8 else Outcome.LOST
            case TaskKind.MEETING:
                return Outcome.NO_SHOW if draw < 0.2 else self._said(lead_id) or Outcome.HELD
            case TaskKind.INVITATION:
                return Outcome.CONFIRMED
            case TaskKind.KICK_BACK:
                return Outcome.NO
            case TaskKind.UNKNOWN_SEND if guest.at < self.end - timedelta(days=7):
                return Outcome.SENT if draw < 0.3 else Outcome.NOT_SENT
        return None

    def _said(self, lead_id: UUID) -> Outcome | None:
        """What the person says, once it has made up its mind."""
        guest = self.guests[lead_id]
        self._talks[lead_id] = self._talks.get(lead_id, 0) + 1
        if lead_id in self._decided or self._talks[lead_id] < guest.decides_after:
            return None
        answers = {"yes": Outcome.YES, "no": Outcome.NO, "not now": Outcome.NOT_NOW}
        if guest.mind in answers:
            self._decided.add(lead_id)
        return answers.get(guest.mind)

    def _read(self, lead_id: UUID, touch_id: UUID, at: datetime) -> None:
        """What the person does about a message."""
        guest = self.guests.get(lead_id)
        if guest is None:
            return
        if guest.chance.random() < guest.writes:
            self.at(at + timedelta(minutes=guest.chance.randrange(25, 900)), lambda: self.replies(lead_id))
        elif guest.mind == "stop" and guest.chance.random() < 0.6:
            self.at(at + timedelta(hours=3), lambda: self._presses(lead_id, touch_id, "unsubscribe"))
        elif guest.new.phone is None and guest.mind in ("yes", "no", "not now") and guest.chance.random() < 0.5:
            self.at(at + timedelta(hours=5), lambda: self._presses(lead_id, touch_id, guest.mind))

    async def replies(self, lead_id: UUID) -> None:
        guest = self.guests[lead_id]
        text = guest.chance.choice(REPLIES)
        await self.emails.take(
            IncomingEmail(
                message_id=f"<{uuid5(_IDS, f'{guest.number} {self.clock()}')}@mail.example.com>",
                sender=guest.new.email or "",
                sender_name=guest.new.name,
                recipients=("hello@example.com",),
                subject="Re: Your question",
                written=Written(text, text),
            )
        )
        await self.look(lead_id)

    async def _presses(self, lead_id: UUID, touch_id: UUID, what: str) -> None:
        answers, now = LinkAnswers(self.services), self.clock()
        link = LinkToken(lead_id, touch_id)
        self._decided.add(lead_id)
        match what:
            case "unsubscribe":
                await answers.unsubscribe(link, seen_at=now)
            case "not now":
                await answers.not_now(link, relativedelta(months=3), seen_at=now)
            case _:
                await answers.say(link, what, seen_at=now)
        await self.look(lead_id)

    async def _answers_invitation(self, lead_id: UUID, guest: Guest) -> None:
        """The person's calendar accepts, some hours after the invitation went out."""
        if guest.new.email is None or guest.chance.random() < 0.3:
            return
        async with self.engine.connect() as connection:
            wanted = select(MeetingRow.id).where(MeetingRow.lead_id == lead_id).order_by(MeetingRow.agreed_at.desc())
            meeting_id = await connection.scalar(wanted.limit(1))

        async def accept() -> None:
            await self.emails.take(
                IncomingEmail(
                    message_id=f"<{uuid5(_IDS, f'accepted {meeting_id}')}@mail.example.com>",
                    sender=guest.new.email or "",
                    recipients=("hello@example.com",),
                    subject=f"Accepted: {_SUBJECT}",
                    invitation_reply=InvitationReply(
                        uid=str(meeting_id),
                        method=Method.REPLY,
                        attendee=guest.new.email or "",
                        says=Participation.ACCEPTED,
                        sequence=0,
                        stamped_at=self.clock(),
                    ),
                )
            )
            await self.look(lead_id)

        self.at(self.clock() + timedelta(hours=guest.chance.randrange(1, 5)), accept)

    # Beside single tasks.

    def caller(self, colleague: str) -> Caller:
        return Caller(Token(uuid5(_IDS, colleague), colleague), via="console")

    def _free_time(self, who: str, day: datetime, hour: int) -> datetime:
        """The first half hour of a colleague's from there on without another meeting."""
        at = self._working_hour(day, hour)
        while (who, at) in self._taken:
            at += timedelta(minutes=30)
        self._taken.add((who, at))
        return at

    def _working_hour(self, day: datetime, hour: int) -> datetime:
        """A whole hour of the company's on a working day, from this one on."""
        zone = ZoneInfo(self.services.company.zone)
        date = day.astimezone(zone).date()
        while date.weekday() > 4:
            date += timedelta(days=1)
        return at_local(datetime.combine(date, time(hour)), zone)

"""Capture: a lead is stored, or what came is added to the lead of the same person, and its first plan is made."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.case_writing import add_command
from adapters.db.cases import CaseStore, OpenCase
from adapters.db.contact_points import new_contact_point
from adapters.db.incomplete_leads import known_by_words, was_asked_to_mend, what_is_wrong, words_digest
from adapters.db.inquiries import look_up
from adapters.db.known_leads import add_facts, was_asked
from adapters.db.lead_writing import insert_inquiry, insert_lead
from adapters.db.playbook_trouble import PlaybookTrouble
from adapters.db.routing import Router, Staff, note_assignment
from adapters.db.rows import (
    ContactPointRow,
    LeadRow,
    table_of,
)
from adapters.db.suppressions import ALL, Suppression, queue_up, suppress, suppressed_channels
from cadences.away_tasks import while_away
from cadences.bundle import CadenceBundle
from cadences.case import Case
from cadences.hearing import came_again, lead_opted_out, lead_replied, stranger_stopped
from cadences.incomplete import lead_incomplete, something_wrong
from cadences.owed_answers import see_to_first_answer
from cadences.planning import contract_plan
from cadences.planning import plan as planned
from cadences.progress import begin, new_enrollment
from cadences.refusals import CommandRefused, require_past
from cadences.suppressing import wants_no_messages
from leads.answers_in_force import AnswersInForce
from leads.capture import DEFAULT_CADENCES, Captured, CaptureRefused, NewLead
from leads.contract import CommandKind, Plan
from leads.inquiries import Inquiry
from leads.model import Channel, Colleague, Company, Consent, ContactKind, Lead, LeadKind
from leads.revocations import asks_to_stop, may_ask_to_stop
from leads.routing import Arrival, Choice, arrival_of
from leads.suppression import SuppressionKey

ASKED_TO_STOP = "asked to stop in what came in"
ANSWERS = "answers"
"""What an alert about the files of answers is about."""
_LEADS, _POINTS = table_of(LeadRow), table_of(ContactPointRow)
_KNOWN = (
    select(_LEADS.c.id)
    .join(_POINTS, _POINTS.c.lead_id == _LEADS.c.id)
    .where(or_(*(and_(_POINTS.c.kind == kind.value, _POINTS.c.value == bindparam(kind.value)) for kind in ContactKind)))
    .order_by(_LEADS.c.created_at)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class _Came:
    """What a known person came in with."""

    question: str | None
    """A new one."""
    inquiry: Inquiry | None
    """What the library says to it."""
    again: bool
    """The person came in once more; False when only facts were added."""


class LeadIntake:
    """Takes leads in, whichever door they came through."""

    def __init__(
        self,
        engine: AsyncEngine,
        shelf: CadenceShelf,
        cases: CaseStore,
        company: Company,
        key: SuppressionKey,
        router: Router | None = None,
        answers: AnswersInForce | None = None,
    ) -> None:
        """
        Args:
            router: finds owners; by the shipped rules when left out.
            answers: the library that questions are held against; none when left out.
        """
        self._engine = engine
        self._shelf = shelf
        self._cases = cases
        self._company = company
        self._key = key
        self._router = router or Router(engine, company)
        self._answers = answers or AnswersInForce(lambda: ())
        self._trouble = PlaybookTrouble(engine)

    async def capture(
        self,
        new: NewLead,
        by: str,
        now: datetime,
        *,
        first: Callable[[AsyncConnection], Awaitable[None]] | None = None,
        last: Callable[[AsyncConnection, Captured], Awaitable[None]] | None = None,
    ) -> Captured:
        """Store a new lead with its first plan, or add what came to the lead of the same person.

        Args:
            first: what another repository does in this transaction before anything else.
            last: what it does with the outcome, so that both commit or neither does.

        Raises:
            CaptureRefused: nothing can be stored; nothing was.
            UnknownCadence: no cadence of the named kind was published.
        """
        points = _points_of(new)
        if not new.says_something:
            raise CaptureRefused("email", "give an email address, a phone number or words, so that there is a lead")
        require_told_past(new, now)
        words = words_digest(self._key, new) if not points else None
        if new.question is not None:
            self._answers.read()
            await self._trouble.tell(ANSWERS, self._answers.trouble, now)
        new = _heeded(new)
        choice = await self._whose_turn(new, points, now)
        async with self._engine.begin() as connection:
            if first is not None:
                await first(connection)
            # Captures of the same person go one after the other, so that two at once make one lead.
            await queue_up(connection, [value for _, value in points] if words is None else [words])
            captured = await self._joined(connection, new, points, words, by, now)
            if captured is None:
                captured = await self._store(connection, new, points, words, by, now, choice)
            if last is not None:
                await last(connection, captured)
            return captured

    async def _joined(
        self,
        connection: AsyncConnection,
        new: NewLead,
        points: Sequence[tuple[ContactKind, str]],
        words: str | None,
        by: str,
        now: datetime,
    ) -> Captured | None:
        """What became of it if the person, or the very same words, are known; None if they are not."""
        if words is not None:
            same = await known_by_words(connection, words, asked_now=new.asked_now)
            return Captured(same, created=False, enrolled=False, incomplete=True) if same is not None else None
        captured: Captured | None = None
        while captured is None:  # Who was merged into another meanwhile is that one.
            known = await self._known(connection, points)
            if known is None:
                return None
            captured = await self._add(connection, known, new, points, by, now)
        if new.wrong:
            await self._ask_to_mend(connection, captured.lead_id, new, by, now)
        return captured

    async def _ask_to_mend(
        self, connection: AsyncConnection, lead_id: UUID, new: NewLead, by: str, now: datetime
    ) -> None:
        """A person mends what could not be taken, unless the lead's plan is over or somebody was asked already."""
        plan = await connection.scalar(select(LeadRow.plan).where(LeadRow.id == lead_id))
        opened = await self._cases.load(connection, lead_id, Plan.model_validate(plan), now)
        case, about = opened.case, what_is_wrong(self._key, new)
        over = case.enrollment.ended is not None or case.enrollment.question_only
        if over or await was_asked_to_mend(connection, case, about):
            return
        case = something_wrong(case, wrong=new.wrong, words=new.words, about=about, now=now)
        await opened.save(case, CommandKind.PLAN_CHANGED, by=by, details={"source": new.source})

    async def _known(self, connection: AsyncConnection, points: Sequence[tuple[ContactKind, str]]) -> UUID | None:
        """The lead that one of the contact points belongs to; the oldest, should they belong to several."""
        values = {kind.value: None for kind in ContactKind} | {kind.value: value for kind, value in points}
        known: UUID | None = await connection.scalar(_KNOWN, values)
        return known

    async def _store(
        self,
        connection: AsyncConnection,
        new: NewLead,
        points: Sequence[tuple[ContactKind, str]],
        words: str | None,
        by: str,
        now: datetime,
        choice: Choice | None,
    ) -> Captured:
        bundle = await self._shelf.current(connection, new.cadence or DEFAULT_CADENCES[new.kind])
        arrival = self.arrival(new)
        staff = await self._router.staff(connection, arrival.domain, now)
        generated_by = _named(staff, "generated_by", new.generated_by) if new.generated_by else None
        if new.stops and points:
            await suppress(connection, self._stopped(points, by, now))
        closed = await self._closed(connection, points)
        choice = choice or await self._owner(connection, new, arrival, staff, now)
        inquiry = await self._inquiry(connection, new, new.question, now)
        lead = replace(self.described(new, choice.owner, closed, now, generated_by), inquiry=inquiry)
        if points and new.kind is LeadKind.OUTBOUND and wants_no_messages(lead):
            raise CaptureRefused("email", "this person stopped all messages; an outbound lead can't be enrolled")
        if points and new.paced is not None and wants_no_messages(lead):
            raise CaptureRefused("email", "this person stopped all messages; an old lead can't be enrolled")
        if points and new.paced is not None and new.paced.at is None:
            raise CaptureRefused("row", "its start was not forecast; enroll the file again")
        starts_at = max(new.paced.at, now) if new.paced is not None and new.paced.at is not None else now
        enrollment = replace(
            new_enrollment(lead.id, bundle.cadence.name, bundle.version, starts_at, now),
            answers_question=new.kind is LeadKind.INBOUND and new.paced is None,
            question_only=bool(points) and wants_no_messages(lead),
            paced=new.paced is not None,
        )
        case = self._begun(
            Case(
                lead=lead,
                company=self._company,
                cadence=bundle.cadence,
                enrollment=enrollment,
                manager=staff.manager or choice.owner.id,
                stand_ins=await self._router.stand_ins(connection, lead, now),
            ),
            new,
            now,
        )
        case = while_away(see_to_first_answer(case, now), now)
        plan = contract_plan(case, 1)
        await insert_lead(connection, case, plan, now, by, words_digest=words)
        # Whoever was named was named by the caller; a turn is nobody's own doing.
        who = by if choice.rule is None else "followthrough"
        await note_assignment(
            connection, lead.id, choice.owner.id, now, by=who, why=choice.why, rule=choice.rule, is_first=True
        )
        await add_command(
            connection, lead.id, CommandKind.START, by, {"source": new.source, "question": new.question}, {}, plan, now
        )
        return Captured(lead.id, created=True, enrolled=bool(points) and not new.stops, incomplete=not points)

    def _stopped(self, points: Sequence[tuple[ContactKind, str]], by: str, now: datetime) -> list[Suppression]:
        """The lines of the company's own list for somebody who asked us to stop before we ever wrote."""
        return [
            Suppression(
                digest=self._key.digest(value), kind=kind, channel=None, why=ASKED_TO_STOP, by=by, created_at=now
            )
            for kind, value in points
        ]

    def _begun(self, case: Case, new: NewLead, now: datetime) -> Case:
        """The case with its first touch planned, or with a person's task where nobody can be reached or asked."""
        if not case.lead.contacts:
            return lead_incomplete(case, wrong=new.wrong, words=new.words, now=now)
        if new.stops:
            return stranger_stopped(case, why=ASKED_TO_STOP, now=now)
        case = begin(case, now)
        if new.may_stop and not case.enrollment.question_only:
            case = lead_replied(case, text=new.question or "", channel=Channel.EMAIL, now=now)
        if not new.wrong or case.enrollment.question_only:
            return case
        about = what_is_wrong(self._key, new)
        return something_wrong(case, wrong=new.wrong, words=new.words, about=about, now=now)

    async def known_words(self, leads: Sequence[NewLead]) -> list[bool]:
        """Of rows that nobody can be reached with: whether the very same one came in before."""
        async with self._engine.connect() as connection:
            digests = [words_digest(self._key, new) for new in leads]
            return [await known_by_words(connection, one, asked_now=False) is not None for one in digests]

    def described(
        self,
        new: NewLead,
        owner: Colleague,
        closed: Mapping[str, frozenset[str]],
        now: datetime,
        generated_by: Colleague | None = None,
    ) -> Lead:
        """The lead that a new person becomes.

        Args:
            closed: what the company's own list has against its contact points: channels, or `ALL`.
        """
        return Lead(
            id=uuid4(),
            kind=new.kind,
            created_at=now,
            owner=owner,
            name=new.name,
            company=new.company,
            question=new.question,
            source=new.source,
            zone=new.zone,
            country=new.country,
            region=new.region,
            reach=new.reach,
            inquired_at=_inquired_at(new, now),
            purchased_at=new.purchased_at,
            generated_by=generated_by,
            backlog_id=new.paced.backlog_id if new.paced else None,
            cost=new.cost,
            attributes=dict(new.attributes),
            contacts=tuple(
                new_contact_point(kind, value, closed.get(value), new, now) for kind, value in _points_of(new)
            ),
            consents=self._consents(new, closed, now),
        )

    async def _add(
        self,
        connection: AsyncConnection,
        lead_id: UUID,
        new: NewLead,
        points: Sequence[tuple[ContactKind, str]],
        by: str,
        now: datetime,
    ) -> Captured | None:
        """Add to a known lead what is new; what is known already changes nothing.

        None when it was erased just now, or merged into another.
        """
        locked = await connection.execute(select(LeadRow.plan).where(LeadRow.id == lead_id).with_for_update())
        plan = locked.scalar_one_or_none()
        if plan is None:
            return None
        opened = await self._cases.load(connection, lead_id, Plan.model_validate(plan), now)
        closed = await self._closed(connection, points)
        given = [new_contact_point(kind, value, closed.get(value), new, now) for kind, value in points]
        consents = () if new.stops else self._consents(new, closed, now)
        news = await add_facts(connection, opened.case.lead, new, given, consents, now)
        case = opened.case
        question = new.question
        if question is not None and await was_asked(connection, case, new, now):
            question = None
        asked = question
        if new.paced is not None:
            question = None  # It was asked long ago; whoever follows the lead up sees it.
        inquiry = await self._inquiry(connection, new, question, now)
        rests = case.enrollment.ended is not None or case.enrollment.waits_its_turn(now)
        back_again = rests and new.kind is LeadKind.INBOUND and new.asked_now
        before = case.enrollment
        if new.stops:
            return await self._stop(connection, opened, new, by, now)
        came = _Came(question, inquiry, again=question is not None or back_again)
        if news or came.again:
            opened = await self._reconsidered(connection, opened, new, came, by, now)
        if asked is not None:
            await insert_inquiry(connection, lead_id, asked, new.source, inquiry, new.asked_at or now)
        return Captured(lead_id, created=False, enrolled=opened.case.enrollment.id != before.id)

    async def _stop(
        self, connection: AsyncConnection, opened: OpenCase, new: NewLead, by: str, now: datetime
    ) -> Captured:
        """A known person asks us to stop: at once, on every channel, and whatever it came in with."""
        lead_id = opened.case.lead.id
        opened = await self._cases.load(connection, lead_id, opened.plan, now)
        case = lead_opted_out(opened.case, why=ASKED_TO_STOP, now=now)
        if case != opened.case:
            details = {"why": ASKED_TO_STOP, "source": new.source, "text": new.question}
            await opened.save(case, CommandKind.LEAD_OPTED_OUT, by=by, details=details)
            await insert_inquiry(connection, lead_id, new.question or "", new.source, None, new.asked_at or now)
        return Captured(lead_id, created=False, enrolled=False)

    async def _reconsidered(
        self, connection: AsyncConnection, opened: OpenCase, new: NewLead, came: _Came, by: str, now: datetime
    ) -> OpenCase:
        """The case with what came, and what follows from it saved."""
        lead_id, asks = opened.case.lead.id, new.kind is LeadKind.INBOUND and came.again
        if asks:
            await connection.execute(update(LeadRow).where(LeadRow.id == lead_id).values(inquired_at=now))
        opened = await self._cases.load(connection, lead_id, opened.plan, now)
        # After an ending only the person's own wish begins anything: a question, or coming in again. Neither
        # prospecting nor what a file adds to a known lead is one.
        if opened.case.enrollment.ended is None or asks:
            await self._begin_again(connection, opened, new, came, by, now)
        return opened

    async def _begin_again(
        self, connection: AsyncConnection, opened: OpenCase, new: NewLead, came: _Came, by: str, now: datetime
    ) -> None:
        """Let what came change the plan."""
        name = new.cadence or DEFAULT_CADENCES[LeadKind.INBOUND]
        bundle: CadenceBundle = await self._shelf.current(connection, name)
        case = planned(opened.case, now)
        if came.again:
            case = came_again(
                opened.case,
                cadence=bundle.cadence,
                version=bundle.version,
                question=came.question,
                inquiry=came.inquiry,
                now=now,
            )
            began = case.enrollment.id != opened.case.enrollment.id and not case.enrollment.question_only
            if new.may_stop and began:
                case = lead_replied(case, text=new.question or "", channel=Channel.EMAIL, now=now)
        details = {"source": new.source, "question": came.question}
        await opened.save(case, CommandKind.LEAD_ASKED_AGAIN, by=by, details=details)

    async def _inquiry(
        self, connection: AsyncConnection, new: NewLead, question: str | None, now: datetime
    ) -> Inquiry | None:
        """What the library says to a question that is asked now."""
        if new.kind is not LeadKind.INBOUND or new.paced is not None or question is None:
            return None
        if new.may_stop:
            return None  # A person reads it first.
        return await look_up(connection, self._answers.read(), question, self._company, now)

    def _consents(self, new: NewLead, closed: Mapping[str, frozenset[str]], now: datetime) -> tuple[Consent, ...]:
        """What was consented to, towards us; a contact point that was stopped is not opened by it."""
        return tuple(
            Consent(
                given.channel,
                given.contact,
                given.wording,
                given.method,
                given.source,
                given.given_at or now,
                seller=self._company.name,
                address=given.address,
            )
            for given in new.consents
            if not closed.get(given.contact, frozenset()) & {ALL, given.channel.value}
        )

    async def _closed(
        self, connection: AsyncConnection, points: Sequence[tuple[ContactKind, str]]
    ) -> dict[str, frozenset[str]]:
        """What the company's own list says of the contact points."""
        return await suppressed_channels(connection, self._key, [value for _, value in points])

    def arrival(self, new: NewLead) -> Arrival:
        """What the routing rules may ask of the lead."""
        topic = self._answers.read().look_up(new.question).topic if self._router.asks_for_topics else None
        return arrival_of(new, self._company, [topic] if topic is not None else [])

    async def _whose_turn(
        self, new: NewLead, points: Sequence[tuple[ContactKind, str]], now: datetime
    ) -> Choice | None:
        """Settle who gets the lead before it is stored, so that captures wait for each other for a moment only.

        None: the lead names its owner, or its person is known, or (which is refused then) nobody works here.
        """
        if new.owner is not None:
            return None
        async with self._router.ahead() as connection:
            if points and await self._known(connection, points) is not None:
                return None
            arrival = self.arrival(new)
            staff = await self._router.staff(connection, arrival.domain, now)
            return await self._router.choose(connection, arrival, staff, now)

    async def _owner(
        self, connection: AsyncConnection, new: NewLead, arrival: Arrival, staff: Staff, now: datetime
    ) -> Choice:
        """The colleague that the lead names, or whom the routing rules find."""
        if new.owner is not None:
            return Choice(_named(staff, "owner", new.owner), None, "named when the lead came in")
        choice = await self._router.choose(connection, arrival, staff, now)
        if choice is None:
            raise CaptureRefused("owner", "there is nobody who could own the lead; add a colleague first")
        return choice


def _heeded(new: NewLead) -> NewLead:
    """What came in, with what its words ask beside an answer; a backlog's are old, and a prospect wrote none."""
    if new.kind is not LeadKind.INBOUND or new.paced is not None or new.question is None:
        return new
    return replace(new, stops=asks_to_stop(new.question), may_stop=may_ask_to_stop(new.question))


def _named(staff: Staff, field: str, colleague_id: str) -> Colleague:
    colleague = staff.named(colleague_id)
    if colleague is None:
        raise CaptureRefused(field, f"there is no active colleague {colleague_id!r}")
    return colleague


def _points_of(new: NewLead) -> list[tuple[ContactKind, str]]:
    given = ((ContactKind.EMAIL, new.email), (ContactKind.PHONE, new.phone))
    return [(kind, value) for kind, value in given if value is not None]


def _inquired_at(new: NewLead, now: datetime) -> datetime | None:
    """When the person asked us; of an old lead only what its file says."""
    asked_now = now if new.kind is LeadKind.INBOUND and new.paced is None else None
    return new.asked_at or asked_now


def require_told_past(new: NewLead, now: datetime) -> None:
    """What is told of the past must lie there.

    Raises:
        CaptureRefused: it does not.
    """
    for name in ("purchased_at", "dnc_checked_at", "asked_at"):
        at: datetime | None = getattr(new, name)
        if at is not None:
            try:
                require_past(name, at, now)
            except CommandRefused as refused:
                raise CaptureRefused(name, "it does not lie within the last ten years") from refused

"""What a press of a button on a public page does: committed under the lead's row lock, then told to its workflow."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum, auto
from typing import Any

import structlog
from dateutil.relativedelta import relativedelta
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.cases import OpenCase, UnknownLead
from adapters.db.scans import last_scan, note_scan
from api.services import Services
from api.telling import tell
from cadences import commands, hearing
from cadences.asked_after_stop import asked_now
from cadences.case import Case
from cadences.refusals import CommandRefused
from cadences.tasks import TaskKind
from leads.choices import Choice
from leads.contract import CommandKind
from leads.model import Ending, Stage
from leads.spans import at_local
from leads.tokens import LinkToken

BY = "link"
"""Who said it, in commands and answers."""
FARTHEST_YEARS = 5
"""A "not now" may last so long."""
log = structlog.get_logger()


class Outcome(StrEnum):
    """What a press came to."""

    TAKEN = auto()
    """It holds now, by this press or by an earlier one."""
    REFUSED = auto()
    """It does not fit what was said before; a person of ours has to look."""
    WRONG_DATE = auto()
    """The date is none that somebody can come back on."""
    SCANNED = auto()
    """A program pressed the hidden button since the page was shown; nothing was done."""
    GONE = auto()
    """There is no such lead any more; nothing is kept of it but that it must not be written to."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """The answer to a press."""

    outcome: Outcome
    case: Case | None = None
    """The lead as it stands now."""
    until: date | None = None
    """When a "not now" ends, on the lead's own clock."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """What a press makes of a case, what is kept of it, and what the workflow is told."""

    case: Case
    details: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
    until: date | None = None


class _WrongDate(Exception):
    """Not in the future, or too far in it."""


_Decide = Callable[[OpenCase, datetime], Awaitable[_Decision]]


class LinkAnswers:
    """Takes in what people press on the pages behind our links."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def say(self, link: LinkToken, answer: str, *, seen_at: datetime) -> Pressed:
        """The person said yes or no.

        Args:
            answer: which.
            seen_at: when the page with the button was shown.
        """

        async def decide(opened: OpenCase, now: datetime) -> _Decision:
            case = opened.case
            if _holds_already(case, answer):
                return _Decision(case)
            _require_open(case)
            note = f'pressed "{Choice(answer).label}" under our email'
            case = commands.record_answer(case, answer=answer, by=BY, note=note, now=now, themselves=True)
            return _Decision(case, {"answer": answer, "note": note}, {"answer": answer})

        return await self._take(link, CommandKind.RECORD_ANSWER, decide, seen_at)

    async def not_now(self, link: LinkToken, wish: date | relativedelta, *, seen_at: datetime) -> Pressed:
        """The person wants to be left alone.

        Args:
            wish: until this day, or for so long from today, both on the lead's own calendar.
            seen_at: when the page with the button was shown.
        """

        async def decide(opened: OpenCase, now: datetime) -> _Decision:
            case = opened.case
            _require_open(case)
            today = now.astimezone(case.zone).date()
            until = wish if isinstance(wish, date) else today + wish
            if not today < until <= today + relativedelta(years=FARTHEST_YEARS):
                raise _WrongDate
            later = await opened.cadence(case.cadence.on_not_now.cadence)
            ends_at = at_local(datetime.combine(until, time()), case.zone)
            enrollment = case.enrollment
            if (enrollment.ended, enrollment.cadence, enrollment.started_at) == (None, later.name, ends_at):
                return _Decision(case, until=until)  # Pressed twice.
            case = commands.not_now(
                case, until=ends_at, cadence=later.cadence, version=later.version, by=BY, note=None, now=now
            )
            return _Decision(case, {"until": ends_at}, {"until": ends_at, "cadence": later.name}, until)

        return await self._take(link, CommandKind.NOT_NOW, decide, seen_at)

    async def unsubscribe(self, link: LinkToken, *, seen_at: datetime | None) -> Pressed:
        """The person stopped all messages.

        Args:
            seen_at: when the page with the button was shown; None when the person pressed the mailbox's own button
                (RFC 8058), which counts at once and always.
        """
        why = "unsubscribed in the mailbox" if seen_at is None else "unsubscribed by link"

        async def decide(opened: OpenCase, now: datetime) -> _Decision:
            return _Decision(hearing.lead_opted_out(opened.case, why=why, now=now), {"why": why})

        return await self._take(link, CommandKind.LEAD_OPTED_OUT, decide, seen_at)

    async def is_stopped(self, link: LinkToken) -> bool:
        """Whether the person has stopped all messages, and asked for nothing since; of somebody erased, False."""
        now = self._services.clock()
        try:
            case = await self._services.cases.look(link.lead_id, now)
        except UnknownLead:
            return False  # Erased, or merged into another: what a press does is said once it is pressed.
        return hearing.lead_opted_out(case, why="", now=now) == case

    async def note_scan(self, link: LinkToken) -> None:
        """A program pressed the hidden button: no press counts on this message's pages that were shown before."""
        now = self._services.clock()

        try:
            async with self._services.cases.open(link.lead_id, now) as opened:

                async def write(connection: AsyncConnection) -> None:
                    await note_scan(connection, opened.case.lead.id, link.touch_id, now)

                await opened.beside(write)
        except UnknownLead:
            return
        log.info("a program pressed the hidden button", touch_id=str(link.touch_id))

    async def _take(self, link: LinkToken, kind: CommandKind, decide: _Decide, seen_at: datetime | None) -> Pressed:
        services, now = self._services, self._services.clock()
        try:
            async with services.cases.open(link.lead_id, now) as opened:
                if seen_at is not None and await scanned_since(opened, link, seen_at):
                    return Pressed(Outcome.SCANNED, opened.case)
                try:
                    decision = await decide(opened, now)
                except CommandRefused:
                    return Pressed(Outcome.REFUSED, opened.case)
                except _WrongDate:
                    return Pressed(Outcome.WRONG_DATE, opened.case)
                if decision.case == opened.case:
                    return Pressed(Outcome.TAKEN, opened.case, decision.until)
                said = {**decision.details, "touch_id": str(link.touch_id)}
                await opened.save(decision.case, kind, by=BY, details=said, told=decision.told)
        except UnknownLead:
            return Pressed(Outcome.GONE)
        lead_id = opened.case.lead.id  # The lead that the link was sent to, or the one that it was merged into.
        log.info("a link was pressed", lead_id=str(lead_id), kind=kind.value, revision=opened.revision)
        await tell(services.delivery.deliver, lead_id)
        return Pressed(Outcome.TAKEN, opened.case, decision.until)


async def scanned_since(opened: OpenCase, link: LinkToken, seen_at: datetime) -> bool:
    scanned_at: datetime | None = None

    async def read(connection: AsyncConnection) -> None:
        nonlocal scanned_at
        scanned_at = await last_scan(connection, link.touch_id)

    await opened.beside(read)
    return scanned_at is not None and scanned_at >= seen_at


def _holds_already(case: Case, answer: str) -> bool:
    if answer == "no":
        return case.enrollment.ended is Ending.NO
    hand_over = any(task.kind is TaskKind.HAND_OVER for task in case.open_tasks)
    return case.enrollment.ended is Ending.YES and hand_over and asked_now(case) is case


def _require_open(case: Case) -> None:
    """A press under an old email does not undo what we made of a yes; a person sees to it."""
    if case.lead.stage is Stage.WON:
        raise CommandRefused("answer", "the lead is won")

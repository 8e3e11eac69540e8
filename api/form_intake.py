"""Forms that people send: each showing taken once, told from what programs send, and stored as a lead."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.db.cadences import UnknownCadence
from adapters.db.form_submissions import FormSubmissions, Submission, TakenBefore, became_lead, claim
from adapters.db.inbound import FORM, InboundMessage, match
from api.services import Services
from api.telling import TELL_OF_CAPTURE_WITHIN, tell
from leads.capture import Captured, CaptureRefused, NewLead
from leads.form_answers import HONEYPOT, KEY, TOKEN, read_answers, read_forgivingly, sender_of, suspicion, words_of
from leads.form_sheets import FormSheet
from leads.form_tokens import FormKeys, FormToken
from leads.ids import derived_id
from leads.model import Channel
from leads.replies import InboundKind

MOST_FROM_ONE = 10
"""Forms that one address may send within `WITHIN`; a whole office may share it."""
WITHIN = timedelta(minutes=10)
MOST_SUSPECTED = 100
"""Suspected ones of a form within `SUSPECTED_WITHIN` that a person is to look at."""
SUSPECTED_WITHIN = timedelta(hours=1)
_COPIES = UUID("6a2b7c3e-6f0d-4f3c-8c5e-7d0a8f2b1c9d")
"""What the ids of forms that bring no token are derived from."""
_OURS = frozenset({KEY, TOKEN, HONEYPOT})
log = structlog.get_logger()


class Fate(StrEnum):
    """What became of a form."""

    TAKEN = "taken"
    SUSPECTED = "suspected"
    """A program seems to have sent it: kept for a person, and thanked for like every other."""
    REPEATED = "repeated"
    """The very same was taken before."""
    SENT_BEFORE = "sent before"
    """This showing of the form was sent before, with other words: it is to be shown once more."""
    TOO_MANY = "too many"
    """Its address sends too many, or the form gets too many that are suspected."""
    MISTAKEN = "mistaken"
    """Something is to be mended first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A form as it was sent."""

    sheet: FormSheet
    fields: Mapping[str, str]
    token: FormToken | None
    page: str
    """Where it was filled in, as far as that can be told."""
    address: str | None
    """Where from on the network."""
    vouched_for: bool
    """A browser says that it was sent from a website that holds a copy of the form."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a form, and what is to be mended in it."""

    fate: Fate
    mistakes: Mapping[str, str]


class NotKept(LookupError):
    """What was sent is not kept any more, or a lead already."""


class FormIntake:
    """Takes forms in."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._keys = FormKeys(services.links.key.secret)

    @property
    def _submissions(self) -> FormSubmissions:
        return self._services.doors.submissions

    async def take(self, posted: Posted) -> Answer:
        """Take a form that was sent."""
        now = self._services.clock()
        submission = self._submission(posted, now)
        if await self._submissions.sent_from(submission.address_digest, now - WITHIN) >= MOST_FROM_ONE:
            return Answer(Fate.TOO_MANY, {})
        why = suspicion(posted.fields, posted.token, now, vouched_for=posted.vouched_for)
        try:
            if why is not None:
                fate = await self._keep_suspected(posted, submission, why, now)
                return Answer(fate, {})
            company = self._services.company
            filled = read_answers(posted.sheet, posted.fields, company, page=posted.page, address=posted.address)
            if filled.lead is None:
                return Answer(Fate.MISTAKEN, filled.mistakes)
            try:
                await self._capture(filled.lead, submission, now)
            except CaptureRefused as refused:
                # It is not the person's to mend: somebody of ours sees it.
                await self._keep(posted, submission, f"it could not be stored ({refused})", now)
        except TakenBefore as taken:
            return Answer(Fate.REPEATED if taken.same else Fate.SENT_BEFORE, {})
        return Answer(Fate.TAKEN, {})

    async def trust(self, message: InboundMessage, by: str) -> UUID:
        """A person says that somebody, and no program, sent a suspected form: it becomes the lead that it is.

        Raises:
            NotKept: it is not kept any more, is no form, or somebody saw to it before.
            CaptureRefused: it can't be stored as a lead.
            SheetBroken: the file of its form can't be used, and never could.
        """
        services, now = self._services, self._services.clock()
        submission = await self._submissions.suspected(_form_id(message))
        sheet = services.doors.forms.get(submission.form) if submission is not None else None
        if submission is None or submission.sent is None or sheet is None:
            raise NotKept
        sent = submission.sent
        new = read_forgivingly(
            sheet,
            sent["fields"],
            services.company,
            page=sent["page"],
            address=sent["address"],
            sent_at=submission.received_at,
            agreed=sent.get("agreed", ()),
        )
        if new is None:
            raise NotKept

        async def theirs(connection: AsyncConnection, captured: Captured) -> None:
            if not await match(connection, message.id, captured.lead_id, by, now):
                raise NotKept
            await became_lead(connection, submission.id, captured.lead_id)

        captured = await self._stored(submission.form, new, by, now, last=theirs)
        await tell(services.delivery.begin, captured.lead_id)
        return captured.lead_id

    async def _capture(self, new: NewLead, submission: Submission, now: datetime) -> None:
        services = self._services

        async def once(connection: AsyncConnection) -> None:
            await claim(connection, submission)

        async def whose(connection: AsyncConnection, captured: Captured) -> None:
            await became_lead(connection, submission.id, captured.lead_id)

        by = f"form {submission.form}"
        captured = await self._stored(submission.form, new, by, now, first=once, last=whose)
        log.info("a form was taken", form=submission.form, lead_id=str(captured.lead_id), created=captured.created)
        await tell(services.delivery.begin, captured.lead_id, TELL_OF_CAPTURE_WITHIN)

    async def _stored(self, form: str, new: NewLead, by: str, now: datetime, **beside: Any) -> Captured:
        """The lead, in the default cadence where the form's own was never published: that is no fault of the person's.

        Args:
            beside: what else is done in the transaction: `first` and `last` of `LeadIntake.capture`.
        """
        capture = self._services.intake.capture
        try:
            return await capture(new, by, now, **beside)
        except UnknownCadence:
            log.error("a form names a cadence that was never published", form=form, cadence=new.cadence)
            return await capture(replace(new, cadence=None), by, now, **beside)

    async def _keep_suspected(self, posted: Posted, submission: Submission, why: str, now: datetime) -> Fate:
        """Nothing is thrown away: a person looks at it, as far as people can look."""
        if await self._submissions.suspected_since(submission.form, now - SUSPECTED_WITHIN) >= MOST_SUSPECTED:
            return Fate.TOO_MANY
        await self._keep(posted, submission, f"perhaps a program: {why}", now)
        log.info("a form was suspected", form=submission.form, why=why)
        return Fate.SUSPECTED

    async def _keep(self, posted: Posted, submission: Submission, why: str, now: datetime) -> None:
        form = submission.form
        sender = sender_of(posted.fields, self._services.company.country)
        sent = {
            "fields": dict(posted.fields),
            "page": posted.page,
            "address": posted.address,
            # The form may be worded anew before somebody looks at this one.
            "agreed": [one.worded(self._services.company.name) for one in posted.sheet.consents],
        }
        suspected = Submission(
            id=submission.id,
            form=form,
            content=submission.content,
            address_digest=submission.address_digest,
            received_at=now,
            suspected=why,
            sender=sender,
            sent=sent,
        )
        message = InboundMessage(
            id=uuid4(),
            lead_id=None,
            channel=Channel.EMAIL,
            provider=FORM,
            external_id=str(submission.id),
            sender=sender,
            recipient=f"form {form}",
            subject=why,
            text=words_of(posted.sheet, posted.fields),
            kind=InboundKind.UNKNOWN,
            received_at=now,
        )
        await self._submissions.suspect(suspected, message)

    def _submission(self, posted: Posted, now: datetime) -> Submission:
        form, address = posted.sheet.form, posted.address or ""
        written = sorted((name, text.strip()) for name, text in posted.fields.items() if name not in _OURS)
        content = self._keys.digest("content", form, *(part for pair in written for part in pair))
        copy = derived_id(_COPIES, content, self._keys.address_digest(address))
        return Submission(
            id=posted.token.id if posted.token is not None else copy,
            form=form,
            content=content,
            address_digest=self._keys.address_digest(address),
            received_at=now,
        )


def _form_id(message: InboundMessage) -> UUID:
    """Which form a message of the inbox tells of.

    Raises:
        NotKept: it tells of none.
    """
    if message.provider != FORM:
        raise NotKept
    return UUID(message.external_id)

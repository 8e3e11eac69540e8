"""A cadence that has been at work for two months: two versions, a trial, and what people said to its steps."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from adapters.db.audit_log import Change
from adapters.db.published_cadences import PUBLISH
from adapters.db.rows import AnswerRow, EnrollmentRow, InboundMessageRow, LeadRow, TouchRow
from cadences.bundle import CadenceBundle
from cadences.drafts import draft_of
from cadences.library import shipped
from cadences.variants import variant_for
from tests.console.stage import START, Stage

INBOUND = next(bundle for bundle in shipped() if bundle.name == "inbound-web")
DAY = timedelta(days=1)
NOW = START + 60 * DAY
_SHORT = '---\nsubject: Still open?\n---\nHi {{ first_name | default("there") }},\n\nIs your question still open?\n'
_PEOPLE = (
    "Ada Brandt",
    "Luis Ortega",
    "Grace Kim",
    "Omar Haddad",
    "Ines Vogel",
    "Peter Novak",
    "Ruth Adler",
    "Jo Park",
)


def trying() -> CadenceBundle:
    """The shipped cadence with a trial in it."""
    draft = draft_of(INBOUND)
    text = draft.text.replace(
        "email: checking-in}", "email: checking-in, variants: {short: checking-in-short}, sample: 100}"
    )
    return draft.with_file(draft.file, text).with_file("templates/email/checking-in-short.md", _SHORT).bundle


class Lived:
    """Rows of what happened."""

    def __init__(self) -> None:
        self.rows: dict[type[Any], list[dict[str, Any]]] = {}

    def add(self, row: type[Any], **values: Any) -> None:
        self.rows.setdefault(row, []).append(values)

    def lead(self, number: int, bundle: CadenceBundle) -> None:
        """A lead that came in some days ago, and the steps that have been since."""
        lead_id, enrollment_id = UUID(int=number + 1), uuid4()
        began = NOW - DAY * (3 + number % 55)
        ended = (
            ("yes" if number % 9 == 0 else "opted_out" if number % 23 == 0 else None)
            if began < NOW - 20 * DAY
            else None
        )
        self.add(
            LeadRow,
            id=lead_id,
            kind="inbound",
            name=_PEOPLE[number % len(_PEOPLE)],
            company="Harbor Bakery" if number % 3 else None,
            stage="working",
            owner_id="anna",
            attributes={},
            cadence=bundle.name,
            created_at=began,
        )
        self.add(
            EnrollmentRow,
            id=enrollment_id,
            lead_id=lead_id,
            cadence=bundle.name,
            version=bundle.version,
            started_at=began,
            progress={},
            ended=ended,
            ended_at=began + 15 * DAY if ended else None,
        )
        for count, (step, after) in enumerate(
            (
                ("answer-the-question", 0),
                ("first-call", 0),
                ("checking-in", 5),
                ("second-call", 14),
                ("case-study", 28),
            ),
            1,
        ):
            at = began + after * DAY + timedelta(minutes=20 * count)
            if at > NOW or (ended and at > began + 15 * DAY):
                break
            channel = "call" if step.endswith("call") else "email"
            found = bundle.cadence.step(step)
            variant = variant_for(lead_id, bundle.name, found) if found is not None else None
            self.add(
                TouchRow,
                id=uuid4(),
                lead_id=lead_id,
                enrollment_id=enrollment_id,
                step_id=step,
                occurrence=1,
                channel=channel,
                state="made" if channel == "call" else "delivered",
                version=bundle.version,
                template=variant.template if variant is not None else step,
                variant=variant.name if variant is not None else None,
                contact_number=count,
                happened_at=at,
                provider_message_id=None,
            )
            replies = {"answer-the-question": 4, "checking-in": 3 if variant and variant.name == "short" else 8}
            if number % replies.get(step, 10_000) == 1 and at + DAY < NOW:
                self._reply(lead_id, at + DAY / 2)
        if ended == "yes":
            self.add(
                AnswerRow,
                lead_id=lead_id,
                enrollment_id=enrollment_id,
                answer="yes",
                by="anna",
                said_at=began + 15 * DAY,
            )

    def _reply(self, lead_id: UUID, at: Any) -> None:
        names = {"channel": "email", "provider": "outbox", "sender": "s", "recipient": "r", "text": "Yes, please call."}
        self.add(
            InboundMessageRow,
            id=uuid4(),
            lead_id=lead_id,
            external_id=str(uuid4()),
            kind="reply",
            received_at=at,
            **names,
        )


async def let_live(stage: Stage, leads: int = 400) -> None:
    """Two months of leads, a third of them in the version before."""
    services = stage.services
    await services.shelf.publish(trying(), START + 20 * DAY)
    change = Change(
        by="mara", via="console", action=PUBLISH, subject="inbound-web", after={"version": trying().version}
    )
    await services.audit_log.begin(change, START + 20 * DAY)
    stage.clock.move_to(NOW)
    lived = Lived()
    for number in range(leads):
        lived.lead(number, INBOUND if number % 3 == 0 else trying())
    async with stage.engine.begin() as connection:
        for row in (LeadRow, EnrollmentRow, TouchRow, InboundMessageRow, AnswerRow):
            await connection.execute(insert(row), lived.rows[row])

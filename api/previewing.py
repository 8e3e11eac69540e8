"""What a cadence would do with a person, and say: for a lead that there is, or somebody made up, without doing it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from api.services import Services
from cadences.bundle import CadenceBundle
from cadences.case import Case
from cadences.made_up import coming_in, made_up
from cadences.model import Cadence
from cadences.preview import Calls, PreviewedTouch, case_of, preview
from cadences.preview_messages import Written, links_to_nowhere, written
from cadences.reading import TEMPLATE_FILES
from cadences.templating import TemplateMistake, parse_template
from cadences.uses import field_uses
from leads.answering import AnswerDesk
from leads.inquiries import Inquiry
from leads.model import Lead, LeadKind

TOUCHES = 30
_ANSWERS = "answers"
"""What templates call what the library says."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that somebody asks, and the library that answers it."""

    question: str
    library: AnswerDesk


@dataclass(frozen=True, slots=True)
class Previewed:
    """The touches of a cadence for one person who stays silent."""

    bundle: CadenceBundle
    lead: Lead
    case: Case
    touches: tuple[PreviewedTouch, ...]

    @property
    def is_meant_for(self) -> bool:
        """Whether the cadence is for leads of this kind."""
        return self.bundle.cadence.for_.kind in ("any", self.lead.kind)


class CadencePreview:
    """Plays cadences through. It reads; nothing is written, sent or claimed."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def play(
        self,
        bundle: CadenceBundle,
        who: str,
        calls: Calls = "made",
        begins: datetime | None = None,
        *,
        asked: Asked | None = None,
        touches: int = TOUCHES,
    ) -> Previewed:
        """The touches of somebody who comes in at an instant, the first of them.

        Args:
            bundle: a cadence without an error.
            who: a lead's id, or the key of somebody made up.
            calls: whether our own people make the calls and do the tasks.
            begins: now when left out.
            asked: what the person asks, and whom; what the lead asked, and the library in force, when left out.
            touches: how many to look for at most.

        Raises:
            UnknownLead: there is no lead of this id.
        """
        now, company = begins or self._services.clock(), self._services.company
        desk = asked.library if asked is not None else self._services.answers.read()
        seen = await self._case(who)
        kind = _kind(bundle.cadence, seen.lead if seen is not None else made_up(who))

        def played() -> Previewed:
            lead = coming_in(seen.lead if seen is not None else made_up(who), now, kind)
            lead = _answered(replace(lead, question=asked.question) if asked is not None else lead, desk)
            case = case_of(bundle.cadence, bundle.version, lead, company, now)
            if seen is not None:
                # Who sends, what went before, and when this person picks up, are what they are.
                case = replace(
                    case,
                    manager=seen.manager,
                    messages=seen.messages,
                    phone_contacts=seen.phone_contacts,
                    senders=seen.senders,
                    correspondence=seen.correspondence,
                    stand_ins=seen.stand_ins,
                    habits=seen.habits,
                )
            return Previewed(bundle, lead, case, tuple(preview(case, now, touches=touches, calls=calls)))

        return await asyncio.to_thread(played)

    async def written(self, previewed: Previewed, number: int) -> Written | TemplateMistake:
        """What the touch of this number says; or why it can't be written for this person."""
        links = links_to_nowhere(self._services.links.base_url)
        try:
            return await asyncio.to_thread(written, previewed.bundle, previewed.touches, number, links)
        except TemplateMistake as mistake:
            return mistake

    async def answering(self) -> list[CadenceBundle]:
        """The published cadences for people who ask, whose messages or talk tracks say what the library answers; that
        with the most leads on their way comes first."""
        seen = sorted(await self._services.published.all(), key=lambda one: one.in_flight, reverse=True)
        bundles = [await self._services.shelf.published(one.name) for one in seen]
        return [
            one
            for one in bundles
            if one is not None
            and one.cadence.for_.kind is not LeadKind.OUTBOUND
            and any(map(_says_answers, one.templates.values()))
        ]

    async def _case(self, who: str) -> Case | None:
        try:
            lead_id = UUID(who)
        except ValueError:
            return None
        return await self._services.cases.look(lead_id, self._services.clock())


def answers_in(previewed: Previewed, touch: PreviewedTouch) -> bool:
    """Whether a touch says what the library answers."""
    pattern = TEMPLATE_FILES.get(touch.channel)
    template = previewed.bundle.templates.get(pattern.format(touch.content)) if pattern is not None else None
    return template is not None and _says_answers(template)


@lru_cache(maxsize=512)
def _says_answers(template: str) -> bool:
    try:
        return any(use.name == _ANSWERS for use in field_uses(parse_template(template, "")))
    except TemplateMistake:  # A version from before a rule of today.
        return False


def _kind(cadence: Cadence, lead: Lead) -> LeadKind:
    """Somebody made up, and whoever is looked at, comes in as the cadence wants it."""
    kind = cadence.for_.kind
    return kind if isinstance(kind, LeadKind) else lead.kind


def _answered(lead: Lead, desk: AnswerDesk) -> Lead:
    """The lead with what the library says to its question."""
    if lead.question is None:
        return lead
    looked = desk.look_up(lead.question)
    inquiry = Inquiry(answers=looked.answers, unanswered=looked.unanswered, topic=looked.topic)
    return replace(lead, inquiry=inquiry)

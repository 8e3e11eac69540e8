"""The follow-up policy: composed from what is configured, sent once per version, and who has acknowledged it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.people import everybody
from adapters.db.rows import PolicyAcknowledgementRow, PolicyVersionRow
from adapters.db.staff_mails import NewStaffMail, write_staff_mails
from cadences.policy import Policy, compose_policy, follows_it
from cadences.policy_mail import policy_mail
from cadences.policy_sheets import policy_sheets
from cadences.rules import shipped_rules
from leads.links import Links
from leads.model import Colleague, Company
from leads.playbook import Playbook
from leads.spans import wall_clock
from leads.staff_mails import staff_mail_id

KIND = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """How one colleague stands to the policy."""

    colleague: str
    name: str
    sent_at: datetime | None
    """When the version in force was sent; None: not yet."""
    acknowledged_at: datetime | None
    """When it was acknowledged."""
    last_version: str | None
    """The newest version that the colleague has acknowledged."""
    last_acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Acknowledgements:
    """Who has acknowledged the policy in force, and who has not."""

    version: str
    missing: int
    items: list[Acknowledgement]


@dataclass(frozen=True, slots=True)
class SentPolicy:
    """What sending came to."""

    version: str
    sent: list[str]
    """Colleagues to whom the version was new."""


class Policies:
    """The policy of this installation."""

    def __init__(
        self, engine: AsyncEngine, shelf: CadenceShelf, company: Company, links: Links, playbook: Playbook
    ) -> None:
        self._engine = engine
        self._shelf = shelf
        self._company = company
        self._links = links
        self._playbook = playbook

    async def current(self, now: datetime) -> Policy:
        """The policy in force.

        Raises:
            SheetError: a YAML file that it reads aloud can't be read.
        """
        async with self._engine.connect() as connection:
            return await self._compose(connection, now)

    async def send(self, now: datetime, progress: Callable[[str, bool], object] = lambda *_: None) -> SentPolicy:
        """Send the policy in force to everybody who follows it and has not been sent this very version.

        Args:
            progress: called with each colleague's id, and whether the version is new there.

        Raises:
            SheetError: a YAML file that it reads aloud can't be read.
        """
        async with self._engine.begin() as connection:
            policy = await self._compose(connection, now)
            await connection.execute(
                insert(PolicyVersionRow)
                .values(version=policy.version, text=policy.text, made_at=now)
                .on_conflict_do_nothing()
            )
            sent: list[str] = []
            for colleague in filter(follows_it, await everybody(connection)):
                is_new = await self._send(connection, policy, colleague, now)
                progress(colleague.id, is_new)
                sent += [colleague.id] * is_new
        return SentPolicy(policy.version, sent)

    async def acknowledgements(self, now: datetime) -> Acknowledgements:
        """How everybody who follows the policy stands to the version in force.

        Raises:
            SheetError: a YAML file that the policy reads aloud can't be read.
        """
        async with self._engine.connect() as connection:
            version = (await self._compose(connection, now)).version
            people = [one for one in await everybody(connection) if follows_it(one)]
            asked = select(PolicyAcknowledgementRow.__table__).order_by(PolicyAcknowledgementRow.acknowledged_at)
            rows = (await connection.execute(asked)).all()
        of_this = {row.colleague_id: row for row in rows if row.version == version}
        last = {row.colleague_id: row for row in rows if row.acknowledged_at is not None}
        items = [
            Acknowledgement(
                colleague=one.id,
                name=one.name,
                sent_at=of_this[one.id].sent_at if one.id in of_this else None,
                acknowledged_at=of_this[one.id].acknowledged_at if one.id in of_this else None,
                last_version=last[one.id].version if one.id in last else None,
                last_acknowledged_at=last[one.id].acknowledged_at if one.id in last else None,
            )
            for one in people
        ]
        return Acknowledgements(version, sum(one.acknowledged_at is None for one in items), items)

    async def text_of(self, version: str) -> str | None:
        """A version that was sent; None when none of this name was."""
        async with self._engine.connect() as connection:
            asked = select(PolicyVersionRow.text).where(PolicyVersionRow.version == version)
            text: str | None = await connection.scalar(asked)
            return text

    async def acknowledged_at(self, version: str, colleague_id: str) -> datetime | None:
        """When a colleague acknowledged a version; None: not yet."""
        async with self._engine.connect() as connection:
            theirs = select(PolicyAcknowledgementRow.acknowledged_at).where(
                PolicyAcknowledgementRow.version == version, PolicyAcknowledgementRow.colleague_id == colleague_id
            )
            at: datetime | None = await connection.scalar(theirs)
            return at

    async def acknowledge(self, version: str, colleague_id: str, now: datetime) -> bool:
        """A colleague has read a version and follows it; the first time counts. False: it was never sent there."""
        theirs = (
            PolicyAcknowledgementRow.version == version,
            PolicyAcknowledgementRow.colleague_id == colleague_id,
        )
        unsaid = PolicyAcknowledgementRow.acknowledged_at.is_(None)
        async with self._engine.begin() as connection:
            await connection.execute(
                update(PolicyAcknowledgementRow).where(*theirs, unsaid).values(acknowledged_at=now)
            )
            found = await connection.execute(select(PolicyAcknowledgementRow.version).where(*theirs))
            return found.first() is not None

    async def _compose(self, connection: AsyncConnection, now: datetime) -> Policy:
        bundles = await self._shelf.all_current(connection)
        today = wall_clock(now, ZoneInfo(self._company.zone)).date()
        cadences = [bundle.cadence for bundle in bundles]
        return compose_policy(self._company, cadences, shipped_rules(), today, policy_sheets(self._playbook))

    async def _send(self, connection: AsyncConnection, policy: Policy, colleague: Colleague, now: datetime) -> bool:
        asked = await connection.execute(
            insert(PolicyAcknowledgementRow)
            .values(version=policy.version, colleague_id=colleague.id, sent_at=now)
            .on_conflict_do_nothing()
            .returning(PolicyAcknowledgementRow.version)
        )
        if asked.first() is None:
            return False
        known = (
            select(PolicyVersionRow.text)
            .join(PolicyAcknowledgementRow, PolicyAcknowledgementRow.version == PolicyVersionRow.version)
            .where(
                PolicyAcknowledgementRow.colleague_id == colleague.id,
                PolicyAcknowledgementRow.acknowledged_at.is_not(None),
            )
            .order_by(PolicyAcknowledgementRow.acknowledged_at.desc())
            .limit(1)
        )
        subject, text = policy_mail(
            policy,
            self._company,
            self._links.policy(colleague.id, policy.version),
            await connection.scalar(known),
        )
        mail = NewStaffMail(
            id=staff_mail_id(KIND, colleague.id, policy.version),
            colleague_id=colleague.id,
            kind=KIND,
            subject=subject,
            text=text,
        )
        await write_staff_mails(connection, [mail], now)
        return True

"""What happens once in the shown business: the things that somebody may want to open a page for."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID

import httpx
from sqlalchemy import func, select

from adapters.db.rows import LeadRow, TouchRow
from api.app import create_app
from api.bulk import BulkCommands
from api.bulk_wishes import SkipStep
from api.days_off import replan_leads_of
from api.inbound import Inbox
from api.meetings import MeetingCommands
from api.merging import LeadMerging
from api.suppressing import SuppressionList
from api.writes import ourselves
from cadences.bundle import CadenceBundle
from cadences.library import shipped
from cadences.refusals import CommandRefused
from leads.absences import Absence, WhileAway
from leads.auto_replies import Hand
from leads.capture import NewLead
from leads.hook_signatures import HookKeys
from leads.meetings import Appointment
from leads.model import Channel
from leads.quotes import Written
from leads.replies import IncomingEmail, IncomingText
from tests.console.actors import Actors
from tests.console.cast import Guest


class Incidents:
    """Plans what happens once, and remembers to whom."""

    def __init__(self, actors: Actors, everybody: list[Guest]) -> None:
        self._actors = actors
        self._services = actors.services
        self._everybody = everybody
        self.leads: dict[str, UUID] = {}
        """By what is worth seeing of them: `bounced`, `unknown send`, `on hold` …"""
        self.bulk_run: UUID | None = None
        """One change to many leads, of which some were refused."""

    def plan(self) -> None:
        """Put everything into the future."""
        self._plan_messages_that_fail()
        end = self._actors.end
        for ago, happens in (
            (timedelta(days=42), self._tokens),
            (timedelta(days=32), self._days_off_of_ben),
            (timedelta(days=30), self._strangers_write),
            (timedelta(days=26), self._suppress_some),
            (timedelta(days=21), self._publish_again),
            (timedelta(days=16), self._erase_one),
            (timedelta(days=12), self._merge_two),
            (timedelta(days=9), self._days_off_of_chloe),
            (timedelta(days=7, hours=1), self._hooks),
            (timedelta(days=4), self._asks_again),
            (timedelta(days=3, hours=1), self._hold_one),
            (timedelta(days=3), self._reassign_one),
            (timedelta(days=2, hours=23), self._skip_for_many),
            (timedelta(days=2, hours=20), self._meet_one),
            (timedelta(days=2, hours=2), self._skip_and_switch),
            (timedelta(days=2), self._personal_touch),
            (timedelta(days=1, hours=3), self._is_away),
            (timedelta(hours=20), self._strangers_write_again),
            (timedelta(minutes=47), self._without_contact),
            (timedelta(minutes=14), self._replies_just_now),
        ):
            self._actors.at(end - ago, happens)

    def _plan_messages_that_fail(self) -> None:
        """Chosen by when they come in, so that each trouble is where it should be at the end."""
        end, provider = self._actors.end, self._actors.provider
        mailed = [guest for guest in self._everybody if guest.new.email and guest.new.kind.value == "inbound"]

        def of(days: float, *, phone: bool) -> Guest:
            at = end - timedelta(days=days)
            fits = [guest for guest in mailed if guest.at >= at and (guest.new.phone is not None) == phone]
            mailed.remove(fits[0])
            return fits[0]

        for what, guest, where in (
            ("bounced", of(20, phone=True), provider.dead),
            ("unreachable", of(15, phone=False), provider.dead),
            ("unknown send", of(2, phone=True), provider.silent),
            ("unknown before", of(25, phone=True), provider.silent),
            ("account trouble", of(1.2, phone=True), provider.locked),
        ):
            assert guest.new.email is not None
            where.add(guest.new.email)
            self._actors.at(guest.at + timedelta(minutes=2), self._remembering(what, guest))

    def _remembering(self, what: str, guest: Guest) -> Callable[[], Awaitable[None]]:
        async def remember() -> None:
            self.leads[what] = self._lead_of(guest)

        return remember

    async def note_whose(self) -> None:
        """Remember a lead of everybody who may have some, so that each has one's own to look at."""
        for owner in ("ben", "chloe", "paul", "eva"):
            running = await self._running(owner=owner, since=60)
            self.leads[f"of {owner}"] = running[0]
        told = select(LeadRow.id).where(LeadRow.owner_id == "anna", LeadRow.ended.is_(None))
        much = select(func.count()).where(TouchRow.lead_id == LeadRow.id).scalar_subquery()
        async with self._actors.engine.connect() as connection:
            richest = await connection.scalar(told.order_by(much.desc(), LeadRow.created_at).limit(1))
        assert richest is not None
        self.leads["much to tell"] = richest

    def _lead_of(self, guest: Guest) -> UUID:
        return next(lead_id for lead_id, one in self._actors.guests.items() if one.number == guest.number)

    async def _running(self, *, owner: str | None = None, since: int = 14) -> list[UUID]:
        """Leads that are being followed up, the newest first."""
        wanted = select(LeadRow.id).where(
            LeadRow.ended.is_(None), LeadRow.created_at > self._actors.clock() - timedelta(days=since)
        )
        if owner is not None:
            wanted = wanted.where(LeadRow.owner_id == owner)
        async with self._actors.engine.connect() as connection:
            found = await connection.execute(wanted.order_by(LeadRow.created_at.desc()))
        return [lead_id for lead_id in found.scalars() if lead_id not in self.leads.values()]

    async def _first(self, what: str, leads: list[UUID], do: Callable[[UUID], Awaitable[object]]) -> None:
        """Do something to the first lead that it may be done to."""
        for lead_id in leads:
            try:
                await do(lead_id)
            except CommandRefused:
                continue
            self.leads[what] = lead_id
            await self._actors.look(lead_id)
            return

    # What people do.

    async def _tokens(self) -> None:
        for name in ("website", "shop", "old website"):
            await self._services.tokens.create(name, self._actors.clock())
        await self._services.tokens.revoke("old website", self._actors.clock())

    async def _days_off_of_ben(self) -> None:
        away = Absence(first_day=date(2026, 10, 26), last_day=date(2026, 10, 30), policy=WhileAway.COVER, cover="anna")
        await self._away("ben", away)

    async def _days_off_of_chloe(self) -> None:
        await self._away("chloe", Absence(first_day=date(2026, 11, 24), last_day=date(2026, 11, 27), reason="holiday"))

    async def _away(self, who: str, absence: Absence) -> None:
        await self._services.absences.add(who, absence, self._actors.clock())
        await replan_leads_of(self._services, [who], "mia")
        for lead_id in self._actors.everybody:
            await self._actors.look(lead_id)

    async def _publish_again(self) -> None:
        """Marketing writes a day earlier; whoever runs the old version keeps it."""
        old = next(bundle for bundle in shipped() if bundle.name == "inbound-web")
        text = old.text.replace("3 business days, email: checking-in", "2 business days, email: checking-in")
        assert text != old.text
        await self._services.shelf.publish(CadenceBundle(old.name, text, old.templates), self._actors.clock())

    async def _suppress_some(self) -> None:
        suppressing = SuppressionList(self._services)
        await suppressing.add("complaint@example.com", None, why="complained by letter", by="ada")
        await suppressing.add("+12125550199", Channel.CALL, why="asked not to be called", by="anna")
        await suppressing.add("competitor@example.com", Channel.EMAIL, why="a competitor", by="mara")

    async def _erase_one(self) -> None:
        (lead_id, *_) = self._actors.everybody
        await self._services.erasing.erase(lead_id, "ada", self._actors.clock())
        self._actors.forget(lead_id)

    async def _merge_two(self) -> None:
        guest = next(
            one for one in self._everybody if one.new.phone and one.at > self._actors.clock() - timedelta(days=8)
        )
        keep = self._lead_of(guest)
        twin = NewLead(
            email="office@twin.example.com", name=guest.new.name, company=guest.new.company, source="web form"
        )
        other = await self._actors.commands.capture(twin, ourselves("website"))
        await LeadMerging(self._services).merge(keep, other.id, self._actors.caller("anna"), None)
        self.leads["merged"] = keep
        await self._actors.look(keep)

    async def _hold_one(self) -> None:
        until = (self._actors.clock() + timedelta(days=12)).date()
        caller, commands = self._actors.caller("mia"), self._actors.commands
        await self._first(
            "on hold",
            await self._running(),
            lambda lead_id: commands.hold(lead_id, caller, None, until=until, reason="Waits for our new price list."),
        )

    async def _meet_one(self) -> None:
        """The meeting is over at the end, and nobody has said how it was."""
        caller, meetings = self._actors.caller("anna"), MeetingCommands(self._services)
        starts_at = self._actors.end - timedelta(hours=19)
        talk = Appointment(starts_at=starts_at, subject="Which oven fits your kitchen", place="By telephone")
        await self._first(
            "met",
            await self._running(owner="anna"),
            lambda lead_id: meetings.arrange(lead_id, caller, None, appointment=talk, organizer="anna"),
        )
        self._actors.left.add(self.leads["met"])

    async def _skip_for_many(self) -> None:
        """What comes next is left out for some, and for those that ended it can't be."""
        bulk = BulkCommands(self._services)
        some = (await self._running(owner="ben"))[:3]
        ended = (
            select(LeadRow.id).where(LeadRow.ended.is_not(None), LeadRow.owner_id == "ben").order_by(LeadRow.created_at)
        )
        async with self._actors.engine.connect() as connection:
            over = list((await connection.execute(ended.order_by(LeadRow.created_at).limit(2))).scalars())
        chosen = "owner Ben Okafor, running and ended"
        self.bulk_run = await bulk.begin(SkipStep(), [*some, *over], chosen=chosen, by="mia", via="console")
        await bulk.work_off(self.bulk_run)
        for lead_id in some:
            await self._actors.look(lead_id)

    async def _reassign_one(self) -> None:
        caller, commands = self._actors.caller("mia"), self._actors.commands
        await self._first(
            "reassigned",
            await self._running(owner="ben"),
            lambda lead_id: commands.reassign(lead_id, caller, None, owner="paul", note="Close to our dealer."),
        )

    async def _skip_and_switch(self) -> None:
        caller, commands = self._actors.caller("mia"), self._actors.commands
        await self._first(
            "skipped",
            await self._running(owner="chloe"),
            lambda lead_id: commands.skip_step(lead_id, caller, None, step=None),
        )
        await self._first(
            "switched",
            await self._running(owner="anna"),
            lambda lead_id: commands.switch_cadence(lead_id, caller, None, cadence="fair-visitors"),
        )

    async def _personal_touch(self) -> None:
        caller, commands = self._actors.caller("anna"), self._actors.commands
        note = "Met at the baker's guild: happy with the offer, talks to the bank next week."
        await self._first(
            "personal touch",
            await self._running(owner="anna"),
            lambda lead_id: commands.log_personal_touch(
                lead_id, caller, None, channel=Channel.CALL, at=self._actors.clock(), note=note
            ),
        )

    # What leads and strangers do.

    async def _asks_again(self) -> None:
        guest = next(one for one in self._everybody if one.new.email and one.mind == "silent" and one.number > 20)
        again = NewLead(
            email=guest.new.email,
            name=guest.new.name,
            question="Do you also rent out ovens for an event?",
            source="web form",
        )
        captured = await self._actors.commands.capture(again, ourselves("website"))
        self.leads["asked again"] = captured.id
        await self._actors.look(captured.id)

    async def _strangers_write(self) -> None:
        await self._actors.emails.take(
            _email("1", "nobody@example.net", "Who are you?", "Where did you get my address?")
        )
        await self._actors.emails.take(
            _email("2", "mailer-daemon@example.net", "Out of office", "Back in March.", hand=Hand.MACHINE)
        )
        text = IncomingText(sid="SM1", sender="+12125550177", recipient="+12125550100", body="STOP", said="STOP")
        await Inbox(self._services).take_text(text, "twilio")

    async def _strangers_write_again(self) -> None:
        said = "My colleague Priya told me about your ovens. Can I come by on Tuesday?"
        await self._actors.emails.take(_email("3", "sam@flourish.example.com", "Your ovens", said))

    async def _is_away(self) -> None:
        guest = next(one for one in self._everybody if one.new.email and one.mind == "silent" and one.number > 60)
        said = "I am out of the office and will be back on December 1, 2026."
        away = _email("4", guest.new.email or "", "Automatic reply: Your question", said, hand=Hand.MACHINE)
        await self._actors.emails.take(away)
        self.leads["away"] = self._lead_of(guest)
        await self._actors.look(self.leads["away"])

    async def _replies_just_now(self) -> None:
        """So that a reply's clock runs."""
        for lead_id in (await self._running(owner="anna", since=10))[:2]:
            guest = self._actors.guests.get(lead_id)
            if guest is not None and guest.new.email:
                await self._actors.replies(lead_id)
                self.leads["replied"] = lead_id

    async def _without_contact(self) -> None:
        new = NewLead(
            name="Robin",
            company="Corner Café",
            question="Please call me back about the small oven.",
            source="phone call",
            words="Robin from Corner Café, wants to be called back about the small oven. Number got lost.",
        )
        captured = await self._actors.commands.capture(new, ourselves("front desk"))
        self.leads["incomplete"] = captured.id
        await self._actors.look_at_new()

    async def _hooks(self) -> None:
        """One delivery that becomes a lead, and two that no hook understands."""
        secret = HookKeys(self._services.links.key.secret).of("example")
        good = {
            "first_name": "Kay",
            "last_name": "Olsen",
            "email": "kay@olsen-bread.example.com",
            "phone": "+12065550171",
        }
        bodies = (
            {"event": {"id": "71"}, "data": {**good, "message": "How long is delivery to Seattle?"}},
            {"event": {"id": "72"}, "person": {"email": "lee@example.com", "text": "Prices, please."}},
            {"event": {"id": "73"}, "data": {"email": "not an address", "phone": "none"}},
        )
        transport = httpx.ASGITransport(create_app(self._services))
        async with httpx.AsyncClient(transport=transport, base_url="http://followthrough") as client:
            for body in bodies:
                data = json.dumps(body).encode()
                signature = hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
                headers = {"X-Signature": f"sha256={signature}", "Content-Type": "application/json"}
                (await client.post("/hooks/example", content=data, headers=headers)).raise_for_status()
        await self._actors.look_at_new()


def _email(number: str, sender: str, subject: str, text: str, *, hand: Hand = Hand.PERSON) -> IncomingEmail:
    return IncomingEmail(
        message_id=f"<{number}@mail.example.com>",
        sender=sender,
        recipients=("hello@example.com",),
        subject=subject,
        written=Written(text, text),
        hand=hand,
    )

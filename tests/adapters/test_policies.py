"""The policy on the real database: sent once per version and colleague, and acknowledged per version."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.cadences import CadenceShelf
from adapters.db.people import People
from adapters.db.policies import Policies
from adapters.db.staff_mails import StaffMails
from cadences.bundle import CadenceBundle
from cadences.library import shipped
from leads.model import Colleague, Role
from leads.playbook import Playbook
from leads.staff_mails import StaffMail
from tests.clocks import SettableClock
from tests.links import LINKS
from tests.sample import COMPANY


@pytest.fixture
def policies(engine: AsyncEngine, shelf: CadenceShelf) -> Policies:
    return Policies(engine, shelf, COMPANY, LINKS, Playbook())


async def change(shelf: CadenceShelf, clock: SettableClock, hours: str) -> None:
    """Marketing publishes another plan for questions from the website."""
    (web,) = [bundle for bundle in shipped() if bundle.name == "inbound-web"]
    changed = CadenceBundle("inbound-web", web.text.replace('to: "17:30"', f'to: "{hours}"', 1), web.templates)
    assert changed.version != web.version
    await shelf.publish(changed, clock())


async def mail_to(engine: AsyncEngine, colleague: str, clock: SettableClock) -> StaffMail:
    """The oldest mail that waits for a colleague."""
    while True:
        claimed = await StaffMails(engine).claim("test", clock())
        assert isinstance(claimed, StaffMail)
        if claimed.to == f"{colleague}@example.com":
            return claimed


async def test_everybody_who_follows_it_is_asked_once(
    policies: Policies, engine: AsyncEngine, clock: SettableClock
) -> None:
    await People(engine).add([Colleague("zoe", "Zoe", role=Role.EXPERT)], clock())
    steps: list[tuple[str, bool]] = []
    sent = await policies.send(clock(), lambda *step: steps.append(step))
    assert sorted(sent.sent) == ["anna", "ben", "mia"]
    assert sorted(steps) == [("anna", True), ("ben", True), ("mia", True)]
    assert sent.version == (await policies.current(clock())).version
    assert (await policies.send(clock())).sent == []
    async with engine.connect() as connection:
        assert await connection.scalar(text("select count(*) from staff_mails")) == 3
    mail = await mail_to(engine, "anna", clock)
    assert mail.subject == f"How we follow up every lead (version {sent.version})"
    assert LINKS.policy("anna", sent.version) in mail.text
    # Who comes later is asked too, and nobody else again.
    await People(engine).add([Colleague("max", "Max", "max@example.com")], clock())
    assert (await policies.send(clock())).sent == ["max"]


async def test_an_acknowledgement_holds_for_its_version_and_the_first_time_counts(
    policies: Policies, clock: SettableClock
) -> None:
    version = (await policies.send(clock())).version
    first = clock()
    assert await policies.acknowledge(version, "anna", first)
    clock.move_by(timedelta(days=1))
    assert await policies.acknowledge(version, "anna", clock())
    assert not await policies.acknowledge(version, "ghost", clock())
    assert not await policies.acknowledge("000000000000", "anna", clock())
    found = await policies.acknowledgements(clock())
    assert (found.version, found.missing) == (version, 2)
    anna, ben, mia = found.items
    assert (anna.colleague, anna.sent_at, anna.acknowledged_at) == ("anna", first, first)
    assert (ben.acknowledged_at, ben.last_version, mia.acknowledged_at) == (None, None, None)


async def test_a_changed_cadence_asks_again_once_with_what_changed(
    policies: Policies, engine: AsyncEngine, shelf: CadenceShelf, clock: SettableClock
) -> None:
    before = (await policies.send(clock())).version
    await policies.acknowledge(before, "anna", clock())
    await change(shelf, clock, "18:00")
    clock.move_by(timedelta(days=1))

    found = await policies.acknowledgements(clock())
    assert found.version != before
    anna = found.items[0]
    assert (anna.sent_at, anna.acknowledged_at, anna.last_version) == (None, None, before)

    after = await policies.send(clock())
    assert (len(after.sent), (await policies.send(clock())).sent) == (3, [])
    await mail_to(engine, "anna", clock)
    anna_mail = await mail_to(engine, "anna", clock)
    assert "has changed" in anna_mail.subject
    changed = [line for line in anna_mail.text.split("~~~~")[1].split("\n") if line.startswith(("-", "+"))]
    assert len(changed) == 4
    assert "09:00 to 17:30" in changed[2]
    assert "09:00 to 18:00" in changed[3]
    assert await policies.text_of(before) != await policies.text_of(after.version)


async def test_who_never_acknowledged_anything_gets_no_difference(
    policies: Policies, engine: AsyncEngine, shelf: CadenceShelf, clock: SettableClock
) -> None:
    await policies.send(clock())
    await change(shelf, clock, "18:00")
    await policies.send(clock())
    async with engine.connect() as connection:
        mails = (await connection.execute(text("select text from staff_mails"))).scalars().all()
    assert len(mails) == 6
    assert not any("~~~~" in one for one in mails)


async def test_going_back_to_what_was_acknowledged_asks_nobody(
    policies: Policies, shelf: CadenceShelf, clock: SettableClock
) -> None:
    first = (await policies.send(clock())).version
    await policies.acknowledge(first, "anna", clock())
    await change(shelf, clock, "18:00")
    await policies.send(clock())
    for bundle in shipped():
        await shelf.publish(bundle, clock())
    again = await policies.send(clock())
    assert (again.version, again.sent) == (first, [])
    assert (await policies.acknowledgements(clock())).items[0].acknowledged_at is not None


async def test_the_companys_hours_are_part_of_it(
    engine: AsyncEngine, shelf: CadenceShelf, clock: SettableClock
) -> None:
    elsewhere = replace(COMPANY, zone="Europe/Madrid")
    here = await Policies(engine, shelf, COMPANY, LINKS, Playbook()).current(clock())
    there = await Policies(engine, shelf, elsewhere, LINKS, Playbook()).current(clock())
    assert here.version != there.version

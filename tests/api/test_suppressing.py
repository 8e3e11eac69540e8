"""The company's own list as people write it: one, a file, an export that comes back; living leads hear of it."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from adapters.db.erasure import Erasure
from adapters.db.rows import CommandRow
from adapters.db.suppressions import Suppression, Suppressions
from api.csv_table import TableUnreadable
from api.services import Services
from api.suppressing import Listed, NotListed, SuppressionList
from api.suppression_file import BadLine, LineDefaults, open_list, read_list, write_list
from cadences.case import Case
from leads.capture import CaptureRefused
from leads.contract import CommandKind
from leads.model import Channel, ContactKind, Ending
from leads.suppression import SuppressionKey
from tests.api.conftest import Capture
from tests.api.fakes import RecordingDelivery
from tests.clocks import SettableClock
from tests.sample import KEY

EMAIL, PHONE = "priya@harbor-bakery.example.com", "+12125550111"
CONSENT = [{"channel": "sms", "wording": "You may text me.", "method": "box"}]


@pytest.fixture
def ours(services: Services) -> SuppressionList:
    return SuppressionList(services)


async def case_of(services: Services, lead_id: UUID) -> Case:
    async with services.cases.open(lead_id, services.clock()) as opened:
        return opened.case


async def captured(capture: Capture, **values: object) -> UUID:
    return UUID((await capture(**values))["id"])


def read(path: Path, services: Services, channel: Channel | None = None) -> tuple[list[Listed], list[BadLine]]:
    defaults = LineDefaults(channel=channel, why="imported", by="import", now=services.clock(), region="US")
    lines = list(read_list(open_list(path), services.suppressions, defaults))
    return [one for one in lines if isinstance(one, Listed)], [one for one in lines if isinstance(one, BadLine)]


def in_force(entries: Sequence[Suppression]) -> list[Channel | None]:
    return [one.channel for one in entries if one.in_force]


async def test_a_living_lead_is_stopped_under_its_lock_and_its_workflow_told(
    services: Services, engine: AsyncEngine, ours: SuppressionList, capture: Capture, delivery: RecordingDelivery
) -> None:
    lead_id = await captured(capture)
    delivery.told.clear()
    assert await ours.add(EMAIL, None, why="she called", by="anna")
    case = await case_of(services, lead_id)
    assert case.enrollment.ended is Ending.OPTED_OUT
    assert delivery.told == [lead_id]
    (one,) = await services.suppressions.of(EMAIL)
    assert (one.channel, one.why, one.by) == (None, "she called", "anna")
    async with engine.connect() as connection:
        newest = select(CommandRow.kind, CommandRow.by).order_by(CommandRow.revision.desc()).limit(1)
        assert tuple((await connection.execute(newest)).one()) == (CommandKind.LEAD_OPTED_OUT, "anna")
    delivery.told.clear()
    assert not await ours.add(EMAIL, None, why="again", by="anna")
    assert delivery.told == []


async def test_on_one_channel_the_lead_goes_on_over_the_others(
    services: Services, ours: SuppressionList, capture: Capture
) -> None:
    lead_id = await captured(capture, consents=CONSENT)
    assert await ours.add(PHONE, Channel.SMS, why="no texts", by="anna")
    case = await case_of(services, lead_id)
    assert case.enrollment.ended is None
    assert (case.lead.contact_for(Channel.SMS), case.lead.phone) == (None, PHONE)
    assert not case.lead.consents_to(Channel.SMS)


async def test_a_stranger_is_on_the_list_before_it_ever_comes(
    services: Services, ours: SuppressionList, capture: Capture
) -> None:
    assert not await ours.add(EMAIL, None, why="asked", by="anna")
    case = await case_of(services, await captured(capture, phone=None))
    assert case.enrollment.question_only


async def test_opened_again_the_list_remembers_and_the_log_names_nobody(
    services: Services, ours: SuppressionList, capture: Capture, clock: SettableClock
) -> None:
    lead_id = await captured(capture)
    await ours.add(PHONE, Channel.CALL, why="asked", by="anna")
    with capture_logs() as logs:
        assert await ours.reopen(PHONE, Channel.CALL, why="she asked for a call", by="mia")
    case = await case_of(services, lead_id)
    assert case.lead.contact_for(Channel.CALL) is not None
    (one,) = await services.suppressions.of(PHONE)
    assert (one.lifted_by, one.lifted_why, one.lifted_at) == ("mia", "she asked for a call", clock())
    (said,) = [line for line in logs if line["event"] == "a suppression was lifted"]
    assert said["log_level"] == "warning"
    assert "2125550111" not in str(logs)
    with pytest.raises(NotListed):
        await ours.reopen(PHONE, Channel.CALL, why="twice", by="mia")


async def test_opened_again_what_ended_stays_ended(services: Services, ours: SuppressionList, capture: Capture) -> None:
    lead_id = await captured(capture)
    await ours.add(EMAIL, None, why="STOP", by="anna")
    await ours.reopen(EMAIL, None, why="a mistake", by="mia")
    case = await case_of(services, lead_id)
    assert case.enrollment.ended is Ending.OPTED_OUT
    assert [point.suppressed for point in case.lead.contacts] == [False, True]


async def test_a_stranger_is_opened_again_on_one_channel(services: Services, ours: SuppressionList) -> None:
    await ours.add(PHONE, None, why="STOP", by="anna")
    assert not await ours.reopen(PHONE, Channel.SMS, why="START", by="mia")
    assert in_force(await services.suppressions.of(PHONE)) == [Channel.CALL]
    with pytest.raises(NotListed):
        await ours.reopen("nobody@example.com", None, why="?", by="mia")


async def test_a_file_of_addresses_and_numbers_is_written_whoever_they_are(
    services: Services, ours: SuppressionList, capture: Capture, delivery: RecordingDelivery, tmp_path: Path
) -> None:
    lead_id = await captured(capture)
    delivery.told.clear()
    path = tmp_path / "list.csv"
    path.write_text(
        "Email;Phone;Channel;Reason\n"
        f"{EMAIL.upper()};;email;unsubscribed elsewhere\n"
        "stranger@example.com;(212) 555-0177;;\n"
        ";+12125550178;sms;STOP\n"
    )
    lines, bad = read(path, services)
    assert bad == []
    written: list[int] = []
    assert await ours.add_all(lines, by="import", progress=written.append) == 1
    assert sum(written) == 4
    assert in_force(await services.suppressions.of(EMAIL)) == [Channel.EMAIL]
    assert in_force(await services.suppressions.of("+12125550177")) == [None]
    assert in_force(await services.suppressions.of("+12125550178")) == [Channel.SMS]
    case = await case_of(services, lead_id)
    assert (case.enrollment.ended, case.lead.email) == (None, None)
    assert delivery.told == [lead_id]
    assert await ours.add_all(lines, by="import") == 0


def test_bad_lines_are_named_with_their_number_and_reason(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        "contact,channel,digest,key,kind\n"
        "not an address@,,,,\n"
        "12,,,,\n"
        "ann@example.com,sms,,,\n"
        "ann@example.com,fax,,,\n"
        ",email,,,\n"
        f",,{'a' * 64},another,email\n"
        f",,nohash,{services.suppressions.fingerprint},email\n"
        f",,{'a' * 64},{services.suppressions.fingerprint},fax\n"
        '"never closed,,,,\n'
        "ann@example.com,,,,\n"
    )
    lines, bad = read(path, services)
    assert [line.contact for line in lines] == ["ann@example.com"]
    for (line, part), found in zip(
        (
            (2, "no email address"),
            (3, "too short"),
            (4, "sms does not use an email address"),
            (5, "'fax' is no channel"),
            (6, "names no address and no number"),
            (7, "another installation's secret"),
            (8, "no hash of our export"),
            (9, "it is email or phone"),
            (10, "never closed"),
        ),
        bad,
        strict=True,
    ):
        assert (found.line, part in found.reason) == (line, True), found


def test_a_file_that_names_nobody_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,company\nAnn,Acme\n")
    with pytest.raises(TableUnreadable, match="no column is called contact or email or phone or digest"):
        open_list(path)


async def test_T10_an_export_holds_hashes_only_and_comes_back_whole(
    services: Services, engine: AsyncEngine, ours: SuppressionList, clock: SettableClock, tmp_path: Path
) -> None:
    await ours.add(EMAIL, None, why="asked", by="anna")
    await ours.add(PHONE, Channel.SMS, why='said "STOP", twice', by="twilio")
    await ours.add("+12125550178", None, why="asked", by="anna")
    await ours.reopen("+12125550178", None, why="a mistake", by="mia")
    before = [one async for one in services.suppressions.all()]
    path = tmp_path / "out.csv"
    assert await write_list(path, services.suppressions) == 3
    assert path.stat().st_mode & 0o077 == 0
    text = path.read_text()
    assert "harbor" not in text
    assert "2125550" not in text

    async with engine.begin() as connection:
        await connection.exec_driver_sql("truncate suppressions")
    clock.move_by(before[0].created_at - clock())
    lines, bad = read(path, services)
    assert bad == []
    await ours.add_all(lines, by="import")
    assert [one async for one in services.suppressions.all()] == before
    elsewhere = Suppressions(engine, SuppressionKey(b"another secret"))
    assert elsewhere.fingerprint != Suppressions(engine, KEY).fingerprint


async def test_an_exported_hash_finds_its_living_lead(
    services: Services,
    engine: AsyncEngine,
    ours: SuppressionList,
    capture: Capture,
    clock: SettableClock,
    tmp_path: Path,
) -> None:
    await ours.add(EMAIL, None, why="asked", by="anna")
    (before,) = await services.suppressions.of(EMAIL)
    path = tmp_path / "out.csv"
    await write_list(path, services.suppressions)
    clock.move_by(timedelta(days=30))
    async with engine.begin() as connection:  # a database that was set up anew, with the same secret
        await connection.exec_driver_sql("truncate suppressions")
    lead_id = await captured(capture)
    lines, _ = read(path, services)
    assert await ours.add_all(lines, by="import") == 1
    assert (await case_of(services, lead_id)).enrollment.ended is Ending.OPTED_OUT
    assert await services.suppressions.of(EMAIL) == [before]


async def test_a_lead_that_is_erased_meanwhile_leaves_its_contact_point_on_the_list(
    services: Services, engine: AsyncEngine, ours: SuppressionList, capture: Capture
) -> None:
    lead_id = await captured(capture)
    entry = services.suppressions.entry(EMAIL, Channel.EMAIL, why="asked", by="anna", now=services.clock())

    class ErasedMeanwhile(Suppressions):
        async def add_strangers(self, entries):  # type: ignore[no-untyped-def]
            known = await super().add_strangers(entries)
            if known:
                await Erasure(engine, KEY).erase(lead_id, "test", services.clock())
            return known

    ours._list = ErasedMeanwhile(engine, KEY)
    assert await ours.add_all([Listed(entry, EMAIL)], by="anna") == 0
    assert set(in_force(await services.suppressions.of(EMAIL))) == {None, Channel.EMAIL}


async def test_one_address_or_number_is_looked_up_in_any_spelling(
    services: Services, ours: SuppressionList, capture: Capture
) -> None:
    lead_id = await captured(capture)
    assert (await ours.look_up(EMAIL)).lines == ()
    await ours.add(EMAIL, None, why="asked on the phone", by="test")
    await ours.add("+12125550999", Channel.SMS, why="wants no texts", by="test")
    found = await ours.look_up(f"  {EMAIL.upper()} ")
    assert (found.contact, found.lead_id) == (EMAIL, lead_id)
    assert [(line.channel, line.why) for line in found.in_force] == [(None, "asked on the phone")]
    stranger = await ours.look_up("(212) 555-0999")
    assert (stranger.contact, stranger.lead_id, in_force(stranger.lines)) == ("+12125550999", None, [Channel.SMS])
    await ours.reopen("+12125550999", None, why="wrote START", by="test")
    lifted = await ours.look_up("+12125550999")
    assert (lifted.in_force, lifted.lines[0].lifted_why) == ((), "wrote START")
    with pytest.raises(CaptureRefused):
        await ours.look_up("priya")


async def test_the_list_is_counted_and_its_newest_lines_tell_of_nobody(
    services: Services, ours: SuppressionList, clock: SettableClock
) -> None:
    for contact, channel in ((EMAIL, None), (PHONE, Channel.SMS), (PHONE, Channel.CALL), ("a@example.com", None)):
        await ours.add(contact, channel, why="asked", by="test")
        clock.move_by(timedelta(minutes=1))
    await ours.reopen("a@example.com", None, why="asked again", by="test")
    assert await services.suppressions.counts() == {ContactKind.EMAIL: 1, ContactKind.PHONE: 1}
    newest = await services.suppressions.newest(limit=2)
    assert [one.channel for one in newest] == [Channel.CALL, Channel.SMS]
    assert PHONE not in str(newest)

"""Tables of leads: understood, enrolled, rejected, and enrolled again without a change."""

import asyncio
import csv
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import CommandRow, ConsentRow, ContactPointRow, EnrollmentRow, InquiryRow, LeadRow
from api.csv_import import Defaults, Enrolled, Fate, RejectsFile, RowDone, TableImport, lead_of
from api.csv_rehearsal import TableRehearsal
from api.csv_table import TableUnreadable, harmless, open_table, rows_of
from api.services import Services
from leads.capture import CaptureRefused
from leads.model import Channel, LeadKind
from tests.api.fakes import HangingDelivery, RecordingDelivery, UnreachableDelivery

EVERYTHING = (LeadRow, ContactPointRow, ConsentRow, InquiryRow, EnrollmentRow, CommandRow)
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str, encoding: str = "utf-8", name: str = "leads.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return written


async def enroll(services: Services, path: Path, **defaults: str) -> tuple[Enrolled, list[RowDone]]:
    table = open_table(path)
    done: list[RowDone] = []
    work = TableImport(services, table, Defaults(**defaults))
    await work.check_defaults()
    with RejectsFile(table) as rejects:
        return await work.run(rejects, done.append), done


async def counts(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as connection:
        return [int(await connection.scalar(select(func.count()).select_from(one)) or 0) for one in EVERYTHING]


def rejected(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with Path(f"{path}.rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tables_are_understood_however_they_were_saved(write: Write, encoding: str, delimiter: str) -> None:
    lines = [["E-Mail Address", "Full Name"], ["lucia@example.com", '"Fernández, Lucía"'], ["bob@example.com", "Bob"]]
    table = open_table(write("\r\n".join(delimiter.join(line) for line in lines), encoding))
    assert (table.delimiter, table.length, table.fields) == (delimiter, 2, ("email", "name"))
    leads = [lead_of(table, row, Defaults(), "US") for row in rows_of(table)]
    assert [(lead.email, lead.name) for lead in leads] == [
        ("lucia@example.com", "Fernández, Lucía"),
        ("bob@example.com", "Bob"),
    ]


def test_columns_have_many_names(write: Write) -> None:
    table = open_table(
        write(
            "First_Name,LAST NAME,Organisation,Mobile,telephone,Time Zone,Lead-Source,attributes.Size,SMS opt-in,Shoe\n"
            "Ann,Lee,Acme,,(212) 555-0123,Europe/Berlin,fair,small,Yes,44\n"
        )
    )
    assert table.ignored == ("Shoe",)
    lead = lead_of(table, next(rows_of(table)), Defaults(consent_wording="Yes, text me.", kind="outbound"), "US")
    assert (lead.name, lead.company, lead.phone) == ("Ann Lee", "Acme", "+12125550123")
    assert (lead.zone, lead.source, lead.kind) == ("Europe/Berlin", "fair", LeadKind.OUTBOUND)
    assert lead.attributes == {"size": "small"}
    assert [(one.channel, one.wording, one.source) for one in lead.consents] == [(Channel.SMS, "Yes, text me.", "fair")]


def test_excels_own_line_blank_lines_and_quoted_lines_keep_the_numbers_right(write: Write) -> None:
    table = open_table(
        write('sep=;\r\nemail;question\r\n\r\na@example.com;"one\r\ntwo"\r\n;\r\nb@example.com;three\r\n')
    )
    assert [(row.line, row.cells[0]) for row in rows_of(table)] == [(4, "a@example.com"), (7, "b@example.com")]
    assert table.length == 2


@pytest.mark.parametrize("text", ["", "\n\n", "name,company\nAnn,Acme\n", "ann@example.com,Ann\n"])
def test_a_file_without_an_address_or_number_column_is_unreadable(write: Write, text: str) -> None:
    with pytest.raises(TableUnreadable, match="no column is called email or phone"):
        open_table(write(text))


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(TableUnreadable, match="No such file"):
        open_table(tmp_path / "none.csv")
    with pytest.raises(TableUnreadable, match="can't be read"):
        open_table(tmp_path)


async def test_good_rows_are_enrolled_and_bad_ones_rejected_with_line_and_reason(
    services: Services, engine: AsyncEngine, delivery: RecordingDelivery, write: Write
) -> None:
    path = write(
        "email,phone,name,owner,sms consent\n"
        "ann@example.com,,Ann,anna,\n"
        "not an address,,Bob,,\n"
        ",12,Carl,,\n"
        ",,Nobody,,\n"
        ",,,ben,no\n"
        "dora@example.com,,Dora,nobody,\n"
        "eve@example.com,,Eve,,,,surplus\n"
        "fay@example.com,+12125550111,Fay,,yes\n"
        "gus@example.com,+12125550112,Gus,,perhaps\n"
        ",+12125550113,Hal\n"
    )
    enrolled, done = await enroll(services, path)
    assert dict(enrolled.fates) == {Fate.CREATED: 3, Fate.INCOMPLETE: 3, Fate.REJECTED: 4}
    assert enrolled.all_told is True
    assert len(delivery.told) == 6
    reasons = {int(row["line"]): row["reason"] for row in rejected(path)}
    assert list(reasons) == [6, 7, 8, 9]
    for line, part in (
        (6, "needs an email address or a phone number"),
        (7, "owner: there is no active colleague 'nobody'"),
        (8, "7 cells, but there are 5 columns"),
        (9, "--consent-wording"),
    ):
        assert part in reasons[line]
    mistakes = {one.row.line: one.mistakes for one in done if one.mistakes}
    assert list(mistakes) == [3, 4, 10]
    for line, part in (
        (3, "email: 'not an address' is no email address"),
        (4, "too short"),
        (10, "sms consent: 'perhaps' is neither yes nor no"),
    ):
        assert part in mistakes[line][0]
    assert [row.row.line for row in done] == list(range(2, 12))
    assert rejected(path)[1]["name"] == "Dora"
    assert stat.S_IMODE(Path(f"{path}.rejects.csv").stat().st_mode) == 0o600
    assert (await counts(engine))[0] == 6


async def test_a_row_without_a_contact_point_becomes_a_persons_task_that_repeats_it_word_for_word(
    services: Services, write: Write
) -> None:
    path = write("Email;Full name;Handy;Question\nann at example;Ann;0171 23;How much?\n;Bob;;\n", "cp1252")
    first, _ = await enroll(services, path, owner="anna")
    assert dict(first.fates) == {Fate.INCOMPLETE: 2}
    tasks = (await services.reading.tasks(services.clock(), kind="find_contact")).items
    text = next(task.text for task in tasks if task.lead_name == "Ann")
    assert "'ann at example' is no email address" in text
    assert text.endswith("Email: ann at example\nFull name: Ann\nHandy: 0171 23\nQuestion: How much?")
    again, _ = await enroll(services, path, owner="anna")
    assert dict(again.fates) == {Fate.KNOWN: 2}
    assert len((await services.reading.tasks(services.clock(), kind="find_contact")).items) == 2


async def test_what_is_wrong_beside_a_good_address_is_asked_about_once(services: Services, write: Write) -> None:
    path = write("email,phone,zone\nann@example.com,12,Mars/Olympus\n")
    first, done = await enroll(services, path)
    assert dict(first.fates) == {Fate.CREATED: 1}
    assert [one.split(":")[0] for one in done[0].mistakes] == ["phone", "zone"]
    await enroll(services, path)
    tasks = (await services.reading.tasks(services.clock(), kind="find_contact")).items
    assert [(task.title, "phone: 12" in task.text) for task in tasks] == [("mend what came in with the lead", True)]


async def test_running_it_again_changes_nothing(services: Services, engine: AsyncEngine, write: Write) -> None:
    path = write(
        "email,phone,question,sms consent\n"
        "ann@example.com,+12125550111,How much?,yes\n"
        ",+12125550112,How fast?,no\n"
        "ann@example.com,,How much?,\n"
    )
    first, _ = await enroll(services, path, consent_wording="Text me.")
    before = await counts(engine)
    assert before == [2, 3, 1, 2, 2, 2]
    again, _ = await enroll(services, path, consent_wording="Text me.")
    assert await counts(engine) == before
    assert dict(first.fates) == {Fate.CREATED: 2, Fate.KNOWN: 1}
    assert dict(again.fates) == {Fate.KNOWN: 3}


async def test_the_rejects_are_written_anew_each_time_and_gone_when_there_are_none(
    services: Services, write: Write
) -> None:
    path = write("email;owner\nwrong;Ännchen\nworse;Bob\n", "cp1252")
    await enroll(services, path)
    assert [(row["email"], row["owner"]) for row in rejected(path, ";")] == [("wrong", "Ännchen"), ("worse", "Bob")]
    write("email;owner\nann@example.com;anna\nworse;Bob\n", "cp1252")
    await enroll(services, path)
    assert [row["email"] for row in rejected(path, ";")] == ["worse"]
    write("email;owner\nann@example.com;anna\nbob@example.com;ben\n", "cp1252")
    await enroll(services, path)
    assert not Path(f"{path}.rejects.csv").exists()


async def test_the_corrected_rejects_can_be_enrolled_themselves(services: Services, write: Write) -> None:
    path = write("email,owner\nann@example.com,ana\n")
    await enroll(services, path)
    rejects = Path(f"{path}.rejects.csv")
    rejects.write_text(rejects.read_text(encoding="utf-8-sig").replace(",ana,", ",anna,"), encoding="utf-8")
    assert open_table(rejects).ignored == ("line", "reason")
    enrolled, _ = await enroll(services, rejects)
    assert dict(enrolled.fates) == {Fate.CREATED: 1}


@pytest.mark.parametrize("cell", ["=1+1", "+12125550123", "-2", "@SUM(A1)", "\t=1", "'=1", "O'Hara", "'quoted'", ""])
async def test_no_cell_of_the_rejects_is_a_formula_and_each_is_read_as_it_was(
    services: Services, write: Write, cell: str
) -> None:
    path = write("email,owner,company\n")
    with path.open("a", newline="") as file:
        csv.writer(file).writerow(["ann@example.com", "ana", cell])
    await enroll(services, path)
    written = rejected(path)[0]["company"]
    assert not written.startswith(("=", "+", "-", "@", "\t"))
    read = next(rows_of(open_table(Path(f"{path}.rejects.csv"))))
    assert read.cells[2] == next(rows_of(open_table(path))).cells[2]
    assert harmless(read.cells[2]) == written


async def test_what_would_refuse_every_row_is_said_once(services: Services, write: Write) -> None:
    path = write("email\nann@example.com\n")
    for defaults in ({"cadence": "no-such"}, {"owner": "nobody"}):
        with pytest.raises(CaptureRefused) as refused:
            await enroll(services, path, **defaults)
        assert refused.value.field in defaults
    assert not Path(f"{path}.rejects.csv").exists()


async def test_without_temporal_everything_is_stored_and_left_to_the_schedule(
    services: Services, engine: AsyncEngine, write: Write
) -> None:
    lonely = replace(services, delivery=UnreachableDelivery())
    enrolled, _ = await enroll(lonely, write("email\nann@example.com\nbob@example.com\n"))
    assert enrolled.all_told is False
    assert (await counts(engine))[0] == 2


async def test_stopped_in_the_middle_it_goes_on_where_it_was(
    services: Services, engine: AsyncEngine, write: Write
) -> None:
    path = write("email,source\n,fair\n" + "".join(f"lead{number}@example.com,fair\n" for number in range(40)))
    running = asyncio.create_task(enroll(replace(services, delivery=HangingDelivery()), path))
    async with asyncio.timeout(20):
        while (await counts(engine))[0] < 8:
            await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await counts(engine))[0] < 40
    assert not Path(f"{path}.rejects.csv.part").exists()
    enrolled, _ = await enroll(services, path)
    assert enrolled.fates[Fate.CREATED] + enrolled.fates[Fate.KNOWN] == 40
    assert enrolled.fates[Fate.KNOWN] >= 8
    assert (await counts(engine))[:2] == [40, 40]


async def test_a_table_of_some_thousand_rows_is_enrolled(services: Services, engine: AsyncEngine, write: Write) -> None:
    rows = [f"lead{number}@example.com,Lead {number},How much is {number}?" for number in range(1000)]
    rows[500] = "nobody,Lead 500,"
    enrolled, done = await enroll(services, write("\n".join(["email,name,question", *rows])))
    assert dict(enrolled.fates) == {Fate.CREATED: 999, Fate.INCOMPLETE: 1}
    assert [one.row.line for one in done if one.mistakes] == [502]
    assert (await counts(engine))[0] == 1000


def test_a_cell_that_is_too_long_spoils_its_own_row_only(write: Write) -> None:
    table = open_table(write(f'email,question\na@example.com,"{"x" * 140_000}"\nb@example.com,y\n'))
    problems: list[Any] = [(row.line, row.problem is None) for row in rows_of(table)]
    assert problems[0] == (2, False)
    assert (3, True) in problems


def test_a_quote_that_is_never_closed_swallows_no_row_below_it(write: Write) -> None:
    path = write('email,name,company\ng@example.com,Gus,"Acme\nh@example.com,Hal,B\ni@example.com,"Ida, C",D\n')
    rows = list(rows_of(open_table(path)))
    assert [(row.line, row.cells[:2]) for row in rows[1:]] == [
        (3, ("h@example.com", "Hal")),
        (4, ("i@example.com", "Ida, C")),
    ]
    assert rows[0].line == 2
    assert "never closed" in (rows[0].problem or "")


def test_a_cell_may_have_line_breaks(write: Write) -> None:
    path = write('email,question\ng@example.com,"first line\n\nthird ""line"""\nh@example.com,x\n')
    rows = list(rows_of(open_table(path)))
    assert [(row.line, row.cells) for row in rows] == [
        (2, ("g@example.com", 'first line\n\nthird "line"')),
        (5, ("h@example.com", "x")),
    ]


async def test_a_rehearsal_says_what_would_happen_and_stores_nothing(
    services: Services, engine: AsyncEngine, write: Write
) -> None:
    path = write("email,phone,kind\na@example.com,,\nb@example.com,,outbound\n,+12125550111,\nnobody,,\n,,outbound\n")
    before = await counts(engine)
    done: list[RowDone] = []
    found = await TableRehearsal(services, open_table(path), Defaults()).run(done.append)
    assert (found.good, found.bad, found.incomplete, found.emails_at_once) == (4, 1, 1, 1)
    fates = [Fate.CREATED, Fate.CREATED, Fate.CREATED, Fate.INCOMPLETE, Fate.REJECTED]
    assert [(one.row.line, one.fate) for one in done] == list(enumerate(fates, 2))
    assert await counts(engine) == before


def test_T9_what_the_gate_asks_for_stands_in_columns_of_its_own(write: Write) -> None:
    table = open_table(
        write(
            "phone,State,last purchase,DNC,dnc checked,country\n"
            "+12125550111,Texas,2026-03-01,No,2026-11-01T09:00:00-05:00,\n"
            "+12125550112,,,,,\n"
        )
    )
    assert table.ignored == ()
    full, bare = (lead_of(table, row, Defaults(), "US") for row in rows_of(table))
    assert (full.region, full.purchased_at) == ("TX", datetime(2026, 3, 1, tzinfo=UTC))
    assert (full.dnc_listed, full.dnc_checked_at) == (False, datetime(2026, 11, 1, 14, tzinfo=UTC))
    assert (bare.region, bare.purchased_at, bare.dnc_listed, bare.dnc_checked_at) == (None,) * 4


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("Texxas,,,", "region: 'Texxas' is no state of the US; write its two letters, like TX"),
        (",03/01/2026,,", "purchased_at: '03/01/2026' is no date"),
        (",2026-03-01T09:00,,", "purchased_at: '2026-03-01T09:00' has no offset"),
        (",0001-01-01T00:00+14:00,,", "purchased_at: it lies outside the calendar"),
        (",,perhaps,", "dnc_listed: 'perhaps' is neither yes nor no"),
        (",,,2026-03-01", "dnc_checked_at: say in dnc_listed"),
    ],
)
def test_what_a_row_says_wrongly_is_left_out_and_told(write: Write, cells: str, said: str) -> None:
    table = open_table(write(f"phone,region,purchased at,dnc listed,dnc checked at\n+12125550111,{cells}\n"))
    lead = lead_of(table, next(rows_of(table)), Defaults(), "US")
    assert (lead.phone, len(lead.wrong)) == ("+12125550111", 1)
    assert said in lead.wrong[0]
    assert (lead.region, lead.purchased_at, lead.dnc_listed, lead.dnc_checked_at) == (None,) * 4

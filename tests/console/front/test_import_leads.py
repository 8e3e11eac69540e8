"""A file of leads comes in through the console: understood, rehearsed, brought in, and each row told."""

import asyncio
import csv
import io
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import func, select, text

from adapters.db.rows import ConsentRow, LeadRow, TurnRow
from leads.model import Role
from tests.console.accessibility import faults, out_of_its_box, too_wide
from tests.console.admin.entries import entries
from tests.console.browser import NARROW, Browser
from tests.console.conftest import OpenPage
from tests.console.stage import Stage

LEADS = (
    "E-Mail;Name;Company;Owner;Email consent;Shoe size\n"
    "ann@example.com;Ann Lee;Acme;anna;yes;44\n"
    "bob@example.com;Bob Ray;;;;\n"
    ";Nobody Reaches;;;;\n"
    "carl@example.com;Carl;=1+1;nobody;;\n"
    "not an address;Dora Oak;;;;\n"
)
_TURNS = 0x7475726E
"""The lock under which owners are found: who holds it keeps captures waiting."""


def written(folder: Path, words: str | bytes = LEADS, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_bytes(words.encode() if isinstance(words, str) else words)
    return path


async def choose(page: Page, file: Path) -> None:
    """As a person does: press the button, and choose in the browser's own dialog."""
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Choose a file").click()
    await (await chooser.value).set_files(file)


async def look(page: Page, kind: str = "They asked us something (inbound)") -> None:
    await page.get_by_label("Who are they?").click()
    await page.get_by_role("option", name=kind).click()
    await page.get_by_role("button", name="See what would happen").click()
    await expect(page.get_by_role("heading", name="What would happen")).to_be_visible()


async def count(stage: Stage, row: type = LeadRow) -> int:
    async with stage.engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(row)) or 0)


async def tile(page: Page, label: str) -> str:
    return await page.locator(".ft-tile", has_text=label).locator(".ft-tile-value").inner_text()


async def test_a_file_is_understood_rehearsed_and_brought_in(stage: Stage, page_of: OpenPage, tmp_path: Path) -> None:
    page = await page_of(Role.MANAGER, "/add")
    await page.get_by_role("link", name="A file of leads").click()
    await expect(page.get_by_role("heading", name="Import leads")).to_be_visible()
    await choose(page, written(tmp_path))
    columns = page.get_by_role("region", name="The columns of the file")
    await expect(page.get_by_text("leads.csv: 5 rows, cells between semicolons, UTF-8")).to_be_visible()
    await expect(columns.get_by_role("row", name="E-Mail")).to_contain_text("ann@example.com")
    await expect(columns.get_by_role("row", name="Shoe size")).to_contain_text("not read")

    await page.get_by_role("button", name="See what would happen").click()
    await expect(page.get_by_text("Say who they are")).to_be_visible()
    await page.get_by_label("The words that everybody").fill("You may write to me.")
    await look(page)
    assert [await tile(page, one) for one in ("come in", "known already", "to complete", "refused")] == [*"4021"]
    await expect(page.get_by_text("2 people asked us")).to_be_visible()
    await expect(page.get_by_role("region", name="Which cadence begins")).to_contain_text("inbound-web")
    await expect(page.get_by_role("region", name="Who gets them")).to_contain_text("Anna Keller")
    remarks = page.get_by_role("region", name="Rows that are refused")
    await expect(remarks.get_by_role("row", name="Carl")).to_contain_text("there is no active colleague 'nobody'")
    await expect(remarks.get_by_role("row", name="Dora Oak")).to_contain_text("is no email address")
    assert (await count(stage), await count(stage, TurnRow)) == (0, 0)

    await page.get_by_role("button", name="Bring 4 leads in").click()
    await expect(page.get_by_text("Finished: 2 new, 2 new, to complete, 1 refused")).to_be_visible()
    each = page.get_by_role("region", name="Each row")
    await expect(each.get_by_role("row", name="Ann Lee").get_by_role("link")).to_be_visible()
    await page.get_by_role("button", name="Refused 1").click()
    await expect(each.get_by_role("row")).to_have_count(2)
    assert (await count(stage), await count(stage, ConsentRow)) == (4, 1)
    [entry] = await entries(stage, "import_leads")
    assert (entry["by"], entry["outcome"]) == ("mia", "done")
    assert entry["after"] == {"rows": 5, "created": 2, "incomplete": 2, "rejected": 1}

    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download the refused rows").click()
    handed_out = await download.value
    assert handed_out.suggested_filename == "leads-refused.csv"
    mended = Path(await handed_out.path())
    [row] = csv.DictReader(io.StringIO(mended.read_text("utf-8-sig")), delimiter=";")
    assert (row["line"], row["Company"]) == ("5", "'=1+1")

    await page.get_by_role("link", name="Import another file").click()
    await choose(page, written(tmp_path, mended.read_text("utf-8-sig").replace(";nobody;", ";ben;"), "mended.csv"))
    await look(page)
    await page.get_by_role("button", name="Bring 1 lead in").click()
    await expect(page.get_by_text("Finished: 1 new")).to_be_visible()
    async with stage.engine.connect() as connection:
        carl = select(LeadRow.owner_id, LeadRow.company).where(LeadRow.name == "Carl")
        assert tuple((await connection.execute(carl)).one()) == ("ben", "=1+1")


async def test_the_same_file_brings_nobody_twice(stage: Stage, page_of: OpenPage, tmp_path: Path) -> None:
    page = await page_of(Role.MARKETING, "/add/file")
    file = written(tmp_path, "email\nann@example.com\nbob@example.com\n")
    for said, result in (("Bring 2 leads in", "2 new"), ("Add what is new of 2 known leads", "2 known already")):
        await choose(page, file)
        await look(page, "We found them (outbound)")
        await page.get_by_role("button", name=said).click()
        await expect(page.get_by_text(f"Finished: {result}")).to_be_visible()
        await expect(page.get_by_role("region", name="Each row").get_by_role("link")).to_have_count(0)
        await page.get_by_role("link", name="Import another file").click()
    assert await count(stage) == 2


async def test_it_comes_in_while_nobody_looks_and_a_page_that_is_loaded_anew_keeps_up(
    stage: Stage, page_of: OpenPage, tmp_path: Path
) -> None:
    rows = "".join(f"lead{number}@example.com,Lead {number}\n" for number in range(120))
    page = await page_of(Role.ADMIN, "/add/file")
    await choose(page, written(tmp_path, f"email,name\n{rows}"))
    await look(page)
    async with stage.engine.begin() as held:
        await held.execute(text(f"select pg_advisory_xact_lock({_TURNS})"))
        await page.get_by_role("button", name="Bring 120 leads in").click()
        await expect(page.get_by_text("0 of 120")).to_be_visible()
        await page.reload()
        await expect(page.get_by_text("0 of 120")).to_be_visible()
        await expect(page.get_by_role("progressbar", name="Rows with a result")).to_be_visible()
        second = await page_of(Role.MANAGER, "/add/file")
        await choose(second, written(tmp_path, "email\neve@example.com\n", "more.csv"))
        await look(second)
        await second.get_by_role("button", name="Bring 1 lead in").click()
        await expect(second.get_by_text("Another file is coming in")).to_be_visible()
        await page.goto("/console/account")
        await page.goto("/console/add/file")
        await expect(page.get_by_text("0 of 120")).to_be_visible()
    await expect(page.get_by_text("Finished: 120 new")).to_be_visible(timeout=60_000)
    await page.get_by_role("button", name="Show 100 more").click()
    await expect(page.get_by_role("region", name="Each row").get_by_role("row")).to_have_count(121)
    assert await count(stage) == 120


async def test_it_is_stopped_and_goes_on(stage: Stage, page_of: OpenPage, tmp_path: Path) -> None:
    page = await page_of(Role.MANAGER, "/add/file")
    rows = "".join(f"lead{number}@example.com\n" for number in range(20))
    await choose(page, written(tmp_path, f"email\n{rows}"))
    await look(page)
    async with stage.engine.begin() as held:
        await held.execute(text(f"select pg_advisory_xact_lock({_TURNS})"))
        await page.get_by_role("button", name="Bring 20 leads in").click()
        await page.get_by_role("button", name="Stop").click()
        await expect(page.get_by_text("Stopped: no row came in")).to_be_visible()
    assert await count(stage) == 0
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_text("Finished: 20 new")).to_be_visible()
    assert [one["after"].get("stopped") for one in await entries(stage, "import_leads")] == [True, None]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("name,company\nAnn,Acme\n", "leads.csv: no column is called email or phone"),
        ("", "no column is called email or phone"),
        ("email\n", "has no rows below the names of its columns"),
        (b"PK\x03\x04 and so on", "is a workbook. Save the sheet as CSV"),
        ("email\n" + "a@example.com\n" * 10_001, "has 10,001 rows; 10,000 at most come in here"),
        (b"x" * (10 * 1024 * 1024 + 1), "The file is longer than 10 MB"),
    ],
    ids=["no address", "empty", "no rows", "a workbook", "too many rows", "too long"],
)
async def test_what_is_no_file_of_leads_is_refused_with_what_to_do(
    stage: Stage, page_of: OpenPage, tmp_path: Path, words: str | bytes, said: str
) -> None:
    page = await page_of(Role.MANAGER, "/add/file")
    await choose(page, written(tmp_path, words))
    await expect(page.get_by_role("alert")).to_contain_text(said)
    await choose(page, written(tmp_path, "email\nann@example.com\n"))
    await expect(page.get_by_text("leads.csv: 1 row,")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_file_is_its_owner_s_and_one_that_is_gone_is_asked_for_again(
    stage: Stage, page_of: OpenPage, tmp_path: Path
) -> None:
    page = await page_of(Role.MANAGER, "/add/file")
    await choose(page, written(tmp_path))
    await expect(page.get_by_text("leads.csv: 5 rows")).to_be_visible()
    path = page.url.partition("/console")[2]
    assert "?file=" in path
    await page.reload()
    await expect(page.get_by_text("leads.csv: 5 rows")).to_be_visible()
    for who, where in ((Role.ADMIN, path), (Role.MANAGER, "/add/file?file=nothing")):
        other = await page_of(who, where)
        await expect(other.get_by_role("alert")).to_contain_text("This file is not here any more")
        await expect(other.get_by_text("leads.csv")).to_have_count(0)


async def test_a_rep_is_not_led_there(stage: Stage, page_of: OpenPage, browser: Browser) -> None:
    page = await page_of(Role.REP, "/add")
    await expect(page.get_by_label("Phone")).to_be_visible()
    await expect(page.get_by_role("link", name="A file of leads")).to_have_count(0)


async def test_a_file_is_taken_from_the_page_s_own_session_only(
    stage: Stage, page_of: OpenPage, tmp_path: Path
) -> None:
    """NiceGUI takes what comes to the page's address; the door asks first who sends it."""
    page = await page_of(Role.MANAGER, "/add/file")
    async with page.expect_request("**/upload/*") as sent:
        await choose(page, written(tmp_path))
    address = (await sent.value).url
    await expect(page.get_by_text("leads.csv: 5 rows")).to_be_visible()
    mias = {one["name"]: one["value"] for one in await page.context.cookies()}
    adas = {"followthrough": await stage.services.sessions.begin("ada", "password", "a test", stage.clock())}
    files, here = {"file": ("evil.csv", b"email\nevil@example.com\n")}, {"Origin": stage.url}
    answered = []
    for cookies, headers in (({}, here), (adas, here), (mias, {"Origin": "https://evil.example.com"}), (mias, here)):
        async with httpx.AsyncClient(cookies=cookies) as sender:
            answered.append((await sender.post(address, files=files, headers=headers)).status_code)
    assert answered == [401, 403, 403, 200]
    cookie, host = f"followthrough={mias['followthrough']}", urlsplit(address).netloc
    begins = f"Host: {host}\r\nOrigin: {stage.url}\r\nCookie: {cookie}\r\n"
    for length, status in (("Content-Length: 11000000", 413), ("Transfer-Encoding: chunked", 411)):
        assert await answer_to_headers(address, f"{begins}{length}") == status


async def answer_to_headers(address: str, headers: str) -> int:
    """What is answered before a byte of a body was sent."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"POST {parts.path} HTTP/1.1\r\n{headers}\r\n\r\n".encode())
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(status.split()[1])


async def test_everybody_can_use_it_on_every_screen(stage: Stage, page_of: OpenPage, tmp_path: Path) -> None:
    for options in ({}, {"dark": True}, {"size": NARROW}):
        page = await page_of(Role.MANAGER, "/add/file", **options)
        await choose(page, written(tmp_path, LEADS + f"{'x' * 90}@example.com;{'Longname' * 9};{'W' * 200};nobody\n"))
        await look(page)
        await at_its_best(page)
        await page.get_by_role("button", name=re.compile("Bring|Add what is new")).click()
        await expect(page.get_by_role("heading", name="Each row")).to_be_visible()
        await at_its_best(page)


async def at_its_best(page: Page) -> None:
    assert await faults(page) == []
    assert await too_wide(page) == []
    assert await out_of_its_box(page) == []

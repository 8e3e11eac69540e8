"""What a table would do is told as it then happens: who comes in, who is known, what is refused, who gets how many."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.rows import LeadRow, TurnRow
from api.csv_import import Defaults, Fate, RejectsFile, RowDone, TableImport
from api.csv_rehearsal import Rehearsed, TableRehearsal
from api.csv_table import open_table
from api.services import Services
from api.suppressing import SuppressionList
from leads.capture import NewLead

HEADER = "email,phone,name,kind,owner,cadence,purchased at\n"
LINES = (
    "ann@acme-oven.com,,Ann,,,,",
    "bob@acme-oven.com,,Bob,,,,",
    "carl@bakers.co.uk,+12125550123,Carl,,,,",
    "KNOWN@bakers.co.uk,,Known,,,,",
    ",(212) 555-0123,Carl again,,,,",
    ",,Nobody reaches me,,,,",
    ",,Nobody reaches me,,,,",
    "dora@example.com,,Dora,outbound,,,",
    "stopped@example.com,,Stopped,outbound,,,",
    "asks@example.com,,Stopped and asks,inbound,,,",
    "eve@example.com,,Eve,,ben,,",
    "fay@example.com,,Fay,,nobody,,",
    "gus@example.com,,Gus,,,no-such,",
    "hal@example.com,,Hal,,,,2031-01-01",
    "ida@example.com,,Ida,neither,,,",
    ",,,,,,",
    "jo@example.com,,Jo,,,outbound-qualified,",
)


async def rehearsed(services: Services, path: Path) -> tuple[Rehearsed, list[RowDone]]:
    done: list[RowDone] = []
    looked_at: list[int] = []
    found = await TableRehearsal(services, open_table(path), Defaults()).run(done.append, looked_at.append)
    assert looked_at[-1:] == [len(done)]
    return found, done


async def enrolled(services: Services, path: Path) -> list[RowDone]:
    done: list[RowDone] = []
    table, ticks, now = open_table(path), count(), services.clock()
    ticking = replace(services, clock=lambda: now + timedelta(milliseconds=next(ticks)))
    with RejectsFile(table) as rejects:
        # One at a time, since turns are taken in the order in which captures come to it.
        await TableImport(ticking, table, Defaults(), at_once=1).run(rejects, done.append)
    return done


def what(done: Sequence[RowDone]) -> list[tuple[int, Fate, str | None, tuple[str, ...]]]:
    return [(one.row.line, one.fate, one.reason, one.mistakes) for one in done]


async def test_it_says_what_then_happens_row_by_row_and_stores_nothing(
    services: Services, engine: AsyncEngine, tmp_path: Path
) -> None:
    await services.intake.capture(NewLead(email="known@bakers.co.uk", owner="anna"), "test", services.clock())
    for contact in ("stopped@example.com", "asks@example.com"):
        await SuppressionList(services).add(contact, None, why="asked us to stop", by="test")
    path = tmp_path / "leads.csv"
    path.write_text(HEADER + "\n".join(LINES))
    before = await stored(engine)
    found, said = await rehearsed(services, path)
    assert await stored(engine) == before
    happened = await enrolled(services, path)
    assert what(said) == what(happened)
    fates = Counter(one.fate for one in happened)
    assert fates == {Fate.CREATED: 7, Fate.INCOMPLETE: 1, Fate.KNOWN: 3, Fate.REJECTED: 5}
    assert (found.new, found.good, found.bad, found.incomplete) == (8, 11, 5, 1)
    assert found.emails_at_once == 6
    new = [one.lead_id for one in happened if one.fate in (Fate.CREATED, Fate.INCOMPLETE)]
    assert found.by_owner == await counted(engine, LeadRow.owner_id, new)
    assert found.by_cadence == await counted(engine, LeadRow.cadence, new)
    again, _ = await rehearsed(services, path)
    assert (again.new, again.good, again.bad) == (0, 11, 5)


async def test_many_leads_are_dealt_as_the_turns_then_fall(
    services: Services, engine: AsyncEngine, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("email\n" + "\n".join(f"ann{number}@firm{number % 40}.com" for number in range(121)))
    found, _ = await rehearsed(services, path)
    happened = await enrolled(services, path)
    assert len(found.by_owner) > 1
    assert found.by_owner == await counted(engine, LeadRow.owner_id, [one.lead_id for one in happened])


async def stored(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as connection:
        return [int(await connection.scalar(select(func.count()).select_from(one)) or 0) for one in (LeadRow, TurnRow)]


async def counted(engine: AsyncEngine, column: object, leads: Sequence[object]) -> dict[str, int]:
    wanted = select(column, func.count()).where(LeadRow.id.in_(leads)).group_by(column)  # type: ignore[call-overload]
    async with engine.connect() as connection:
        return {value: many for value, many in await connection.execute(wanted)}

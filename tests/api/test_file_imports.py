"""Files that are brought in: whose they are, where they lie, when they are gone, and what breaks one off."""

import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from api.csv_import import Defaults, Fate, RejectsFile
from api.csv_table import TableUnreadable
from api.file_imports import FileImport, FileImports
from api.problems import ValueRefused
from api.services import Services

LEADS = "email,owner\nann@example.com,\nbob@example.com,nobody\n"


def saved(text: str = LEADS) -> Callable[[Path], Awaitable[None]]:
    async def save(path: Path) -> None:
        path.write_text(text)

    return save


async def through(imports: FileImports, services: Services, one: FileImport, **defaults: str) -> None:
    await imports.rehearse(services, one, Defaults(**defaults), lambda _: None)
    imports.begin(one)
    await imports.bring_in(services, one, one.by)


async def test_a_file_lies_where_nobody_else_looks_and_is_gone_once_it_is_through(services: Services) -> None:
    imports = FileImports()
    one = await imports.take("leads.csv", saved(), "mia")
    path = one.table.path
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (imports.of(one.id, "mia"), imports.of(one.id, "ada")) == (one, None)
    await through(imports, services, one)
    assert one.run is not None
    assert (one.run.is_through, one.run.fates) == (True, {Fate.CREATED: 1, Fate.REJECTED: 1})
    assert not path.exists()
    assert b"nobody" in await one.refused_rows()
    imports.forget(one)
    assert imports.of(one.id, "mia") is None
    assert not RejectsFile(one.table).path.exists()


async def test_the_next_file_takes_the_place_of_the_one_before_of_the_same_person() -> None:
    imports = FileImports()
    first, of_ada = await imports.take("a.csv", saved(), "mia"), await imports.take("a.csv", saved(), "ada")
    second = await imports.take("b.csv", saved(), "mia")
    assert (imports.of(first.id, "mia"), imports.of(second.id, "mia")) == (None, second)
    assert imports.of(of_ada.id, "ada") is of_ada
    assert not first.table.path.exists()
    with pytest.raises(TableUnreadable, match=r"^c\.csv: no column is called"):
        await imports.take("c.csv", saved("name\nAnn\n"), "mia")
    assert len(list(second.table.path.parent.iterdir())) == 2


async def test_what_is_wrong_by_then_breaks_it_off_and_it_goes_on_once_that_is_mended(services: Services) -> None:
    imports = FileImports()
    one = await imports.take("leads.csv", saved(), "mia")
    with pytest.raises(ValueRefused, match="look first"):
        imports.begin(one)
    await imports.rehearse(services, one, Defaults(owner="ben"), lambda _: None)
    await services.people.deactivate("ben")
    run = imports.begin(one)
    with pytest.raises(ValueRefused, match="already"):
        imports.begin(one)
    await imports.bring_in(services, one, "mia")
    assert (run.ended, run.is_through, run.trouble) == (True, False, "owner: there is no active colleague 'ben'")
    assert run.summary() == {"rows": 2, "broke_off": True}
    await through(imports, services, one, owner="anna")
    assert one.run is not None
    assert one.run.is_through

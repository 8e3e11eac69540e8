"""Our own people as an admin adds and changes them: what hangs on them follows each time, and nothing else."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from api.services import Services
from api.staff import Staff
from leads.absences import Absence
from leads.model import Role
from leads.staff import StaffRefused
from tests.api.conftest import Capture
from tests.clocks import SettableClock


class Followed:
    """Counts how often what goes by people's hours was brought in step."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def followed() -> Followed:
    return Followed()


@pytest.fixture
def staff(services: Services, followed: Followed) -> Staff:
    return Staff(replace(services, people_changed=followed), "mia")


async def test_somebody_is_added_changed_and_what_goes_by_hours_follows(
    services: Services, staff: Staff, followed: Followed
) -> None:
    await staff.add("cleo", {"name": "Cleo Marsh", "role": "partner", "hours": "mon-sat 08:00-18:00"})
    changed = await staff.change("cleo", {"role": "manager", "hours": ""})
    assert (changed.name, changed.role, changed.hours) == ("Cleo Marsh", Role.MANAGER, None)
    assert followed.times == 2
    assert [one.name for one in await services.people.all() if one.id == "cleo"] == ["Cleo Marsh"]


async def test_what_can_not_be_is_refused_and_nothing_follows(staff: Staff, followed: Followed) -> None:
    for refused in (
        staff.add("anna", {"name": "Another Anna"}),
        staff.add("cleo", {"role": "boss"}),
        staff.change("nobody", {"name": "X"}),
        staff.deactivate("nobody"),
        staff.back("anna"),
    ):
        with pytest.raises(StaffRefused):
            await refused
    assert followed.times == 0


async def test_who_works_here_no_more_is_signed_in_nowhere_and_what_is_left_is_told(
    services: Services, staff: Staff, capture: Capture, clock: SettableClock
) -> None:
    await capture(owner="anna")
    text = await services.sessions.begin("anna", "password", "a browser", clock())
    assert await services.sessions.find(text, clock()) is not None
    left = await staff.deactivate("anna")
    assert (left.active, left.leads) == (False, 1)
    assert await services.sessions.find(text, clock()) is None
    await staff.activate("anna")
    # Coming back opens no old session.
    assert await services.sessions.find(text, clock()) is None


async def test_days_off_plan_the_leads_anew_and_so_does_coming_back(
    services: Services, staff: Staff, capture: Capture
) -> None:
    UUID((await capture(owner="anna"))["id"])
    seen: list[tuple[int, int]] = []
    absence = Absence(first_day=date(2026, 11, 20), last_day=date(2026, 11, 27), reason="holidays")
    away = await staff.away("anna", absence, lambda done, of: seen.append((done, of)))
    assert (away.who.id, away.replanned.looked_at, seen) == ("anna", 1, [(1, 1)])
    (anna,) = [one for one in await services.people.reps(services.company, services.clock()) if one.id == "anna"]
    assert ([one.reason for one in anna.absences], anna.at_work) == (["holidays"], False)
    back = await staff.back("anna")
    assert back.ended == absence
    (anna,) = [one for one in await services.people.reps(services.company, services.clock()) if one.id == "anna"]
    assert (anna.absences, anna.at_work) == ([], True)
